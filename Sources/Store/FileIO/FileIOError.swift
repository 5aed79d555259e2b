#if canImport(Glibc)
internal import Glibc
#endif

/// What went wrong with a file, and which one it was.
public enum FileIOError: Error, Equatable, Sendable {
  /// The system refused an operation, with this `errno`.
  case failed(operation: FileOperation, path: String, code: Int32)

  /// Another process holds the lock of the file.
  case locked(path: String)

  /// An earlier sync of the file failed: what it holds is unknown, and nothing is written any more
  /// until it has been opened anew.
  case syncFailedBefore(path: String)
}

/// What was asked of the system.
public enum FileOperation: String, Sendable {
  case open
  case read
  case write
  case sync
  case truncate
  case allocate
  case lock
  case map
  case rename
  case remove
  case list
  case examine
  case makeDirectory = "make the directory"
}

extension FileIOError: CustomStringConvertible {
  /// One line: the path, what failed, and the system's reason.
  public var description: String {
    switch self {
    case .failed(let operation, let path, let code):
      "\(path): cannot \(operation.rawValue): \(String(cString: strerror(code)))"
    case .locked(let path):
      "\(path): locked by another process"
    case .syncFailedBefore(let path):
      "\(path): not written, since an earlier sync of this file failed"
    }
  }

  /// Whether nothing lies at the path.
  public var isNotFound: Bool {
    if case .failed(_, _, ENOENT) = self { true } else { false }
  }
}
