import Foundation
import TestSupport
import Testing

/// `explorer hash`: the numbers by which operators compare members with `etcdctl endpoint hashkv`.
@Suite struct HashCommandTests {
  private func hash(_ arguments: String...) throws -> Program.Result {
    try Program.run(Program.explorer, ["hash"] + arguments)
  }

  /// The fields of `-o json`, by their names.
  private func fields(_ arguments: String...) throws -> [String: Int64] {
    let result = try Program.run(Program.explorer, ["hash", "-o", "json"] + arguments)
    #expect(result.status == 0, "\(result.errors)")
    let object = try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: NSNumber]
    return try #require(object).mapValues(\.int64Value)
  }

  @Test func everyFormHasTheSameNumbers() throws {
    let fixture = try EtcdFixture(.v34, "compacted")
    let path = fixture.databasePath
    #expect(
      try hash(path).text == """
        hashkv: 566008115
        hash-revision: 78
        compact-revision: 70
        hash: 1610214661

        """
    )
    #expect(try hash(path, "-o", "simple").output == hash(path).output)
    #expect(
      try hash(path, "-o", "table", "--rev", "76").text == """
        +-----------+---------------+------------------+------------+
        |  HASHKV   | HASH REVISION | COMPACT REVISION |    HASH    |
        +-----------+---------------+------------------+------------+
        | 575830653 |            76 |               70 | 1610214661 |
        +-----------+---------------+------------------+------------+

        """
    )
    #expect(
      try hash(path, "-w", "json").text == """
        {"hashKV":566008115,"hashRevision":78,"compactRevision":70,"hash":1610214661}

        """
    )
    #expect(
      try hash(path, "--write-out", "fields").text == """
        "HashKV" : 566008115
        "HashRevision" : 78
        "CompactRevision" : 70
        "Hash" : 1610214661

        """
    )
    #expect(Int64(fixture.facts.hash) == 1_610_214_661)
  }

  @Test func revisionsThatAreGoneOrToComeAreErrors() throws {
    let fixture = try EtcdFixture(.v35, "compacted")
    for revision in ["40", "4000"] {
      let result = try hash(fixture.databasePath, "--rev", revision)
      #expect(result.status == 2)
      #expect(result.output.isEmpty)
      #expect(result.errors.hasPrefix("explorer: \(fixture.databasePath): revision \(revision) "))
    }
  }

  /// The same files under a real server, asked by the program that operators ask.
  @Test(arguments: EtcdVersion.installed, ["compacted", "history"])
  func etcdctlPrintsTheSame(version: EtcdVersion, name: String) throws {
    let fixture = try EtcdFixture(version, name)
    let copy = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: fixture.dataDirectory, toPath: copy.path("data"))
    let server = try EtcdServer.start(version: version, dataDirectory: copy.path("data"))
    let last = fixture.facts.revision
    for revision in [max(fixture.facts.compactRevision + 1, 2), last - 3, last, 0] {
      let theirs = try server.etcdctl("endpoint", "hashkv", "--rev", "\(revision)")
      #expect(theirs.status == 0, "\(theirs.errors)")
      let ours = try fields(fixture.dataDirectory, "--rev", "\(revision)")
      let number = try #require(ours["hashKV"])
      #expect(theirs.text.hasPrefix("\(server.endpoint), \(number)"), "revision \(revision)")
      let answer = try server.hashKV(revision: revision)
      #expect(ours["compactRevision"] == answer.compactRevision)
      #expect(ours["hashRevision"] == (revision == 0 ? last : revision))
    }
    try server.stop()
    // Its files, now that it has written to them; and those with what it did not write any more.
    #expect(try fields(server.dataDirectory)["hashKV"] == fields(fixture.dataDirectory)["hashKV"])
  }

  @Test(arguments: EtcdVersion.installed)
  func aRunningServersFileHasTheHashThatItTells(version: EtcdVersion) throws {
    let server = try EtcdServer.start(version: version)
    for number in 0..<50 { try server.put("/k/\(number % 7)", "value \(number)") }
    try server.delete("/k/3")
    // Asking for it makes the server write what it held back.
    let hash = try server.hash()
    let hashKV = try server.hashKV()
    let ours = try fields(server.dataDirectory, "--unlocked")
    #expect(ours["hash"] == Int64(hash))
    #expect(ours["hashKV"] == Int64(hashKV.hash))
    #expect(ours["hashRevision"] == hashKV.revision)
  }

  @Test(arguments: [EtcdVersion.v34, .v35])
  func aKilledServersHashIsThatOfItsLogToo(version: EtcdVersion) throws {
    let fixture = try EtcdFixture(version, "killed")
    let last = try #require(fixture.hashes.last)
    let replayed = try hash(fixture.dataDirectory, "--wal", "-o", "json")
    #expect(replayed.status == 0)
    #expect(
      replayed.text.hasPrefix("{\"hashKV\":\(last.hash ?? 0),\"hashRevision\":\(last.revision),")
    )
    #expect(replayed.errors.contains(" entries replayed"))
    let plain = try hash(fixture.dataDirectory, "-o", "json")
    #expect(!plain.text.contains("\"hashKV\":\(last.hash ?? 0),"))
    #expect(plain.errors.contains(" ahead of the database ") && plain.errors.contains("--wal"))
    // It does what it says.
    let at = try #require(fixture.hashes.dropLast().last)
    let earlier = try hash(fixture.dataDirectory, "--wal", "--rev", "\(at.revision)")
    #expect(earlier.text.hasPrefix("hashkv: \(at.hash ?? 0)\n"))
  }
}
