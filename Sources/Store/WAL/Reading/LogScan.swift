public import FileIO

/// Every record of a log in the order in which they lie there, sound or not to its end.
///
/// ``LogReplay`` refuses a log that is damaged; this shows what comes before the damage, and then
/// throws it. As there, the log is read twice, and one record at a time is held in memory: the first
/// time tells which entries were overwritten later. Nothing is changed.
public final class LogScan {
  /// A record, and what became of it.
  public struct Item {
    /// The record, whose data is valid until the next call.
    public let record: Record

    /// Whether it is an entry whose place another entry took later.
    public let isOverwritten: Bool
  }

  /// What the log says, up to the damage if there is any.
  public private(set) var state: LogState

  /// Where the log ends; nil if it is damaged.
  public private(set) var end: WALReader.End?

  /// What is thrown behind the last record that can be believed.
  public private(set) var damage: WALError?

  private let reader: WALReader
  private var entries = EntryRuns()
  private var shownCount = 0

  /// Reads a log for the first time.
  ///
  /// - Parameters:
  ///   - path: The directory of a log, or one segment of it by any name.
  ///   - index: Where to begin: segments are left out if all that is in them is at this index or
  ///     before; nil for everything that is there.
  ///   - fileSystem: Where the log lies.
  /// - Throws: What opening a ``WALReader`` throws. What is wrong with a record is no error yet.
  public init(
    _ path: String,
    from index: LogIndex? = nil,
    in fileSystem: any FileSystem = LocalFileSystem()
  ) throws(WALError) {
    reader = try WALReader(path, from: index, in: fileSystem)
    state = LogState(startingBehind: reader.indexBefore)
    do throws(WALError) {
      while let record = try reader.next() {
        try check(record.place.segmentSlot, record.place.offset) { () throws(WALDamage) in
          try state.add(record.content)
        }
        if case .entry(let entry) = record.content { entries.add(entry.index) }
      }
      end = reader.end
      if let end {
        try check(end.segmentSlot, end.offset) { () throws(WALDamage) in try state.finish() }
      }
    } catch {
      damage = error
    }
    do throws(WALError) {
      try reader.rewind()
    } catch {
      damage = damage ?? error
    }
  }

  /// The paths of the segments, oldest first.
  public var paths: [String] { reader.paths }

  /// The next record, or nothing behind the last.
  ///
  /// - Returns: The record, whose data is valid until the next call.
  /// - Throws: ``damage``, behind the last record before it.
  public func next() throws(WALError) -> Item? {
    guard shownCount < state.recordCount, let record = try reader.next() else {
      if let damage { throw damage }
      return nil
    }
    shownCount += 1
    guard case .entry = record.content else { return Item(record: record, isOverwritten: false) }
    return Item(record: record, isOverwritten: !entries.isNextLasting())
  }

  private func check(
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

/// Which of a log's entries were not overwritten, by their ordinal numbers.
///
/// In contrast to the runs of ``LogState``, entries that a snapshot made superfluous stay.
private struct EntryRuns {
  /// Entries one behind the other, by place and by index.
  private struct Run {
    var index: UInt64
    var ordinal: Int
    var count: Int
  }

  private var runs: [Run] = []
  private var entryCount = 0

  // Where the second reading is.
  private var slot = 0
  private var ordinal = 0

  mutating func add(_ index: LogIndex) {
    let index = index.rawValue
    while let run = runs.last, run.index >= index { runs.removeLast() }
    // Differences, for behind the largest index there is none.
    if let run = runs.last, index - run.index < UInt64(run.count) {
      runs[runs.count - 1].count = Int(index - run.index)
    }
    if let run = runs.last, index - run.index == UInt64(run.count),
      run.ordinal + run.count == entryCount
    {
      runs[runs.count - 1].count += 1
    } else {
      runs.append(Run(index: index, ordinal: entryCount, count: 1))
    }
    entryCount += 1
  }

  /// Whether the next entry of the second reading is there in the end.
  mutating func isNextLasting() -> Bool {
    defer { ordinal += 1 }
    while slot < runs.count, runs[slot].ordinal + runs[slot].count <= ordinal { slot += 1 }
    return slot < runs.count && runs[slot].ordinal <= ordinal
  }
}
