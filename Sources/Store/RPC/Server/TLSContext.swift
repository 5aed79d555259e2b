internal import Glibc
internal import NIOCore
internal import NIOSSL
internal import Synchronization

/// What a listener's connections are encrypted with, as the files have it.
final class TLSContext: Sendable {
  let configuration: RPCTLS

  /// When a file was changed, and what it was then.
  private struct Stamp: Equatable, Sendable {
    var seconds = 0
    var nanoseconds = 0
    var node: UInt64 = 0
    var byteCount = 0
  }

  private struct State: Sendable {
    var context: NIOSSLContext
    var stamps: [Stamp]

    /// The stamps of files that could not be used, so that the log says so once.
    var refused: [Stamp]?
  }

  private let state: Mutex<State>

  /// Reads the files.
  init(_ configuration: RPCTLS) throws(RPCError) {
    self.configuration = configuration
    // Taken before reading: what is changed meanwhile is read again next time.
    let stamps = Self.stamps(configuration)
    state = Mutex(State(context: try Self.load(configuration), stamps: stamps))
  }

  /// The context for a new connection.
  ///
  /// Renewed files are used from the next connection on. As long as they cannot be used, for instance
  /// because the key that belongs to a new certificate is not there yet, the old ones are.
  ///
  /// - Parameter refused: Is told why new files are not used.
  /// - Returns: What to encrypt with.
  func current(refused: (RPCError) -> Void) -> NIOSSLContext {
    let stamps = Self.stamps(configuration)
    return state.withLock { state in
      guard stamps != state.stamps, stamps != state.refused else { return state.context }
      do throws(RPCError) {
        state.context = try Self.load(configuration)
        state.stamps = stamps
        state.refused = nil
      } catch {
        state.refused = stamps
        refused(error)
      }
      return state.context
    }
  }

  private static func stamps(_ configuration: RPCTLS) -> [Stamp] {
    let paths = [configuration.certificatePath, configuration.privateKeyPath]
    return (paths + [configuration.clientAuthoritiesPath].compactMap { $0 }).map { path in
      var facts = stat()
      guard stat(path, &facts) == 0 else { return Stamp() }
      return Stamp(
        seconds: facts.st_mtim.tv_sec,
        nanoseconds: facts.st_mtim.tv_nsec,
        node: UInt64(facts.st_ino),
        byteCount: Int(facts.st_size)
      )
    }
  }

  private static func load(_ configuration: RPCTLS) throws(RPCError) -> NIOSSLContext {
    let certificates = try reading(configuration.certificatePath) {
      try NIOSSLCertificate.fromPEMFile(configuration.certificatePath)
    }
    let key = try reading(configuration.privateKeyPath) {
      try NIOSSLPrivateKey(file: configuration.privateKeyPath, format: .pem)
    }
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) },
      privateKey: .privateKey(key)
    )
    tls.minimumTLSVersion = configuration.minimumVersion.library
    tls.maximumTLSVersion = configuration.maximumVersion?.library
    if let names = configuration.cipherSuites { tls.cipherSuiteValues = try suites(names) }
    tls.applicationProtocols = ["h2", "http/1.1"]
    tls.shutdownTimeout = .seconds(1)
    if let path = configuration.clientAuthoritiesPath {
      let authorities = try reading(path) { try NIOSSLCertificate.fromPEMFile(path) }
      tls.trustRoots = .certificates(authorities)
      tls.certificateVerification = .noHostnameVerification
    }
    // Here the key is compared with the certificate.
    return try reading(configuration.certificatePath) { try NIOSSLContext(configuration: tls) }
  }

  private static func reading<Result>(
    _ path: String,
    _ body: () throws -> Result
  ) throws(RPCError) -> Result {
    do {
      return try body()
    } catch {
      throw .certificate(path: path, reason: "\(error)")
    }
  }

  private static func suites(_ names: [String]) throws(RPCError) -> [NIOTLSCipher] {
    var suites: [NIOTLSCipher] = []
    for name in names {
      guard let suite = knownSuites[name] else { throw .cipherSuite(name) }
      suites.append(suite)
    }
    return suites
  }

  /// What BoringSSL can be told to use, by the names of RFC 5246 and its successors.
  private static let knownSuites: [String: NIOTLSCipher] = [
    "TLS_RSA_WITH_AES_128_CBC_SHA": .TLS_RSA_WITH_AES_128_CBC_SHA,
    "TLS_RSA_WITH_AES_256_CBC_SHA": .TLS_RSA_WITH_AES_256_CBC_SHA,
    "TLS_RSA_WITH_AES_128_GCM_SHA256": .TLS_RSA_WITH_AES_128_GCM_SHA256,
    "TLS_RSA_WITH_AES_256_GCM_SHA384": .TLS_RSA_WITH_AES_256_GCM_SHA384,
    "TLS_AES_128_GCM_SHA256": .TLS_AES_128_GCM_SHA256,
    "TLS_AES_256_GCM_SHA384": .TLS_AES_256_GCM_SHA384,
    "TLS_CHACHA20_POLY1305_SHA256": .TLS_CHACHA20_POLY1305_SHA256,
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": .TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": .TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": .TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": .TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
  ]
}

extension RPCTLS.Version {
  fileprivate var library: TLSVersion {
    switch self {
    case .v1_2: .tlsv12
    case .v1_3: .tlsv13
    }
  }
}
