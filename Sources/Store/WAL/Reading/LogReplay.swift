internal import Checksum
public import FileIO

/// The entries that a log has in the end, in order, after all of it has been checked.
///
/// The log is read twice: once to learn which entries count and whether everything is sound, and
/// once for the entries themselves. So no more than one record is held in memory, however long the
/// log is, and whoever applies the entries never has to take one back. Nothing is changed; entries
/// that are appended meanwhile do not come.
///
/// Entries behind ``HardState/commit`` are not committed and may still be overwritten.
public final class LogReplay {
  /// What the log says.
  public let state: LogState

  /// Where the log ends.
  public let end: WALReader.End

  /// The checksum of all records.
  let checksum: CRC32C

  private let reader: WALReader
  private let start: LogIndex
  private var runSlot = 0
  private var ordinal = 0

  /// Checks a log, from a snapshot on.
  ///
  /// - Parameters:
  ///   - path: The directory of a log, or one segment of it by any name.
  ///   - snapshot: Entries up to its index are left out, and the log must have a record of it; nil
  ///     for all entries that are there.
  ///   - fileSystem: Where the log lies.
  /// - Throws: What ``WALReader`` throws, ``WALError/snapshotNotFound(path:_:)``,
  ///   ``WALError/snapshotMismatch(path:index:found:expected:)``, and
  ///   ``WALError/damaged(path:offset:_:)`` for records that contradict each other.
  public convenience init(
    _ path: String,
    from snapshot: WALSnapshot? = nil,
    in fileSystem: any FileSystem = LocalFileSystem()
  ) throws(WALError) {
    let segments = try SegmentList.open(path, from: snapshot?.index, .read, fileSystem)
    try self.init(WALReader(segments), path, from: snapshot)
  }

  /// Checks a log that is open already.
  init(_ reader: WALReader, _ path: String, from snapshot: WALSnapshot?) throws(WALError) {
    var state = LogState(startingBehind: reader.indexBefore)
    while let record = try reader.next() {
      try Self.damaged(reader, record.place.segmentSlot, record.place.offset) {
        () throws(WALDamage) in try state.add(record.content)
      }
      if let snapshot { try Self.check(record, snapshot, path) }
    }
    guard let end = reader.end else { preconditionFailure("a reader that is done knows its end") }
    let first = state.firstIndex
    try Self.damaged(reader, end.segmentSlot, end.offset) { () throws(WALDamage) in
      try state.finish()
      if let snapshot, let first, first > snapshot.index.next {
        throw .entriesMissing(found: first, expected: snapshot.index.next)
      }
    }
    if let snapshot {
      let known = state.snapshots.contains { $0.index == snapshot.index }
      guard known else { throw .snapshotNotFound(path: path, snapshot) }
    }
    self.reader = reader
    self.state = state
    self.end = end
    checksum = reader.runningChecksum
    start = snapshot?.index ?? .zero
    try rewind()
  }

  /// The paths of the segments, oldest first.
  public var paths: [String] { reader.paths }

  /// The next entry, or nothing behind the last.
  ///
  /// - Returns: The entry, whose data is valid until the next call.
  /// - Throws: What ``WALReader/next()`` throws, if the files have changed since they were checked.
  public func next() throws(WALError) -> EntryView? {
    while runSlot < state.runs.count, let record = try reader.next() {
      guard case .entry(let entry) = record.content else { continue }
      let run = state.runs[runSlot]
      let isInRun = ordinal >= run.ordinal
      ordinal += 1
      if ordinal == run.ordinal + run.count { runSlot += 1 }
      if isInRun && entry.index > start { return entry }
    }
    return nil
  }

  /// Begins anew with the first entry.
  public func rewind() throws(WALError) {
    try reader.rewind()
    runSlot = 0
    ordinal = 0
  }

  private static func check(
    _ record: Record,
    _ wanted: WALSnapshot,
    _ path: String
  ) throws(WALError) {
    guard case .snapshot(let found) = record.content, found.index == wanted.index,
      found.term != wanted.term
    else { return }
    throw .snapshotMismatch(
      path: path,
      index: wanted.index,
      found: found.term,
      expected: wanted.term
    )
  }

  private static func damaged(
    _ reader: WALReader,
    _ slot: Int,
    _ offset: Int,
    _ body: () throws(WALDamage) -> Void
  ) throws(WALError) {
    do throws(WALDamage) {
      try body()
    } catch {
      throw .damaged(path: reader.paths[slot], offset: offset, error)
    }
  }
}
