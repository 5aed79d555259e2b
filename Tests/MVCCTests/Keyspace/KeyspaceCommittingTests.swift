import Bolt
import FileIO
import TestSupport
import Testing

@testable import MVCC

@Suite struct KeyspaceCommittingTests {
  private let disk = SimulatedDisk()
  private let start = ContinuousClock.now

  @Test func changesAreSeenAtOnceAndAreInTheFileAfterACommit() throws {
    let keyspace = try Keyspace.open(disk)
    #expect(try keyspace.put("foo", "bar") == 2)
    #expect(try keyspace.text("foo") == "bar")
    #expect(keyspace.pendingCount == 1)
    let row = RowKey(Revision(main: 2)).bytes
    #expect(try keyspace.database.row(row, in: .key) == nil)
    try keyspace.commit()
    #expect(keyspace.pendingCount == 0)
    #expect(
      try keyspace.database.row(row, in: .key)?.hexadecimal == "0a03666f6f1002180220012a03626172"
    )
    #expect(try keyspace.text("foo") == "bar")
    // The hash of this very store is known.
    #expect(try keyspace.view().hash().hash == 3_305_255_506)
  }

  @Test func aCommitIsDueAfterATimeOrManyOperations() throws {
    let keyspace = try Keyspace.open(disk)
    #expect(try !keyspace.commitIfDue(now: start))
    try keyspace.put("a", "1")
    #expect(try !keyspace.commitIfDue(now: start))
    #expect(keyspace.commitDeadline == start + .milliseconds(100))
    #expect(try !keyspace.commitIfDue(now: start + .milliseconds(99)))
    #expect(try keyspace.commitIfDue(now: start + .milliseconds(100)))
    #expect(keyspace.commitDeadline == nil)
    // The time counts from what was pending first.
    try keyspace.put("a", "2")
    #expect(try !keyspace.commitIfDue(now: start + .seconds(9)))
    try keyspace.put("a", "3")
    #expect(try !keyspace.commitIfDue(now: start + .milliseconds(9099)))
    #expect(try keyspace.commitIfDue(now: start + .milliseconds(9100)))
    // Nothing is pending: the index of an entry without effect waits for a commit with one.
    keyspace.setConsistentIndex(ConsistentIndex(index: 9, term: 1))
    #expect(try !keyspace.commitIfDue(now: start + .seconds(100)))
    for number in 0..<MVCC.Limits.operationsPerCommit - 1 { try keyspace.put("b", "\(number)") }
    #expect(try !keyspace.commitIfDue(now: start + .seconds(100)))
    keyspace.putRow([1], for: [2], in: .alarm)
    #expect(keyspace.pendingCount == MVCC.Limits.operationsPerCommit)
    #expect(try keyspace.commitIfDue(now: start + .seconds(100)))
    #expect(try keyspace.database.row([2], in: .alarm) == [1])
  }

  @Test func theConsistentIndexIsCommittedWithWhatItStandsFor() throws {
    var keyspace = try Keyspace.open(disk)
    keyspace.setConsistentIndex(ConsistentIndex(index: 0x0102, term: 3), confState: [123, 125])
    try keyspace.put("a", "1")
    try keyspace.commit()
    keyspace.setConsistentIndex(ConsistentIndex(index: 0x0103, term: 3))
    try keyspace.put("a", "2")
    #expect(
      try keyspace.database.row(MetaRow.consistentIndex, in: .meta)
        == [0, 0, 0, 0, 0, 0, 1, 2]
    )
    #expect(try keyspace.database.row(MetaRow.term, in: .meta) == [0, 0, 0, 0, 0, 0, 0, 3])
    #expect(try keyspace.database.row(MetaRow.confState, in: .meta) == [123, 125])
    keyspace = try Keyspace(keyspace.database)
    #expect(keyspace.consistentIndex == ConsistentIndex(index: 0x0102, term: 3))
    #expect(try keyspace.text("a") == "1")
    // An entry without effect is committed if somebody asks for it.
    keyspace.setConsistentIndex(ConsistentIndex(index: 0x0104, term: 4))
    try keyspace.commit()
    #expect(
      try Keyspace(keyspace.database).consistentIndex == ConsistentIndex(index: 0x0104, term: 4)
    )
  }

  @Test func rowsOfOtherBucketsArePutAndDeletedInOrder() throws {
    let keyspace = try Keyspace.open(disk)
    keyspace.putRow([1], for: [9], in: .members)
    keyspace.putRow([2], for: [9], in: .members)
    keyspace.putRow([3], for: [8], in: .members)
    keyspace.deleteRow([8], in: .members)
    keyspace.deleteRow([7], in: .membersRemoved)
    try keyspace.commit()
    #expect(try keyspace.database.row([9], in: .members) == [2])
    #expect(try keyspace.database.row([8], in: .members) == nil)
  }

  @Test func aReadOnlyKeyspaceAppliesAndWritesNothing() throws {
    do {
      let keyspace = try Keyspace.open(disk)
      try keyspace.grant(Lease(id: LeaseID(rawValue: 1), ttlSeconds: 10))
      for number in 0..<50 { try keyspace.put("key-\(number % 10)", "\(number)", lease: 1) }
      try keyspace.commit()
    }
    let bytes = try disk.contents(of: "/db")
    let operations = disk.operations.count
    let keyspace = try Keyspace.open(disk, isReadOnly: true)
    for number in 0..<300 {
      keyspace.setConsistentIndex(ConsistentIndex(index: UInt64(number), term: 1))
      try keyspace.put("key-\(number % 20)", "new \(number)")
      try keyspace.commitIfDue(now: start + .seconds(number))
    }
    try keyspace.compactAll(to: 300)
    #expect(!keyspace.isCompacting)
    #expect(throws: MVCCError.compacted(requested: 299, compactRevision: 300)) {
      try keyspace.text("key-0", at: 299)
    }
    #expect(try keyspace.text("key-3") == "new 283")
    try keyspace.revoke(LeaseID(rawValue: 1))
    try keyspace.commit()
    #expect(keyspace.currentRevision == 351)
    #expect(try disk.contents(of: "/db") == bytes)
    #expect(disk.operations.count == operations)
  }

  /// The file may hold the old state or the new one: nothing more is written to it.
  @Test func aFailedCommitEndsAllChanges() throws {
    let faulty = FaultyFileSystem(disk)
    let keyspace = try Keyspace(try Database("/db", in: faulty))
    try keyspace.put("a", "1")
    try keyspace.commit()
    try keyspace.put("a", "2")
    faulty.fail(.sync, code: 5)
    let error = #expect(throws: MVCCError.self) { try keyspace.commit() }
    guard case .bolt(.file) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(throws: MVCCError.changeFailedBefore) { try keyspace.put("a", "3") }
    #expect(throws: MVCCError.changeFailedBefore) { try keyspace.commit() }
    #expect(throws: MVCCError.changeFailedBefore) { try keyspace.compact(to: 2) }
    // What was applied can still be read.
    #expect(try keyspace.text("a") == "2")
    #expect(try keyspace.text("a", at: 2) == "1")
  }

  @Test func aRequestThatFailsHalfWayEndsAllChanges() throws {
    let keyspace = try Keyspace.open(disk)
    try keyspace.put("a", "1")
    try keyspace.commit()
    // The row of a key is lost behind the keyspace's back.
    let transaction = try keyspace.database.write()
    try transaction.bucket(BucketName.key.bytes)?.delete(RowKey(Revision(main: 2)).bytes)
    try transaction.commit()
    try keyspace.put("b", "1")
    try keyspace.commit()
    var put = PutRequest(Array("a".utf8), [1])
    put.wantsPrevious = true
    // A request that has changed nothing yet does no harm.
    let missing = MVCCError.rowMissing(Revision(main: 2))
    #expect(throws: missing) { try keyspace.put(put) }
    #expect(throws: missing) { try keyspace.apply(TransactionRequest(then: [.put(put)])) }
    #expect(try keyspace.put("b", "2") == 4)
    let other = PutRequest(Array("b".utf8), [3])
    #expect(throws: missing) {
      try keyspace.apply(TransactionRequest(then: [.put(other), .put(put)]))
    }
    #expect(throws: MVCCError.changeFailedBefore) { try keyspace.put("b", "3") }
    // Nobody sees the half.
    #expect(try keyspace.text("b") == "2")
    #expect(keyspace.currentRevision == 4)
  }

  @Test func theLastRevisionIsNotPassed() throws {
    let database = try Database("/db", in: disk)
    let row = Answer.KeyValue(
      key: [97],
      value: [],
      createRevision: 1,
      modRevision: .max,
      version: 1
    )
    try database.put([(RowKey(Revision(main: .max)).bytes, row.message)], in: .key)
    let keyspace = try Keyspace(database)
    #expect(keyspace.currentRevision == .max)
    #expect(throws: MVCCError.revisionsExhausted) { try keyspace.put("a", "b") }
    #expect(try keyspace.view().range(RangeRequest(.all)).count == 1)
  }
}
