#if canImport(Glibc)
internal import Glibc
#endif

/// The machine's own file system.
public struct LocalFileSystem: FileSystem {
  private let syncs: Bool

  /// The only one there is.
  ///
  /// - Parameter syncs: Whether a sync waits until the disk has what was written; without that, what
  ///   was written last is lost when the power fails.
  public init(syncs: Bool = true) { self.syncs = syncs }

  /// Opens a regular file without following what a pipe or a terminal would wait for.
  ///
  /// - Parameters:
  ///   - path: Where the file lies.
  ///   - access: What may be done with it, and whether it is made.
  /// - Returns: The open file.
  /// - Throws: `.failed` with the system's reason.
  public func open(_ path: String, _ access: FileAccess) throws(FileIOError) -> any FileHandle {
    let flags =
      switch access {
      case .read: O_RDONLY
      case .update: O_RDWR
      case .updateOrCreate: O_RDWR | O_CREAT
      case .create: O_RDWR | O_CREAT | O_EXCL
      }
    // O_NONBLOCK: a pipe that nobody writes to must not hold us up; files know no such thing.
    let descriptor = retrying { Glibc.open(path, flags | O_CLOEXEC | O_NONBLOCK, 0o600) }
    guard descriptor >= 0 else { throw failure(.open, path) }
    let handle = LocalFileHandle(descriptor: descriptor, path: path, syncs: syncs)
    guard try handle.status().st_mode & S_IFMT != S_IFDIR else {
      throw .failed(operation: .open, path: path, code: EISDIR)
    }
    return handle
  }

  /// The C function is `rename`.
  public func rename(_ path: String, to target: String) throws(FileIOError) {
    guard Glibc.rename(path, target) == 0 else { throw failure(.rename, path) }
  }

  /// The C function is `remove`.
  public func remove(_ path: String) throws(FileIOError) {
    guard Glibc.remove(path) == 0 else { throw failure(.remove, path) }
  }

  /// The C function is `mkdir`.
  public func makeDirectory(_ path: String) throws(FileIOError) {
    guard Glibc.mkdir(path, 0o700) == 0 else { throw failure(.makeDirectory, path) }
  }

  /// The C functions are `opendir` and `readdir`.
  public func list(_ path: String) throws(FileIOError) -> [String] {
    guard let directory = opendir(path) else { throw failure(.list, path) }
    defer { closedir(directory) }
    var names: [String] = []
    while true {
      // Only `errno` tells a failure from the end, and the end leaves it as it is.
      errno = 0
      guard let entry = readdir(directory) else { break }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    guard errno == 0 else { throw failure(.list, path) }
    return names.sorted()
  }

  /// The C function is `stat`: symbolic links are followed.
  public func kind(of path: String) throws(FileIOError) -> FileKind? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw failure(.examine, path)
    }
    return switch status.st_mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .directory
    default: .other
    }
  }

  /// The C function is `fsync`, on the directory.
  public func syncDirectory(_ path: String) throws(FileIOError) {
    let descriptor = retrying { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw failure(.open, path) }
    defer { close(descriptor) }
    guard !syncs || retrying({ fsync(descriptor) }) == 0 else { throw failure(.sync, path) }
  }
}

/// A file of the machine, by its descriptor.
private final class LocalFileHandle: FileHandle {
  let path: String
  private let descriptor: Int32
  private let syncs: Bool

  init(descriptor: Int32, path: String, syncs: Bool) {
    self.syncs = syncs
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  func status() throws(FileIOError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(.examine, path) }
    return status
  }

  func byteCount() throws(FileIOError) -> Int { Int(try status().st_size) }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileIOError) -> Int {
    var total = 0
    while let base = buffer.baseAddress, total < buffer.count {
      let count = retrying { pread(descriptor, base + total, buffer.count - total, offset + total) }
      guard count >= 0 else { throw failure(.read, path) }
      guard count > 0 else { break }
      total += count
    }
    return total
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileIOError) {
    var total = 0
    while let base = bytes.baseAddress, total < bytes.count {
      let count = retrying { pwrite(descriptor, base + total, bytes.count - total, offset + total) }
      guard count >= 0 else { throw failure(.write, path) }
      // Not to ask for ever: nothing was written, and no reason given.
      guard count > 0 else { throw .failed(operation: .write, path: path, code: EIO) }
      total += count
    }
  }

  func syncData() throws(FileIOError) {
    guard !syncs || retrying({ fdatasync(descriptor) }) == 0 else { throw failure(.sync, path) }
  }

  func sync() throws(FileIOError) {
    guard !syncs || retrying({ fsync(descriptor) }) == 0 else { throw failure(.sync, path) }
  }

  func truncate(to byteCount: Int) throws(FileIOError) {
    guard retrying({ ftruncate(descriptor, byteCount) }) == 0 else {
      throw failure(.truncate, path)
    }
  }

  func allocate(_ byteCount: Int) throws(FileIOError) {
    guard byteCount > 0 else {
      if byteCount == 0 { return }
      throw .failed(operation: .allocate, path: path, code: EINVAL)
    }
    var code: Int32
    repeat { code = posix_fallocate(descriptor, 0, byteCount) } while code == EINTR
    switch code {
    case 0: return
    // A file system that cannot reserve space can still be written to.
    case EOPNOTSUPP, EINVAL:
      if try self.byteCount() < byteCount { try truncate(to: byteCount) }
    default: throw .failed(operation: .allocate, path: path, code: code)
    }
  }

  /// Takes two locks, and has both or none.
  ///
  /// bbolt locks its file with `flock`, etcd its log with a lock of the open file description where
  /// the system has such locks, and neither kind sees the other.
  func lock(_ mode: LockMode) throws(FileIOError) -> Bool {
    let isShared = mode == .sharedWithoutWaiting
    var code: Int32 = 0
    if retrying({ flock(descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) }) < 0 {
      code = errno
    } else if setDescriptionLock(isShared ? F_RDLCK : F_WRLCK) < 0 {
      // A file opened for reading has no such lock that is exclusive (EBADF), an old system has none
      // at all (EINVAL): then etcd uses the other one, too.
      code = errno == EBADF || errno == EINVAL ? 0 : errno
    }
    guard code != 0 else { return true }
    flock(descriptor, LOCK_UN)
    setDescriptionLock(F_UNLCK)
    if code == EWOULDBLOCK || code == EACCES { return false }
    throw .failed(operation: .lock, path: path, code: code)
  }

  /// Sets the lock of the open file description on the whole file; the C function is `fcntl`.
  @discardableResult
  private func setDescriptionLock(_ kind: Int32) -> Int32 {
    var lock = Glibc.flock()
    lock.l_type = Int16(kind)
    lock.l_whence = Int16(SEEK_SET)
    // F_OFD_SETLK, which the module of glibc lacks; the same number on every architecture.
    return retrying { fcntl(descriptor, 37, &lock) }
  }

  func map(_ byteCount: Int) throws(FileIOError) -> Mapping {
    guard byteCount > 0 else {
      return Mapping(UnsafeRawBufferPointer(start: nil, count: 0)) { _ in }
    }
    let memory = mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let memory, memory != MAP_FAILED else { throw failure(.map, path) }
    // Of shared memory, this drops nothing that is not in the file. If it fails, nothing has changed.
    return Mapping(UnsafeRawBufferPointer(start: memory, count: byteCount)) { bytes in
      madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, MADV_DONTNEED)
    } release: { bytes in
      munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }
  }
}

/// The error that `errno` tells of.
private func failure(_ operation: FileOperation, _ path: String) -> FileIOError {
  .failed(operation: operation, path: path, code: errno)
}

/// Calls again what a signal interrupted.
private func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}
