import Crypto
import Foundation
import TestSupport
import Testing

@testable import explorer

/// A snapshot that is saved from a server, whole or not at all.
@Suite struct SnapshotSaveCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
  }

  private func save(_ arguments: String...) throws -> Program.Result {
    try Program.run(Program.explorer, ["snapshot", "save"] + arguments)
  }

  @Test(arguments: [.node, .etcd(.v34), ServerKind.etcd(.v35)])
  func fileIsOneThatEtcdTakes(kind: ServerKind) throws {
    guard kind.isThere else { return }
    let server = try Server.start(kind, electsFast: true)
    for number in 0..<20 {
      let value = [UInt8](repeating: 7, count: 200_000)
      let put = try Program.run(
        Program.explorer,
        ["put", "key\(number)", "--endpoints", server.endpoint],
        input: value
      )
      #expect(put.status == 0)
    }
    let path = folder.path("backup.db")
    let result = try save(path, "--endpoints", server.endpoint)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.text == "Snapshot saved at \(path)\n")
    #expect(try names() == ["backup.db"])
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let status = try Program.run(Program.explorer, ["snapshot", "status", path, "-o", "json"])
    #expect(status.text.contains("\"revision\":21,"))
    if EtcdVersion.v35.isThere {
      let theirs = try EtcdVersion.v35.etcdutl(["snapshot", "status", path, "-w", "json"])
      #expect(theirs.text == status.text)
    }
    // One that is there is replaced by a whole one only.
    server.kill()
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let failed = try save(path, "--endpoints", server.endpoint, "--command-timeout", "200ms")
    #expect(failed.status == 2)
    #expect(failed.errors == "explorer: \(server.endpoint): unreachable, Connection refused\n")
    #expect(try names() == ["backup.db"])
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }

  @Test func serverThatIsKilledMeanwhileLeavesNothing() async throws {
    let server = try Server.start(.node)
    let value = [UInt8](repeating: 7, count: 1_400_000)
    // More than a connection holds on its way.
    for number in 0..<30 {
      let put = ["put", "key\(number)", "--endpoints", server.endpoint]
      #expect(try Program.run(Program.explorer, put, input: value).status == 0)
    }
    let log = folder.path("log")
    let saving = try ChildProcess(
      Program.explorer,
      ["snapshot", "save", folder.path("backup.db"), "--endpoints", server.endpoint],
      output: log
    )
    let part = folder.path("backup.db.part")
    while saving.isRunning, !FileManager.default.fileExists(atPath: part) { await Task.yield() }
    saving.signal(SIGSTOP)
    server.kill()
    saving.signal(SIGCONT)
    let status = saving.wait(seconds: 60)
    // It may have had all of it, if this process was not let run.
    if status != 0 {
      #expect(status == 2)
      #expect(try names() == ["log"])
      #expect(try String(contentsOfFile: log, encoding: .utf8).contains("connection lost"))
    }
  }

  @Test func snapshotIsOneServers() throws {
    let result = try save(folder.path("a"), "--endpoints", "127.0.0.1:1,127.0.0.1:2")
    #expect(result.status == 2)
    #expect(
      result.errors
        == "explorer: --endpoints: a snapshot is one server's, not that of 127.0.0.1:1, "
        + "127.0.0.1:2\n"
    )
  }

  @Test(arguments: [1, 7, 31, 32, 33, 64, 511, 512, 544, 5_000])
  func checksumIsFoundHoweverThePiecesAreCut(byteCount: Int) throws {
    let database = Data((0..<1_024).map { UInt8(truncatingIfNeeded: $0 * 7) })
    let whole = database + Data(SHA256.hash(data: database))
    let path = folder.path("whole")
    var download = try SnapshotDownload(path)
    for start in stride(from: 0, to: whole.count, by: byteCount) {
      try download.append(whole[start..<min(start + byteCount, whole.count)])
    }
    try download.finish()
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole)
    #expect(try names() == ["whole"])
  }

  @Test func whatIsNotWholeOrNotRightHasNoName() throws {
    let database = Data(repeating: 1, count: 512)
    let whole = database + Data(SHA256.hash(data: database))
    for (bytes, cause) in [
      (whole.dropLast(), "cut off"), (whole.dropLast(32), "cut off"), (Data(), "cut off"),
      (database.dropLast() + [2] + whole.suffix(32), "SHA-256 is not that"),
    ] {
      var download = try SnapshotDownload(folder.path("broken"))
      try download.append(bytes)
      do {
        try download.finish()
        Issue.record("\(bytes.count) bytes were taken")
      } catch let failure as CommandFailure {
        #expect(failure.cause.contains(cause))
      }
      #expect(try names().isEmpty)
    }
    // As when the stream breaks.
    func begin() throws {
      var download = try SnapshotDownload(folder.path("broken"))
      try download.append(whole)
      #expect(try names() == ["broken.part"])
    }
    try begin()
    #expect(try names().isEmpty)
  }
}
