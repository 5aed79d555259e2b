import Bolt
import Decode
import FileIO
import Foundation
import MVCC
import Schema
import TestSupport
import Testing
import WAL

@testable import Explore

/// A dead member's directory read as if the member had been started.
///
/// The danger: what clients had an answer for is missing, or something is shown that never came to
/// be, or the directory is written to, which may be all that is left of a cluster.
@Suite struct LogReplayingTests {
  private func source(
    _ path: String,
    in fileSystem: any FileSystem = LocalFileSystem(),
    uncommitted: Bool = false
  ) throws -> FileSource {
    var options = FileSource.Options()
    options.replaysLog = true
    options.replaysUncommitted = uncommitted
    return try FileSource(path, options, in: fileSystem)
  }

  private func source(_ member: SampleMember, uncommitted: Bool = false) throws -> FileSource {
    try source(SampleMember.path, in: member.disk, uncommitted: uncommitted)
  }

  private func allKeys() throws -> KeySelection {
    let parser = StorageKeyParser(
      resources: try ResourceTable(catalogue: .builtIn),
      registryPrefix: "/registry"
    )
    return KeySelection([KeyTarget(word: "", ranges: [KeyRange(prefix: [])])], parser: parser)
  }

  private func keys(_ source: FileSource, at revision: Int64? = nil) throws -> [String] {
    let rows = try source.liveRows(in: allKeys(), at: revision)
    return (0..<rows.count).map { String(decoding: rows[$0].key, as: UTF8.self) }
  }

  // MARK: Killed servers

  /// All files of a directory.
  private func contents(of directory: String) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for file in try FileManager.default.subpathsOfDirectory(atPath: directory) {
      contents[file] = FileManager.default.contents(atPath: "\(directory)/\(file)") ?? Data()
    }
    return contents
  }

  @Test(arguments: [EtcdVersion.v34, .v35])
  func aKilledServersKeysAreThoseThatItServesAgain(version: EtcdVersion) throws {
    let fixture = try EtcdFixture(version, "killed")
    let before = try contents(of: fixture.dataDirectory)
    let source = try source(fixture.dataDirectory)
    #expect(source.currentRevision == fixture.facts.revision)
    let acknowledged = try #require(fixture.facts.acknowledgedRevision)
    #expect(acknowledged > (try #require(source.replay?.databaseRevision)))
    #expect(fixture.keys.count > 1)
    for (revision, expected) in fixture.keys {
      let rows = try source.liveRows(in: allKeys(), at: revision)
      let found = try (0..<rows.count).map { place in
        let keyValue = try rows[place].keyValue()
        return EtcdFixture.KeyValue(
          key: Array(keyValue.key),
          value: Array(keyValue.value),
          createRevision: keyValue.createRevision,
          modRevision: keyValue.modRevision,
          version: keyValue.version,
          lease: keyValue.lease.rawValue
        )
      }
      #expect(found == expected, "revision \(revision)")
    }
    for answer in fixture.hashes {
      guard let hash = answer.hash else { continue }
      let found = try source.hash(at: answer.revision)
      #expect(found.hash == hash && found.compactRevision == answer.compactRevision)
    }
    #expect(try contents(of: fixture.dataDirectory) == before)
  }

  @Test(arguments: [EtcdVersion.v34, .v35])
  func aKeyIsFoundAsTheServerServesIt(version: EtcdVersion) throws {
    let fixture = try EtcdFixture(version, "killed")
    let source = try source(fixture.dataDirectory)
    let latest = try #require(fixture.keys[fixture.facts.revision])
    #expect(latest.count > 100)
    for expected in latest {
      guard case .live(let row) = try source.find(expected.key) else {
        Issue.record("\(expected)")
        continue
      }
      #expect(try Self.keyValue(row) == expected)
      // Nothing was compacted: every put since the key was made is a row.
      let history = try source.history(of: expected.key)
      let revisions = history.map(\.revision)
      #expect(revisions == Array(Set(revisions)).sorted(by: >))
      #expect(history.first?.revision == row.revision)
      let life = history.filter { $0.revision.main >= expected.createRevision }
      #expect(life.count == Int(expected.version))
      #expect(life.allSatisfy { !$0.isTombstone })
      #expect(life.last?.revision.main == expected.createRevision)
      if history.count > life.count { #expect(history[life.count].isTombstone) }
    }
    // As of revisions between that of the database and that of the log.
    let first = try #require(source.replay?.databaseRevision)
    let seen = Set(fixture.keys.values.joined().map(\.key))
    for (revision, answer) in fixture.keys where revision > first {
      let byKey = Dictionary(uniqueKeysWithValues: answer.map { ($0.key, $0) })
      for key in seen {
        switch try source.find(key, at: revision) {
        case .live(let row):
          #expect(try Self.keyValue(row) == byKey[key])
          #expect(row.revision.main <= revision)
        case .deleted(let tombstone, let last):
          #expect(byKey[key] == nil)
          #expect(tombstone.isTombstone && tombstone.revision.main <= revision)
          #expect(try #require(last).revision < tombstone.revision)
        case .unknown: #expect(byKey[key] == nil)
        }
        #expect(
          try source.history(of: key, upTo: revision).allSatisfy { $0.revision.main <= revision }
        )
      }
    }
  }

  private static func keyValue(_ row: StoredRow) throws -> EtcdFixture.KeyValue {
    let keyValue = try row.keyValue()
    return EtcdFixture.KeyValue(
      key: Array(keyValue.key),
      value: Array(keyValue.value),
      createRevision: keyValue.createRevision,
      modRevision: keyValue.modRevision,
      version: keyValue.version,
      lease: keyValue.lease.rawValue
    )
  }

  @Test func rowsOfTheLogAndOfTheDatabaseAreOneHistory() throws {
    var member = try SampleMember()
    try member.apply(["a", "b"])
    try member.put("a", "new")
    try member.append(Wire.field(5, Wire.field(1, "b")))
    try member.put("c")
    try member.put("a", "newest")
    let source = try source(member)
    #expect(try source.history(of: Array("a".utf8)).map(\.revision.main) == [7, 4, 2])
    #expect(try source.history(of: Array("a".utf8), upTo: 6).map(\.revision.main) == [4, 2])
    guard case .live(let row) = try source.find(Array("a".utf8), at: 3) else {
      Issue.record("not found")
      return
    }
    #expect(row.revision.main == 2)
    guard case .deleted(let tombstone, let last) = try source.find(Array("b".utf8)) else {
      Issue.record("not deleted")
      return
    }
    // The tombstone is in the log, the last value in the database.
    #expect(tombstone.revision.main == 5 && last?.revision.main == 3)
    guard case .live = try source.find(Array("b".utf8), at: 4) else {
      Issue.record("not live")
      return
    }
    guard case .unknown = try source.find(Array("c".utf8), at: 5) else {
      Issue.record("known too early")
      return
    }
    #expect(try source.history(of: Array("c".utf8)).map(\.revision.main) == [6])
  }

  // MARK: How far the log is ahead

  /// Databases that a server closed in order: of 3.4, the consistent index is that of the last
  /// request that changed a key, for the others are not noted down before that; of 3.5 it is the last
  /// entry.
  @Test(arguments: EtcdFixture.all)
  func theDistanceIsFromTheConsistentIndex(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    let position = try #require(try FileSource(fixture.dataDirectory).logPosition())
    #expect(position.logIndex == fixture.wal.entries.last?.place.index)
    #expect(position.commitIndex == fixture.wal.state.last)
    #expect(!position.isTorn)
    #expect(position.entriesAhead == position.logIndex - position.databaseIndex)
    if fixture.facts.acknowledgedRevision != nil {
      #expect(position.entriesAhead > 400)
    } else if name.version == .v35 {
      #expect(position.entriesAhead == 0)
    } else {
      #expect(position.entriesAhead > 0)
    }
    // Nothing that is asked of the keys depends on what a server that was stopped left to do.
    if fixture.snapshotPath != nil {
      let source = try source(fixture.dataDirectory)
      #expect(source.replay?.appliedCount == Int(position.entriesAhead))
      #expect(source.currentRevision == source.replay?.databaseRevision)
      #expect(source.currentRevision == fixture.facts.revision)
    }
  }

  /// etcd 3.5 says of every entry that it goes through when it starts whether it applies it.
  @Test(
    .enabled(if: EtcdVersion.v35.isThere, "etcd 3.5 is not on this machine"),
    arguments: [
      EtcdFixture.Name(.v34, "plain"), EtcdFixture.Name(.v34, "leases"),
      EtcdFixture.Name(.v34, "alarm"), EtcdFixture.Name(.v34, "compacted"),
      EtcdFixture.Name(.v35, "plain"), EtcdFixture.Name(.v35, "compacted-tombstone"),
    ]
  )
  func realEtcdAppliesTheEntriesThatTheDatabaseLacks(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    let position = try #require(try FileSource(fixture.dataDirectory).logPosition())
    let server = try EtcdServer.start(
      version: .v35,
      dataDirectory: fixture.dataDirectory,
      arguments: ["--log-level", "debug"]
    )
    var applied: [UInt64] = []
    var passed: [UInt64] = []
    for line in server.log.split(separator: "\n") {
      guard let fields = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
        fields["msg"] as? String == "apply entry normal",
        let index = (fields["entry-index"] as? NSNumber)?.uint64Value,
        let isApplied = fields["should-applyV3"] as? Bool, index <= position.logIndex
      else { continue }
      if isApplied { applied.append(index) } else { passed.append(index) }
    }
    #expect(!passed.isEmpty)
    let expected =
      position.entriesAhead == 0
      ? [] : Array(position.databaseIndex + 1...position.logIndex)
    #expect(applied == expected)
    #expect(passed.last == position.databaseIndex)
  }

  // MARK: Members of several

  @Test func aMemberAloneCommitsItsWholeLog() throws {
    var member = try SampleMember()
    try member.apply(["a"])
    try member.put("b")
    try member.put("c", isCommitted: false)
    let source = try source(member)
    #expect(try keys(source) == ["a", "b", "c"])
    #expect(source.replay?.appliedCount == 2)
    #expect(source.replay?.uncommittedCount == 0)
    #expect(source.replay?.databaseRevision == 2 && source.replay?.revision == 4)
    #expect(try keys(source, at: 3) == ["a", "b"])
  }

  @Test func whatOtherMembersDecideAboutIsLeftOut() throws {
    var member = try SampleMember(voters: [1, 2, 3])
    try member.apply(["a"])
    try member.put("b")
    for key in ["c", "d"] { try member.put(key, isCommitted: false) }
    let some = try source(member)
    #expect(try keys(some) == ["a", "b"])
    #expect(some.replay?.uncommittedCount == 2)
    let all = try source(member, uncommitted: true)
    #expect(try keys(all) == ["a", "b", "c", "d"])
    #expect(all.replay?.uncommittedCount == 0)
  }

  @Test func membersThatCameAndWentCount() throws {
    func keys(_ changes: [(ConfChange.Action, UInt64)]) throws -> [String] {
      var member = try SampleMember()
      try member.apply([])
      for (action, id) in changes {
        let change = ConfChange(action: action, nodeID: NodeID(rawValue: id))
        try member.append(change.data, as: .confChange)
      }
      try member.put("a", isCommitted: false)
      return try self.keys(source(member))
    }
    #expect(try keys([(.addNode, 2)]) == [])
    #expect(try keys([(.addNode, 2), (.removeNode, 2)]) == ["a"])
    #expect(try keys([(.addLearnerNode, 2)]) == ["a"])
    #expect(try keys([(.addLearnerNode, 2), (.addNode, 2)]) == [])
    #expect(try keys([(.addNode, 2), (.removeNode, 1)]) == [])
  }

  /// A log whose beginning has been removed: the snapshot tells who the members are.
  @Test(arguments: [([1], ["a", "b"]), ([1, 2, 3], ["a"])] as [([UInt64], [String])])
  func theMembersAreThoseOfTheSnapshot(voters: [UInt64], expected: [String]) throws {
    var member = try SampleMember(voters: voters)
    let value = String(repeating: "x", count: 1500)
    for _ in 0..<8 { try member.put("a", value) }
    try member.snapshot(voters: voters)
    try member.apply(["a"])
    try member.put("b", isCommitted: false)
    let directory = "\(SampleMember.path)/member/wal"
    let names = try member.disk.list(directory).filter { $0.hasSuffix(".wal") }.sorted()
    #expect(names.count > 2)
    for name in names.dropLast() { try member.disk.remove("\(directory)/\(name)") }
    #expect(try keys(source(member)) == expected)
    // Without the snapshot nobody knows.
    for name in try member.disk.list("\(SampleMember.path)/member/snap")
    where name.hasSuffix(".snap") {
      try member.disk.remove("\(SampleMember.path)/member/snap/\(name)")
    }
    #expect(try keys(source(member)) == ["a"])
  }

  // MARK: What is missing or damaged

  @Test func aDatabaseThatIsUpToDateStaysAsItIs() throws {
    var member = try SampleMember()
    try member.put("a")
    try member.apply(["a"])
    let source = try source(member)
    #expect(source.replay?.appliedCount == 0)
    #expect(try keys(source) == ["a"])
  }

  @Test func entriesThatAreMissingAreAnError() throws {
    var member = try SampleMember()
    try member.apply(["a"])
    let value = String(repeating: "x", count: 1500)
    for _ in 0..<12 { try member.put("b", value) }
    let directory = "\(SampleMember.path)/member/wal"
    let names = try member.disk.list(directory).filter { $0.hasSuffix(".wal") }.sorted()
    for name in names.dropLast() { try member.disk.remove("\(directory)/\(name)") }
    let error = #expect(throws: SourceError.self) { try source(member) }
    guard case .log(.beginsLater) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func aDirectoryWithoutLogIsAnError() throws {
    let fixture = try EtcdFixture(.v35, "plain")
    try FileManager.default.removeItem(atPath: fixture.walDirectory)
    #expect(throws: SourceError.noLog(path: fixture.dataDirectory)) {
      try source(fixture.dataDirectory)
    }
    #expect(throws: SourceError.noLog(path: fixture.databasePath)) {
      try source(fixture.databasePath)
    }
  }

  @Test func anInterruptedWriteIsTheEnd() throws {
    var member = try SampleMember()
    try member.apply(["a"])
    try member.put("b")
    try member.put("c", String(repeating: "x", count: 2000))
    let segment = try member.lastSegment()
    let bytes = try member.disk.contents(of: segment)
    let end = try #require(bytes.lastIndex { $0 == UInt8(ascii: "x") })
    try member.disk.setContents(of: segment, to: Array(bytes[..<(end - 700)]))
    let source = try source(member)
    #expect(try keys(source) == ["a", "b"])
    #expect(source.replay?.position.isTorn == true)
  }

  @Test func damageIsAnErrorWithItsPlace() throws {
    var member = try SampleMember()
    try member.apply(["a"])
    for key in ["b", "c"] { try member.put(key, "value") }
    let segment = try member.lastSegment()
    var bytes = try member.disk.contents(of: segment)
    let place = try #require(bytes.firstIndex { $0 == UInt8(ascii: "b") })
    bytes[place] ^= 1
    try member.disk.setContents(of: segment, to: bytes)
    let error = #expect(throws: SourceError.self) { try source(member) }
    guard case .log(.damaged(let path, _, .checksumMismatch)) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(path == segment)
  }

  @Test func whatIsNotUnderstoodIsCounted() throws {
    var member = try SampleMember()
    try member.apply(["a"])
    try member.append(Wire.field(7777, "later"))
    try member.append([0xFF])
    try member.put("b")
    let source = try source(member)
    #expect(source.replay?.unknownCount == 2)
    #expect(source.replay?.appliedCount == 3)
    #expect(try keys(source) == ["a", "b"])
  }

  @Test func aCompactionInTheLogCounts() throws {
    var member = try SampleMember()
    try member.apply(["a"])
    for value in ["1", "2", "3"] { try member.put("a", value) }
    try member.append(Wire.field(7, Wire.field(1, varint: 4)))
    let source = try source(member)
    #expect(source.compactRevision == 4)
    #expect(try keys(source, at: 4) == ["a"])
    #expect(throws: SourceError.compacted(revision: 3, compactRevision: 4)) {
      try source.liveRows(in: allKeys(), at: 3)
    }
  }
}
