private import Foundation
import TestSupport
import Testing

/// A fixture that is not what its README says makes every test that reads it worth nothing.
@Suite struct EtcdFixtureTests {
  @Test func allFixturesAreFound() {
    #expect(EtcdFixture.all.count == 26)
  }

  @Test(arguments: EtcdFixture.all)
  func answersFitTogether(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    let facts = fixture.facts
    #expect(facts.version.hasPrefix(name.version.rawValue))
    #expect(facts.clusterID == 0x1c45_a069_f3a1_d796)
    #expect(facts.memberID == 0xb71f_7532_0dc0_6a6c)
    #expect(fixture.members.map(\.id) == [facts.memberID])
    #expect(fixture.keys[facts.revision]?.isEmpty == false)
    #expect(fixture.hashes.last?.revision == facts.revision)
    #expect(fixture.hashes.allSatisfy { $0.compactRevision == facts.compactRevision })
    for (revision, keys) in fixture.keys {
      #expect(keys.allSatisfy { $0.modRevision <= revision })
      #expect(keys.map(\.key) == keys.map(\.key).sorted { $0.lexicographicallyPrecedes($1) })
    }
    let indices = fixture.wal.entries.map(\.place.index)
    #expect(indices == indices.indices.map { UInt64($0) + 1 })
    #expect(fixture.wal.clusterID == facts.clusterID)
    #expect(fixture.databaseStatus.revision <= facts.revision)
  }

  @Test(arguments: EtcdVersion.allCases)
  func everyCaseHasWhatItIsAbout(version: EtcdVersion) throws {
    let plain = try EtcdFixture(version, "plain")
    #expect(plain.facts.compactRevision == -1)
    #expect(plain.keys[plain.facts.revision]?.map(\.value.count).max() == 20_000)
    #expect(try EtcdFixture(version, "history").facts.revision == 10_001)
    let leases = try EtcdFixture(version, "leases").leases
    #expect(leases.map(\.id) == [1, 4660, 88, .max])
    #expect(leases.map(\.keys.count) == [6, 5, 0, 1])
    let auth = try EtcdFixture(version, "auth")
    #expect(auth.facts.authEnabled)
    #expect(auth.users["alice"] == ["reader", "writer"])
    #expect(auth.users.keys.sorted() == ["alice", "bob", "nobody", "root"])
    #expect(auth.roles["everything"]?.map(\.rangeEnd) == [[0]])
    #expect(auth.roles["reader"]?.map(\.kind) == ["READ", "READ"])
    let alarm = try EtcdFixture(version, "alarm")
    #expect(alarm.alarms.map(\.alarm) == ["NOSPACE"])
    #expect(alarm.alarms.map(\.memberID) == [alarm.facts.memberID])
    let killed = try EtcdFixture(version, "killed")
    let acknowledged = try #require(killed.facts.acknowledgedRevision)
    #expect(killed.databaseStatus.revision < acknowledged)
    #expect(killed.facts.revision >= acknowledged)
    #expect(try EtcdFixture(version, "snapshots").wal.snapshots.count > 3)
    let segments = try EtcdFixture(version, "segments")
    let names = try FileManager.default.contentsOfDirectory(atPath: segments.walDirectory)
    #expect(names.count == 3)
  }

  @Test(arguments: EtcdVersion.installed, ["compacting", "killed", "plain", "segments"])
  func etcdStartsFromTheFiles(version: EtcdVersion, name: String) throws {
    let fixture = try EtcdFixture(version, name)
    let server = try EtcdServer.start(version: version, dataDirectory: fixture.dataDirectory)
    let hash = try server.hashKV()
    #expect(hash.revision == fixture.facts.revision)
    #expect(hash.hash == fixture.hashes.last?.hash)
    #expect(hash.compactRevision == fixture.facts.compactRevision)
  }
}
