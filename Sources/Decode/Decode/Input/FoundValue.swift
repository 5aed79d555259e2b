/// A value that was found in what etcdctl printed.
public struct FoundValue: Equatable, Sendable {
  /// The key that stood with it, if one did.
  public var key: String?

  /// The bytes as etcd holds them.
  public var bytes: [UInt8]

  /// A value with or without its key.
  public init(key: String?, bytes: [UInt8]) {
    self.key = key
    self.bytes = bytes
  }
}

/// Why no values could be found in an input.
public enum InputError: Error, Equatable, Sendable {
  /// There are no bytes.
  case empty

  /// An answer of etcdctl without a key-value.
  case noValues

  /// A terminal has put a carriage return before every line feed; `offset` is that of the first.
  case mangledByTerminal(offset: Int)

  /// Only keys: the values were not printed.
  case keysOnly

  /// What looks like a form of etcdctl's output is damaged; `line` counts from 1.
  case damaged(form: String, line: Int)

  /// Text that is neither a stored value nor etcdctl's output.
  case notStored(hint: String)
}

extension InputError: CustomStringConvertible {
  /// One line, subject first.
  public var description: String {
    switch self {
    case .empty: "empty input"
    case .noValues: "the key does not exist: etcdctl printed no key-value"
    case .mangledByTerminal(let offset):
      "a terminal put carriage returns into the input (the first at byte \(offset)):"
        + " run kubectl exec without -t, or etcdctl without a terminal"
    case .keysOnly: "only keys and no values (etcdctl --keys-only)"
    case .damaged(let form, let line): "\(form): line \(line) is damaged"
    case .notStored(let hint): "not a Kubernetes value\(hint.isEmpty ? "" : ": \(hint)")"
    }
  }
}
