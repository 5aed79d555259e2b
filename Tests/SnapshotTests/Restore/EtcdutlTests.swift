private import Foundation
import FileIO
import Snapshot
import TestSupport
import Testing

/// Whoever has a script for etcdutl should see no difference but in the texts of errors.
@Suite(.enabled(if: EtcdVersion.v35.isThere, "etcdutl 3.5 is not on this machine"))
struct EtcdutlTests {
  let folder: TemporaryFolder
  let files = LocalFileSystem()

  init() throws {
    folder = try TemporaryFolder()
    try files.setContents(of: folder.path("s.db"), to: try SampleSnapshot.bytes())
  }

  /// What a restore is told, as flags of etcdutl.
  struct Case: CustomStringConvertible, Sendable {
    var name: String?
    var cluster: String?
    var token: String?
    var advertised: String?
    var file = "s.db"
    var skipsHashCheck = false
    var bump: UInt64 = 0
    var isMarked = false
    var walDirectory: String?

    var description: String {
      "\(flags(in: TemporaryPath(path: "T")).joined(separator: " ")) \(file)"
    }

    func flags(in folder: TemporaryPath) -> [String] {
      var flags: [String] = []
      if let name { flags += ["--name", name] }
      if let cluster { flags += ["--initial-cluster", cluster] }
      if let token { flags += ["--initial-cluster-token", token] }
      if let advertised { flags += ["--initial-advertise-peer-urls", advertised] }
      if skipsHashCheck { flags.append("--skip-hash-check") }
      if bump > 0 { flags += ["--bump-revision", "\(bump)"] }
      if isMarked { flags.append("--mark-compacted") }
      if let walDirectory { flags += ["--wal-dir", "\(folder.path)/\(walDirectory)"] }
      return flags
    }

    func options(dataDirectory: String, in folder: TemporaryPath) -> RestoreOptions {
      var options = RestoreOptions(dataDirectory: dataDirectory)
      if let name { options.name = name }
      if let cluster { options.initialCluster = cluster }
      if let token { options.initialClusterToken = token }
      if let advertised { options.advertisedPeerURLs = advertised }
      options.skipsHashCheck = skipsHashCheck
      options.revisionBump = bump
      options.marksCompacted = isMarked
      options.walDirectory = walDirectory.map { "\(folder.path)/\($0)" }
      return options
    }
  }

  /// A folder by its path.
  struct TemporaryPath { let path: String }

  static let accepted: [Case] = [
    Case(),
    Case(name: "n <&>", cluster: "n <&>=http://localhost:2380", token: ""),
    Case(token: "caf\u{E9}"),
    Case(
      name: "b",
      cluster: "c=http://10.0.0.3:2380,b=http://10.0.0.2:2380,a=http://10.0.0.1:2380,"
        + "a=http://10.0.0.1:2379",
      token: "tkn",
      advertised: "http://10.0.0.2:2380"
    ),
    Case(
      cluster: ",,default=HTTP://[::1]:1,default=unix:///run/s,",
      advertised: "unix:///run/s,http://[::1]:1"
    ),
    Case(cluster: "default=http://a\"b:1", advertised: "http://a\"b:1"),
    Case(bump: 1_000_000, isMarked: true),
    Case(file: "plain.db", skipsHashCheck: true),
    Case(file: "wrong.db", skipsHashCheck: true),
  ]

  @Test(arguments: accepted)
  func theFilesAreThoseOfEtcdutl(given: Case) throws {
    let image = try SampleSnapshot.image()
    try files.setContents(of: folder.path("plain.db"), to: image)
    try files.setContents(of: folder.path("wrong.db"), to: image + [UInt8](repeating: 0, count: 32))
    let theirs = try etcdutl(given, dataDirectory: folder.path("theirs"))
    #expect(theirs.status == 0, "\(theirs.errors)")
    let restore = try SnapshotRestore(
      from: folder.path(given.file),
      given.options(dataDirectory: folder.path("ours"), in: TemporaryPath(path: folder.path))
    )
    _ = try restore.run()

    #expect(theirs.errors.contains("\"cluster-id\": \"\(restore.clusterID.hexadecimal)\""))
    for member in restore.members {
      #expect(theirs.errors.contains("\"added-peer-id\": \"\(member.id.hexadecimal)\""))
    }
    for directory in ["member", "member/snap", "member/wal"] {
      let names = try files.list(folder.path("theirs/\(directory)"))
      #expect(try files.list(folder.path("ours/\(directory)")) == names)
      for name in names where name.hasSuffix(".snap") || name.hasSuffix(".wal") {
        // etcdutl allocates the segment, and so do we: the length is compared too.
        let same = try Program.run(
          "/usr/bin/cmp",
          [folder.path("theirs/\(directory)/\(name)"), folder.path("ours/\(directory)/\(name)")]
        )
        #expect(same.status == 0, "\(same.text)\(same.errors)")
      }
    }
    let rows = try SampleSnapshot.rows(of: folder.path("theirs/member/snap/db"), in: files)
    #expect(try SampleSnapshot.rows(of: folder.path("ours/member/snap/db"), in: files) == rows)
  }

  static let refused: [Case] = [
    Case(name: "x"),
    Case(cluster: ""),
    Case(cluster: "default"),
    Case(cluster: "default=localhost:2380"),
    Case(cluster: "default=http://localhost"),
    Case(cluster: "default=http://localhost:2380/"),
    Case(cluster: "default=http://localhost:x"),
    Case(cluster: "default=ftp://localhost:2380"),
    Case(cluster: "default=http://localhost:2381"),
    Case(cluster: "default=http://localhost:2380,b=http://localhost:2380"),
    Case(advertised: ""),
    Case(advertised: "http://localhost:2380,http://localhost:2381"),
    Case(advertised: "http://127.0.0.1:2380"),
    Case(bump: 1),
    Case(isMarked: true),
    Case(walDirectory: "full"),
    Case(file: "none.db"),
    Case(file: "full"),
    Case(file: "plain.db"),
    Case(file: "wrong.db"),
    Case(file: "empty.db"),
    Case(file: "empty.db", skipsHashCheck: true),
    Case(file: "zeros.db", skipsHashCheck: true),
  ]

  @Test(arguments: refused)
  func whatEtcdutlRefusesIsRefused(given: Case) throws {
    let image = try SampleSnapshot.image()
    try files.setContents(of: folder.path("plain.db"), to: image)
    try files.setContents(of: folder.path("wrong.db"), to: image + [UInt8](repeating: 0, count: 32))
    try files.setContents(of: folder.path("empty.db"), to: [])
    try files.setContents(of: folder.path("zeros.db"), to: [UInt8](repeating: 0, count: 8192))
    try files.makeDirectory(folder.path("full"))
    let theirs = try etcdutl(given, dataDirectory: folder.path("theirs"))
    #expect(theirs.status != 0)
    #expect(throws: SnapshotError.self) {
      try SnapshotRestore(
        from: folder.path(given.file),
        given.options(dataDirectory: folder.path("ours"), in: TemporaryPath(path: folder.path))
      ).run()
    }
    #expect(try files.kind(of: folder.path("ours")) == nil)
  }

  private func etcdutl(_ given: Case, dataDirectory: String) throws -> Program.Result {
    let flags = given.flags(in: TemporaryPath(path: folder.path))
    return try EtcdVersion.v35.etcdutl(
      ["snapshot", "restore", folder.path(given.file), "--data-dir", dataDirectory] + flags
    )
  }
}
