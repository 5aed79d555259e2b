import Foundation
import TestSupport
import Testing

/// How the commands open a file.
@Suite struct SourceOptionsTests {
  /// Every command that reads a database, with what it needs to answer for one that has a key `/k/1`.
  static func commands(_ path: String) -> [[String]] {
    [
      ["check", path], ["hash", path], ["checksum", path], ["snapshot", "status", path],
      ["keys", "--file", path], ["get", "/k/1", "-o", "raw", "--file", path],
      ["history", "/k/1", "--file", path], ["diff", path, path],
    ]
  }

  // MARK: A file that is in use

  @Test(arguments: EtcdVersion.installed)
  func aRunningServersFileIsReadOnlyIfThatIsAskedFor(version: EtcdVersion) throws {
    let server = try EtcdServer.start(version: version)
    for number in 1...20 { try server.put("/k/\(number)", "value \(number)") }
    // Has the server write what it holds back.
    _ = try server.hash()
    let expected = """
      explorer: \(server.databasePath): held by a running process, most likely etcd: ask that at its \
      endpoint, or read the state committed last with --unlocked

      """
    for command in Self.commands(server.dataDirectory) {
      let held = try Program.run(Program.explorer, command)
      #expect(held.status == 2, "\(command)")
      #expect(held.output.isEmpty, "\(command)")
      #expect(held.errors == expected, "\(command)")
      let unlocked = try Program.run(Program.explorer, command + ["--unlocked"])
      #expect(unlocked.status == 0, "\(command): \(unlocked.errors)")
    }
    let keys = try Program.explorer("keys", "--file", server.databasePath, "--unlocked")
    #expect(keys.text.split(separator: "\n").count == 20)
    let value = try Program.explorer(
      "get",
      "/k/1",
      "-o",
      "raw",
      "--file",
      server.databasePath,
      "--unlocked"
    )
    #expect(value.text == "value 1")

    // The server has not noticed, and the file is free once it has gone.
    #expect(try server.put("/k/21", "value 21") == 22)
    try server.stop()
    let stopped = try Program.explorer("keys", "--count", "--file", server.dataDirectory)
    #expect(stopped.status == 0)
    #expect(stopped.text == "21\n")
  }

  /// Two that read do not keep each other out, and neither keeps the lock.
  @Test(arguments: EtcdVersion.installed)
  func aServerStartsBehindWhoeverHasRead(version: EtcdVersion) throws {
    let fixture = try EtcdFixture(version, "plain")
    for command in Self.commands(fixture.dataDirectory) where command[0] != "get" {
      _ = try Program.run(Program.explorer, command)
    }
    let server = try EtcdServer.start(version: version, dataDirectory: fixture.dataDirectory)
    #expect(try server.hashKV().hash == fixture.hashes.last?.hash)
  }

  // MARK: Nothing is written

  @Test(arguments: [EtcdFixture.Name(.v34, "plain"), EtcdFixture.Name(.v35, "killed")])
  func whatReadsWritesNothing(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    let folder = String(fixture.dataDirectory.dropLast("/data".count))
    let key = try #require(fixture.keys.values.first { !$0.isEmpty }?.first?.key)
    let word = String(decoding: key, as: UTF8.self)
    let before = try FolderState(of: folder)
    let quick = try FolderState(of: folder, hashes: false)
    var commands: [[String]] = []
    // Of the killed server there is no snapshot.
    for path in [fixture.snapshotPath ?? fixture.dataDirectory] {
      commands += [
        ["check", path], ["hash", path], ["checksum", path], ["snapshot", "status", path],
        ["keys", "--file", path], ["keys", "--by", "kind", "--sizes", "--file", path],
        ["keys", "--all-revisions", "--file", path], ["keys", "--tree", "--file", path],
        ["get", "-o", "raw", "--file", path], ["get", word, "--exact", "--file", path],
        ["history", word, "--exact", "--file", path], ["diff", path, path],
      ]
      commands += ["check", "hash", "checksum"].map { [$0, path, "--unlocked"] }
      commands.append(["keys", "--salvage", "--file", path])
    }
    let data = fixture.dataDirectory
    commands += [
      ["hash", data, "--wal"], ["checksum", data, "--wal"],
      ["keys", "--wal", "--uncommitted", "--file", data],
      ["get", word, "--exact", "--wal", "-o", "raw", "--file", data],
      ["history", word, "--exact", "--wal", "--file", data], ["diff", "--wal", data, data],
      ["wal", data], ["wal", fixture.walDirectory, "--records", "-o", "json"],
    ]
    for command in commands {
      let result = try Program.run(Program.explorer, command)
      #expect(result.status < 128, "\(command)")
      #expect(try FolderState(of: folder, hashes: false) == quick, "\(command)")
    }
    #expect(try FolderState(of: folder) == before)
    #expect(before.lines.count > 10)
  }

  // MARK: The log

  @Test func theLogOfADirectoryCountsInDiff() throws {
    let fixture = try EtcdFixture(.v35, "killed")
    let plain = try Program.explorer("diff", fixture.databasePath, fixture.dataDirectory)
    #expect(plain.status == 0)
    // The database beside it has no log, and is read as it is.
    let replayed = try Program.explorer(
      "diff",
      fixture.databasePath,
      fixture.dataDirectory,
      "--wal",
      "--keys-only"
    )
    #expect(replayed.status == 1)
    let live = try Program.explorer("keys", "--count", "--wal", "--file", fixture.dataDirectory)
    let old = try Program.explorer("keys", "--count", "--file", fixture.databasePath)
    let added = replayed.text.split(separator: "\n").filter { $0.hasPrefix("+ ") }.count
    let removed = replayed.text.split(separator: "\n").filter { $0.hasPrefix("- ") }.count
    let counts = try [live, old].map { try #require(Int($0.text.dropLast())) }
    #expect(counts[0] == counts[1] + added - removed)
    #expect(added > 100)
  }

  @Test func theWayToReadTheLogIsTold() throws {
    let fixture = try EtcdFixture(.v34, "killed")
    let note = """
      explorer: note: \(fixture.dataDirectory): the log is 415 entries ahead of the database (73 to \
      488), 410 of them writes: --wal reads them, too

      """
    for command in [["keys", "--count"], ["get", "/none", "--exact"], ["history", "/none"]] {
      let result = try Program.run(Program.explorer, command + ["--file", fixture.dataDirectory])
      #expect(result.errors.hasPrefix(note), "\(command)")
    }
    let result = try Program.explorer("keys", "--count", "--wal", "--file", fixture.dataDirectory)
    #expect(
      result.errors == """
        explorer: note: \(fixture.dataDirectory): database at entry 73 (revision 69), log at entry \
        488 (revision 479): 415 entries replayed, 1 of them refused

        """
    )
  }

  // MARK: Damage

  /// Whoever is told that a key is not there has to know whether all was looked through.
  @Test func whatIsNotFoundInADamagedFileMayBeInWhatWasLost() throws {
    let fixture = try EtcdFixture(.v35, "plain")
    let snapshot = try #require(fixture.snapshotPath)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: snapshot))
    let folder = try TemporaryFolder()
    let half = folder.path("half.db")
    try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: half))
    let refused = try Program.explorer("keys", "--file", half)
    #expect(refused.status == 2 && refused.output.isEmpty)
    #expect(refused.errors.hasPrefix("explorer: \(half): the file has "))
    for command in [
      ["keys", "/none"], ["get", "/none", "--exact"], ["history", "/none", "--exact"],
    ] {
      let result = try Program.run(Program.explorer, command + ["--salvage", "--file", half])
      #expect(result.status == 2, "\(command)")
      #expect(result.output.isEmpty)
      #expect(result.errors.contains("explorer: lost: \(half): page "), "\(result.errors)")
      let whole = try Program.run(Program.explorer, command + ["--salvage", "--file", snapshot])
      #expect(whole.status == 1, "\(command)")
      #expect(!whole.errors.contains("lost"))
    }
    let keys = try Program.explorer("keys", "--salvage", "--file", half)
    #expect(keys.status == 2)
    #expect(keys.text.split(separator: "\n").count > 10)
  }
}
