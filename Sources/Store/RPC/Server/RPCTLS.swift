/// How connections are encrypted, and what clients have to show.
///
/// The files are read again when they have changed, at the next connection.
public struct RPCTLS: Sendable {
  /// Versions of the protocol.
  public enum Version: Sendable {
    case v1_2
    case v1_3
  }

  /// The server's certificate and those that vouch for it, in PEM.
  public var certificatePath: String

  /// Its private key, in PEM.
  public var privateKeyPath: String

  /// Whom clients' certificates have to be signed by, in PEM; nil asks clients for none.
  public var clientAuthoritiesPath: String?

  /// The common names of which a client's certificate must have one; any will do if there are none.
  public var allowedClientNames: [String] = []

  /// Host names, or addresses, of which a client's certificate must be made out to one, if any.
  public var allowedClientHostnames: [String] = []

  /// The lowest version that is spoken.
  public var minimumVersion = Version.v1_2

  /// The highest version that is spoken; nil is the highest there is.
  public var maximumVersion: Version?

  /// The cipher suites up to version 1.2 by their names, for instance
  /// `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`; nil is what the library thinks is safe.
  public var cipherSuites: [String]?

  /// Encryption by its files.
  public init(certificatePath: String, privateKeyPath: String, clientAuthoritiesPath: String? = nil)
  {
    self.certificatePath = certificatePath
    self.privateKeyPath = privateKeyPath
    self.clientAuthoritiesPath = clientAuthoritiesPath
  }
}
