internal import NIOSSL

#if canImport(Glibc)
private import Glibc
#endif

/// The certificates of encrypted connections.
public struct Certificates: Hashable, Sendable {
  /// The path of the PEM file with those who sign servers' certificates; nil for the system's.
  public var authorities: String?

  /// The path of the PEM file with the client's own certificate.
  public var certificate: String?

  /// The path of the PEM file with its key.
  public var key: String?

  /// The name that a server's certificate must be for, instead of the one it was called by.
  public var serverName: String?

  /// Whether a server's certificate is not looked at.
  public var isUnverified = false

  /// None.
  public init() {}

  /// Reads the files.
  func context() throws(EtcdClientError) -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.applicationProtocols = ["h2"]
    configuration.verifySignatureAlgorithms = Certificates.signatureAlgorithms
    if let authorities {
      let certificates = try Self.load(authorities, "certificate") {
        try NIOSSLCertificate.fromPEMFile(authorities)
      }
      configuration.trustRoots = .certificates(certificates)
    }
    if let certificate {
      let chain = try Self.load(certificate, "certificate") {
        try NIOSSLCertificate.fromPEMFile(certificate)
      }
      configuration.certificateChain = chain.map { .certificate($0) }
    }
    if let key {
      let privateKey = try Self.load(key, "private key") {
        try NIOSSLPrivateKey(file: key, format: .pem)
      }
      configuration.privateKey = .privateKey(privateKey)
    }
    if isUnverified { configuration.certificateVerification = .none }
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      let files = [certificate, key].compactMap { $0 }.joined(separator: ", ")
      // Each of them was read before: together they are refused.
      let isMismatch = error as? NIOSSLError == .failedToLoadPrivateKey
      let reason = isMismatch ? "do not belong together" : "\(error)"
      throw .badCertificates(reason: "\(files): \(reason)")
    }
  }

  /// What a file has in it.
  private static func load<Content>(
    _ path: String,
    _ what: String,
    _ body: () throws -> Content
  ) throws(EtcdClientError) -> Content {
    do {
      return try body()
    } catch {
      let isThere = access(path, R_OK) == 0
      let reason = isThere ? "no \(what) in PEM" : String(cString: strerror(errno))
      throw .badCertificates(reason: "\(path): \(reason)")
    }
  }

  /// The usual ones, and that of the certificates that etcd makes for itself with `--auto-tls`, whose
  /// keys are on P-521.
  private static let signatureAlgorithms: [SignatureAlgorithm] = [
    .ecdsaSecp256R1Sha256, .rsaPssRsaeSha256, .rsaPkcs1Sha256, .ecdsaSecp384R1Sha384,
    .rsaPssRsaeSha384, .rsaPkcs1Sha384, .ecdsaSecp521R1Sha512, .rsaPssRsaeSha512, .rsaPkcs1Sha512,
    .ed25519,
  ]

  /// The name to ask for; nil if the server was called by an address, which no request may name.
  func serverName(of endpoint: Endpoint) -> String? {
    if let serverName { return serverName }
    guard case .host(let host, _) = endpoint.address, host.contains(where: \.isLetter),
      !host.contains(":")
    else { return nil }
    return host
  }
}
