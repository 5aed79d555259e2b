import Bolt
import Checksum
import TestSupport
import Testing

/// Databases and snapshots that etcd wrote, against what etcd's tools printed for them.
@Suite struct EtcdFixtureTests {
  @Test(arguments: EtcdFixture.all)
  func theHashOfAllRowsIsWhatSnapshotStatusPrints(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    try compare(fixture.databasePath, fixture.databaseStatus)
    if let path = fixture.snapshotPath, let status = fixture.snapshotStatus {
      try compare(path, status)
    }
  }

  private func compare(_ path: String, _ status: EtcdFixture.SnapshotStatus) throws {
    let transaction = try Database(path, .reading).read()
    #expect(transaction.check().faults == [])
    var checksum = CRC32C()
    var count: Int64 = 0
    var outer = transaction.root.cursor()
    var next = try outer.first()
    while let element = next {
      checksum.update(element.key)
      var cursor = try transaction.root.bucket(of: element, on: outer.page).cursor()
      var row = try cursor.first()
      while let pair = row {
        checksum.update(pair.key)
        checksum.update(pair.value)
        count += 1
        row = try cursor.next()
      }
      next = try outer.next()
    }
    #expect(checksum.value == status.hash)
    #expect(count == status.totalKey)
    #expect(Int64(transaction.byteCount) == status.totalSize)
    var last = try #require(try transaction.bucket("key")).cursor()
    let key = try #require(try last.last()).key
    let revision = key.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
    #expect(revision == status.revision)
  }
}
