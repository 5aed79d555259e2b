import Bolt
import EtcdMessages
import FileIO
import MVCC
import SwiftProtobuf
import TestSupport
import Testing
import WAL

@testable import Apply

/// The logs of real etcd, applied from the first entry on to an empty database: the rows that result
/// are those that etcd wrote.
@Suite struct FixtureTests {
  /// Where the log begins with its first entry, and all entries were in the database in the end.
  ///
  /// A database in which something was compacted has other rows from release to release.
  private static let whole = EtcdFixture.all.filter { name in
    ["alarm", "auth", "history", "leases", "plain", "snapshots"].contains(name.name)
  }

  private func replayed(_ fixture: EtcdFixture) throws -> TestApplier {
    let test = try TestApplier()
    let log = try LogReplay(fixture.walDirectory, in: LocalFileSystem())
    while let entry = try log.next() {
      #expect(entry.index.rawValue == test.index + 1)
      if case .unreadable = try test.apply(Array(entry.data), as: entry.type) {
        Issue.record("entry \(entry.index.rawValue)")
      }
    }
    return test
  }

  @Test(arguments: whole)
  func theRowsAreThoseOfEtcd(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    let test = try replayed(fixture)
    let theirs = try Database(fixture.databasePath, .reading)
    for bucket in [BucketName.key, .lease, .alarm, .auth, .authRoles] {
      let found = try test.rows(of: bucket)
      let expected = try theirs.rows(of: bucket)
      #expect(found == expected, "\(String(decoding: bucket.bytes, as: UTF8.self))")
    }
    #expect(try users(test.rows(of: .authUsers), name) == users(theirs.rows(of: .authUsers), name))
    #expect(test.keyspace.currentRevision == fixture.facts.revision)
  }

  /// The users; 3.4 stores a new hash of the password each time that it applies an entry.
  private func users(
    _ rows: [[UInt8]: [UInt8]],
    _ name: EtcdFixture.Name
  ) throws -> [[UInt8]: Authpb_User] {
    try rows.mapValues { bytes in
      var user = try Authpb_User(serializedBytes: bytes)
      if name.version == .v34 { user.password.removeAll() }
      return user
    }
  }

  @Test(arguments: EtcdFixture.all)
  func theHashesAreThoseOfEtcd(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    // Logs whose first segments have been removed.
    guard fixture.wal.entries.first?.place.index == 1, name.name != "segments" else { return }
    let test = try replayed(fixture)
    #expect(test.keyspace.currentRevision == fixture.facts.revision)
    #expect(test.keyspace.compactRevision == fixture.facts.compactRevision)
    for answer in fixture.hashes {
      guard let hash = answer.hash else { continue }
      #expect(try test.keyspace.view().hash(at: answer.revision).hash == hash)
    }
    #expect(!fixture.hashes.isEmpty)
  }
}
