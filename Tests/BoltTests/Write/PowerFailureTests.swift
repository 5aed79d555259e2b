@testable import Bolt

import FileIO
import Foundation
import TestSupport
import Testing

/// The power fails, and what was not synced is lost, kept, or kept in part.
///
/// The danger: a transaction that was reported as committed is gone, or is there in part, or the file
/// does not open. What must hold: the file passes the check, and holds the last committed transaction,
/// or the one that was being committed, and nothing else.
@Suite struct PowerFailureTests {
  /// Whether the disk is looked at more often: EXPLORER_TORTURE_SECONDS is set.
  private static let isLong =
    ProcessInfo.processInfo.environment["EXPLORER_TORTURE_SECONDS"] != nil

  private static let models: [CrashModel] =
    [.losingUnsynced, .keepingUnsynced]
    + (UInt64(0)..<(isLong ? 40 : 5)).map { CrashModel.scattering(seed: $0) }

  /// What a disk may be found to hold.
  private struct Expected {
    var committed = BoltModel()
    /// What is being committed.
    var next: BoltModel?
  }

  /// Opens what is found, and tells what it holds.
  private func reopen(
    _ disk: SimulatedDisk,
    _ options: Database.Options,
    _ expected: Expected,
    _ context: String
  ) throws -> BoltModel {
    let database = try Database("/db", options, in: disk)
    let reader = database.read()
    #expect(reader.check().faults == [], "\(context)")
    let found = try BoltModel(reader)
    #expect(found == expected.committed || found == expected.next, "\(context)")
    // A state is never found when it was not yet asked for.
    return found
  }

  /// The disk is looked at before everything that changes it.
  @Test(arguments: [(1024, false), (1024, true), (4096, true)])
  func atEveryMomentTheFileHoldsAWholeState(pageByteCount: Int, storesFreelist: Bool) throws {
    let options = Database.Options.writing(
      pageByteCount: pageByteCount,
      storesFreelist: storesFreelist
    )
    let disk = SimulatedDisk()
    let fileSystem = FaultyFileSystem(disk)
    let moments = Moments(disk, Self.models)
    fileSystem.observe { operation, _ in moments.observe(operation) }

    var expected = Expected()
    let database = try Database("/db", options, in: fileSystem)
    try disk.syncDirectory("/")
    // Without its name the file was not made; from here on it has one.
    _ = moments.take()
    var generator = SeededGenerator(seed: UInt64(pageByteCount))
    var readers: [ReadTransaction] = []
    var (oldCount, newCount) = (0, 0)
    for step in 0..<(Self.isLong ? 60 : 14) {
      let transaction = try database.write()
      var changed = expected.committed
      for _ in 0..<Int.random(in: 1...40, using: &generator) {
        try changed.change(transaction, using: &generator, keyCount: 150)
      }
      expected.next = changed
      try transaction.commit()
      for (number, found) in moments.take().enumerated() {
        let model = try reopen(found, options, expected, "step \(step), moment \(number)")
        if model == expected.next { newCount += 1 } else { oldCount += 1 }
      }
      expected.committed = changed
      // From now on only the new state will do.
      moments.observe(.sync)
      for found in moments.take() {
        let model = try reopen(found, options, expected, "after step \(step)")
        #expect(model == changed)
      }
      readers.append(database.read())
      if readers.count > 3 { readers.removeFirst() }
    }
    #expect(oldCount > 100 && newCount > 10)
  }

  /// One crash after another, each in the middle of a workload on what the one before left.
  @Test(arguments: UInt64(1)...(isLong ? 200 : 12)) func crashAfterCrashNothingIsLost(seed: UInt64)
    throws
  {
    var generator = SeededGenerator(seed: seed)
    let options = Database.Options.writing(
      pageByteCount: [1024, 4096].randomElement(using: &generator) ?? 1024,
      storesFreelist: Bool.random(using: &generator)
    )
    var disk = SimulatedDisk()
    _ = try Database("/db", options, in: disk)
    try disk.syncDirectory("/")
    var expected = Expected()
    for round in 0..<12 {
      let cut = disk.operationCount + Int.random(in: 1...60, using: &generator)
      disk.cutPower(
        Bool.random(using: &generator) ? .beforeOperation(cut) : .afterOperation(cut)
      )
      expected.next = nil
      do {
        let database = try Database("/db", options, in: disk)
        while true {
          let transaction = try database.write()
          var changed = expected.committed
          for _ in 0..<Int.random(in: 1...20, using: &generator) {
            try changed.change(transaction, using: &generator, keyCount: 200)
          }
          expected.next = changed
          try transaction.commit()
          expected.committed = changed
          expected.next = nil
        }
      } catch let error as BoltError {
        guard case .file(.failed(_, _, EIO)) = error else {
          Issue.record("seed \(seed), round \(round): \(error)")
          return
        }
      }
      let model: CrashModel =
        [.losingUnsynced, .keepingUnsynced, .scattering(seed: seed &* 100 &+ UInt64(round))]
        .randomElement(using: &generator) ?? .losingUnsynced
      disk = try disk.crashed(model)
      expected.committed = try reopen(disk, options, expected, "seed \(seed), round \(round)")
    }
  }

  /// A meta page of which some bytes are new and some are old, wherever it was torn.
  @Test func aTornMetaPageIsNoneOrTheNewOne() throws {
    let disk = SimulatedDisk()
    let options = Database.Options.writing(pageByteCount: 1024)
    let database = try Database("/db", options, in: disk)
    for number in UInt8(1)...4 {
      try database.update { try $0.bucketOrNew([1]).put([number], for: [1]) }
    }
    let before = try disk.contents(of: "/db")
    try database.update { try $0.bucketOrNew([1]).put([5], for: [1]) }
    let after = try disk.contents(of: "/db")
    // Transaction 6 is on page 0.
    #expect(before[1024..<2048] == after[1024..<2048])
    #expect(before[..<1024] != after[..<1024])
    var values: Set<[UInt8]> = []
    for torn in 0...1024 {
      for isPrefixNew in [true, false] {
        var image = BoltImage(after, pageByteCount: 1024)
        let old = isPrefixNew ? torn..<1024 : 0..<torn
        image.bytes.replaceSubrange(old, with: before[old])
        let reader = try image.open().read()
        #expect(reader.check().faults == [])
        let value = try #require(try reader.bucket([1])?.copy(of: [1]))
        let isNew = image.bytes[..<80] == after[..<80]
        #expect(value == (isNew ? [5] : [4]), "torn at \(torn)")
        values.insert(value)
      }
    }
    #expect(values == [[4], [5]])
  }
}

/// The disks that would be found at each moment of a commit.
private final class Moments: @unchecked Sendable {
  // One thread works: the observer is called on it.
  private let disk: SimulatedDisk
  private let models: [CrashModel]
  private var disks: [SimulatedDisk] = []

  init(_ disk: SimulatedDisk, _ models: [CrashModel]) {
    self.disk = disk
    self.models = models
  }

  func observe(_ operation: FileOperation) {
    switch operation {
    case .write, .sync, .truncate: disks += models.compactMap { try? disk.crashed($0) }
    default: break
    }
  }

  func take() -> [SimulatedDisk] {
    defer { disks = [] }
    return disks
  }
}
