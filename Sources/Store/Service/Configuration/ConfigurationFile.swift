#if canImport(Glibc)
internal import Glibc
#endif
internal import Yams

/// A file of flags: `--config-file`.
///
/// Format: YAML, one mapping. The keys are flags without dashes, but for the blocks
/// `client-transport-security`, `peer-transport-security` and `socket-options`. Lists are sequences or
/// texts with commas; times are texts as `5s`, or numbers of nanoseconds, which is all that etcd takes.
/// A key that is none of etcd's is an error, where etcd says nothing.
///
/// Source: etcd 3.5, `server/embed/config.go`, `configYAML`, `securityConfig`.
struct ConfigurationFile {
  /// Its path.
  let path: String

  /// What it may have, in bytes.
  static let limit = 1 << 20

  typealias Fault = ConfigurationError.FileFault

  /// Reads the file.
  ///
  /// - Parameter values: What the flags are written to.
  /// - Throws: `ConfigurationError.file`.
  func read(into values: inout ConfigurationValues) throws(ConfigurationError) {
    do throws(Fault) {
      try ConfigurationFile.read(try text(), into: &values)
    } catch {
      throw .file(path: path, error)
    }
  }

  private func text() throws(Fault) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: ConfigurationFile.limit + 1)
    var count = 0
    while count < bytes.count {
      let read = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
      }
      if read < 0 {
        guard errno == EINTR else { throw .unreadable(String(cString: strerror(errno))) }
        continue
      }
      if read == 0 { break }
      count += read
    }
    guard count <= ConfigurationFile.limit else { throw .tooLarge(limit: ConfigurationFile.limit) }
    guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
      throw .syntax("not UTF-8")
    }
    return text
  }

  /// Reads what is in a file.
  static func read(_ text: String, into values: inout ConfigurationValues) throws(Fault) {
    let root: Yams.Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw .syntax(oneLine("\(error)"))
    }
    guard let root, !isNull(root) else { return }
    for (key, value) in try pairs(of: root, key: nil) where !isNull(value) {
      switch key {
      case "client-transport-security":
        for (inner, value) in try pairs(of: value, key: key) where !isNull(value) {
          try setClientSecurity(inner, value, &values)
        }
      case "peer-transport-security":
        for (inner, value) in try pairs(of: value, key: key) where !isNull(value) {
          try set(peerFlags[inner] ?? "peer-\(inner)", "\(key).\(inner)", value, &values)
        }
      case "socket-options", "SocketOpts":
        for (inner, value) in try pairs(of: value, key: key) where !isNull(value) {
          try set("socket-\(inner)", "\(key).\(inner)", value, &values)
        }
      case "discovery-config":
        for (inner, value) in try pairs(of: value, key: key) where !isNull(value) {
          try set("discovery-\(inner)", "\(key).\(inner)", value, &values)
        }
      case "experimental-snapshot-catch-up-entries":
        // etcd's own slip: the flag is spelled without the second dash.
        try set("experimental-snapshot-catchup-entries", key, value, &values)
      default:
        if let block = block(of: key) { throw .misplacedKey(key, block: block) }
        try set(key, key, value, &values)
      }
    }
  }

  private static let peerFlags = [
    "allowed-cn": "peer-cert-allowed-cn", "allowed-hostname": "peer-cert-allowed-hostname",
    "client-cert-file": "peer-client-cert-file", "client-key-file": "peer-client-key-file",
    "skip-client-san-verification": "peer-skip-client-san-verification",
  ]

  private static let clientFlags: Set = [
    "cert-file", "key-file", "client-cert-file", "client-key-file", "client-cert-auth",
    "trusted-ca-file", "auto-tls",
  ]

  /// The block that a flag belongs into.
  private static func block(of key: String) -> String? {
    if clientFlags.contains(key) || key == "client-cert-allowed-hostname" {
      return "client-transport-security"
    }
    let inner = key.hasPrefix("peer-") ? String(key.dropFirst("peer-".count)) : ""
    return clientFlags.contains(inner) || peerFlags.values.contains(key)
      ? "peer-transport-security" : nil
  }

  private static func setClientSecurity(
    _ key: String,
    _ value: Yams.Node,
    _ values: inout ConfigurationValues
  ) throws(Fault) {
    let path = "client-transport-security.\(key)"
    switch key {
    case "allowed-cn":
      let names = try text(of: value, key: path)
      values.configuration.transport.allowedCommonNames = names.isEmpty ? [] : Flag.words(names)
    case "allowed-hostname": try set("client-cert-allowed-hostname", path, value, &values)
    case "skip-client-san-verification":
      // etcd does not compare clients' certificates with their addresses either.
      try set("peer-skip-client-san-verification", path, value, &values)
    case _ where clientFlags.contains(key): try set(key, path, value, &values)
    default: throw .unknownKey(path)
    }
  }

  private static func set(
    _ name: String,
    _ key: String,
    _ value: Yams.Node,
    _ values: inout ConfigurationValues
  ) throws(Fault) {
    guard let flag = FlagTable.byName[name] else { throw .unknownKey(key) }
    var text = try text(of: value, key: key)
    if case .scalar(let scalar) = value, scalar.style == .plain {
      if flag.isDuration, Int64(text) != nil { text += "ns" }
      if flag.isBoolean, let word = booleans[text.lowercased()] { text = word }
    }
    do throws(ValueFault) {
      try values.set(name, text)
    } catch {
      throw .value(text, key: key, error)
    }
  }

  private static let booleans = [
    "yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false",
  ]

  /// A scalar, or a sequence of scalars with commas between them.
  private static func text(of node: Yams.Node, key: String) throws(Fault) -> String {
    switch node {
    case .scalar(let scalar): return scalar.string
    case .sequence(let sequence):
      var parts: [String] = []
      for item in sequence {
        guard case .scalar(let scalar) = item else { throw .value("[...]", key: key, .syntax) }
        parts.append(scalar.string)
      }
      return parts.joined(separator: ",")
    case .mapping: throw .value("{...}", key: key, .syntax)
    case .alias: throw .value("*", key: key, .syntax)
    }
  }

  private static func pairs(
    of node: Yams.Node,
    key: String?
  ) throws(Fault) -> [(key: String, value: Yams.Node)] {
    guard case .mapping(let mapping) = node else { throw .notMapping(key: key) }
    var seen: Set<String> = []
    var pairs: [(key: String, value: Yams.Node)] = []
    for (name, value) in mapping {
      guard case .scalar(let scalar) = name else { throw .notMapping(key: key) }
      guard seen.insert(scalar.string).inserted else { throw .duplicateKey(scalar.string) }
      pairs.append((scalar.string, value))
    }
    return pairs
  }

  private static func isNull(_ node: Yams.Node) -> Bool {
    guard case .scalar(let scalar) = node, scalar.style == .plain else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).map(\.trimmed).joined(separator: " ")
  }
}
