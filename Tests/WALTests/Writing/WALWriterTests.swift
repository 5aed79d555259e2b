import FileIO
import Synchronization
import TestSupport
import Testing

@testable import WAL

@Suite struct WALWriterTests {
  private let disk = SimulatedDisk()
  private let first = "/data/wal/0000000000000000-0000000000000000.wal"

  init() throws {
    try disk.makeDirectory("/data")
    disk.syncAll()
  }

  private func create(_ options: WALWriter.Options = .test) throws -> WALWriter {
    try WALWriter.create(
      "/data/wal",
      metadata: HandmadeLog.metadata,
      options: options,
      in: disk
    )
  }

  // MARK: Creating

  @Test func aNewLogHasTheHeadOfEtcd() throws {
    let writer = try create()
    #expect(try disk.list("/data") == ["wal"])
    #expect(try disk.list("/data/wal") == ["0000000000000000-0000000000000000.wal"])
    let bytes = try disk.contents(of: first)
    let head = HandmadeLog.first().bytes
    #expect(bytes.starts(with: head))
    #expect(bytes.count == 4096)
    #expect(bytes.dropFirst(head.count).allSatisfy { $0 == 0 })
    #expect(writer.offset == head.count)
    #expect(writer.lastIndex == .zero)
    #expect(writer.heldSegments == [Segment(sequence: 0, index: .zero)])
  }

  @Test func aNewLogIsDurable() throws {
    _ = try create()
    let found = try disk.crashed(.losingUnsynced)
    #expect(try Contents(of: "/data/wal", in: found).snapshots == [.beginning])
    // POSIX does not promise that the names in a directory are durable with the directory's own.
    let renaming = SimulatedDisk.Operation.rename("/data/wal.tmp", to: "/data/wal")
    let operations = disk.operations
    let place = try #require(operations.firstIndex(of: renaming))
    #expect(operations[place - 1] == .syncDirectory("/data/wal.tmp"))
  }

  @Test func whatAnEarlierAttemptLeftIsRemoved() throws {
    try disk.makeDirectory("/data/wal.tmp")
    try disk.setContents(of: "/data/wal.tmp/0000000000000000-0000000000000000.wal", to: [1, 2, 3])
    try disk.makeDirectory("/data/wal")
    _ = try create()
    #expect(try disk.list("/data") == ["wal"])
    #expect(try Contents(of: "/data/wal", in: disk).entries.isEmpty)
  }

  @Test func anExistingLogIsNotReplaced() throws {
    try create().close()
    #expect(throws: WALError.alreadyExists(path: "/data/wal")) { try create() }
  }

  @Test func otherFilesAreNotRemoved() throws {
    try disk.makeDirectory("/data/wal")
    try disk.setContents(of: "/data/wal/precious", to: [1])
    #expect(throws: WALError.self) { try create() }
    #expect(try disk.contents(of: "/data/wal/precious") == [1])
  }

  @Test func aSlashAtTheEndMakesNoDifference() throws {
    let writer = try WALWriter.create(
      "/data/wal/",
      metadata: HandmadeLog.metadata,
      options: .test,
      in: disk
    )
    try writer.append([LogEntry(1)])
    #expect(try disk.list("/data") == ["wal"])
    #expect(try Contents(of: "/data/wal", in: disk).indices == [1])
  }

  // MARK: Appending

  @Test func whatIsAppendedIsRead() throws {
    let writer = try create()
    let entries = (1...5).map { LogEntry($0, term: 2, [UInt8](repeating: 1, count: Int($0))) }
    try writer.append(Array(entries[..<2]), hardState: HardState(term: 2, vote: 7, commit: 1))
    try writer.append(Array(entries[2...]))
    try writer.append([], hardState: HardState(term: 2, vote: 7, commit: 5))
    let contents = try Contents(of: "/data/wal", in: disk)
    #expect(contents.entries == entries)
    #expect(contents.hardState == HardState(term: 2, vote: 7, commit: 5))
    #expect(contents.metadata == HandmadeLog.metadata)
    #expect(writer.lastIndex.rawValue == 5)
    #expect(writer.lastTerm.rawValue == 2)
  }

  @Test func changesOfMembersAreAppended() throws {
    let writer = try create()
    let change = ConfChange(
      action: .addLearnerNode,
      nodeID: HandmadeLog.metadata.nodeID,
      context: Array("{}".utf8)
    )
    try writer.append([LogEntry(1, change.data, type: .confChange)])
    let entry = try #require(try Contents(of: "/data/wal", in: disk).entries.first)
    #expect(entry.type == .confChange)
    entry.data.withUnsafeBytes { #expect(ConfChange($0) == change) }
  }

  @Test func aBatchIsOneWriteAndOneSync() throws {
    let writer = try create()
    let before = disk.operationCount
    let entries = (1...20).map { LogEntry($0, [UInt8](repeating: 1, count: 50)) }
    try writer.append(entries, hardState: HardState(term: 1, commit: 3))
    let operations = disk.operations.dropFirst(before)
    #expect(operations.count == 2)
    guard case .write = operations.first, case .syncData = operations.last else {
      Issue.record("\(operations)")
      return
    }
  }

  @Test func whatNeedsNoSyncIsNotSynced() throws {
    let writer = try create()
    func syncs(_ body: () throws -> Void) rethrows -> Int {
      let before = disk.syncCount
      try body()
      return disk.syncCount - before
    }
    func state(term: UInt64, vote: UInt64, commit: UInt64) throws -> Int {
      try syncs {
        try writer.append([], hardState: HardState(term: term, vote: vote, commit: commit))
      }
    }
    try writer.append([LogEntry(1), LogEntry(2)])
    #expect(try syncs { try writer.append([]) } == 0)
    #expect(try syncs { try writer.append([], hardState: .empty) } == 0)
    #expect(try state(term: 1, vote: 0, commit: 0) == 1)
    #expect(try state(term: 1, vote: 0, commit: 1) == 0)
    #expect(try state(term: 1, vote: 5, commit: 1) == 1)
    #expect(try state(term: 2, vote: 5, commit: 1) == 1)
    let before = disk.operationCount
    #expect(try state(term: 2, vote: 5, commit: 1) == 0)
    #expect(disk.operationCount == before, "nothing has changed")
    #expect(try state(term: 2, vote: 5, commit: 2) == 0)
    // A commit index is seen by another process nevertheless, and closing makes it durable.
    #expect(try Contents(of: "/data/wal", in: disk).hardState.commit.rawValue == 2)
    #expect(try syncs { try writer.sync() } == 1)
    #expect(try syncs { try writer.sync() } == 0)
    #expect(try state(term: 2, vote: 5, commit: 2) == 0)
    #expect(try syncs { try writer.close() } == 0)
  }

  @Test func uncommittedEntriesAreOverwritten() throws {
    let writer = try create()
    try writer.append((1...5).map { LogEntry($0) }, hardState: HardState(term: 1, commit: 2))
    try writer.append([LogEntry(3, term: 2), LogEntry(4, term: 2)])
    #expect(writer.lastIndex.rawValue == 4)
    let contents = try Contents(of: "/data/wal", in: disk)
    #expect(contents.entries.map(\.term.rawValue) == [1, 1, 2, 2])
  }

  @Test func snapshotsAreAppended() throws {
    let writer = try create()
    try writer.append((1...3).map { LogEntry($0) }, hardState: HardState(term: 1, commit: 3))
    let before = disk.syncCount
    let snapshot = WALSnapshot(index: 2, term: 1, voters: [7])
    try writer.append(snapshot)
    #expect(disk.syncCount == before + 1)
    #expect(writer.lastIndex.rawValue == 3)
    let contents = try Contents(of: "/data/wal", from: snapshot, in: disk)
    #expect(contents.indices == [3])
    #expect(contents.snapshots == [.beginning, snapshot])
  }

  @Test func theLogGoesOnBehindASnapshotThatALeaderSent() throws {
    let writer = try create()
    try writer.append([LogEntry(1)])
    let snapshot = WALSnapshot(index: 100, term: 3, voters: [7])
    try writer.append(snapshot)
    try writer.append([LogEntry(101, term: 3)], hardState: HardState(term: 3, commit: 101))
    #expect(try Contents(of: "/data/wal", from: snapshot, in: disk).indices == [101])
  }

  @Test func aRecordMayBeLongerThanASegment() throws {
    let writer = try create()
    let large = LogEntry(1, [UInt8](repeating: 9, count: 100_000))
    try writer.append([large])
    #expect(writer.heldSegments.count == 2)
    try writer.append([LogEntry(2)])
    #expect(try Contents(of: "/data/wal", in: disk).entries == [large, LogEntry(2)])
  }

  // MARK: Opening

  @Test func appendingGoesOnWhereItEnded() throws {
    var all: [LogEntry] = []
    try create().close()
    for round in 0..<30 {
      let (writer, replay) = try WALWriter.open("/data/wal", options: .test, in: disk)
      #expect(try Contents(replay).entries == all)
      #expect(writer.lastIndex.rawValue == UInt64(all.count))
      let entries = (1...3).map {
        LogEntry(UInt64(all.count + $0), term: UInt64(round + 1), [UInt8](repeating: 3, count: 40))
      }
      let commit = UInt64(all.count + 2)
      try writer.append(entries, hardState: HardState(term: UInt64(round + 1), commit: commit))
      #expect(writer.hardState.commit.rawValue == commit)
      all += entries
      try writer.close()
    }
    #expect(try disk.list("/data/wal").count > 1)
    #expect(try Contents(of: "/data/wal", in: disk).entries == all)
  }

  @Test func whatLiesBehindTheLastRecordIsOverwritten() throws {
    let writer = try create()
    try writer.append([LogEntry(1)])
    let end = writer.offset
    try writer.append([LogEntry(2, [UInt8](repeating: 7, count: 2000))])
    try writer.close()
    // The length word did not get to the disk; what is behind it did.
    var bytes = try disk.contents(of: first)
    for place in end..<(end / 512 + 1) * 512 { bytes[place] = 0 }
    try disk.setContents(of: first, to: bytes)
    let (again, _) = try WALWriter.open("/data/wal", options: .test, in: disk)
    #expect(try disk.contents(of: first).dropFirst(end).allSatisfy { $0 == 0 })
    // Durably so, before anything is appended.
    let found = try disk.crashed(.losingUnsynced)
    #expect(try found.contents(of: first).dropFirst(end).allSatisfy { $0 == 0 })
    #expect(again.offset == end)
  }

  @Test func aLogIsOpenedByOneWriterAlone() throws {
    let writer = try create()
    #expect(throws: WALError.file(.locked(path: first))) {
      try WALWriter.open("/data/wal", options: .test, in: disk)
    }
    try writer.close()
    let (again, _) = try WALWriter.open("/data/wal", options: .test, in: disk)
    #expect(throws: WALError.file(.locked(path: first))) {
      try WALWriter.open("/data/wal", options: .test, in: disk)
    }
    try again.close()
  }

  @Test func whatIsNoDirectoryIsNotOpened() throws {
    try disk.setContents(of: "/data/file", to: DamageTests.log.bytes)
    #expect(throws: WALError.noSegments(path: "/data/file")) {
      try WALWriter.open("/data/file", options: .test, in: disk)
    }
    #expect(throws: WALError.noSegments(path: "/data")) {
      try WALWriter.open("/data", options: .test, in: disk)
    }
  }

  @Test func openingADamagedLogChangesNothing() throws {
    let writer = try create()
    try writer.append([LogEntry(1, [1, 2, 3])])
    try writer.close()
    var bytes = try disk.contents(of: first)
    bytes[writer.offset - 6] ^= 1
    try disk.setContents(of: first, to: bytes)
    let before = disk.operationCount
    #expect(throws: WALError.self) { try WALWriter.open("/data/wal", options: .test, in: disk) }
    #expect(disk.operationCount == before)
  }

  // MARK: Misuse

  @Test func entriesThatLeaveAGapAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let writer = try WALWriter.create(
        "/wal",
        metadata: HandmadeLog.metadata,
        options: .test,
        in: SimulatedDisk()
      )
      try writer.append([LogEntry(2)])
    }
  }

  @Test func committedEntriesCannotBeReplaced() async {
    await #expect(processExitsWith: .failure) {
      let writer = try WALWriter.create(
        "/wal",
        metadata: HandmadeLog.metadata,
        options: .test,
        in: SimulatedDisk()
      )
      try writer.append([LogEntry(1)], hardState: HardState(term: 1, commit: 1))
      try writer.append([LogEntry(1, term: 2)])
    }
  }
}
