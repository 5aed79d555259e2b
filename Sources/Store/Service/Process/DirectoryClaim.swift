#if canImport(Glibc)
internal import Glibc
#endif

/// A data directory that belongs to this process as long as the claim is there.
///
/// The claim is a lock on the directory itself: no file of ours lies in it. It is there for two nodes
/// of this kind, of which the second is refused at once, whatever the first is doing; that a real etcd
/// uses a directory shows at its database's lock.
public final class DirectoryClaim: Sendable {
  /// Why a directory cannot be used.
  public enum Failure: Error, Equatable, Sendable {
    /// The system refused an operation; `code` is a value of `errno`.
    case system(operation: String, path: String, code: Int32)

    /// Another process has claimed it; its id, if it can be found out.
    case claimed(path: String, process: Int32?)
  }

  /// The directory.
  public let path: String

  /// The permissions that the directory had, if others than its owner may do anything with it.
  public let openMode: UInt32?

  private let descriptor: Int32

  /// Makes the directory, for its owner only, with all above it that are missing, and claims it.
  ///
  /// - Parameter path: The directory.
  /// - Throws: ``Failure``.
  public init(_ path: String) throws(Failure) {
    self.path = path
    try DirectoryClaim.make(path)
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(operation: "open", path: path, code: errno) }
    var status = stat()
    fstat(descriptor, &status)
    let mode = status.st_mode & 0o777
    openMode = mode & 0o077 == 0 ? nil : mode
    if let failure = DirectoryClaim.claim(descriptor, path, status) { throw failure }
  }

  deinit { close(descriptor) }

  private static func claim(_ descriptor: Int32, _ path: String, _ status: stat) -> Failure? {
    guard faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) == 0 else {
      return .system(operation: "write", path: path, code: errno)
    }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      switch errno {
      case EINTR: continue
      // Some network file systems lock no directories; the database's own lock is left then.
      case EBADF, EINVAL, ENOLCK, ENOSYS, EOPNOTSUPP: return nil
      case EWOULDBLOCK: return .claimed(path: path, process: LockHolder.process(holding: status))
      default: return .system(operation: "flock", path: path, code: errno)
      }
    }
    return nil
  }

  private static func make(_ path: String) throws(Failure) {
    var missing: [String] = []
    var directory = path
    while mkdir(directory, 0o700) != 0 {
      switch errno {
      case EEXIST where missing.isEmpty: return
      case EEXIST:
        // Made by somebody else in the meantime.
        break
      case ENOENT:
        let parent = FileText.parent(of: directory)
        guard parent != directory else {
          throw .system(operation: "mkdir", path: directory, code: ENOENT)
        }
        missing.append(directory)
        directory = parent
        continue
      default: throw .system(operation: "mkdir", path: directory, code: errno)
      }
      break
    }
    for directory in missing.reversed() where mkdir(directory, 0o700) != 0 && errno != EEXIST {
      throw .system(operation: "mkdir", path: directory, code: errno)
    }
  }
}

extension DirectoryClaim.Failure: CustomStringConvertible {
  /// One line.
  public var description: String {
    switch self {
    case .system(let operation, let path, let code):
      "cannot access data directory: \(operation) \(path): \(String(cString: strerror(code)))"
    case .claimed(let path, let process?): "\(path): in use by process \(process)"
    case .claimed(let path, nil): "\(path): in use by another process"
    }
  }
}

/// Who holds a lock.
enum LockHolder {
  /// The process that holds a lock of `flock` on a file, as `/proc/locks` has it.
  ///
  /// Format of a line: `1: FLOCK  ADVISORY  WRITE 4711 fe:01:1234 0 EOF`, the device's numbers in
  /// hexadecimal digits, the file's in decimal ones.
  static func process(holding file: stat) -> Int32? {
    guard let text = FileText.read("/proc/locks", limit: 1 << 20) else { return nil }
    return process(holding: UInt64(file.st_ino), device: UInt64(file.st_dev), in: text)
  }

  static func process(holding inode: UInt64, device: UInt64, in text: String) -> Int32? {
    let major = (device >> 8) & 0xFFF | (device >> 32) & ~0xFFF
    let minor = device & 0xFF | (device >> 12) & ~0xFF
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count >= 6, words[1] == "FLOCK", let process = Int32(words[4]) else { continue }
      let place = words[5].split(separator: ":")
      guard place.count == 3, UInt64(place[0], radix: 16) == major,
        UInt64(place[1], radix: 16) == minor, UInt64(place[2]) == inode, process > 0
      else { continue }
      return process
    }
    return nil
  }
}

/// Small files and their paths.
enum FileText {
  /// The directory that something lies in.
  static func parent(of path: String) -> String {
    var bytes = Array(path.utf8)[...]
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    while let last = bytes.last, last != UInt8(ascii: "/") { bytes.removeLast() }
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    return bytes.isEmpty ? "." : String(decoding: bytes, as: UTF8.self)
  }

  /// What is in a file, up to a limit; nil if it cannot be read.
  static func read(_ path: String, limit: Int) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 16_384)
    while text.count < limit {
      let count = Glibc.read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      text += piece[..<count]
    }
    return String(decoding: text, as: UTF8.self)
  }
}
