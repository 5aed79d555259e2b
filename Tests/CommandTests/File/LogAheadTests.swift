import Bolt
import FileIO
import TestSupport
import Testing

/// A data directory whose log is ahead of its database: what is said of it, and what `--wal` adds.
@Suite struct LogAheadTests {
  /// The log entry that a database was written at.
  private func consistentIndex(_ path: String) throws -> UInt64 {
    let database = try Database(path, .reading)
    let value = try database.read().bucket("meta")?.value(for: Array("consistent_index".utf8))
    return try #require(value).reduce(0) { $0 << 8 | UInt64($1) }
  }

  @Test(arguments: EtcdFixture.all)
  func theNoteSaysHowFarTheLogIsAhead(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    let path = fixture.dataDirectory
    let first = try consistentIndex(fixture.databasePath)
    // As etcd's own reader found it.
    let last = fixture.wal.entries.last?.place.index ?? fixture.wal.snapshots.last?.index ?? 0
    let result = try FileCommands.run("keys", path, ["--count"])
    guard last > first else {
      #expect(result.errors == "")
      return
    }
    let count = last - first
    let beginning =
      "explorer: note: \(path): the log is \(count) \(count == 1 ? "entry" : "entries") "
      + "ahead of the database (\(first) to \(last)), "
    #expect(result.errors.hasPrefix(beginning), "\(result.errors)")
    #expect(result.errors.hasSuffix("\n") && result.errors.split(separator: "\n").count == 1)
    // Whether keys were written is what the replay sees.
    let replayed = try FileCommands.run("keys", path, ["--wal", "-o", "json"])
    let written = try FileCommands.run("keys", path, ["-o", "json"])
    if result.errors.contains("none of them a write") {
      #expect(replayed.output == written.output)
    } else {
      #expect(result.errors.hasSuffix(": --wal reads them, too\n"))
    }
  }

  @Test(arguments: EtcdVersion.allCases)
  func aKilledMembersWritesAreReadWithTheLog(version: EtcdVersion) throws {
    let fixture = try EtcdFixture(version, "killed")
    let path = fixture.dataDirectory
    let acknowledged = try #require(fixture.facts.acknowledgedRevision)
    let first = try consistentIndex(fixture.databasePath)
    let last = try #require(fixture.wal.entries.last?.place.index)
    let result = try FileCommands.run("keys", path, ["--wal", "--count"])
    let expected = try #require(fixture.keys[fixture.facts.revision])
    #expect(result.text == "\(expected.count)\n")
    #expect(
      result.errors.hasPrefix("explorer: note: \(path): database at entry \(first) (revision ")
    )
    #expect(
      result.errors.contains(
        "), log at entry \(last) (revision \(fixture.facts.revision)): "
          + "\(last - first) entries replayed"
      )
    )
    #expect(fixture.facts.revision >= acknowledged)
    // Each of the writes made one revision.
    let writeCount = fixture.facts.revision - fixture.databaseStatus.revision
    let bare = try FileCommands.run("keys", path, ["--count"])
    #expect(bare.errors.contains("), \(writeCount) of them writes: --wal"), "\(bare.errors)")
    // Without the log, that revision is still to come.
    let without = try FileCommands.run("keys", path, ["--rev", "\(acknowledged)"])
    #expect(without.status == 2)
    #expect(without.errors.contains("is a future revision"))
    // A key that only the log knows.
    let newest = try #require(expected.max { $0.modRevision < $1.modRevision })
    let key = String(decoding: newest.key, as: UTF8.self)
    let value = try FileCommands.run("get", path, ["--exact", key, "--wal", "-o", "raw"])
    #expect(value.status == 0 && value.output == newest.value)
    let history = try FileCommands.run("history", path, ["--exact", key, "--wal", "-o", "json"])
    #expect(history.lines.first?.contains("\"revision\":\(newest.modRevision),") == true)
    let unknown = try FileCommands.run("history", path, ["--exact", key, "--rev", "1"])
    #expect(unknown.status == 1)
  }

  @Test func aTornLogIsReadUpToItsEnd() throws {
    let fixture = try EtcdFixture(.v35, "killed")
    let segments = try LocalFileSystem().list(fixture.walDirectory).sorted()
    let name = try #require(segments.last { $0.hasSuffix(".wal") })
    let path = "\(fixture.walDirectory)/\(name)"
    // Cut off within the last record, as by a lost write.
    let records = try Program.explorer("wal", fixture.dataDirectory, "--records", "-o", "json")
    let last = try #require(try JSONObject(records.lines.last?.utf8 ?? "".utf8))
    let end = Int(try #require(last.number("offset")))
    #expect(last.string("record") == "end")
    try File(path, .update, in: LocalFileSystem()).truncate(to: end - 5)
    let result = try FileCommands.run("keys", fixture.dataDirectory, ["--wal", "--count"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("the last write was cut off"), "\(result.errors)")
    let bare = try FileCommands.run("keys", fixture.dataDirectory, ["--count"])
    #expect(bare.errors.contains("its last write was cut off"), "\(bare.errors)")
  }

  @Test func aFileWithoutALogSaysSo() throws {
    for command in [["keys"], ["get", "-A"], ["history", "ns/demo"]] {
      let result = try Program.run(
        Program.explorer,
        command + ["--wal", "--file", FileCommands.cluster]
      )
      #expect(result.status == 2)
      #expect(
        result.errors == "explorer: \(FileCommands.cluster): no log beside it: "
          + "only a data directory has one\n"
      )
    }
    let both = try Program.explorer("diff", FileCommands.cluster, FileCommands.cluster, "--wal")
    #expect(both.status == 2)
    #expect(both.errors == "explorer: --wal: neither state is of a data directory\n")
  }
}
