public import FileIO
private import Glibc
private import Synchronization

/// A file system in memory whose power can fail: what a program has to expect of a real one when
/// the machine stops, at worst.
///
/// It begins with an empty root directory. What is seen is what was done; what the disk is sure to
/// keep is what was synced:
///
/// * A file's bytes and its length are durable once the file has been synced, by either sync.
/// * A name (made, renamed, removed) is durable once its directory has been synced, and not with
///   the file: neither POSIX nor `fsync(2)` promises that, though ext4 mostly does it. A new
///   directory's name is its parent's.
/// * A renaming happens wholly or not at all. Names change in the order in which they were changed,
///   as in the journal of ext4 or XFS.
/// * Everything else may be lost, kept, or kept in part, sector by sector: see ``CrashModel``. Bytes
///   that were never written are zeros, as in ext4's default mode, and not what another file left.
///
/// ``crashed(_:)`` gives the disk that is found when the power is back. ``cutPower(_:)`` stops the
/// machine in the middle of a workload.
public final class SimulatedDisk: FileSystem {
  /// Something done that changed the disk or made a change durable; by the paths that were given.
  public enum Operation: Equatable, Sendable {
    /// A file that was not there was opened.
    case create(String)
    case write(String, offset: Int, byteCount: Int)
    case syncData(String)
    case sync(String)
    case truncate(String, byteCount: Int)
    case allocate(String, byteCount: Int)
    case rename(String, to: String)
    case remove(String)
    case makeDirectory(String)
    case syncDirectory(String)
    /// Any of the three syncs, refused because of ``SimulatedDisk/failSync(_:)``.
    case failedSync(String)

    /// Whether it is a sync of a file or a directory, a failed one too.
    public var isSync: Bool {
      switch self {
      case .syncData, .sync, .syncDirectory, .failedSync: true
      default: false
      }
    }
  }

  /// When the machine stops, in operations or syncs since the disk was made, from 1.
  public enum PowerCut: Equatable, Sendable {
    /// The operation is refused and without effect.
    case beforeOperation(Int)

    /// The operation is done and reported as done; the next one is refused.
    case afterOperation(Int)

    /// Like `beforeOperation`, where only syncs count, of files and directories.
    case beforeSync(Int)

    /// Like `afterOperation`, where only syncs count, of files and directories.
    case afterSync(Int)
  }

  fileprivate struct State {
    var tree = SimulatedTree()
    var operations: [Operation] = []
    var syncCount = 0
    var failingSyncs: Set<Int> = []
    var powerCut: PowerCut?
    var isOff = false
  }

  private let state: Mutex<State>

  /// A disk with nothing on it but the root directory.
  public init() { state = Mutex(State()) }

  private init(_ tree: SimulatedTree) { state = Mutex(State(tree: tree)) }

  // MARK: - Observing

  /// Every operation since the disk was made, oldest first.
  public var operations: [Operation] { state.withLock { $0.operations } }

  /// How many operations there were, syncs and failed syncs among them.
  public var operationCount: Int { state.withLock { $0.operations.count } }

  /// How many syncs there were, of files and directories, failed ones among them.
  public var syncCount: Int { state.withLock { $0.syncCount } }

  /// Whether the machine has stopped: every operation is refused with `EIO`, looking included.
  public var isPowerOff: Bool { state.withLock { $0.isOff } }

  // MARK: - Making things worse

  /// Stops the machine at a moment to come, in place of one that was given before.
  public func cutPower(_ moment: PowerCut) {
    state.withLock { $0.powerCut = moment }
  }

  /// Makes a sync fail with `EIO`, by its number since the disk was made, from 1.
  ///
  /// As Linux has it, what was written to the file before is never made durable then, though it is
  /// still seen and a later sync reports success.
  public func failSync(_ number: Int) {
    state.withLock { _ = $0.failingSyncs.insert(number) }
  }

  /// Makes everything durable, without an operation: for what a workload finds when it begins.
  public func syncAll() {
    state.withLock { $0.tree.syncAll() }
  }

  /// The disk that may be found when the power is back; this one stays as it is.
  ///
  /// All that is on the new disk is durable, nobody holds a lock there, and its operations count
  /// from the beginning. The same model gives the same disk again.
  public func crashed(_ model: CrashModel) throws(FileIOError) -> SimulatedDisk {
    SimulatedDisk(try state.withLock { state throws(FileIOError) in try state.tree.crashed(model) })
  }

  // MARK: - FileSystem

  /// Opens a regular file.
  ///
  /// - Parameters:
  ///   - path: Where the file lies; from the root, with or without a slash at its beginning.
  ///   - access: What may be done with it, and whether it is made.
  /// - Returns: The open file.
  /// - Throws: `.failed` with the code that Linux has for it.
  public func open(_ path: String, _ access: FileAccess) throws(FileIOError) -> any FileHandle {
    let file = try state.withLock { state throws(FileIOError) -> SimulatedFile in
      try state.requirePower(.open, path)
      switch (try state.tree.node(at: path, for: .open), access) {
      case (.some, .create): throw .failed(operation: .open, path: path, code: EEXIST)
      case (.directory, _): throw .failed(operation: .open, path: path, code: EISDIR)
      case (.file(let file), _): return file
      case (nil, .read), (nil, .update):
        throw .failed(operation: .open, path: path, code: ENOENT)
      case (nil, .create), (nil, .updateOrCreate):
        let file = try SimulatedFile()
        let change = try state.tree.creating(file, at: path)
        try state.begin(.create(path), .open, path)
        state.tree.apply(change)
        state.end(.create(path))
        return file
      }
    }
    return SimulatedHandle(path: path, access: access, file: file, disk: self)
  }

  /// Gives a file or directory another name, in place of what lies there.
  public func rename(_ path: String, to target: String) throws(FileIOError) {
    try state.withLock { state throws(FileIOError) in
      try state.requirePower(.rename, path)
      guard let change = try state.tree.renaming(path, to: target) else { return }
      try state.begin(.rename(path, to: target), .rename, path)
      state.tree.apply(change)
      state.end(.rename(path, to: target))
    }
  }

  /// Removes a file, or an empty directory.
  public func remove(_ path: String) throws(FileIOError) {
    try state.withLock { state throws(FileIOError) in
      try state.requirePower(.remove, path)
      let change = try state.tree.removing(path)
      try state.begin(.remove(path), .remove, path)
      state.tree.apply(change)
      state.end(.remove(path))
    }
  }

  /// Makes one directory.
  public func makeDirectory(_ path: String) throws(FileIOError) {
    try state.withLock { state throws(FileIOError) in
      try state.requirePower(.makeDirectory, path)
      let change = try state.tree.makingDirectory(path)
      try state.begin(.makeDirectory(path), .makeDirectory, path)
      state.tree.apply(change)
      state.end(.makeDirectory(path))
    }
  }

  /// The names in a directory, in ascending order.
  public func list(_ path: String) throws(FileIOError) -> [String] {
    try state.withLock { state throws(FileIOError) in
      try state.requirePower(.list, path)
      return try state.tree.names(in: path)
    }
  }

  /// What lies at a path, or nothing.
  public func kind(of path: String) throws(FileIOError) -> FileKind? {
    try state.withLock { state throws(FileIOError) -> FileKind? in
      try state.requirePower(.examine, path)
      do throws(FileIOError) {
        switch try state.tree.node(at: path, for: .examine) {
        case .file: return .file
        case .directory: return .directory
        case nil: return nil
        }
      } catch {
        // Nothing can lie below what is absent or is a file.
        guard case .failed(_, _, let code) = error, code == ENOENT || code == ENOTDIR else {
          throw error
        }
        return nil
      }
    }
  }

  /// Makes the names in a directory durable.
  public func syncDirectory(_ path: String) throws(FileIOError) {
    try state.withLock { state throws(FileIOError) in
      try state.requirePower(.open, path)
      let directory = try state.tree.directory(path, for: .open)
      let isFailing = try state.begin(.syncDirectory(path), .sync, path)
      guard !isFailing else { throw .failed(operation: .sync, path: path, code: EIO) }
      state.tree.sync(directory)
      state.end(.syncDirectory(path))
    }
  }

  // MARK: - For open files

  /// Refuses everything once the machine has stopped.
  func requirePower(_ kind: FileOperation, _ path: String) throws(FileIOError) {
    try state.withLock { state throws(FileIOError) in try state.requirePower(kind, path) }
  }

  /// Does something to a file, unless the machine stops before it.
  func change(
    _ operation: Operation,
    _ kind: FileOperation,
    _ path: String,
    by body: () -> SimulatedFile.Outcome<Void>
  ) throws(FileIOError) {
    try state.withLock { state throws(FileIOError) in
      try state.begin(operation, kind, path)
      if case .refused(let code) = body() {
        throw .failed(operation: kind, path: path, code: code)
      }
      state.end(operation)
    }
  }

  /// Syncs a file, unless the machine stops before it or the sync is to fail.
  func sync(_ file: SimulatedFile, _ operation: Operation, _ path: String) throws(FileIOError) {
    try state.withLock { state throws(FileIOError) in
      guard try !state.begin(operation, .sync, path) else {
        file.loseUnsyncedWrites()
        throw .failed(operation: .sync, path: path, code: EIO)
      }
      file.sync()
      state.end(operation)
    }
  }
}

/// What a disk keeps of that which was not synced when the power failed.
public enum CrashModel: Equatable, Sendable {
  /// Nothing.
  case losingUnsynced

  /// All of it.
  case keepingUnsynced

  /// Any part, by a seeded choice: every 512-byte sector by itself, as it was after one of the writes
  /// to it or before the first; the changes of a file's length up to one of them; the changes of
  /// names up to one of them.
  case scattering(seed: UInt64)
}

extension SimulatedDisk.State {
  func requirePower(_ kind: FileOperation, _ path: String) throws(FileIOError) {
    guard !isOff else { throw .failed(operation: kind, path: path, code: EIO) }
  }

  /// Stops the machine if this is the moment.
  ///
  /// - Returns: Whether the operation is a sync that has to fail.
  @discardableResult
  mutating func begin(
    _ operation: SimulatedDisk.Operation,
    _ kind: FileOperation,
    _ path: String
  ) throws(FileIOError) -> Bool {
    try requirePower(kind, path)
    let isCut =
      switch powerCut {
      case .beforeOperation(let number): operations.count + 1 == number
      case .beforeSync(let number): operation.isSync && syncCount + 1 == number
      case .afterOperation, .afterSync, nil: false
      }
    if isCut { isOff = true }
    try requirePower(kind, path)
    guard operation.isSync, failingSyncs.remove(syncCount + 1) != nil else { return false }
    end(.failedSync(path))
    return true
  }

  /// Counts what was done, and stops the machine if this is the moment.
  mutating func end(_ operation: SimulatedDisk.Operation) {
    operations.append(operation)
    if operation.isSync { syncCount += 1 }
    switch powerCut {
    case .afterOperation(let number): if operations.count == number { isOff = true }
    case .afterSync(let number): if operation.isSync, syncCount == number { isOff = true }
    case .beforeOperation, .beforeSync, nil: break
    }
  }
}
