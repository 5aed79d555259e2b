import Bolt
import FileIO
import TestSupport
import Testing

@testable import MVCC

/// What real etcd wrote must be read as etcd itself reads it: the same keys at every revision, the
/// same hashes, the same leases.
@Suite struct KeyspaceFixtureTests {
  /// Those whose database has all that the log has.
  static let complete = EtcdFixture.all.filter { $0.name != "killed" && $0.name != "compacting" }

  @Test(arguments: complete)
  func readsWhatEtcdReads(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    let database = try Database(fixture.databasePath, .reading, in: LocalFileSystem())
    let keyspace = try Keyspace(database, isReadOnly: true)
    #expect(keyspace.currentRevision == fixture.facts.revision)
    #expect(keyspace.compactRevision == fixture.facts.compactRevision)
    let view = keyspace.view()
    for (revision, expected) in fixture.keys {
      let result = try view.range(RangeRequest(.all, revision: revision))
      #expect(try result.keyValues() == expected)
      #expect(result.count == expected.count)
      #expect(try view.count(.all, at: revision) == expected.count)
    }
    try compareHashes(view, fixture)
    #expect(try Keyspace.hash(of: database.read()) == fixture.facts.hash)
    let whole = try Keyspace.hash(of: database.read(), includesLogPosition: true)
    #expect(whole == fixture.databaseStatus.hash)
    try compareLeases(keyspace, fixture)
  }

  /// The database says that a compaction was begun: reading it is as if it had been ended, and
  /// ending it leaves what etcd leaves.
  @Test(arguments: EtcdVersion.allCases)
  func endsACompactionThatEtcdBegan(version: EtcdVersion) throws {
    let fixture = try EtcdFixture(version, "compacting")
    let rowCount = try readWithoutEnding(fixture)
    let keyspace = try Keyspace(try Database(fixture.databasePath, in: LocalFileSystem()))
    #expect(keyspace.compactRevision == fixture.facts.compactRevision)
    while try keyspace.continueCompaction() {
      try compareHashes(keyspace.view(), fixture)
    }
    #expect(!keyspace.isCompacting)
    #expect(try keyspace.view().rowCount() < rowCount)
    #expect(try keyspace.view().rowCount() == keyspace.rowCount)
    try compareHashes(keyspace.view(), fixture)
    for (revision, expected) in fixture.keys {
      let result = try keyspace.view().range(RangeRequest(.all, revision: revision))
      #expect(try result.keyValues() == expected)
    }
  }

  /// Reads the file and leaves it as it is.
  private func readWithoutEnding(_ fixture: EtcdFixture) throws -> Int {
    var options = Database.Options.reading
    // A program that another test starts has our files for a moment, and would keep the lock.
    options.takesLock = false
    let database = try Database(fixture.databasePath, options, in: LocalFileSystem())
    let keyspace = try Keyspace(database, isReadOnly: true)
    #expect(keyspace.isCompacting)
    try compareHashes(keyspace.view(), fixture)
    while try keyspace.continueCompaction() {}
    try compareHashes(keyspace.view(), fixture)
    return try keyspace.view().rowCount()
  }

  private func compareHashes(_ view: KeyspaceView, _ fixture: EtcdFixture) throws {
    for expected in fixture.hashes {
      guard let hash = expected.hash else {
        // 3.4 refuses the compaction's own revision as well.
        if expected.revision < fixture.facts.compactRevision {
          #expect(throws: MVCCError.self) { try view.hash(at: expected.revision) }
        }
        continue
      }
      let found = try view.hash(at: expected.revision)
      #expect(found.hash == hash, "at \(expected.revision)")
      #expect(found.compactRevision == expected.compactRevision)
      #expect(found.currentRevision == fixture.facts.revision)
    }
  }

  private func compareLeases(_ keyspace: Keyspace, _ fixture: EtcdFixture) throws {
    #expect(keyspace.allLeases.map(\.id.rawValue) == fixture.leases.map(\.id).sorted())
    for lease in fixture.leases {
      let id = LeaseID(rawValue: lease.id)
      #expect(keyspace.lease(id)?.ttlSeconds == lease.grantedTTL)
      #expect(Set(keyspace.keys(attachedTo: id)) == lease.keys)
    }
  }
}
