/// The address of a server.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// Where it listens.
  public enum Address: Hashable, Sendable {
    /// A name or an address, and a port.
    case host(String, port: Int)

    /// A path in the file system.
    case unixSocket(String)
  }

  /// Where it listens.
  public let address: Address

  /// Whether the connection is encrypted.
  public let isSecure: Bool

  /// An address by its parts.
  public init(_ address: Address, isSecure: Bool = false) {
    self.address = address
    self.isSecure = isSecure
  }

  /// Reads what people write: `HOST:PORT`, `http://HOST:PORT`, `https://HOST:PORT`,
  /// `unix:///PATH`, `unixs:///PATH`; `HOST` may be an IPv6 address in brackets.
  ///
  /// - Parameters:
  ///   - text: What is read.
  ///   - isSecure: Whether an address without a scheme is an encrypted one.
  /// - Throws: `EtcdClientError.badEndpoint`.
  public init(_ text: String, isSecure: Bool = false) throws(EtcdClientError) {
    let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
    let scheme = parts.count == 2 ? String(parts[0]) : (isSecure ? "https" : "http")
    guard let rest = parts.last, !rest.isEmpty else { throw .badEndpoint(text) }
    switch scheme {
    case "http", "https":
      let authority = rest.split(separator: "/", maxSplits: 1).first ?? ""
      guard let address = Self.hostAndPort(authority) else { throw .badEndpoint(text) }
      self.init(address, isSecure: scheme == "https")
    case "unix", "unixs":
      self.init(.unixSocket(String(rest)), isSecure: scheme == "unixs")
    default:
      throw .badEndpoint(text)
    }
  }

  private static func hostAndPort(_ text: Substring) -> Address? {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty, let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
      return nil
    }
    return .host(String(host), port: Int(port))
  }

  /// As people write it.
  public var description: String {
    switch address {
    case .host: "\(isSecure ? "https" : "http")://\(authority)"
    case .unixSocket(let path): "\(isSecure ? "unixs" : "unix")://\(path)"
    }
  }

  /// The name that a request gives for the server.
  var authority: String {
    switch address {
    case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unixSocket: "localhost"
    }
  }
}
