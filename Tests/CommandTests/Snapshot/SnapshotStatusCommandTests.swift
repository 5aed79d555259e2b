import Foundation
import TestSupport
import Testing

/// `explorer snapshot status`, beside the three programs that print the same.
@Suite struct SnapshotStatusCommandTests {
  /// A program of etcd that tells the status of a snapshot.
  struct Peer: Sendable, CustomStringConvertible {
    let version: EtcdVersion
    let program: String

    var description: String { "\(program) \(version.rawValue)" }

    func status(_ path: String, _ form: String) throws -> Program.Result {
      let arguments = ["snapshot", "status", path, "-w", form]
      return program == "etcdctl"
        ? try version.etcdctl(arguments) : try version.etcdutl(arguments)
    }

    /// Those that are on this machine.
    static let installed: [Peer] = EtcdVersion.installed.flatMap { version in
      ["etcdctl", "etcdutl"].filter { version.program($0) != nil }
        .map { Peer(version: version, program: $0) }
    }
  }

  /// A table whose lines are drawn as etcdctl 3.4 draws them.
  private func plainLines(_ text: String) -> String {
    String(
      text.map { character in
        switch character {
        case "\u{2500}": "-"
        case "\u{2502}": "|"
        case "\u{2500}"..."\u{257F}": "+"
        default: character
        }
      }
    )
  }

  static let files = EtcdVersion.allCases.flatMap { version in
    ["compacted-tombstone", "auth", "history"].map {
      EtcdFixture.Name(version, $0)
    }
  }

  @Test(arguments: Peer.installed, files)
  func everyFormIsThatOfEtcdsPrograms(peer: Peer, name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    let snapshot = try #require(fixture.snapshotPath)
    // One is the image with a trailer, the other lies as the server left it.
    for (path, forms) in [
      (snapshot, ["simple", "table", "json", "fields"]), (fixture.databasePath, ["table", "json"]),
    ] {
      for form in forms {
        let ours = try Program.explorer("snapshot", "status", path, "-o", form)
        let theirs = try peer.status(path, form)
        #expect(theirs.status == 0, "\(theirs.errors)")
        #expect(ours.status == 0, "\(ours.errors)")
        #expect(ours.errors.isEmpty)
        #expect(ours.text == plainLines(theirs.text), "\(form) of \(path)")
        if peer.version == .v34 { #expect(ours.output == theirs.output) }
      }
    }
  }

  @Test func everyFormIsAsEtcdWritesIt() throws {
    let fixture = try EtcdFixture(.v34, "plain")
    let path = try #require(fixture.snapshotPath)
    func text(_ arguments: String...) throws -> String {
      try Program.run(Program.explorer, ["snapshot", "status", path] + arguments).text
    }
    #expect(try text() == "65f15284, 69, 94, 98 kB\n")
    #expect(try text("-w", "simple") == text())
    #expect(
      try text("--write-out=table") == """
        +----------+----------+------------+------------+
        |   HASH   | REVISION | TOTAL KEYS | TOTAL SIZE |
        +----------+----------+------------+------------+
        | 65f15284 |       69 |         94 |      98 kB |
        +----------+----------+------------+------------+

        """
    )
    #expect(
      try text("--output", "json") == """
        {"hash":1710314116,"revision":69,"totalKey":94,"totalSize":98304}

        """
    )
    #expect(
      try text("-o", "fields") == """
        "Hash" : 1710314116
        "Revision" : 69
        "Keys" : 94
        "Size" : 98304

        """
    )
  }

  @Test func theLogOfADirectoryIsNotCountedIn() throws {
    let fixture = try EtcdFixture(.v35, "killed")
    let database = try Program.explorer("snapshot", "status", fixture.databasePath)
    let directory = try Program.explorer("snapshot", "status", fixture.dataDirectory)
    #expect(directory.status == 0)
    #expect(directory.output == database.output)
    // It has no option that would count it in, and names none.
    #expect(
      directory.errors == """
        explorer: note: \(fixture.dataDirectory): the log is 409 entries ahead of the database \
        (78 to 487), 406 of them writes

        """
    )
  }

  // MARK: Damage

  /// A snapshot with damage of one kind.
  struct Damaged: Sendable, CustomStringConvertible {
    let description: String
    let change: @Sendable (inout [UInt8]) -> Void
  }

  static let pageByteCount = 4096

  /// The last page that is a leaf of a single page.
  static func leaf(of bytes: [UInt8]) -> Int {
    (2..<bytes.count / pageByteCount).last { page in
      let start = page * pageByteCount
      return bytes[start] == page && bytes[start + 8] == 2 && bytes[start + 10] > 1
    } ?? 2
  }

  static let refused: [Damaged] = [
    Damaged(description: "nothing") { $0 = [] },
    Damaged(description: "half of it") { $0 = Array($0[..<($0.count / 2)]) },
    Damaged(description: "its meta pages alone") { $0 = Array($0[..<(2 * pageByteCount)]) },
    Damaged(description: "zeros") { $0 = [UInt8](repeating: 0, count: $0.count) },
    Damaged(description: "text") { $0 = Array(repeating: UInt8(ascii: "x"), count: $0.count) },
    Damaged(description: "two wrong checksums of meta pages") { bytes in
      for page in 0..<2 { bytes[page * pageByteCount + 16 + 60] ^= 1 }
    },
    Damaged(description: "a first page that says to be another") { $0[0] = 4 },
    Damaged(description: "a second page of another kind") { $0[pageByteCount + 8] = 0 },
    Damaged(description: "a leaf that says to be another page") { bytes in
      bytes[leaf(of: bytes) * pageByteCount] ^= 0x40
    },
    Damaged(description: "a leaf of no kind") { $0[leaf(of: $0) * pageByteCount + 8] = 0 },
    Damaged(description: "a page of zeros") { bytes in
      let start = leaf(of: bytes) * pageByteCount
      for place in start..<start + pageByteCount { bytes[place] = 0 }
    },
    Damaged(description: "keys that are not in order") { bytes in
      // The first element's key begins where its second field says, from the element on.
      let element = leaf(of: bytes) * pageByteCount + 16
      let offset = Int(bytes[element + 4]) | Int(bytes[element + 5]) << 8
      bytes[element + offset] = 0xFF
    },
  ]

  @Test(
    .enabled(if: EtcdVersion.v35.isThere, "etcdutl 3.5 is not on this machine"),
    arguments: refused
  )
  func whatEtcdutlRefusesIsRefused(damage: Damaged) throws {
    let (folder, path) = try write(damage)
    let theirs = try EtcdVersion.v35.etcdutl(["snapshot", "status", path])
    #expect(theirs.status != 0)
    _ = folder
  }

  @Test(arguments: refused) func aDamagedSnapshotIsRefused(damage: Damaged) throws {
    let (folder, path) = try write(damage)
    let before = try FolderState(of: folder.path)
    let result = try Program.explorer("snapshot", "status", path)
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(!result.errors.isEmpty)
    for line in result.errors.split(separator: "\n") {
      #expect(line.hasPrefix("explorer: \(path): "))
    }
    #expect(try FolderState(of: folder.path) == before)
  }

  /// The status looks at the structure and not at the hash behind it: as etcdutl's does.
  @Test(
    .enabled(if: EtcdVersion.v35.isThere, "etcdutl 3.5 is not on this machine"),
    arguments: [
      Damaged(description: "a wrong hash behind it") { $0[$0.count - 1] ^= 1 },
      Damaged(description: "no hash behind it") { $0.removeLast(32) },
      Damaged(description: "a wrong checksum of the older meta page") { bytes in
        // The transaction's number is at 48 of the meta page's content.
        let numbers = (0..<2).map { bytes[$0 * pageByteCount + 16 + 48] }
        bytes[(numbers[0] < numbers[1] ? 0 : 1) * pageByteCount + 16 + 60] ^= 1
      },
    ]
  )
  func whatEtcdutlAcceptsIsAccepted(damage: Damaged) throws {
    let (folder, path) = try write(damage)
    let theirs = try EtcdVersion.v35.etcdutl(["snapshot", "status", path])
    #expect(theirs.status == 0, "\(theirs.errors)")
    let ours = try Program.explorer("snapshot", "status", path)
    #expect(ours.status == 0, "\(ours.errors)")
    #expect(ours.output == theirs.output)
    _ = folder
  }

  private func write(_ damage: Damaged) throws -> (folder: TemporaryFolder, path: String) {
    let fixture = try EtcdFixture(.v35, "plain")
    let path = try #require(fixture.snapshotPath)
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    damage.change(&bytes)
    let folder = try TemporaryFolder()
    try Data(bytes).write(to: URL(fileURLWithPath: folder.path("s.db")))
    return (folder, folder.path("s.db"))
  }

  @Test func whatIsNoFileIsSaid() throws {
    let folder = try TemporaryFolder()
    let none = try Program.explorer("snapshot", "status", folder.path("none"))
    #expect(none.status == 2)
    #expect(none.errors == "explorer: \(folder.path("none")): no such file or directory\n")
    let directory = try Program.explorer("snapshot", "status", folder.path)
    #expect(directory.status == 2)
    #expect(directory.errors.hasPrefix("explorer: \(folder.path): no database, looked for "))
  }
}
