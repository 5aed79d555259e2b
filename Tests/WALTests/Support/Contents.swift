import FileIO
import TestSupport
import WAL

/// Everything that a log says, to compare with.
struct Contents: Equatable {
  var metadata: WALMetadata?
  var hardState: HardState
  var snapshots: [WALSnapshot]
  var entries: [LogEntry]
  var lastIndex: LogIndex
  var isTorn: Bool

  /// Reads a log to its end.
  init(
    of path: String,
    from snapshot: WALSnapshot? = nil,
    in fileSystem: any FileSystem
  ) throws(WALError) {
    try self.init(LogReplay(path, from: snapshot, in: fileSystem))
  }

  init(_ replay: LogReplay) throws(WALError) {
    metadata = replay.state.metadata
    hardState = replay.state.hardState
    snapshots = replay.state.snapshots
    lastIndex = replay.state.lastIndex
    isTorn = replay.end.isTorn
    entries = []
    while let entry = try replay.next() { entries.append(LogEntry(copying: entry)) }
  }

  /// Reads one segment that is nowhere but in memory.
  init(of bytes: [UInt8], name: String = "0000000000000000-0000000000000000.wal") throws {
    let disk = SimulatedDisk()
    try disk.setContents(of: "/\(name)", to: bytes)
    try self.init(of: "/\(name)", in: disk)
  }

  /// The indices of the entries.
  var indices: [UInt64] { entries.map(\.index.rawValue) }
}

extension LogEntry {
  init(_ index: UInt64, term: UInt64 = 1, _ data: [UInt8] = [], type: EntryType = .normal) {
    self.init(type: type, term: Term(rawValue: term), index: LogIndex(rawValue: index), data: data)
  }
}

extension HardState {
  init(term: UInt64, vote: UInt64 = 0, commit: UInt64) {
    self.init(
      term: Term(rawValue: term),
      vote: NodeID(rawValue: vote),
      commit: LogIndex(rawValue: commit)
    )
  }
}

extension WALSnapshot {
  init(index: UInt64, term: UInt64, voters: [UInt64]? = nil) {
    self.init(
      index: LogIndex(rawValue: index),
      term: Term(rawValue: term),
      confState: voters.map { ConfState(voters: $0.map(NodeID.init(rawValue:))) }
    )
  }
}

/// What is wrong with a file, if that is what was thrown.
func damage(_ error: WALError?) -> WALDamage? {
  guard case .damaged(_, _, let damage) = error else { return nil }
  return damage
}

/// Where something is wrong, if that is what was thrown.
func offset(_ error: WALError?) -> Int? {
  guard case .damaged(_, let offset, _) = error else { return nil }
  return offset
}
