/// How connections are encrypted, and what clients have to show.
///
/// The files are read again when they have changed, at the next connection.
public struct RPCTLS: Sendable {
  /// The server's certificate and those that vouch for it, in PEM.
  public var certificatePath: String

  /// Its private key, in PEM.
  public var privateKeyPath: String

  /// Whom clients' certificates have to be signed by, in PEM; nil asks clients for none.
  public var clientAuthoritiesPath: String?

  /// The common name that a client's certificate must have.
  public var allowedClientName: String?

  /// A host name that a client's certificate must be made out to.
  public var allowedClientHostname: String?

  /// Encryption by its files.
  public init(certificatePath: String, privateKeyPath: String, clientAuthoritiesPath: String? = nil)
  {
    self.certificatePath = certificatePath
    self.privateKeyPath = privateKeyPath
    self.clientAuthoritiesPath = clientAuthoritiesPath
  }
}
