/// Who is on the other end of a connection.
public struct RPCPeer: Sendable {
  /// The address, for logs.
  public var address: String

  /// The common name of the certificate that the client has shown and that was verified.
  public var certificateName: String?

  /// A peer by its parts.
  public init(address: String, certificateName: String? = nil) {
    self.address = address
    self.certificateName = certificateName
  }
}
