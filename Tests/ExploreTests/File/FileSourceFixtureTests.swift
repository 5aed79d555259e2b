import MVCC
import Bolt
@testable import Explore
import TestSupport
import Testing

/// What etcd wrote has to be read as etcd reads it.
@Suite struct FileSourceFixtureTests {
  /// The current state of a database whose server was killed is in the log as well; the database alone
  /// is older.
  static func isBehindItsLog(_ fixture: EtcdFixture) -> Bool {
    fixture.snapshotPath == nil
  }

  @Test(arguments: EtcdFixture.all)
  func keysAndValuesAreThoseThatEtcdAnswered(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    let paths = [fixture.dataDirectory, fixture.snapshotPath].compactMap { $0 }
    for path in paths {
      let source = try FileSource(path)
      #expect(source.form == (path == fixture.dataDirectory ? .dataDirectory : .snapshot))
      if !Self.isBehindItsLog(fixture) {
        #expect(source.currentRevision == fixture.facts.revision)
        #expect(source.compactRevision ?? -1 == fixture.facts.compactRevision)
      }
      let answers = fixture.keys.filter { $0.key <= source.currentRevision }
      #expect(!answers.isEmpty || Self.isBehindItsLog(fixture))
      for (revision, expected) in answers {
        let found = try source.keys(at: revision)
        #expect(found == expected, "revision \(revision)")
        if revision == source.currentRevision { #expect(try source.keys() == expected) }
      }
      #expect(source.foundLosses.count == 0)
    }
  }

  @Test(arguments: EtcdFixture.all)
  func everyKeyIsFoundAsItWas(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    let source = try FileSource(fixture.databasePath)
    let stored = try source.storedRows()
    let byKey = Dictionary(grouping: stored) { Array($0.key) }
    let answers = fixture.keys.filter { $0.key <= source.currentRevision }
    // Each key is a pass over all rows: of many keys some will do.
    var random = SeededGenerator(seed: 1)
    let keys = byKey.keys.sorted { $0.lexicographicallyPrecedes($1) }.shuffled(using: &random)
    for (key, rows) in keys.prefix(30).map({ ($0, byKey[$0] ?? []) }) {
      #expect(
        try source.history(of: key).map(\.revision) == rows.map(\.revision).reversed()
      )
      for (revision, expected) in answers {
        let expected = expected.first { $0.key == key }
        switch try source.find(key, at: revision) {
        case .live(let row): #expect(try EtcdFixture.KeyValue(row) == expected)
        case .deleted(let tombstone, let last):
          #expect(expected == nil)
          #expect(tombstone.isTombstone && tombstone.revision.main <= revision)
          let older = rows.last { $0.revision < tombstone.revision && !$0.isTombstone }
          #expect(last?.revision == older?.revision)
        case .unknown:
          #expect(expected == nil)
          #expect(rows.allSatisfy { $0.revision.main > revision })
        }
      }
    }
  }

  @Test(arguments: EtcdFixture.all)
  func statesFollowFromTheRows(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    let source = try FileSource(fixture.databasePath)
    let stored = try source.storedRows()
    #expect(stored.map(\.revision) == stored.map(\.revision).sorted())
    let oldest = source.compactRevision ?? 1
    for revision in [oldest, (oldest + source.currentRevision) / 2, source.currentRevision] {
      var newest: [[UInt8]: StoredRow] = [:]
      for row in stored where row.revision.main <= revision { newest[Array(row.key)] = row }
      let expected = newest.filter { !$0.value.isTombstone }
        .sorted { $0.key.lexicographicallyPrecedes($1.key) }
      let rows = try source.liveRows(in: .all, at: revision)
      #expect(rows.count == expected.count)
      for (place, row) in expected.enumerated() where place < rows.count {
        #expect(rows[place].revision == row.value.revision)
        #expect(rows[place].message.baseAddress == row.value.message.baseAddress)
      }
    }
  }

  @Test(arguments: EtcdFixture.all)
  func theStatusIsWhatEtcdsToolsPrint(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    let answers = [
      (fixture.databasePath, fixture.databaseStatus),
      (fixture.snapshotPath, fixture.snapshotStatus),
    ]
    for case (let path?, let expected?) in answers {
      let (report, result) = try FileSource(path).status()
      #expect(report.faults == [])
      let status = try result.get()
      #expect(status.hash == expected.hash)
      #expect(status.revision == expected.revision)
      #expect(Int64(status.totalKey) == expected.totalKey)
      #expect(Int64(status.totalSize) == expected.totalSize)
    }
  }

  @Test func theChecksumIsAugers() throws {
    let folder = try #require(SharedArchive.cluster.folder)
    let source = try FileSource("\(folder)/cluster.db")
    // What `auger checksum` prints for this file.
    let latest = LiveChecksum(checksum: 1_235_085_164, revision: 510, compactRevision: 0)
    #expect(try source.liveChecksum() == latest)
    let older = try source.liveChecksum(at: 300)
    #expect(older == LiveChecksum(checksum: 1_919_174_908, revision: 300, compactRevision: 0))
  }

  @Test func everyObjectOfAClusterIsThere() throws {
    let archive = SharedArchive.cluster
    let source = try FileSource("\(try #require(archive.folder))/cluster.db")
    let index = String(decoding: try #require(archive.bytes("index.tsv")), as: UTF8.self)
    var expected: [[UInt8]: [UInt8]] = [:]
    for line in index.split(separator: "\n") {
      let columns = line.split(separator: "\t", maxSplits: 1)
      expected[Array(columns[1].utf8)] = archive.bytes("values/\(columns[0]).bin")
    }
    let found = try source.keys()
    #expect(found.count > 300)
    #expect(found.count == expected.count)
    for keyValue in found { #expect(expected[keyValue.key] == keyValue.value) }
  }
}
