private import Foundation

/// A server that tests run against: a real etcd, the node of this package, or another program.
public enum ServerKind: Sendable, Equatable, CustomStringConvertible {
  /// A real etcd.
  case etcd(EtcdVersion)

  /// `explorer serve`, built beside the tests.
  case node

  /// A program with etcd's flags, and what its arguments begin with.
  case program(String, arguments: [String])

  /// What a test names: `etcd-3.4`, `etcd-3.5`, `node`, or a path with arguments behind it,
  /// separated by blanks.
  public init?(_ text: String) {
    let words = text.split(separator: " ").map(String.init)
    guard let first = words.first else { return nil }
    switch text {
    case "etcd-3.4": self = .etcd(.v34)
    case "etcd-3.5": self = .etcd(.v35)
    case "node": self = .node
    default: self = .program(first, arguments: Array(words.dropFirst()))
    }
  }

  /// The server that an environment variable names.
  public static func named(_ variable: String) -> ServerKind? {
    ProcessInfo.processInfo.environment[variable].flatMap(Self.init)
  }

  /// As ``init(_:)`` reads it.
  public var description: String {
    switch self {
    case .etcd(let version): "etcd-\(version.rawValue)"
    case .node: "node"
    case .program(let path, let arguments): ([path] + arguments).joined(separator: " ")
    }
  }

  /// Whether the program is on this machine.
  public var isThere: Bool { command != nil }

  /// The program and what its arguments begin with; nil if it is not on this machine.
  var command: (path: String, arguments: [String])? {
    switch self {
    case .etcd(let version): version.program("etcd").map { ($0, []) }
    case .node: found(Program.explorer).map { ($0, ["serve"]) }
    case .program(let path, let arguments): found(path).map { ($0, arguments) }
    }
  }

  private func found(_ path: String) -> String? {
    FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }
}
