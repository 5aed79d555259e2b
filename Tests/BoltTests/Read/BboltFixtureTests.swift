import Bolt
import Checksum
import FileIO
import TestSupport
import Testing

/// Databases that bbolt wrote, against what bbolt read in them.
@Suite struct BboltFixtureTests {
  @Test func allFixturesAreFound() {
    #expect(BoltFixture.names.count == 13)
  }

  @Test(arguments: BoltFixture.names)
  func bucketsAndPairsAreWhatBboltReads(name: String) throws {
    let fixture = try BoltFixture(name)
    let database = try Database(fixture.path, .reading)
    #expect(database.pageByteCount == fixture.pageSize)
    let transaction = database.read()
    #expect(transaction.id.rawValue == fixture.transactionID)
    #expect(transaction.highWaterMark.rawValue == fixture.highWaterMark)
    var rows: [BoltFixture.Row] = []
    try read(transaction.root, path: [], into: &rows)
    #expect(rows.count == fixture.rows.count)
    let difference = zip(rows, fixture.rows).first { $0 != $1 }
    #expect(difference == nil)
    // Enough of them that equality says something.
    #expect(rows.count > 800 || !name.hasPrefix("page-"))
  }

  @Test(arguments: BoltFixture.names)
  func theCheckCountsThePagesThatBboltCounts(name: String) throws {
    let fixture = try BoltFixture(name)
    let database = try Database(fixture.path, .reading)
    let report = database.read().check()
    #expect(report.faults == [])
    #expect(report.freePageCount == fixture.freePages.count)
    let used = fixture.pages.reduce(0) { $0 + 1 + $1.overflowCount }
    #expect(report.usedPageCount == used)
    #expect(UInt64(used + fixture.freePages.count) == fixture.highWaterMark)
  }

  @Test(arguments: BoltFixture.names)
  func aWriterGoesOnWhereBboltStopped(name: String) throws {
    let fixture = try BoltFixture(name)
    var options = Database.Options()
    options.storesFreelist = fixture.storesFreelist
    let database = try Database(fixture.path, options)
    let transaction = try database.write()
    let bucket = try transaction.bucketOrNew(Array("written here".utf8))
    for number in 0..<200 { try bucket.put(Array("value".utf8), for: Array("\(number)".utf8)) }
    try transaction.commit()
    let reader = database.read()
    #expect(reader.check().faults == [])
    #expect(reader.id.rawValue == fixture.transactionID + 1)
    var rows: [BoltFixture.Row] = []
    try read(reader.root, path: [], into: &rows)
    #expect(rows.count == fixture.rows.count + 201)
  }

  private func read(
    _ bucket: Bucket,
    path: [[UInt8]],
    into rows: inout [BoltFixture.Row]
  ) throws {
    var cursor = bucket.cursor()
    var next = try cursor.first()
    while let element = next {
      let key = Array(element.key)
      if element.isBucket {
        let inner = try bucket.bucket(of: element, on: cursor.page)
        rows.append(
          .bucket(path: path + [key], sequence: inner.sequence, isInline: inner.isInline)
        )
        try read(inner, path: path + [key], into: &rows)
      } else {
        var checksum = CRC32C()
        checksum.update(element.value)
        rows.append(
          .pair(path: path, key: key, byteCount: element.value.count, checksum: checksum.value)
        )
      }
      next = try cursor.next()
    }
  }
}
