public import FileIO
private import Synchronization

/// Another file system that counts what is asked of it, and fails or waits where it is told to.
public final class FaultyFileSystem: FileSystem {
  fileprivate struct Fault {
    var operation: FileOperation
    var pathPart: String?
    var code: Int32
    var isLasting: Bool
    /// How many operations of the kind pass before the first that fails.
    var remaining: Int
  }

  fileprivate struct State {
    var counts: [FileOperation: Int] = [:]
    var faults: [Fault] = []
    var observer: (@Sendable (FileOperation, String) -> Void)?
  }

  private let base: any FileSystem
  private let state = Mutex(State())

  /// Passes everything on until it is told otherwise.
  public init(_ base: any FileSystem) { self.base = base }

  /// How often something was asked for, failures included.
  ///
  /// `.sync` counts both syncs of files and that of directories; `.examine` the length of a file
  /// and the kind of what lies at a path.
  public func count(of operation: FileOperation) -> Int {
    state.withLock { $0.counts[operation] ?? 0 }
  }

  /// Makes an operation fail, without asking the file system.
  ///
  /// A write that fails writes the first half of its bytes, as one does that meets the end of the
  /// space.
  ///
  /// - Parameters:
  ///   - operation: Its kind.
  ///   - number: The first that fails, from 1: the next one.
  ///   - code: The value of `errno`.
  ///   - isLasting: Whether all that follow fail as well.
  ///   - pathPart: If given, only operations on paths that contain it count and fail.
  public func fail(
    _ operation: FileOperation,
    _ number: Int = 1,
    code: Int32,
    isLasting: Bool = false,
    onPathsWith pathPart: String? = nil
  ) {
    let fault = Fault(
      operation: operation,
      pathPart: pathPart,
      code: code,
      isLasting: isLasting,
      remaining: number - 1
    )
    state.withLock { $0.faults.append(fault) }
  }

  /// Takes back all that was to fail.
  public func heal() {
    state.withLock { $0.faults = [] }
  }

  /// Calls something before every operation, on the thread that asks for it: to wait, or to let
  /// something happen in between.
  public func observe(_ observer: (@Sendable (FileOperation, String) -> Void)?) {
    state.withLock { $0.observer = observer }
  }

  /// Counts an operation and fails it if it is its turn.
  func admit(_ operation: FileOperation, _ path: String) throws(FileIOError) {
    let (observer, code) = state.withLock { state in
      state.counts[operation, default: 0] += 1
      return (state.observer, state.failure(of: operation, path))
    }
    observer?(operation, path)
    if let code { throw .failed(operation: operation, path: path, code: code) }
  }

  /// Opens a file whose operations are counted as well.
  ///
  /// - Parameters:
  ///   - path: Where the file lies.
  ///   - access: What may be done with it, and whether it is made.
  /// - Returns: The open file.
  /// - Throws: What the file system throws, or what was asked for.
  public func open(_ path: String, _ access: FileAccess) throws(FileIOError) -> any FileHandle {
    try admit(.open, path)
    return FaultyHandle(try base.open(path, access), of: self)
  }

  /// Passes it on.
  public func rename(_ path: String, to target: String) throws(FileIOError) {
    try admit(.rename, path)
    try base.rename(path, to: target)
  }

  /// Passes it on.
  public func remove(_ path: String) throws(FileIOError) {
    try admit(.remove, path)
    try base.remove(path)
  }

  /// Passes it on.
  public func makeDirectory(_ path: String) throws(FileIOError) {
    try admit(.makeDirectory, path)
    try base.makeDirectory(path)
  }

  /// Passes it on.
  public func list(_ path: String) throws(FileIOError) -> [String] {
    try admit(.list, path)
    return try base.list(path)
  }

  /// Passes it on.
  public func kind(of path: String) throws(FileIOError) -> FileKind? {
    try admit(.examine, path)
    return try base.kind(of: path)
  }

  /// Passes it on.
  public func syncDirectory(_ path: String) throws(FileIOError) {
    try admit(.sync, path)
    try base.syncDirectory(path)
  }
}

extension FaultyFileSystem.State {
  /// The code of the first fault whose turn it is; those that are over go.
  mutating func failure(of operation: FileOperation, _ path: String) -> Int32? {
    var code: Int32?
    for slot in faults.indices.reversed() where faults[slot].concerns(operation, path) {
      if faults[slot].remaining > 0 {
        faults[slot].remaining -= 1
      } else {
        code = faults[slot].code
        if !faults[slot].isLasting { faults.remove(at: slot) }
      }
    }
    return code
  }
}

extension FaultyFileSystem.Fault {
  func concerns(_ operation: FileOperation, _ path: String) -> Bool {
    self.operation == operation && pathPart.map { path.contains($0) } ?? true
  }
}

/// An open file of a ``FaultyFileSystem``.
private final class FaultyHandle: FileHandle {
  private let base: any FileHandle
  private let fileSystem: FaultyFileSystem

  init(_ base: any FileHandle, of fileSystem: FaultyFileSystem) {
    self.base = base
    self.fileSystem = fileSystem
  }

  var path: String { base.path }

  func byteCount() throws(FileIOError) -> Int {
    try fileSystem.admit(.examine, path)
    return try base.byteCount()
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileIOError) -> Int {
    try fileSystem.admit(.read, path)
    return try base.read(into: buffer, at: offset)
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileIOError) {
    do {
      try fileSystem.admit(.write, path)
    } catch {
      try base.write(UnsafeRawBufferPointer(rebasing: bytes.prefix(bytes.count / 2)), at: offset)
      throw error
    }
    try base.write(bytes, at: offset)
  }

  func syncData() throws(FileIOError) {
    try fileSystem.admit(.sync, path)
    try base.syncData()
  }

  func sync() throws(FileIOError) {
    try fileSystem.admit(.sync, path)
    try base.sync()
  }

  func truncate(to byteCount: Int) throws(FileIOError) {
    try fileSystem.admit(.truncate, path)
    try base.truncate(to: byteCount)
  }

  func allocate(_ byteCount: Int) throws(FileIOError) {
    try fileSystem.admit(.allocate, path)
    try base.allocate(byteCount)
  }

  func lock(_ mode: LockMode) throws(FileIOError) -> Bool {
    try fileSystem.admit(.lock, path)
    return try base.lock(mode)
  }

  func map(_ byteCount: Int) throws(FileIOError) -> Mapping {
    try fileSystem.admit(.map, path)
    return try base.map(byteCount)
  }
}
