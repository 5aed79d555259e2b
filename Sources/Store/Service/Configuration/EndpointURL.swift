#if canImport(Glibc)
internal import Glibc
#endif
internal import Snapshot

/// Where a member listens, or says that it can be reached: `http://host:port`, `unix:///path`.
///
/// Source: etcd 3.5, `client/pkg/types/urls.go`, `NewURLs`.
public struct EndpointURL: Hashable, Sendable {
  /// What is spoken there.
  public enum Scheme: String, Sendable {
    case http
    case https
    case unix
    case unixs
  }

  /// The normal form: ASCII, the scheme in lower case.
  public let text: String

  /// What is spoken there.
  public let scheme: Scheme

  /// The host without brackets; empty for a socket in the file system.
  public let host: String

  /// The digits of the port; empty for a socket in the file system, and where none are given.
  public let port: String

  /// The number of the port; 0, which lets the system choose, where none is given.
  public var portNumber: UInt16 { UInt16(port) ?? 0 }

  /// The path of a socket in the file system; empty for all others.
  public let socketPath: String

  /// Whether connections are encrypted.
  public var isSecure: Bool { scheme == .https || scheme == .unixs }

  /// Whether it is a socket in the file system.
  public var isSocket: Bool { scheme == .unix || scheme == .unixs }

  /// What the system is asked to bind: `host:port`, or the path of a socket.
  public var address: String {
    if isSocket { return socketPath }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// Reads a URL as a user gives it.
  ///
  /// - Parameter given: The text; white space around it does not count.
  /// - Throws: `ValueFault.url` with etcd's text.
  public init(_ given: String) throws(ValueFault) {
    let url: PeerURL
    do throws(SnapshotError) {
      url = try PeerURL(given)
    } catch {
      guard case .peerURL(let text, let fault) = error else { throw .url(error.description) }
      throw .url(EndpointURL.cause(text, fault))
    }
    text = url.text
    let name = url.text.prefix { $0 != ":" }
    guard let scheme = Scheme(rawValue: String(name)) else { throw .url(url.text) }
    self.scheme = scheme
    let rest = url.text.dropFirst(name.count + "://".count)
    guard scheme == .http || scheme == .https else {
      (host, port, socketPath) = ("", "", String(rest))
      return
    }
    let digits = rest.reversed().prefix { $0 != ":" }
    var host = rest.dropLast(digits.count + 1)
    if host.hasPrefix("[") { host = host.dropFirst().dropLast() }
    self.host = host.split(separator: "%25", omittingEmptySubsequences: false).joined(
      separator: "%"
    )
    port = String(digits.reversed())
    socketPath = ""
  }

  /// `http://localhost:PORT`.
  init(localPort port: UInt16) {
    (scheme, host, self.port, socketPath) = (.http, "localhost", String(port), "")
    text = "http://localhost:\(port)"
  }

  /// The same with another host.
  func with(host: String) -> EndpointURL {
    EndpointURL(scheme: scheme, host: host, port: port)
  }

  private init(scheme: Scheme, host: String, port: String) {
    (self.scheme, self.host, self.port, socketPath) = (scheme, host, port, "")
    text = "\(scheme)://" + (host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)")
  }

  /// Reads URLs with commas between them; an empty text is none.
  ///
  /// - Parameter text: The text.
  /// - Returns: The URLs in ascending order, each once.
  /// - Throws: `ValueFault.url` with etcd's text.
  static func list(_ text: String) throws(ValueFault) -> [EndpointURL] {
    guard !text.isEmpty else { return [] }
    var urls: Set<EndpointURL> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      urls.insert(try EndpointURL(String(part)))
    }
    return urls.sorted()
  }

  /// Whether a listener can be bound to it without asking for the address of a name.
  ///
  /// Source: etcd 3.5, `server/embed/config.go`, `checkBindURLs`.
  var isBindable: Bool {
    if isSocket || host == "localhost" { return true }
    var four = in_addr()
    var six = in6_addr()
    return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
  }

  private static func cause(_ text: String, _ fault: PeerURLFault) -> String {
    switch fault {
    case .scheme where isRelative(text):
      "parse \(GoValue.quoted(text)): first path segment in URL cannot contain colon"
    case .scheme: "URL scheme must be http, https, unix, or unixs: \(text)"
    case .hostAndPort: "URL address does not have the form \"host:port\": \(text)"
    case .part(.path): "URL must not contain a path: \(text)"
    case .port, .address, .character, .part: "parse \(GoValue.quoted(text)): \(fault)"
    }
  }

  /// Whether Go takes what is before the first colon for a path, since no scheme begins so.
  private static func isRelative(_ text: String) -> Bool {
    let head = text.prefix { $0 != "/" }.prefix { $0 != ":" }
    return text.dropFirst(head.count).hasPrefix(":") && !(head.first?.isLetter ?? false)
  }
}

extension EndpointURL: Comparable {
  /// By the bytes of the texts.
  public static func < (left: EndpointURL, right: EndpointURL) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }
}

extension EndpointURL: CustomStringConvertible {
  /// The text.
  public var description: String { text }
}
