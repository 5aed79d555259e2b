internal import NIOSSL

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
    do {
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.applicationProtocols = ["h2"]
      configuration.verifySignatureAlgorithms = Certificates.signatureAlgorithms
      if let authorities { configuration.trustRoots = .file(authorities) }
      if let certificate {
        configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate)
          .map { .certificate($0) }
      }
      if let key {
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
      }
      if isUnverified { configuration.certificateVerification = .none }
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw .badCertificates(reason: "\(error)")
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
