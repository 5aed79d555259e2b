import Foundation
import TestSupport
import Testing

/// `explorer snapshot restore`: what an operator does on the worst day of the year.
///
/// The danger: the directory does not start, serves other keys, or the members that were restored do
/// not find together.
@Suite struct SnapshotRestoreCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func restore(_ arguments: String...) throws -> Program.Result {
    try Program.run(Program.explorer, ["snapshot", "restore"] + arguments)
  }

  static let pairs = EtcdVersion.installed.flatMap { started in
    EtcdVersion.allCases.map { (saved: $0, started: started) }
  }

  @Test(arguments: pairs)
  func realEtcdServesWhatWasSaved(saved: EtcdVersion, started: EtcdVersion) throws {
    let fixture = try EtcdFixture(saved, "compacted")
    let snapshot = try #require(fixture.snapshotPath)
    let result = try restore(snapshot, "--data-dir", folder.path("data"))
    #expect(result.status == 0)
    #expect(result.output.isEmpty)
    // The ids that etcd gives a member of these names and URLs.
    #expect(
      result.errors == """
        explorer: note: \(folder.path("data")): restored at revision \(fixture.facts.revision) \
        as member 8e9e05c52164694d of cluster cdf818194e3a8c32

        """
    )
    let check = try Program.explorer("check", folder.path("data"))
    #expect(check.status == 0, "\(check.errors)")
    let server = try EtcdServer.start(
      version: started,
      dataDirectory: folder.path("data"),
      environment: ["ETCD_VERIFY": "all"]
    )
    #expect(try server.allKeys() == fixture.keys[fixture.facts.revision])
    for answer in fixture.hashes.suffix(4) {
      let hash = try server.hashKV(revision: answer.revision)
      #expect(hash.hash == answer.hash && hash.compactRevision == answer.compactRevision)
    }
    #expect(try server.put("/after", "1") == fixture.facts.revision + 1)
    let status = try server.etcdctl("endpoint", "status", "-w", "fields").text
    #expect(status.contains("\"MemberID\" : \(UInt64(0x8e9e_05c5_2164_694d))\n"))
    #expect(status.contains("\"ClusterID\" : \(UInt64(0xcdf8_1819_4e3a_8c32))\n"))
  }

  @Test(arguments: EtcdVersion.installed)
  func threeMembersFormACluster(version: EtcdVersion) throws {
    let fixture = try EtcdFixture(version, "plain")
    let snapshot = try #require(fixture.snapshotPath)
    let ports = try Loopback.freePorts(6)
    let cluster = (0..<3).map { "m\($0)=http://127.0.0.1:\(ports[$0])" }.joined(separator: ",")
    var servers: [EtcdServer] = []
    for number in 0..<3 {
      let data = folder.path("m\(number)")
      let result = try restore(
        snapshot,
        "--name",
        "m\(number)",
        "--data-dir",
        data,
        "--initial-cluster",
        cluster,
        "--initial-cluster-token",
        "again",
        "--initial-advertise-peer-urls",
        "http://127.0.0.1:\(ports[number])"
      )
      #expect(result.status == 0, "\(result.errors)")
      servers.append(
        try EtcdServer(
          version: version,
          dataDirectory: data,
          ports: (client: ports[3 + number], peer: ports[number]),
          arguments: [
            "--name", "m\(number)", "--initial-cluster", cluster, "--unsafe-no-fsync",
          ]
        )
      )
    }
    for server in servers { try server.waitUntilServing() }
    let expected = try #require(fixture.keys[fixture.facts.revision])
    let hash = try #require(fixture.hashes.last?.hash)
    for server in servers {
      #expect(try server.allKeys() == expected)
      #expect(try server.hashKV(revision: fixture.facts.revision).hash == hash)
      let members = try server.etcdctl("member", "list").text
      #expect(members.split(separator: "\n").count == 3)
    }
    #expect(try servers[0].put("/after", "1") == fixture.facts.revision + 1)
    #expect(try servers[2].etcdctl("get", "/after", "--print-value-only").text == "1\n")
  }

  @Test(arguments: EtcdVersion.installed)
  func aRaisedRevisionIsServedAndMarkedAsCompacted(version: EtcdVersion) throws {
    let fixture = try EtcdFixture(version, "plain")
    let snapshot = try #require(fixture.snapshotPath)
    let result = try restore(
      snapshot,
      "--data-dir",
      folder.path("data"),
      "--bump-revision",
      "1000000000",
      "--mark-compacted"
    )
    let revision = fixture.facts.revision + 1_000_000_000
    #expect(result.status == 0)
    #expect(result.errors.contains(" restored at revision \(revision) "))
    let server = try EtcdServer.start(version: version, dataDirectory: folder.path("data"))
    #expect(try server.revision() == revision)
    #expect(try server.allKeys() == fixture.keys[fixture.facts.revision])
    let old = try server.etcdctl("get", "", "--prefix", "--rev", "\(fixture.facts.revision)")
    #expect(old.errors.contains("required revision has been compacted"))
    #expect(try server.put("/after", "1") == revision + 1)
  }

  /// The files that etcdutl makes of the same flags; and where it refuses, so do we.
  @Test(
    .enabled(if: EtcdVersion.v35.isThere, "etcdutl 3.5 is not on this machine"),
    arguments: [
      [], ["--skip-hash-check"], ["--initial-cluster-token", "t"],
      ["--bump-revision", "5", "--mark-compacted"],
      ["--name", "n", "--initial-cluster", "n=http://localhost:2380"],
      ["--initial-memory-map-size", "1000000"], ["--bump-revision", "5"], ["--mark-compacted"],
      ["--name", "n"], ["--initial-cluster", "default=http://localhost:1"],
      ["--initial-cluster", ""], ["--initial-advertise-peer-urls", "localhost"],
    ]
  )
  func theFlagsAreEtcdutls(flags: [String]) throws {
    let fixture = try EtcdFixture(.v35, "leases")
    let snapshot = try #require(fixture.snapshotPath)
    let arguments = ["snapshot", "restore", snapshot] + flags
    let theirs = try EtcdVersion.v35.etcdutl(arguments + ["--data-dir", folder.path("theirs")])
    let ours = try Program.run(
      Program.explorer,
      arguments + ["--data-dir", folder.path("ours")]
    )
    #expect(ours.status == (theirs.status == 0 ? 0 : 2), "\(ours.errors)\(theirs.errors)")
    #expect(ours.output.isEmpty)
    let files = FileManager.default
    guard theirs.status == 0 else {
      #expect(!files.fileExists(atPath: folder.path("ours")))
      #expect(ours.errors.split(separator: "\n").count == 1)
      return
    }
    let names = try files.subpathsOfDirectory(atPath: folder.path("theirs")).sorted()
    #expect(try files.subpathsOfDirectory(atPath: folder.path("ours")).sorted() == names)
    for name in names where name.hasSuffix(".wal") || name.hasSuffix(".snap") {
      let (first, second) = (folder.path("theirs/\(name)"), folder.path("ours/\(name)"))
      #expect(files.contentsEqual(atPath: first, andPath: second), "\(name)")
    }
    let status = ["snapshot", "status", "-w", "json"]
    let database = try EtcdVersion.v35.etcdutl(status + [folder.path("theirs/member/snap/db")])
    let same = try EtcdVersion.v35.etcdutl(status + [folder.path("ours/member/snap/db")])
    func content(_ result: Program.Result) -> String? {
      // Page counts, and so sizes, may differ.
      result.text.range(of: ",\"totalSize\"").map { String(result.text[..<$0.lowerBound]) }
    }
    #expect(content(same) != nil && content(same) == content(database))
  }

  @Test func whatIsThereIsNotOverwritten() throws {
    let fixture = try EtcdFixture(.v35, "plain")
    let snapshot = try #require(fixture.snapshotPath)
    #expect(try restore(snapshot, "--data-dir", folder.path("data")).status == 0)
    let before = try FolderState(of: folder.path("data"))
    let again = try restore(snapshot, "--data-dir", folder.path("data"))
    #expect(again.status == 2)
    #expect(
      again.errors
        == "explorer: data directory \(folder.path("data")): not empty, found \"member\"\n"
    )
    #expect(try FolderState(of: folder.path("data")) == before)
  }

  @Test func aDamagedOrBareSnapshotIsRefusedUnlessTheHashIsSkipped() throws {
    let fixture = try EtcdFixture(.v35, "plain")
    let snapshot = try #require(fixture.snapshotPath)
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: snapshot)))
    bytes[bytes.count - 1] ^= 1
    try Data(bytes).write(to: URL(fileURLWithPath: folder.path("s.db")))
    for (path, cause) in [
      (folder.path("s.db"), "hash mismatch, found sha256 "), (fixture.databasePath, "hash"),
    ] {
      let result = try restore(path, "--data-dir", folder.path("data"))
      #expect(result.status == 2)
      #expect(result.errors.hasPrefix("explorer: \(path): "))
      #expect(result.errors.contains(cause))
      #expect(!FileManager.default.fileExists(atPath: folder.path("data")))
      let skipped = try restore(path, "--data-dir", folder.path("data"), "--skip-hash-check")
      #expect(skipped.status == 0)
      try FileManager.default.removeItem(atPath: folder.path("data"))
    }
  }

  @Test func theSnapshotIsLeftAsItIs() throws {
    let fixture = try EtcdFixture(.v34, "plain")
    let snapshot = try #require(fixture.snapshotPath)
    let place = String(snapshot.dropLast("/snapshot.db".count))
    let before = try FolderState(of: place)
    #expect(
      try restore(snapshot, "--data-dir", folder.path("a"), "--wal-dir", folder.path("w")).status
        == 0
    )
    #expect(try FolderState(of: place) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("w")).count == 1)
    #expect(!FileManager.default.fileExists(atPath: folder.path("a/member/wal")))
  }
}
