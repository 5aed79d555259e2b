/// What the records of a log say together: the state that a member starts again with.
///
/// It is fed one record after the other and holds no entry. Entries may be overwritten: when a new
/// leader's log differs, its entries replace those from an index on, and only the later ones count.
/// What no member can have written is refused: entries that are missing, terms and commit indices
/// that go back, committed entries that are overwritten. So damage to what no checksum covers, the
/// type of a record, does not pass for another history.
///
/// Source: etcd 3.4, `wal/wal.go`, `ReadAll` and `ValidSnapshotEntries`.
public struct LogState: Sendable {
  /// Entries that lie one behind the other in the log, and belong to it in the end.
  struct Run: Equatable, Sendable {
    /// The index of the first.
    var index: LogIndex

    /// How many entry records come before the first.
    var ordinal: Int

    /// How many there are; none is empty.
    var count: Int
  }

  /// Whose log it is; nil only before the first record.
  public private(set) var metadata: WALMetadata?

  /// The last hard state; empty if there is none.
  public private(set) var hardState = HardState.empty

  /// All snapshots that the log knows of, as they come.
  public private(set) var snapshots: [WALSnapshot] = []

  /// The last entry that the log has, or that the last snapshot contains.
  public private(set) var lastIndex: LogIndex

  /// The term of that entry.
  public private(set) var lastTerm = Term.zero

  /// How many records there are.
  public private(set) var recordCount = 0

  /// How many of them are entries, with those that were overwritten later.
  public private(set) var entryRecordCount = 0

  // Invariant: the runs are contiguous, ascend by index and by ordinal, and end with `lastIndex`.
  private(set) var runs: [Run] = []

  // False for a single segment whose name does not tell what comes before it.
  private var knowsLastIndex: Bool

  /// Nothing read yet.
  ///
  /// - Parameter index: The index before the first entry; nil if that is not known.
  init(startingBehind index: LogIndex?) {
    lastIndex = index ?? .zero
    knowsLastIndex = index != nil
  }

  /// The snapshots that a member may start from: those of committed entries.
  public var validSnapshots: [WALSnapshot] { snapshots.filter { $0.index <= hardState.commit } }

  /// The first entry that the log has; nil if it has none.
  public var firstIndex: LogIndex? { runs.first?.index }

  /// Goes on to the next record.
  mutating func add(_ content: Record.Content) throws(WALDamage) {
    switch content {
    case .metadata(let metadata): self.metadata = metadata
    case .entry(let entry): try add(entry)
    case .hardState(let state): try add(state)
    case .checksum: break
    case .snapshot(let snapshot): try add(snapshot)
    }
    recordCount += 1
  }

  /// Checks what can only be known at the end.
  func finish() throws(WALDamage) {
    guard !knowsLastIndex || hardState.commit <= lastIndex else {
      throw .commitBeyondEnd(found: hardState.commit, last: lastIndex)
    }
  }

  private mutating func add(_ entry: EntryView) throws(WALDamage) {
    let follows = entry.index == lastIndex.next || !knowsLastIndex
    guard entry.index > .zero, follows || entry.index <= lastIndex else {
      throw .entriesMissing(found: entry.index, expected: lastIndex.next)
    }
    if follows {
      guard entry.term >= lastTerm else {
        throw .termWentBack(found: entry.term, before: lastTerm)
      }
    } else {
      guard entry.index > hardState.commit else {
        throw .committedEntryOverwritten(found: entry.index, commit: hardState.commit)
      }
      try forgetEntries(from: entry.index)
    }
    if runs.last.map({ $0.ordinal + $0.count == entryRecordCount }) ?? false {
      runs[runs.count - 1].count += 1
    } else {
      runs.append(Run(index: entry.index, ordinal: entryRecordCount, count: 1))
    }
    entryRecordCount += 1
    knowsLastIndex = true
    lastIndex = entry.index
    lastTerm = entry.term
  }

  private mutating func forgetEntries(from index: LogIndex) throws(WALDamage) {
    while let run = runs.last, run.index >= index { runs.removeLast() }
    guard let run = runs.last else { return }
    // The run begins before the index and reaches it.
    runs[runs.count - 1].count = Int(index.rawValue - run.index.rawValue)
    guard runs.count < WALLimits.overwriteCount else {
      throw .tooMany(.entry, limit: WALLimits.overwriteCount)
    }
  }

  private mutating func add(_ state: HardState) throws(WALDamage) {
    guard state.term >= hardState.term else {
      throw .termWentBack(found: state.term, before: hardState.term)
    }
    guard state.commit >= hardState.commit else {
      throw .commitWentBack(found: state.commit, before: hardState.commit)
    }
    hardState = state
  }

  private mutating func add(_ snapshot: WALSnapshot) throws(WALDamage) {
    guard snapshots.count < WALLimits.snapshotRecordCount else {
      throw .tooMany(.snapshot, limit: WALLimits.snapshotRecordCount)
    }
    snapshots.append(snapshot)
    // The first of a log's first segment tells that nothing comes before.
    guard knowsLastIndex ? snapshot.index > lastIndex : snapshot.index == .zero else { return }
    // A leader sent it to a member that lacked more than the leader's log still had: what the
    // member's log has ends before it, and goes on behind it.
    runs = []
    knowsLastIndex = true
    lastIndex = snapshot.index
    lastTerm = snapshot.term
  }
}
