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
