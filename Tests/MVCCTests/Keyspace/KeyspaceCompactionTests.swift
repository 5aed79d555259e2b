import Bolt
import FileIO
import TestSupport
import Testing

@testable import MVCC

@Suite struct KeyspaceCompactionTests {
  private let disk = SimulatedDisk()

  private func mains(_ keyspace: Keyspace) throws -> [Int64] {
    try keyspace.view().rowKeys().map(\.revision.main)
  }

  @Test func onlyWhatIsNotNeededGoes() throws {
    let keyspace = try Keyspace.open(disk)
    for value in 2...5 { try keyspace.put("a", "\(value)") }
    try keyspace.put("b", "6")
    try keyspace.delete("b")
    try keyspace.put("c", "8")
    try keyspace.compactAll(to: 7)
    // The tombstone of the compaction's own revision stays until the next one.
    #expect(try mains(keyspace) == [5, 7, 8])
    #expect(try keyspace.text("a") == "5")
    #expect(try keyspace.text("a", at: 7) == "5")
    #expect(try keyspace.text("b") == nil)
    try keyspace.compactAll(to: 8)
    #expect(try mains(keyspace) == [5, 8])
    #expect(keyspace.rowCount == 2)
  }

  @Test func revisionsAreRefusedAtOnce() throws {
    let keyspace = try Keyspace.open(disk)
    for value in 2...9 { try keyspace.put("a", "\(value)") }
    #expect(throws: MVCCError.futureRevision(requested: 10, currentRevision: 9)) {
      try keyspace.compact(to: 10)
    }
    let view = keyspace.view()
    try keyspace.compact(to: 5)
    for reader in [view, keyspace.view()] {
      #expect(throws: MVCCError.compacted(requested: 4, compactRevision: 5)) {
        try reader.text("a", at: 4)
      }
      #expect(try reader.text("a", at: 5) == "5")
    }
    #expect(throws: MVCCError.compacted(requested: 5, compactRevision: 5)) {
      try keyspace.compact(to: 5)
    }
    #expect(try mains(keyspace).count == 8)
  }

  @Test func aSmallStepIsDoneAtATime() throws {
    let keyspace = try Keyspace.open(disk)
    keyspace.rowsPerCompactionStep = 10
    for value in 2...101 { try keyspace.put("a", "\(value)") }
    try keyspace.compact(to: 101)
    var counts: [Int] = []
    while try keyspace.continueCompaction() { counts.append(try mains(keyspace).count) }
    // One step for the index, and nine for the rows but the last ones.
    #expect(counts == [100, 90, 80, 70, 60, 50, 40, 30, 20, 10])
    #expect(try mains(keyspace) == [101])
    #expect(!keyspace.isCompacting)
    #expect(try !keyspace.continueCompaction())
    let finished = try keyspace.database.row(MetaRow.finishedCompaction, in: .meta)
    #expect(finished == RowKey(Revision(main: 101)).bytes)
  }

  @Test func aLaterCompactionTakesOver() throws {
    let keyspace = try Keyspace.open(disk)
    keyspace.rowsPerCompactionStep = 10
    for value in 2...101 { try keyspace.put("a", "\(value)") }
    try keyspace.compact(to: 50)
    for _ in 0..<3 { #expect(try keyspace.continueCompaction()) }
    try keyspace.put("b", "102")
    try keyspace.compact(to: 90)
    while try keyspace.continueCompaction() {}
    #expect(try mains(keyspace) == Array(90...102))
    let finished = try keyspace.database.row(MetaRow.finishedCompaction, in: .meta)
    #expect(finished == RowKey(Revision(main: 90)).bytes)
  }

  @Test func aCompactionThatWasBegunIsEndedAfterOpening() throws {
    var keyspace: Keyspace? = try Keyspace.open(disk)
    keyspace?.rowsPerCompactionStep = 10
    for value in 2...101 { try keyspace?.put("a", "\(value)") }
    try keyspace?.compact(to: 100)
    for _ in 0..<4 { _ = try keyspace?.continueCompaction() }
    keyspace = nil
    let opened = try Keyspace.open(disk)
    #expect(opened.isCompacting)
    #expect(opened.compactRevision == 100)
    #expect(try mains(opened).count == 70)
    while try opened.continueCompaction() {}
    #expect(try mains(opened) == [100, 101])
    #expect(!(try Keyspace(opened.database).isCompacting))
  }

  @Test func requestsGoOnWhileItLasts() throws {
    let keyspace = try Keyspace.open(disk)
    keyspace.rowsPerCompactionStep = 50
    // More keys than are looked at in one step.
    for number in 0..<3000 { try keyspace.put("key-\(number)", "1") }
    for number in 0..<3000 where number % 3 != 0 { try keyspace.put("key-\(number)", "2") }
    for number in 0..<3000 where number % 5 == 0 { try keyspace.delete("key-\(number)") }
    let compacted = keyspace.currentRevision
    let hash = try keyspace.view().hash(at: compacted)
    try keyspace.compact(to: compacted)
    var number = 0
    while try keyspace.continueCompaction() {
      try keyspace.put("key-\(number)", "3")
      try keyspace.delete("key-\(2999 - number)")
      number += 1
      if number % 40 == 0 {
        let compactedHash = try keyspace.view().hash(at: compacted)
        // The tombstone of the very revision does not count any more, and the hash says so.
        #expect(compactedHash.compactRevision == compacted)
        #expect(compactedHash.hash != hash.hash)
        #expect(try keyspace.view().count(.all, at: compacted) == 2400)
      }
    }
    keyspace.index.checkInvariants()
    #expect(try keyspace.view().rowCount() == keyspace.rowCount)
    let view = keyspace.view()
    try keyspace.commit()
    let opened = try Keyspace(keyspace.database)
    #expect(try opened.view().hash(at: compacted) == view.hash(at: compacted))
    let all = RangeRequest(.all, revision: compacted)
    #expect(try opened.view().range(all).keyValues() == view.range(all).keyValues())
    #expect(
      try opened.view().range(RangeRequest(.all)).keyValues()
        == view.range(RangeRequest(.all)).keyValues()
    )
  }

  /// etcd deletes the row of the put here, and stops when somebody asks for the key.
  @Test func aKeyPutByTheRequestThatDeletedItSurvives() throws {
    let keyspace = try Keyspace.open(disk)
    try keyspace.put("foo", "1")
    let request = TransactionRequest(then: [
      .delete(DeleteRequest(KeyRange(key: [97], rangeEnd: [0]))),
      .put(PutRequest(Array("foo".utf8), Array("2".utf8))),
    ])
    try request.validate()
    #expect(try keyspace.apply(request).revision == 3)
    try keyspace.compactAll(to: 3)
    #expect(try keyspace.text("foo") == "2")
    #expect(try mains(keyspace) == [3, 3])
    try keyspace.put("foo", "3")
    try keyspace.compactAll(to: 4)
    #expect(try mains(keyspace) == [4])
  }
}
