@testable import Bolt

import FileIO
import Foundation
import TestSupport
import Testing

/// A disk that is full or going: one operation after the other fails.
///
/// What must hold: no commit that was acknowledged is lost, readers go on, and where it is unknown what
/// the file holds, nothing more is written.
@Suite struct FailingFileTests {
  private let options = Database.Options.writing(pageByteCount: 1024, storesFreelist: true)

  private func value(_ number: Int) -> [UInt8] { [UInt8](repeating: UInt8(number), count: 700) }

  /// Commits numbers, each with all of the ones before, until something fails.
  ///
  /// - Returns: How many were acknowledged, and what the next commit threw.
  private func commit(
    _ numbers: ClosedRange<Int>,
    in database: Database
  ) -> (acknowledged: Int, error: BoltError?) {
    var acknowledged = numbers.lowerBound - 1
    for number in numbers {
      do throws(BoltError) {
        let transaction = try database.write()
        let bucket = try transaction.bucketOrNew([1])
        for key in 1...number { try bucket.put(value(number), for: [UInt8(key)]) }
        try transaction.commit()
        acknowledged = number
      } catch {
        return (acknowledged, error)
      }
    }
    return (acknowledged, nil)
  }

  /// The number whose commit a state is.
  private func number(_ reader: ReadTransaction) throws -> Int {
    #expect(reader.check().faults == [])
    guard let bucket = try reader.bucket([1]) else { return 0 }
    let count = try bucket.keys().count
    for key in 1...count { #expect(try bucket.copy(of: [UInt8(key)]) == value(count)) }
    return count
  }

  /// What a file system is asked for by opening and by 12 commits.
  private func counts(
    holdsReader: Bool
  ) throws -> (before: [FileOperation: Int], after: [FileOperation: Int]) {
    let fileSystem = FaultyFileSystem(SimulatedDisk())
    let kinds: [FileOperation] = [.write, .sync, .truncate, .examine, .map]
    func count() -> [FileOperation: Int] {
      Dictionary(uniqueKeysWithValues: kinds.map { ($0, fileSystem.count(of: $0)) })
    }
    let database = try Database("/db", options, in: fileSystem)
    let before = count()
    let reader = holdsReader ? database.read() : nil
    #expect(commit(1...12, in: database).error == nil)
    #expect(try reader.map { try number($0) } ?? 0 == 0)
    return (before, count())
  }

  /// A reader keeps pages from being used again: without one they are written here and there.
  @Test(arguments: [true, false]) func everyOperationFailsInItsTurn(holdsReader: Bool) throws {
    let (before, after) = try counts(holdsReader: holdsReader)
    #expect((after[.truncate] ?? 0) > 1 && (after[.sync] ?? 0) >= 24)
    #expect((after[.write] ?? 0) > (holdsReader ? 24 : 50))
    for (kind, count) in after {
      for turn in (before[kind] ?? 0)..<count {
        try fail(kind, turn + 1 - (before[kind] ?? 0), holdsReader: holdsReader)
      }
    }
  }

  private func fail(_ kind: FileOperation, _ turn: Int, holdsReader: Bool) throws {
    let context: Comment = "\(kind) \(turn)"
    let disk = SimulatedDisk()
    let fileSystem = FaultyFileSystem(disk)
    let acknowledged: Int
    do {
      let database = try Database("/db", options, in: fileSystem)
      try disk.syncDirectory("/")
      fileSystem.fail(kind, turn, code: EIO)
      let old = holdsReader ? database.read() : nil
      let (count, error) = commit(1...12, in: database)
      #expect(error == .file(.failed(operation: kind, path: "/db", code: EIO)), context)
      // Readers go on: from the state they began with, and from the last one acknowledged.
      if let old { #expect(try number(old) == 0, context) }
      #expect(try number(database.read()) == count, context)
      acknowledged = try goOn(database, kind, count, context)
      if let old { #expect(try number(old) == 0, context) }
      #expect(try number(database.read()) == acknowledged, context)
    }
    // What the next one who opens the file finds, also after a power failure.
    for model in [CrashModel.keepingUnsynced, .losingUnsynced, .scattering(seed: UInt64(turn))] {
      let database = try Database("/db", options, in: try disk.crashed(model))
      let found = try number(database.read())
      #expect(found == acknowledged || found == acknowledged + 1, context)
      #expect(commit(found + 1...found + 3, in: database).error == nil, context)
      #expect(try number(database.read()) == found + 3, context)
    }
  }

  /// What can be done after a failure: everything, or nothing.
  private func goOn(
    _ database: Database,
    _ kind: FileOperation,
    _ count: Int,
    _ context: Comment
  ) throws -> Int {
    let (next, error) = commit(count + 1...count + 2, in: database)
    switch error {
    case nil:
      // Nothing is unknown: something was refused before the meta page.
      #expect(kind != .sync, context)
      #expect(next == count + 2, context)
    case .file(.syncFailedBefore(path: "/db")): #expect(kind == .sync, context)
    case .commitFailedBefore: #expect(kind == .sync || kind == .write || kind == .map, context)
    default: Issue.record("\(context): \(String(describing: error))")
    }
    return next
  }

  @Test func afterAFailedSyncOfPagesNothingIsWritten() throws {
    let disk = SimulatedDisk()
    let database = try Database("/db", options, in: disk)
    #expect(commit(1...3, in: database).error == nil)
    disk.failSync(disk.syncCount + 1)
    #expect(
      commit(4...4, in: database).error == .file(.failed(operation: .sync, path: "/db", code: EIO))
    )
    let before = try disk.contents(of: "/db")
    for _ in 0..<3 {
      #expect(commit(4...4, in: database).error == .file(.syncFailedBefore(path: "/db")))
    }
    #expect(try disk.contents(of: "/db") == before)
    #expect(try number(database.read()) == 3)
  }

  @Test func afterAFailedSyncOfTheMetaPageNothingIsWritten() throws {
    let disk = SimulatedDisk()
    let database = try Database("/db", options, in: disk)
    #expect(commit(1...3, in: database).error == nil)
    try disk.syncDirectory("/")
    // No growth: the pages' sync is the next, the meta page's the one after it.
    let start = disk.syncCount
    #expect(commit(3...3, in: database).error == nil)
    #expect(disk.syncCount == start + 2)
    disk.failSync(start + 4)
    #expect(
      commit(3...3, in: database).error == .file(.failed(operation: .sync, path: "/db", code: EIO))
    )
    let count = disk.operationCount
    for _ in 0..<3 { #expect(throws: BoltError.commitFailedBefore) { try database.write() } }
    #expect(disk.operationCount == count)
    #expect(try number(database.read()) == 3)
    // The meta page is seen, but not durable: either state may be found, and each is whole.
    for model in [CrashModel.keepingUnsynced, .losingUnsynced] {
      let found = try Database("/db", options, in: try disk.crashed(model))
      #expect(try number(found.read()) == 3)
    }
  }

  @Test func aFullDiskIsNoLastWord() throws {
    let disk = SimulatedDisk()
    let fileSystem = FaultyFileSystem(disk)
    let database = try Database("/db", options, in: fileSystem)
    #expect(commit(1...3, in: database).error == nil)
    // The other way round, the file would have grown when nothing can be written to it.
    for kind in [FileOperation.truncate, .write] {
      fileSystem.fail(kind, code: ENOSPC, isLasting: true)
      let transaction = try database.write()
      let large = [UInt8](repeating: 1, count: 200_000)
      try transaction.bucketOrNew([1]).put(large, for: [200])
      #expect(throws: BoltError.file(.failed(operation: kind, path: "/db", code: ENOSPC))) {
        try transaction.commit()
      }
      fileSystem.heal()
    }
    #expect(try number(database.read()) == 3)
    #expect(commit(4...6, in: database).error == nil)
    #expect(try number(database.read()) == 6)
  }

  @Test func aCommitThatCannotBeMappedIsDurableAndTheLast() throws {
    let disk = SimulatedDisk()
    let fileSystem = FaultyFileSystem(disk)
    do {
      let database = try Database("/db", options, in: fileSystem)
      #expect(commit(1...3, in: database).error == nil)
      fileSystem.fail(.map, code: ENOMEM)
      let transaction = try database.write()
      // More than is mapped of a new file.
      try transaction.bucketOrNew([2]).put([UInt8](repeating: 1, count: 33 << 20), for: [2])
      #expect(throws: BoltError.file(.failed(operation: .map, path: "/db", code: ENOMEM))) {
        try transaction.commit()
      }
      #expect(try number(database.read()) == 3)
      #expect(throws: BoltError.commitFailedBefore) { try database.write() }
    }
    let database = try Database("/db", options, in: disk)
    #expect(try number(database.read()) == 3)
    #expect(try database.read().bucket([2])?.copy(of: [2])?.count == 33 << 20)
  }

  @Test func whatCannotBeOpenedSaysWhy() throws {
    for kind in [FileOperation.open, .lock, .examine, .map] {
      let disk = SimulatedDisk()
      _ = try Database("/db", options, in: disk)
      let fileSystem = FaultyFileSystem(disk)
      fileSystem.fail(kind, code: EIO)
      for options in [options, .reading] {
        #expect(throws: BoltError.file(.failed(operation: kind, path: "/db", code: EIO))) {
          try Database("/db", options, in: fileSystem)
        }
        fileSystem.heal()
        _ = try Database("/db", options, in: fileSystem)
        fileSystem.fail(kind, code: EIO)
      }
    }
  }
}
