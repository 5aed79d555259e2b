import TestSupport
import Testing

/// `explorer checksum`: a number that people have noted down beside their backups, from auger.
@Suite struct ChecksumCommandTests {
  private func checksum(_ arguments: String...) throws -> Program.Result {
    try Program.run(Program.explorer, ["checksum"] + arguments)
  }

  @Test func theOutputIsAugers() throws {
    let folder = try #require(SharedArchive.cluster.folder)
    // What `auger checksum` printed for this file, now and at a revision.
    #expect(
      try checksum("\(folder)/cluster.db").text == """
        checksum: 1235085164
        compact-revision: 0
        revision: 510

        """
    )
    let older = "checksum: 1919174908\ncompact-revision: 0\nrevision: 300\n"
    for option in ["--rev", "--revision", "-r"] {
      #expect(try checksum("\(folder)/cluster.db", option, "300").text == older)
    }
  }

  /// The file `auger` in a folder of the PATH.
  static let auger: String? = {
    let result = try? Program.run("/bin/sh", ["-c", "command -v auger"])
    guard let result, result.status == 0 else { return nil }
    return result.text.split(separator: "\n").first.map(String.init)
  }()

  @Test(.enabled(if: auger != nil, "there is no auger on the PATH"), arguments: EtcdFixture.all)
  func augerPrintsTheSame(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    let auger = try #require(Self.auger)
    let ours = try checksum(fixture.databasePath)
    #expect(ours.status == 0)
    let theirs = try Program.run(auger, ["checksum", "-f", fixture.databasePath])
    #expect(ours.text == theirs.text)
    let revision = "\(max(fixture.facts.compactRevision, 20))"
    let then = try Program.run(auger, ["checksum", "-f", fixture.databasePath, "-r", revision])
    let oursThen = try checksum(fixture.databasePath, "-r", revision)
    // auger answers for a revision that is still to come as if it were the current one.
    guard oursThen.status == 0 else { return }
    #expect(oursThen.text == then.text)
  }

  @Test func theSameLiveKeysHaveTheSameChecksumWhateverTheirHistory() throws {
    let first = try EtcdFixture(.v34, "plain")
    let second = try EtcdFixture(.v35, "plain")
    let snapshot = try #require(second.snapshotPath)
    let sum = try checksum(first.databasePath)
    #expect(sum.text.hasPrefix("checksum: 1704874224\n"))
    #expect(try checksum(second.databasePath).output == sum.output)
    #expect(try checksum(snapshot).output == sum.output)
    let compacted = try EtcdFixture(.v34, "compacted")
    let other = try EtcdFixture(.v35, "compacted")
    #expect(try checksum(compacted.dataDirectory).output == checksum(other.dataDirectory).output)
    #expect(try checksum(compacted.dataDirectory).output != sum.output)
  }

  @Test func theLogCountsIfThatIsAskedFor() throws {
    let fixture = try EtcdFixture(.v35, "killed")
    let plain = try checksum(fixture.dataDirectory)
    #expect(plain.status == 0)
    #expect(plain.errors.hasSuffix(": --wal reads them, too\n"))
    let replayed = try checksum(fixture.dataDirectory, "--wal")
    #expect(replayed.status == 0)
    #expect(replayed.text.hasSuffix("\nrevision: \(fixture.facts.revision)\n"))
    #expect(replayed.text != plain.text)
    // As of a revision that the database has as well, the log changes nothing.
    let then = try checksum(fixture.dataDirectory, "--wal", "--rev", "60")
    #expect(then.output == (try checksum(fixture.dataDirectory, "--rev", "60").output))
    let snapshot = try checksum(fixture.databasePath, "--wal")
    #expect(snapshot.status == 2)
    #expect(snapshot.errors.contains("no log beside it"))
  }

  @Test func revisionsThatAreGoneOrToComeAreErrors() throws {
    let fixture = try EtcdFixture(.v35, "compacted")
    let gone = try checksum(fixture.databasePath, "--rev", "40")
    #expect(gone.status == 2)
    #expect(gone.errors == "explorer: revision 40 has been compacted, the oldest is 70\n")
    let later = try checksum(fixture.databasePath, "--rev", "79")
    #expect(later.status == 2)
    #expect(later.errors == "explorer: revision 79 is a future revision, the current one is 78\n")
  }
}
