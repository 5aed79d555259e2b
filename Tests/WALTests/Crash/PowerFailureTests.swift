import FileIO
import TestSupport
import Testing

@testable import WAL

/// The power fails, at any operation, and of what was not synced any part may be there.
///
/// The danger: a log that does not open, or lacks what was acknowledged. What must hold at every
/// operation and whatever the disk kept: the log opens, after a repair at most; it has every entry
/// that an append returned from, and after those a prefix of what was being appended; its hard state
/// is not older than the last one that was synced.
@Suite struct PowerFailureTests {
  /// What a member does in its life, and what it was told of it.
  private final class Member {
    let disk: SimulatedDisk

    /// All entries that an append was asked for, by index.
    var attempted: [LogEntry] = []

    /// How many of them an append has returned from.
    var acknowledgedCount = 0

    /// Hard states that may be found: the last one that was synced, and all behind it.
    var hardStates: [HardState] = [.empty]
    var snapshot = WALSnapshot.beginning
    var isCreated = false

    init(_ disk: SimulatedDisk) { self.disk = disk }

    /// Small segments, so that some are cut; sizes that end frames at many places in sectors.
    func live(seed: UInt64) throws(WALError) {
      var generator = SeededGenerator(seed: seed)
      let options = WALWriter.Options.with(segmentByteCount: 2048)
      var writer = try WALWriter.create(
        "/wal",
        metadata: HandmadeLog.metadata,
        options: options,
        in: disk
      )
      isCreated = true
      for round in 1...20 {
        try append(to: writer, round, &generator)
        switch round {
        case 4: try commit(writer)
        case 6: try take(writer)
        case 8, 13:
          try writer.close()
          writer = try WALWriter.open("/wal", from: snapshot, options: options, in: disk).writer
        case 10, 15:
          try take(writer)
          writer.release(upTo: snapshot.index)
          try writer.purge(keeping: 2)
        default: break
        }
      }
      try writer.close()
    }

    private func append(
      to writer: WALWriter,
      _ round: Int,
      _ generator: inout SeededGenerator
    ) throws(WALError) {
      let entries = (0..<Int.random(in: 1...4, using: &generator)).map { number in
        let byteCount = Int.random(in: 0...300, using: &generator)
        return LogEntry(
          UInt64(attempted.count + number + 1),
          term: UInt64(round / 4 + 1),
          (0..<byteCount).map { _ in UInt8.random(in: 1...255, using: &generator) }
        )
      }
      let commit = UInt64(attempted.count)
      let state = HardState(term: UInt64(round / 4 + 1), vote: 7, commit: commit)
      attempted += entries
      hardStates.append(state)
      try writer.append(entries, hardState: state)
      acknowledgedCount = attempted.count
      hardStates = [state]
    }

    /// A commit index alone may be lost.
    private func commit(_ writer: WALWriter) throws(WALError) {
      var state = writer.hardState
      state.commit = writer.lastIndex
      hardStates.append(state)
      try writer.append([], hardState: state)
    }

    private func take(_ writer: WALWriter) throws(WALError) {
      let taken = WALSnapshot(
        index: writer.hardState.commit.rawValue,
        term: attempted[Int(writer.hardState.commit.rawValue) - 1].term.rawValue,
        voters: [7]
      )
      try writer.append(taken)
      snapshot = taken
    }
  }

  /// Opens what the disk kept, as a member that starts again does.
  private func check(_ member: Member, _ disk: SimulatedDisk, _ title: String) throws {
    let options = WALWriter.Options.with(segmentByteCount: 2048)
    guard try disk.kind(of: "/wal") != nil else {
      #expect(!member.isCreated, "\(title): gone")
      // Whatever is left of the attempt, the next one succeeds.
      let metadata = HandmadeLog.metadata
      _ = try WALWriter.create("/wal", metadata: metadata, options: options, in: disk)
      return
    }
    var opened: (writer: WALWriter, replay: LogReplay)?
    do throws(WALError) {
      opened = try WALWriter.open("/wal", from: member.snapshot, options: options, in: disk)
    } catch {
      guard case .torn = error else {
        Issue.record("\(title): \(error)")
        return
      }
      #expect(try WALRepair.repair("/wal", in: disk) != nil)
      opened = try WALWriter.open("/wal", from: member.snapshot, options: options, in: disk)
    }
    let (writer, replay) = try #require(opened)
    let found = try Contents(replay)
    let before = Int(member.snapshot.index.rawValue)
    let count = before + found.entries.count
    #expect(count >= member.acknowledgedCount, "\(title): acknowledged entries are missing")
    #expect(found.entries[...] == member.attempted[before..<count], "\(title): other entries")
    #expect(member.hardStates.contains(found.hardState), "\(title): \(found.hardState)")
    #expect(found.metadata == HandmadeLog.metadata)
    // And it goes on.
    let next = LogEntry(UInt64(count + 1), term: 90, [UInt8](repeating: 9, count: 3000))
    try writer.append(
      [next],
      hardState: HardState(term: 90, commit: found.hardState.commit.rawValue)
    )
    try writer.close()
    let after = try Contents(of: "/wal", from: member.snapshot, in: disk)
    #expect(after.entries == found.entries + [next], "\(title): not appended")
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func everyAcknowledgedEntryIsThereWheneverThePowerFails(_ seed: UInt64) throws {
    let whole = Member(SimulatedDisk())
    try whole.live(seed: seed)
    let operationCount = whole.disk.operationCount
    try #require(operationCount > 80)
    try #require(whole.disk.operations.contains { if case .remove = $0 { true } else { false } })
    for number in 1...operationCount {
      let member = Member(SimulatedDisk())
      member.disk.cutPower(.beforeOperation(number))
      #expect(throws: WALError.self) { try member.live(seed: seed) }
      var models: [CrashModel] = [.losingUnsynced, .keepingUnsynced]
      models += (0..<6).map { .scattering(seed: seed << 32 + UInt64(number) << 8 + $0) }
      for model in models {
        let title = "seed \(seed), operation \(number), \(model)"
        try check(member, try member.disk.crashed(model), title)
      }
    }
  }

  /// The danger: what the first failure left behind the last record comes back behind a new one.
  @Test func thePowerMayFailAgainAsSoonAsTheLogIsOpen() throws {
    let whole = Member(SimulatedDisk())
    try whole.live(seed: 4)
    let options = WALWriter.Options.with(segmentByteCount: 2048)
    for number in 1...whole.disk.operationCount {
      let member = Member(SimulatedDisk())
      member.disk.cutPower(.beforeOperation(number))
      #expect(throws: WALError.self) { try member.live(seed: 4) }
      for seed in 0..<4 as Range<UInt64> {
        let disk = try member.disk.crashed(.scattering(seed: seed << 32 + UInt64(number)))
        guard try disk.kind(of: "/wal") != nil else { continue }
        _ = try WALRepair.repair("/wal", in: disk)
        let found = try Contents(of: "/wal", from: member.snapshot, in: disk)
        // Opening takes four operations, an append two.
        disk.cutPower(.beforeOperation(disk.operationCount + Int(seed) + 2))
        do throws(WALError) {
          let (writer, _) = try WALWriter.open(
            "/wal",
            from: member.snapshot,
            options: options,
            in: disk
          )
          let index = writer.lastIndex.rawValue + 1
          try writer.append([LogEntry(index, term: 50, [UInt8](repeating: 5, count: 700))])
          try writer.append([LogEntry(index + 1, term: 50)])
        } catch {
          #expect(disk.isPowerOff, "\(error)")
        }
        let again = try disk.crashed(.scattering(seed: seed))
        _ = try WALRepair.repair("/wal", in: again)
        let entries = try Contents(of: "/wal", from: member.snapshot, in: again).entries
        #expect(entries.starts(with: found.entries), "operation \(number), seed \(seed)")
        #expect(entries.dropFirst(found.entries.count).allSatisfy { $0.term.rawValue == 50 })
      }
    }
  }

  /// The disk reports an error, and the machine goes on: until it stops later.
  @Test func afterEveryFailedSyncNothingIsAcknowledgedThatIsLost() throws {
    let whole = Member(SimulatedDisk())
    try whole.live(seed: 5)
    for number in 1...whole.disk.syncCount {
      let member = Member(SimulatedDisk())
      member.disk.failSync(number)
      // A sync that is part of cleaning up may fail without harm.
      try? member.live(seed: 5)
      for model in [CrashModel.losingUnsynced, .keepingUnsynced, .scattering(seed: 1)] {
        let title = "sync \(number), \(model)"
        try check(member, try member.disk.crashed(model), title)
      }
    }
  }

  /// A repair can be interrupted as well.
  @Test func aRepairThatIsInterruptedIsDoneAgain() throws {
    func torn() throws -> SimulatedDisk {
      let disk = SimulatedDisk()
      try disk.makeDirectory("/wal")
      var log = HandmadeLog.first()
      log.addNextEntry(10)
      log.addNextEntry(900)
      try disk.setContents(
        of: "/wal/0000000000000000-0000000000000000.wal",
        to: Array(log.bytes.dropLast(100)) + [UInt8](repeating: 0, count: 100)
      )
      disk.syncAll()
      return disk
    }
    let whole = try torn()
    let before = whole.operationCount
    #expect(try WALRepair.repair("/wal", in: whole) != nil)
    for number in before + 1...whole.operationCount {
      let disk = try torn()
      disk.cutPower(.beforeOperation(number))
      #expect(throws: WALError.self) { try WALRepair.repair("/wal", in: disk) }
      for seed in 0..<8 {
        let found = try disk.crashed(.scattering(seed: UInt64(seed)))
        _ = try WALRepair.repair("/wal", in: found)
        let contents = try Contents(of: "/wal", in: found)
        #expect(contents.indices == [1])
        #expect(!contents.isTorn)
      }
    }
  }
}
