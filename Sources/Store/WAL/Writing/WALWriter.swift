internal import Checksum
internal import FileIO

/// Appends to a log.
///
/// What an append has returned from is durable, apart from a commit index alone: raft can find that
/// out again, and etcd does not wait for it either. When an append throws, what it was to write may
/// be in the log or not, and every later one is refused with ``WALError/failedBefore(path:cause:)``:
/// the log has to be opened anew.
///
/// A writer belongs to one thread at a time. It holds the lock of every segment that it may still
/// need, so no other process appends, and none removes these segments. Readers need no lock.
///
/// Source: etcd 3.4, `wal/wal.go`.
public final class WALWriter {
  /// What may be chosen.
  public struct Options: Sendable {
    /// How long a segment gets before the next one is begun, in bytes; it is allocated at this
    /// size.
    public var segmentByteCount = WALLimits.segmentByteCount

    /// Whether the file of the next segment is made in the background; otherwise it is made by the
    /// append that needs it.
    public var preparesNextSegment = true

    /// What etcd does.
    public init() {}
  }

  /// The directory that the log lies in.
  public let directory: String

  /// Whose log it is.
  public let metadata: WALMetadata

  /// The last hard state that was appended.
  public internal(set) var hardState: HardState

  /// The last entry that was appended or staged, or that the last snapshot contains.
  public internal(set) var lastIndex: LogIndex

  /// The term of that entry.
  public internal(set) var lastTerm: Term

  /// Where the next record goes, in bytes from the start of the last segment.
  public internal(set) var offset: Int

  let options: Options
  let fileSystem: any FileSystem
  let encoder: RecordEncoder
  let nextSegment: NextSegment

  // Invariant: never empty until the writer is closed, and the last one is written to.
  var segments: [SegmentFile]

  private var stagedEntryCount = 0
  private var hasUnsynced = false
  private var failure: FileIOError?

  init(
    _ segments: [SegmentFile],
    in directory: String,
    _ metadata: WALMetadata,
    _ encoder: RecordEncoder,
    _ options: Options,
    _ fileSystem: any FileSystem
  ) {
    self.directory = directory
    self.metadata = metadata
    self.segments = segments
    self.encoder = encoder
    self.options = options
    self.fileSystem = fileSystem
    hardState = .empty
    lastIndex = .zero
    lastTerm = .zero
    offset = 0
    nextSegment = NextSegment(in: directory, byteCount: options.segmentByteCount, fileSystem)
  }

  // MARK: Appending

  /// Appends entries and a hard state, and makes them durable with one write and one sync.
  ///
  /// - Parameters:
  ///   - entries: The entries, contiguous; they may begin before ``lastIndex``, in place of the
  ///     uncommitted entries from there on.
  ///   - hardState: The hard state behind them; nil if it has not changed.
  /// - Throws: ``WALError/file(_:)`` with what the system refused, then always
  ///   ``WALError/failedBefore(path:cause:)``.
  public func append(
    _ entries: [LogEntry],
    hardState: HardState? = nil
  ) throws(WALError) {
    for entry in entries {
      entry.data.withUnsafeBytes {
        stage(EntryView(type: entry.type, term: entry.term, index: entry.index, data: $0))
      }
    }
    try appendStaged(hardState: hardState)
  }

  /// Adds an entry to the batch that ``appendStaged(hardState:)`` writes.
  ///
  /// - Parameter entry: The entry, whose data is copied.
  /// - Precondition: It is the one behind ``lastIndex``, or replaces one that is not committed; it
  ///   has no more than ``WALLimits/recordByteCount`` bytes with a reserve of 128.
  public func stage(_ entry: EntryView) {
    precondition(entry.index > .zero, "the first entry has index 1")
    precondition(entry.index <= lastIndex.next, "append the entries before this one first")
    precondition(entry.index > hardState.commit, "a committed entry stays as it is")
    precondition(
      entry.index <= lastIndex || entry.term >= lastTerm,
      "an entry of an earlier term cannot come later"
    )
    precondition(entry.type == .normal || !entry.data.isEmpty, "a change says what it changes")
    precondition(
      entry.data.count <= WALLimits.recordByteCount - 128,
      "refuse a request of this size where it comes in"
    )
    encoder.append(entry)
    stagedEntryCount += 1
    lastIndex = entry.index
    lastTerm = entry.term
  }

  /// Writes the entries that were staged, and a hard state behind them.
  ///
  /// They are durable when this returns. A hard state that differs from the one before in its
  /// commit index alone is written, and is durable with the next sync.
  ///
  /// - Parameter hardState: The hard state; nil if it has not changed.
  /// - Throws: As ``append(_:hardState:)`` does.
  /// - Precondition: Neither the term nor the commit index goes back, and what is committed is in
  ///   the log.
  public func appendStaged(hardState: HardState? = nil) throws(WALError) {
    var mustSync = stagedEntryCount > 0
    if let hardState, !hardState.isEmpty, hardState != self.hardState {
      precondition(hardState.term >= self.hardState.term, "terms only grow")
      precondition(hardState.commit >= self.hardState.commit, "what is committed stays so")
      precondition(hardState.commit <= lastIndex, "append entries before committing them")
      mustSync =
        mustSync || hardState.term != self.hardState.term || hardState.vote != self.hardState.vote
      encoder.append(.hardState, hardState)
      self.hardState = hardState
    }
    guard encoder.batch.count > 0 else { return }
    try writing { () throws(WALError) in
      try writeBatch()
      if offset >= options.segmentByteCount {
        try beginNextSegment()
      } else if mustSync {
        try syncData()
      }
    }
  }

  /// Appends a record of a snapshot, and makes it durable.
  ///
  /// The `.snap` file is written before: a member starts from the newest one that its log knows.
  ///
  /// - Parameter snapshot: The snapshot, with its members; what is behind ``lastIndex`` was sent by
  ///   a leader, and the log goes on behind it.
  /// - Throws: As ``append(_:hardState:)`` does.
  /// - Precondition: Nothing is staged.
  public func append(_ snapshot: WALSnapshot) throws(WALError) {
    precondition(stagedEntryCount == 0, "append what is staged first")
    precondition(
      snapshot.confState != nil || snapshot.index == .zero,
      "etcd 3.6 does not start from a snapshot without members"
    )
    encoder.append(.snapshot, snapshot)
    if lastIndex < snapshot.index {
      lastIndex = snapshot.index
      lastTerm = snapshot.term
    }
    try writing { () throws(WALError) in
      try writeBatch()
      try syncData()
    }
  }

  /// Makes durable what was written without a sync.
  ///
  /// - Throws: As ``append(_:hardState:)`` does.
  public func sync() throws(WALError) {
    guard hasUnsynced || failure != nil else { return }
    try writing { () throws(WALError) in try syncData() }
  }

  /// Makes everything durable, and gives the locks back.
  ///
  /// - Throws: As ``append(_:hardState:)`` does; the locks are given back nevertheless.
  public func close() throws(WALError) {
    defer { segments = [] }
    nextSegment.close()
    try sync()
  }

  // MARK: For the extensions

  /// The segment that is written to.
  var tail: SegmentFile {
    guard let tail = segments.last else { preconditionFailure("the writer has been closed") }
    return tail
  }

  /// Writes the batch behind what the last segment holds.
  func writeBatch() throws(WALError) {
    let offset = offset
    try tail.throwingWALError { file throws(FileIOError) in
      do throws(FileIOError) {
        try encoder.batch.withBytes { (bytes) throws(FileIOError) in
          try file.write(bytes, at: offset)
        }
      } catch {
        // A part of a record would be taken for damage: sectors are written whole. If it cannot be
        // cut off either, the first error is the one that matters.
        try? file.truncate(to: offset)
        throw error
      }
    }
    self.offset += encoder.batch.count
    hasUnsynced = true
    forgetBatch()
  }

  func syncData() throws(WALError) {
    try tail.throwingWALError { file throws(FileIOError) in try file.syncData() }
    hasUnsynced = false
  }

  /// Runs what changes files, unless such a thing has failed before.
  ///
  /// A write that failed may be on the disk in part, and of what was written before a failed sync
  /// nothing is known: only reading the log again tells.
  func writing(_ body: () throws(WALError) -> Void) throws(WALError) {
    if let failure {
      forgetBatch()
      throw .failedBefore(path: tail.path, cause: failure)
    }
    do throws(WALError) {
      try body()
    } catch {
      if case .file(let cause) = error { failure = cause }
      forgetBatch()
      throw error
    }
  }

  private func forgetBatch() {
    encoder.batch.removeAll()
    stagedEntryCount = 0
  }
}
