import Bolt
import FileIO
import TestSupport
import Testing

@testable import MVCC

/// A file may have been written by any release, by a restore, or by nobody: what is sound is read,
/// what is not is named.
@Suite struct KeyspaceLoadingTests {
  private let disk = SimulatedDisk()

  private func keyValue(_ key: String, _ main: Int64, version: Int64 = 1) -> [UInt8] {
    Answer.KeyValue(
      key: Array(key.utf8),
      value: [1],
      createRevision: main,
      modRevision: main,
      version: version
    ).message
  }

  private func row(_ main: Int64, _ sub: Int64 = 0, isTombstone: Bool = false) -> [UInt8] {
    RowKey(Revision(main: main, sub: sub), isTombstone: isTombstone).bytes
  }

  @Test func anEmptyFileIsAnEmptyKeyspace() throws {
    let keyspace = try Keyspace.open(disk)
    #expect(keyspace.currentRevision == 1)
    #expect(keyspace.compactRevision == -1)
    #expect(keyspace.consistentIndex == ConsistentIndex(index: 0, term: 0))
    #expect(try keyspace.view().range(RangeRequest(.all)).rows.isEmpty)
    // The hash of an empty store is known.
    #expect(try keyspace.view().hash().hash == 1_084_519_789)
    for bucket in [BucketName.key, .meta, .lease] {
      #expect(try keyspace.database.read().bucket(bucket.bytes) != nil)
    }
  }

  @Test func aFileWithoutBucketsCanBeReadAndStaysAsItIs() throws {
    _ = try Database("/db", in: disk)
    let before = try disk.contents(of: "/db")
    let keyspace = try Keyspace.open(disk, isReadOnly: true)
    #expect(keyspace.currentRevision == 1)
    try keyspace.put("a", "b")
    #expect(try keyspace.text("a") == "b")
    try keyspace.commit()
    #expect(try disk.contents(of: "/db") == before)
  }

  @Test func keysAreAnsweredWithTheLeasesThatTheirRowsName() throws {
    let leased = Answer.KeyValue(
      key: Array("a".utf8),
      value: [1],
      createRevision: 2,
      modRevision: 2,
      version: 1,
      lease: 99
    ).message
    let database = try Database("/db", in: disk)
    // There is no lease 99; of the second row of that kind, the key was deleted.
    try database.put(
      [
        (row(2), leased), (row(3), keyValue("b", 3)), (row(4), leased),
        (row(5, isTombstone: true), Wire.field(1, "a")), (row(6), leased),
      ],
      in: .key
    )
    let keyspace = try Keyspace(database)
    var request = RangeRequest(.all)
    request.isKeysOnly = true
    #expect(try keyspace.view().range(request).keyValues().map(\.lease) == [99, 0])
    #expect(keyspace.hasStrayLeases)
    var put = PutRequest(Array("a".utf8), Array("x".utf8))
    put.keepsLease = true
    _ = try keyspace.put(put)
    #expect(try keyspace.view().range(request).keyValues().map(\.lease) == [99, 0])
    try keyspace.commit()
    try keyspace.delete("a")
    try keyspace.commit()
    // Rows that are not the latest ones do not count.
    let other = try Keyspace(keyspace.database)
    #expect(!other.hasStrayLeases)
    #expect(try other.view().range(request).keyValues().map(\.lease) == [0])
  }

  @Test func aKeyThatBeginsInTheMiddleOfItsLifeGoesOnFromThere() throws {
    let database = try Database("/db", in: disk)
    let first = Answer.KeyValue(
      key: [97],
      value: [],
      createRevision: 5,
      modRevision: 20,
      version: 9
    ).message
    try database.put(
      [
        (row(20), first), (row(21), keyValue("a", 21, version: 77)),
        // Of this key, a compaction has left its tombstone only.
        (row(22, isTombstone: true), Wire.field(1, "b")), (row(23), keyValue("b", 23)),
      ],
      in: .key
    )
    let keyspace = try Keyspace(database)
    #expect(keyspace.currentRevision == 23)
    #expect(
      try keyspace.view().state(of: [97])
        == KeyState(modified: Revision(main: 21), createRevision: 5, version: 10)
    )
    #expect(try keyspace.view().state(of: [98], at: 22) == nil)
    #expect(try keyspace.view().state(of: [98])?.version == 1)
    #expect(keyspace.view().history(of: [98]).count == 2)
    #expect(try keyspace.put("a", "x") == 24)
    #expect(try keyspace.view().state(of: [97])?.version == 11)
  }

  /// `etcdutl snapshot restore --bump-revision --mark-compacted` leaves a row without a value, and a
  /// compaction to it that has not begun.
  @Test func aRestoreThatRaisedTheRevisionIsOpened() throws {
    let database = try Database("/db", in: disk)
    try database.put(
      [(row(2), keyValue("a", 2)), (row(3), keyValue("a", 3)), (row(1_000_000_003), [])],
      in: .key
    )
    try database.put([(MetaRow.scheduledCompaction, row(1_000_000_003))], in: .meta)
    let keyspace = try Keyspace(database)
    #expect(keyspace.currentRevision == 1_000_000_003)
    #expect(keyspace.compactRevision == 1_000_000_003)
    #expect(keyspace.isCompacting)
    #expect(try keyspace.view().count(.all) == 1)
    #expect(throws: MVCCError.compacted(requested: 3, compactRevision: 1_000_000_003)) {
      try keyspace.text("a", at: 3)
    }
    while try keyspace.continueCompaction() {}
    #expect(try keyspace.view().rowKeys().map(\.revision.main) == [3, 1_000_000_003])
    #expect(try keyspace.put("a", "b") == 1_000_000_004)
    try keyspace.compactAll(to: 1_000_000_004)
    // The row without a value is that of the key without bytes, of which nobody can ask.
    #expect(try keyspace.view().rowKeys().map(\.revision.main) == [1_000_000_003, 1_000_000_004])
  }

  @Test func theRevisionDoesNotFallBehindACompaction() throws {
    let database = try Database("/db", in: disk)
    try database.put([(row(5), keyValue("a", 5))], in: .key)
    try database.put(
      [(MetaRow.finishedCompaction, row(9)), (MetaRow.scheduledCompaction, row(9))],
      in: .meta
    )
    var keyspace = try Keyspace(database)
    #expect(keyspace.currentRevision == 9)
    #expect(keyspace.compactRevision == 9)
    #expect(!keyspace.isCompacting)
    try database.put([(MetaRow.scheduledCompaction, row(12))], in: .meta)
    keyspace = try Keyspace(database)
    #expect(keyspace.currentRevision == 12)
    #expect(keyspace.compactRevision == 12)
    #expect(keyspace.isCompacting)
  }

  @Test func whatDeletesNothingGoesWithTheNextCompaction() throws {
    let database = try Database("/db", in: disk)
    let tombstone = Wire.field(1, "a")
    try database.put(
      [
        (row(2), keyValue("a", 2)), (row(3, isTombstone: true), tombstone),
        (row(4, isTombstone: true), tombstone), (row(5), keyValue("b", 5)),
        (row(6, isTombstone: true), Wire.field(1, "a")),
      ],
      in: .key
    )
    let keyspace = try Keyspace(database)
    #expect(keyspace.rowCount == 3)
    try keyspace.compactAll(to: 5)
    #expect(try keyspace.view().rowKeys().map(\.revision.main) == [5, 6])
    try keyspace.put("b", "x")
    try keyspace.compactAll(to: 7)
    #expect(try keyspace.view().rowKeys().map(\.revision.main) == [7])
  }

  @Test func rowsThatAreNoneAreNamedOrPassedOver() throws {
    let database = try Database("/db", in: disk)
    try database.put(
      [
        ([1, 2, 3], []), (row(2), keyValue("a", 2)), (row(3), [0x0A, 9]),
        (row(4), keyValue("b", 4)),
        (row(5), keyValue("a", 5)), (row(5, isTombstone: true), Wire.field(1, "a")),
        (row(6, 1 << 31), keyValue("c", 6)), (row(7), keyValue("d", 7)),
        ([UInt8](repeating: 255, count: 17), []),
      ],
      in: .key
    )
    try database.put([([1], [])], in: .lease)
    #expect(throws: MVCCError.leaseRow(key: [1])) { try Keyspace(database, isReadOnly: true) }
    var faults: [MVCCError] = []
    let keyspace = try Keyspace(database, isReadOnly: true) { fault throws(MVCCError) in
      faults.append(fault)
    }
    #expect(
      faults == [
        .leaseRow(key: [1]),
        .keyValue(
          revision: Revision(main: 3),
          fault: .length(offset: 0, found: 9, remaining: 0)
        ),
        .revisionOutOfOrder(found: Revision(main: 5), after: Revision(main: 5)),
        .subRevision(Revision(main: 6, sub: 1 << 31)),
        .rowKey(bytes: [1, 2, 3]),
        .rowKey(bytes: [UInt8](repeating: 255, count: 17)),
      ]
    )
    #expect(try keyspace.view().liveKeys(.all).map(\.key) == [[97], [98], [100]])
    #expect(keyspace.currentRevision == 7)
  }

  @Test func metaRowsOfAnotherFormAreNamed() throws {
    let database = try Database("/db", in: disk)
    for (name, value) in [
      (MetaRow.consistentIndex, [1, 2, 3]), (MetaRow.term, [UInt8](repeating: 0, count: 9)),
      (MetaRow.scheduledCompaction, [1]), (MetaRow.finishedCompaction, []),
    ] {
      try database.put([(name, value)], in: .meta)
      let error = MVCCError.metaRow(
        name: String(decoding: name, as: UTF8.self),
        byteCount: value.count
      )
      #expect(throws: error) { try Keyspace(database) }
      let transaction = try database.write()
      try transaction.bucket(BucketName.meta.bytes)?.delete(name)
      try transaction.commit()
    }
    _ = try Keyspace(database)
  }

  /// Every bit of the pages, one after the other: a keyspace or an error, and what is left can be
  /// read.
  @Test func everyFlippedBitIsSurvived() throws {
    do {
      let keyspace = try Keyspace.open(disk)
      try keyspace.grant(Lease(id: LeaseID(rawValue: 5), ttlSeconds: 60))
      for number in 0..<20 {
        try keyspace.put("key-\(number % 7)", "value", lease: number % 2 == 0 ? 5 : 0)
      }
      try keyspace.delete("key-3")
      try keyspace.compact(to: 4)
      try keyspace.commit()
    }
    let bytes = try disk.contents(of: "/db")
    var opened = 0
    var faulty = 0
    for offset in stride(from: 0, to: bytes.count, by: 1) where bytes[offset] != 0 {
      var damaged = bytes
      damaged[offset] ^= 1 << (offset % 8)
      let other = SimulatedDisk()
      try other.setContents(of: "/db", to: damaged)
      do throws(MVCCError) {
        let keyspace = try Keyspace.open(other, isReadOnly: true)
        opened += 1
        _ = try keyspace.view().hash()
        _ = try keyspace.view().range(RangeRequest(.all)).keyValues()
      } catch {
        faulty += 1
      }
    }
    #expect(opened > 100 && faulty > 100)
  }
}
