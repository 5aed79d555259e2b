import Foundation
import TestSupport
import Testing

/// `explorer defrag`: the one command that writes into a file that it was given.
///
/// The danger: what comes out is not what went in.
@Suite struct DefragCommandTests {
  private func defrag(_ arguments: String...) throws -> Program.Result {
    try Program.run(Program.explorer, ["defrag"] + arguments)
  }

  @Test(arguments: EtcdVersion.installed, ["compacted", "history", "leases"])
  func realEtcdAnswersAsBefore(version: EtcdVersion, name: String) throws {
    let fixture = try EtcdFixture(version, name)
    let status = try Program.explorer("snapshot", "status", fixture.databasePath, "-o", "json")
    let result = try defrag("--data-dir", fixture.dataDirectory)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.isEmpty)
    #expect(result.text.hasPrefix("Finished defragmenting \(fixture.databasePath): "))
    let after = try Program.explorer("snapshot", "status", fixture.databasePath, "-o", "json")
    func content(_ result: Program.Result) -> String? {
      result.text.range(of: ",\"totalSize\"").map { String(result.text[..<$0.lowerBound]) }
    }
    #expect(content(after) != nil && content(after) == content(status))
    #expect(try Program.explorer("check", fixture.dataDirectory).status == 0)
    #expect(try names(fixture) == ["db"])

    let server = try EtcdServer.start(
      version: version,
      dataDirectory: fixture.dataDirectory,
      environment: ["ETCD_VERIFY": "all"]
    )
    for answer in fixture.hashes.suffix(3) {
      let hash = try server.hashKV(revision: answer.revision)
      #expect(hash.hash == answer.hash && hash.compactRevision == answer.compactRevision)
    }
    #expect(try server.allKeys() == fixture.keys[fixture.facts.revision])
    #expect(try server.put("/after", "1") == fixture.facts.revision + 1)
  }

  private func size(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require((attributes[.size] as? NSNumber)?.intValue)
  }

  private func names(_ fixture: EtcdFixture) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(fixture.dataDirectory)/member/snap")
  }

  @Test func theFileMayBeNamedAndTheSizesAreTold() throws {
    let fixture = try EtcdFixture(.v35, "compacted")
    let first = try defrag("--file", fixture.databasePath)
    #expect(
      first.text == "Finished defragmenting \(fixture.databasePath): 17 MB before, 131 kB after\n"
    )
    let again = try defrag("--file", fixture.databasePath)
    #expect(
      again.text == "Finished defragmenting \(fixture.databasePath): 131 kB before, 131 kB after\n"
    )
    // Who may read the file is not changed by it.
    let attributes = try FileManager.default.attributesOfItem(atPath: fixture.databasePath)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
  }

  /// What etcdutl leaves of the same file.
  @Test(.enabled(if: EtcdVersion.v35.isThere, "etcdutl 3.5 is not on this machine"))
  func etcdutlLeavesTheSameRows() throws {
    let (ours, theirs) = (try EtcdFixture(.v35, "history"), try EtcdFixture(.v35, "history"))
    #expect(try defrag("--data-dir", ours.dataDirectory).status == 0)
    let result = try EtcdVersion.v35.etcdutl(["defrag", "--data-dir", theirs.dataDirectory])
    #expect(result.status == 0)
    let difference = try Program.explorer("diff", ours.databasePath, theirs.databasePath)
    #expect(difference.status == 0, "\(difference.text)")
    for command in ["hash", "checksum"] {
      let output = try Program.explorer(command, ours.databasePath).output
      #expect(try Program.explorer(command, theirs.databasePath).output == output)
    }
    // bbolt rounds lengths up, so that a small file may even grow; and so do we.
    #expect(try size(ours.databasePath) == size(theirs.databasePath))
    let status = try Program.explorer("snapshot", "status", ours.databasePath)
    #expect(try Program.explorer("snapshot", "status", theirs.databasePath).output == status.output)
  }

  // MARK: What is refused

  @Test func whatIsNoStoppedDatabaseIsLeftAlone() throws {
    let fixture = try EtcdFixture(.v35, "plain")
    let snapshot = try #require(fixture.snapshotPath)
    let folder = String(snapshot.dropLast("/snapshot.db".count))
    try Data("text".utf8).write(to: URL(fileURLWithPath: "\(folder)/text"))
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture.databasePath)))
    let page = try #require((2..<24).last { bytes[$0 * 4096] == $0 && bytes[$0 * 4096 + 8] == 2 })
    bytes[page * 4096] ^= 0x40
    try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/damaged.db"))
    let before = try FolderState(of: folder)
    let refused = [
      (["--file", snapshot], "\(snapshot): a saved snapshot, with a checksum behind it"),
      (["--file", fixture.dataDirectory], "\(fixture.dataDirectory): "),
      (["--file", "\(folder)/none"], "\(folder)/none: "),
      (["--file", "\(folder)/text"], "\(folder)/text: not a bolt database"),
      (["--file", "\(folder)/damaged.db"], "\(folder)/damaged.db: page "),
      (["--data-dir", folder], "\(folder)/member/snap/db: "),
    ]
    for (arguments, cause) in refused {
      let result = try Program.run(Program.explorer, ["defrag"] + arguments)
      #expect(result.status == 2, "\(arguments)")
      #expect(result.output.isEmpty)
      #expect(result.errors.hasPrefix("explorer: \(cause)"), "\(result.errors)")
    }
    // The times of the folder tell that a copy was begun beside the damaged file; nothing is left.
    let after = try FolderState(of: folder)
    #expect(
      after.lines.filter { !$0.hasPrefix(" d ") } == before.lines.filter { !$0.hasPrefix(" d ") }
    )
  }

  @Test(arguments: EtcdVersion.installed)
  func aRunningServersFileIsRefused(version: EtcdVersion) throws {
    let server = try EtcdServer.start(version: version)
    try server.put("a", "1")
    let result = try defrag("--data-dir", server.dataDirectory)
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.errors.hasPrefix("explorer: \(server.databasePath): "))
    #expect(result.errors.split(separator: "\n").count == 1)
    #expect(try server.etcdctl("get", "a", "--print-value-only").text == "1\n")
  }
}
