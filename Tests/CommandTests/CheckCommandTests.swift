import Foundation
import TestSupport
import Testing

/// `explorer check`.
///
/// The danger: a file is called sound that etcd or Kubernetes cannot read.
@Suite struct CheckCommandTests {
  private func check(_ path: String) throws -> Program.Result {
    try Program.explorer("check", path)
  }

  // MARK: Sound files

  @Test(arguments: EtcdFixture.all)
  func filesOfRealEtcdAreSound(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    for path in [fixture.dataDirectory, fixture.databasePath, fixture.snapshotPath] {
      guard let path else { continue }
      let result = try check(path)
      #expect(result.status == 0)
      #expect(result.errors.isEmpty)
      let lines = result.text.split(separator: "\n")
      #expect(lines.first == "\(path): sound")
      #expect(lines.count == (path == fixture.dataDirectory ? 5 : 4))
      let compaction =
        fixture.facts.compactRevision > 0 ? ", compacted at \(fixture.facts.compactRevision)" : ""
      // A database whose server was killed is older than what the server had said.
      if fixture.snapshotPath != nil {
        #expect(lines[3] == "revision: \(fixture.facts.revision)\(compaction)")
      }
    }
  }

  @Test func whatIsInAFileIsCounted() throws {
    let fixture = try EtcdFixture(.v35, "leases")
    #expect(
      try check(fixture.dataDirectory).text == """
        \(fixture.dataDirectory): sound
        pages: 4 used, 2 free
        rows: 28 (6 objects, 16 other values, 6 tombstones)
        revision: 22
        log: entries 1 to 33

        """
    )
    let killed = try EtcdFixture(.v34, "killed")
    #expect(
      try check(killed.dataDirectory).text.hasSuffix(
        "\nlog: entries 1 to 488, 415 ahead of the database\n"
      )
    )
    let cluster = try #require(SharedArchive.cluster.folder)
    let result = try check("\(cluster)/cluster.db")
    #expect(result.status == 0)
    #expect(result.text.contains("\nrows: 510 ("))
  }

  // MARK: Damage

  /// A copy of a file of the fixture, changed.
  private func damaged(
    _ path: String,
    _ change: (inout [UInt8]) throws -> Void
  ) throws -> (folder: TemporaryFolder, path: String) {
    let folder = try TemporaryFolder()
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    try change(&bytes)
    try Data(bytes).write(to: URL(fileURLWithPath: folder.path("s.db")))
    return (folder, folder.path("s.db"))
  }

  @Test func aFlippedBitOfASnapshotIsSeenByItsHashAlone() throws {
    let fixture = try EtcdFixture(.v35, "plain")
    let snapshot = try #require(fixture.snapshotPath)
    // Inside a value of 20,000 bytes, which says nothing to bolt or etcd.
    let copy = try damaged(snapshot) { bytes in
      let mark = [UInt8](repeating: bytes[14 * 4096], count: 1)
      bytes[14 * 4096] = mark[0] ^ 1
    }
    let result = try check(copy.path)
    #expect(result.status == 1)
    #expect(result.text.hasPrefix("\(copy.path): damaged\n"))
    #expect(result.errors.hasPrefix("explorer: \(copy.path): hash mismatch, found sha256 "))
    #expect(result.errors.split(separator: "\n").count == 1)
  }

  @Test func aDamagedPageIsNamedAndTheRestIsRead() throws {
    let fixture = try EtcdFixture(.v35, "plain")
    let copy = try damaged(fixture.databasePath) { bytes in
      // A page says that it is another one.
      let page = try #require((2..<24).last { bytes[$0 * 4096] == $0 && bytes[$0 * 4096 + 8] == 2 })
      bytes[page * 4096] = 77
    }
    let result = try check(copy.path)
    #expect(result.status == 1)
    #expect(result.text.hasPrefix("\(copy.path): damaged\n"))
    #expect(result.text.contains("\nrows: "))
    #expect(result.errors.hasPrefix("explorer: \(copy.path): page "))
    #expect(result.errors.contains(": says to be page 77\n"))
  }

  @Test func anObjectThatDoesNotDecodeIsNamedWithItsRevision() throws {
    let cluster = try #require(SharedArchive.cluster.folder)
    let key = "/registry/configmaps/demo/cm-empty"
    let found = try Program.explorer("get", key, "-o", "raw", "--file", "\(cluster)/cluster.db")
    #expect(found.output.starts(with: Array("k8s\0".utf8)))
    let copy = try damaged("\(cluster)/cluster.db") { bytes in
      let stored = Data(bytes)
      let place = try #require(stored.range(of: Data(found.output), options: .backwards))
      // The length of the envelope's first field: more than there is.
      bytes[place.lowerBound + 5] = 0x7F
    }
    let result = try check(copy.path)
    #expect(result.status == 1)
    #expect(result.errors.contains("explorer: \(key) at revision "))
  }

  @Test func whatCannotBeReadAtAllIsAnError() throws {
    let folder = try TemporaryFolder()
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
      try Data(bytes).write(to: URL(fileURLWithPath: folder.path(name)))
      return folder.path(name)
    }
    let none = folder.path("none")
    #expect(try check(none).errors == "explorer: \(none): no such file or directory\n")
    let program = [UInt8]("#!/bin/sh\n".utf8) + [UInt8](repeating: 0x20, count: 20_000)
    let files = [
      none, folder.path, try file("empty", []),
      try file("zeros", [UInt8](repeating: 0, count: 9000)),
      try file("program", program),
    ]
    for path in files {
      let result = try check(path)
      #expect(result.status == 2, "\(path)")
      #expect(result.output.isEmpty)
      #expect(result.errors.hasPrefix("explorer: \(path): "))
      #expect(result.errors.split(separator: "\n").count == 1)
    }
  }

  // MARK: The log

  @Test func aDamagedLogIsAFault() throws {
    let fixture = try EtcdFixture(.v35, "killed")
    let log = "\(fixture.walDirectory)/0000000000000000-0000000000000000.wal"
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: log)))
    // In an entry that the database has had for long: no start of etcd would come past it, either.
    bytes[3000] ^= 1
    try Data(bytes).write(to: URL(fileURLWithPath: log))
    let result = try check(fixture.dataDirectory)
    #expect(result.status == 1)
    #expect(result.text.hasPrefix("\(fixture.dataDirectory): damaged\n"))
    #expect(result.text.hasSuffix("\nlog: damaged\n"))
    #expect(result.errors.hasPrefix("explorer: \(log): offset "))
    #expect(result.errors.split(separator: "\n").count == 1)
  }

  @Test func aLogThatIsNotThisDatabasesIsAFault() throws {
    let older = try EtcdFixture(.v35, "plain")
    let newer = try EtcdFixture(.v35, "auth")
    let files = FileManager.default
    try files.removeItem(atPath: newer.walDirectory)
    try files.copyItem(atPath: older.walDirectory, toPath: newer.walDirectory)
    let result = try check(newer.dataDirectory)
    #expect(result.status == 1)
    #expect(
      result.errors == """
        explorer: \(newer.walDirectory): ends at entry 76, the database was written at entry 195

        """
    )
    try files.removeItem(atPath: newer.walDirectory)
    let without = try check(newer.dataDirectory)
    #expect(without.status == 0)
    #expect(
      without.errors == "explorer: note: \(newer.dataDirectory): no log beside the database\n"
    )
  }
}
