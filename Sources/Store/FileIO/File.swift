internal import Synchronization

/// An open file as the storage layers use it: a ``FileHandle`` that writes nothing after a failed
/// sync.
///
/// After a sync has failed, the system may have dropped the pages that it could not write and
/// reports success the next time: what the file holds is unknown. Every later change is refused
/// with ``FileIOError/syncFailedBefore(path:)``; reading goes on.
public final class File: Sendable {
  private let handle: any FileHandle
  private let syncFailed = Atomic(false)

  /// Held during a sync: the system tells of a failure once, and a second sync beside the one that
  /// is told would report success for bytes that are lost.
  private let syncing = Mutex(())

  /// Opens a file, as ``FileSystem/open(_:_:)`` does.
  public init(
    _ path: String,
    _ access: FileAccess,
    in fileSystem: any FileSystem
  ) throws(FileIOError) {
    handle = try fileSystem.open(path, access)
  }

  /// The path it was opened by.
  public var path: String { handle.path }

  /// Whether a sync has failed, and nothing is written any more.
  public var isReadOnlyAfterFailedSync: Bool { syncFailed.load(ordering: .acquiring) }

  /// How long the file is, in bytes.
  public func byteCount() throws(FileIOError) -> Int { try handle.byteCount() }

  /// Reads until the buffer is full or the file ends.
  ///
  /// - Returns: How many bytes were read; fewer than asked for only at the end of the file.
  public func read(
    into buffer: UnsafeMutableRawBufferPointer,
    at offset: Int
  ) throws(FileIOError) -> Int {
    try handle.read(into: buffer, at: offset)
  }

  /// Writes all bytes, making the file longer where they pass its end.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileIOError) {
    try refuseAfterFailedSync()
    try handle.write(bytes, at: offset)
  }

  /// Makes what was written durable, with the file's length (fdatasync).
  public func syncData() throws(FileIOError) {
    try latching { () throws(FileIOError) in try handle.syncData() }
  }

  /// Makes what was written durable, with all that the system knows of the file (fsync).
  public func sync() throws(FileIOError) {
    try latching { () throws(FileIOError) in try handle.sync() }
  }

  /// Cuts the file off, or lengthens it with zeros.
  public func truncate(to byteCount: Int) throws(FileIOError) {
    try refuseAfterFailedSync()
    try handle.truncate(to: byteCount)
  }

  /// Reserves space on the disk, and lengthens the file with zeros up to there; nothing is cut off.
  public func allocate(_ byteCount: Int) throws(FileIOError) {
    try refuseAfterFailedSync()
    try handle.allocate(byteCount)
  }

  /// Takes the advisory lock of the file, until the file is closed.
  ///
  /// - Throws: ``FileIOError/locked(path:)`` if another holds it.
  public func lock(_ mode: LockMode) throws(FileIOError) {
    guard try handle.lock(mode) else { throw .locked(path: path) }
  }

  /// Maps the file from its start for reading, as ``FileHandle/map(_:)`` does.
  public func map(_ byteCount: Int) throws(FileIOError) -> Mapping {
    try handle.map(byteCount)
  }

  private func latching(_ sync: () throws(FileIOError) -> Void) throws(FileIOError) {
    try syncing.withLock { _ throws(FileIOError) in
      try refuseAfterFailedSync()
      do throws(FileIOError) {
        try sync()
      } catch {
        syncFailed.store(true, ordering: .releasing)
        throw error
      }
    }
  }

  private func refuseAfterFailedSync() throws(FileIOError) {
    if isReadOnlyAfterFailedSync { throw .syncFailedBefore(path: path) }
  }
}
