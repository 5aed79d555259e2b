public import WAL

/// Why the log of a member cannot be read.
public enum LogError: Error, Equatable, Sendable {
  /// Nothing lies at the path, or nothing that is a log.
  case noLog(path: String, looked: [String])

  /// The log cannot be read, or not to its end.
  case log(WALError)
}

extension LogError: CustomStringConvertible {
  /// One line: the file, the offset, what was found and what was expected.
  public var description: String {
    switch self {
    case .noLog(let path, let looked):
      looked.isEmpty
        ? "\(path): no such file or directory"
        : "\(path): no segment of a log, looked in \(looked.joined(separator: ", "))"
    case .log(let error): error.description
    }
  }
}
