/// What encrypts the connections of clients, and whom they are taken from.
public struct TransportSecurity: Equatable, Sendable {
  /// `--tls-min-version` and `--tls-max-version`.
  public enum Version: String, CaseIterable, Comparable, Sendable {
    case twelve = "TLS1.2"
    case thirteen = "TLS1.3"

    /// The older is the lesser.
    public static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
  }

  /// `--cert-file`: PEM, the node's own certificate first.
  public var certificateFile = ""

  /// `--key-file`: PEM.
  public var keyFile = ""

  /// `--trusted-ca-file`: PEM.
  ///
  /// If it is there, every client needs a certificate.
  public var trustedCAFile = ""

  /// `--client-cert-auth`: every client needs a certificate, and its common name may be its user.
  public var clientCertificateAuth = false

  /// `allowed-cn` of a file: the client's common name is one of these, if there are any.
  public var allowedCommonNames: [String] = []

  /// `--client-cert-allowed-hostname`: the client's certificate is for one of these, if there are any.
  public var allowedHostnames: [String] = []

  /// `--cipher-suites`, in the order of preference; empty means what the library prefers.
  public var cipherSuites: [String] = []

  /// `--tls-min-version`.
  public var minVersion = Version.twelve

  /// `--tls-max-version`; nil is the newest.
  public var maxVersion: Version?

  /// Plain text.
  public init() {}

  /// Whether there is neither a certificate nor a key.
  public var isEmpty: Bool { certificateFile.isEmpty && keyFile.isEmpty }

  /// Whether a connection without a client's certificate is refused.
  public var needsClientCertificate: Bool { clientCertificateAuth || !trustedCAFile.isEmpty }
}

extension TransportSecurity {
  /// How a cipher suite is dealt with.
  enum Suite {
    /// Can be chosen.
    case served

    /// A suite of TLS 1.3, which are all on whatever is chosen; so it is in etcd.
    case always

    /// A suite that is weak, and that the TLS library does not have.
    case missing
  }

  /// What is known of a name.
  ///
  /// Source: Go `crypto/tls`, `CipherSuites` and `InsecureCipherSuites`; etcd 3.5,
  /// `client/pkg/tlsutil/cipher_suites.go`.
  ///
  /// - Parameter name: As IANA has it, or one of the two that etcd shortens.
  /// - Returns: Nil if etcd does not know the name.
  static func suite(_ name: String) -> Suite? {
    if alwaysOn.contains(name) { return .always }
    if served.contains(canonicalName(name)) { return .served }
    return weak.contains(name) ? .missing : nil
  }

  /// IANA's name of a suite that etcd has a shorter one for.
  static func canonicalName(_ name: String) -> String {
    switch name {
    case "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305":
      name + "_SHA256"
    default: name
    }
  }

  private static let alwaysOn: Set = [
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
  ]

  private static let served: Set = [
    "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  ]

  private static let weak: Set = [
    "TLS_RSA_WITH_RC4_128_SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
  ]
}
