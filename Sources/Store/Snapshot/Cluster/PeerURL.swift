internal import Glibc

/// Where a member listens for the others: `http://host:port`, as etcd writes it down.
///
/// The scheme is in lower case, and what is not ASCII in the host is escaped with `%`; nothing else
/// is changed. The text enters the member's id, so it has to be etcd's to the byte.
///
/// Source: etcd 3.5, `client/pkg/types/urls.go`, `NewURLs`; Go `net/url`, `Parse` and `String`.
public struct PeerURL: Hashable, Sendable {
  /// The normal form: ASCII.
  public let text: String

  /// What a name is looked up for; nil for a socket in the file system.
  let address: Address?

  /// A host without brackets, and a port.
  struct Address: Hashable {
    let host: String
    let port: String
  }

  /// Reads a URL as a user gives it.
  ///
  /// - Parameter given: The text; white space around it does not count.
  /// - Throws: ``SnapshotError/peerURL(_:_:)`` for whatever etcd refuses; and for user names, queries,
  ///   fragments and odd names of sockets, which etcd lets pass and nothing listens on.
  public init(_ given: String) throws(SnapshotError) {
    let trimmed = PeerURL.trimmed(given)
    do throws(PeerURLFault) {
      try self.init(parsing: trimmed[...])
    } catch {
      throw .peerURL(String(decoding: trimmed, as: UTF8.self), error)
    }
  }

  private init(parsing bytes: ArraySlice<UInt8>) throws(PeerURLFault) {
    if let control = bytes.first(where: { $0 < 0x20 || $0 == 0x7F }) {
      throw .character(PeerURL.quoted(control))
    }
    let colon = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.startIndex
    let scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
    let isSocket = scheme == "unix" || scheme == "unixs"
    guard isSocket || scheme == "http" || scheme == "https" else { throw .scheme }
    for (part, mark) in [(PeerURLFault.Part.fragment, "#"), (.query, "?")] {
      guard !bytes.contains(where: { $0 == mark.utf8.first }) else { throw .part(part) }
    }
    let rest = bytes[(colon + 1)...]
    guard rest.starts(with: Array("//".utf8)) else { throw .hostAndPort }
    let authority = rest.dropFirst(2).prefix { $0 != UInt8(ascii: "/") }
    let path = rest[authority.endIndex...]
    guard !authority.contains(UInt8(ascii: "@")) else { throw .part(.user) }

    let (host, port) = try PeerURL.split(authority)
    guard isSocket ? authority.count + path.count > 0 : port != nil else { throw .hostAndPort }
    guard isSocket || path.isEmpty else { throw .part(.path) }
    let writtenHost = try PeerURL.escapedHost(host)
    try PeerURL.checkPath(path)
    let writtenPort = port.map { String(decoding: $0, as: UTF8.self) }
    text =
      "\(scheme)://\(writtenHost)" + (writtenPort.map { ":" + $0 } ?? "")
      + String(decoding: path, as: UTF8.self)
    address =
      isSocket
      ? nil : Address(host: PeerURL.withoutBrackets(writtenHost), port: writtenPort ?? "")
  }
}

extension PeerURL: Comparable {
  /// By the bytes of the texts.
  public static func < (left: PeerURL, right: PeerURL) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }
}

extension PeerURL: CustomStringConvertible {
  /// The text.
  public var description: String { text }
}

extension PeerURL {
  /// Cuts a host, with its brackets, from a port, which may be empty.
  private static func split(
    _ authority: ArraySlice<UInt8>
  ) throws(PeerURLFault) -> (host: ArraySlice<UInt8>, port: ArraySlice<UInt8>?) {
    let colon: Int?
    if authority.first == UInt8(ascii: "[") {
      guard let end = authority.lastIndex(of: UInt8(ascii: "]")) else { throw .hostAndPort }
      colon = end + 1 < authority.endIndex ? end + 1 : nil
    } else {
      colon = authority.lastIndex(of: UInt8(ascii: ":"))
    }
    guard let colon else { return (authority, nil) }
    let port = authority[(colon + 1)...]
    let isPort = port.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard authority[colon] == UInt8(ascii: ":"), isPort else {
      throw .port(String(decoding: authority[colon...], as: UTF8.self))
    }
    let host = authority[..<colon]
    let inner = host.first == UInt8(ascii: "[") ? host.dropFirst().dropLast() : host
    let isBracketed = inner.count != host.count
    let forbidden: [UInt8] = isBracketed ? Array("[]".utf8) : Array("[]:".utf8)
    guard !inner.contains(where: forbidden.contains) else { throw .hostAndPort }
    return (host, port)
  }

  /// The host as Go writes it: what is not ASCII in capital hexadecimal digits.
  private static func escapedHost(_ host: ArraySlice<UInt8>) throws(PeerURLFault) -> String {
    if host.first == UInt8(ascii: "[") {
      let text = String(decoding: host, as: UTF8.self)
      guard isBracketedAddress(text) else { throw .address(text) }
      return text
    }
    var written: [UInt8] = []
    var rest = host
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "%"):
        let digits = rest.prefix(2)
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
        // Of ASCII, only the percent sign itself may be escaped in a host: for zones of IPv6.
        guard digits.count == 2, digits.first != UInt8(ascii: "+"), let value,
          value >= 0x80 || value == UInt8(ascii: "%")
        else { throw .character("%" + String(decoding: digits, as: UTF8.self)) }
        written += escape(value)
        rest = rest.dropFirst(2)
      case 0x80...: written += escape(byte)
      case _ where hostCharacters.contains(byte): written.append(byte)
      default: throw .character(quoted(byte))
      }
    }
    return String(decoding: written, as: UTF8.self)
  }

  /// Whether this is an address of IPv6 in brackets; a zone follows it behind `%25`.
  private static func isBracketedAddress(_ text: String) -> Bool {
    let inner = text.dropFirst().dropLast()
    let number = inner.prefix { $0 != "%" }
    let rest = inner.dropFirst(number.count)
    guard rest.isEmpty || (rest.hasPrefix("%25") && rest.count > 3) else { return false }
    guard rest.dropFirst(3).utf8.allSatisfy(unreserved.contains) else { return false }
    var address = in6_addr()
    return inet_pton(AF_INET6, String(number), &address) == 1
  }

  /// Takes only paths that Go leaves as they are.
  private static func checkPath(_ path: ArraySlice<UInt8>) throws(PeerURLFault) {
    for (offset, byte) in zip(path.indices, path) {
      if byte == UInt8(ascii: "%") {
        let digits = path[(offset + 1)...].prefix(2)
        guard digits.count == 2, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit })
        else { throw .character("%" + String(decoding: digits, as: UTF8.self)) }
      } else if !pathCharacters.contains(byte) {
        throw .character(quoted(byte))
      }
    }
  }

  private static func withoutBrackets(_ host: String) -> String {
    host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
  }

  private static func escape(_ byte: UInt8) -> [UInt8] {
    Array("%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))".utf8)
  }

  private static func quoted(_ byte: UInt8) -> String {
    (0x20..<0x7F).contains(byte)
      ? String(UnicodeScalar(byte)) : "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }

  private static func trimmed(_ text: String) -> [UInt8] {
    let scalars = text.unicodeScalars
    let isSpace = { (scalar: UnicodeScalar) in scalar.properties.isWhitespace }
    let head = scalars.drop(while: isSpace)
    let tail = head.reversed().drop(while: isSpace)
    return Array(String(String.UnicodeScalarView(tail.reversed())).utf8)
  }

  private static let unreserved = Set(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~".utf8
  )

  private static let hostCharacters = unreserved.union("!$&'()*+,;=<>\"".utf8)

  private static let pathCharacters = unreserved.union("!$&'()*+,;=:@/[]".utf8)
}

/// What is wrong with a peer URL.
public enum PeerURLFault: Error, Equatable, Sendable {
  /// A part that a URL may have and a peer URL must not.
  public enum Part: String, Sendable {
    case user = "user name"
    case path
    case query
    case fragment
  }

  /// Neither http nor https, unix or unixs.
  case scheme

  /// No `host:port` behind the scheme.
  case hostAndPort

  /// A port that is not a number.
  case port(String)

  /// Something in brackets that is no address of IPv6.
  case address(String)

  /// A character, or an escape, that may not stand where it stands.
  case character(String)

  /// A part that is too much.
  case part(Part)
}

extension PeerURLFault: CustomStringConvertible {
  /// What is wrong, as one part of a line.
  public var description: String {
    switch self {
    case .scheme: "the scheme must be http, https, unix or unixs"
    case .hostAndPort: "does not have the form \"host:port\""
    case .port(let found): "invalid port \"\(found)\""
    case .address(let found): "invalid address \"\(found)\""
    case .character(let found): "invalid character \"\(found)\""
    case .part(let part): "must not contain a \(part.rawValue)"
    }
  }
}
