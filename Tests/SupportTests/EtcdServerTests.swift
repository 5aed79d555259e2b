private import Foundation
import TestSupport
import Testing

/// A server that outlives its test holds a port, a lock and a processor for as long as the machine
/// runs; one that is taken for another makes a test prove nothing.
@Suite struct EtcdServerTests {
  @Test(arguments: EtcdVersion.installed)
  func pairsThatWerePutAreRead(version: EtcdVersion) throws {
    let server = try EtcdServer.start(version: version)
    let pairs = (0..<10_000).map { number in
      (key: Array("/k/\(number % 7_000)".utf8), value: Array("value \(number)".utf8))
    }
    let revision = try server.put(pairs)
    #expect(try server.revision() == revision)
    let keys = try server.etcdctl("get", "--prefix", "/k/", "--keys-only")
    #expect(keys.text.split(separator: "\n").count == 7_000)
    let one = try server.etcdctl("get", "/k/2999", "--print-value-only")
    #expect(one.text == "value 9999\n")
    #expect(try server.delete("/k/1") == revision + 1)
    try server.compact(at: revision)
    let hash = try server.hashKV()
    #expect(hash.revision == revision + 1)
    #expect(hash.compactRevision == revision)
    #expect(try server.hash() != 0)
    try server.stop()
    #expect([0, 128 + SIGTERM].contains(server.process.exitStatus))
  }

  @Test(arguments: EtcdVersion.installed)
  func aKilledServerStartsAgainFromItsFiles(version: EtcdVersion) throws {
    let first = try EtcdServer.start(version: version)
    try first.put("key", "value")
    first.kill()
    #expect(first.process.exitStatus == 128 + SIGKILL)
    let second = try EtcdServer.start(version: version, dataDirectory: first.dataDirectory)
    #expect(try second.etcdctl("get", "key").text == "key\nvalue\n")
    #expect(FileManager.default.fileExists(atPath: second.databasePath))
  }

  @Test(arguments: EtcdVersion.installed)
  func aServerIsKilledWithItsLastReference(version: EtcdVersion) throws {
    var server: EtcdServer? = try EtcdServer.start(version: version)
    let id = try #require(server?.process.id)
    let folder = try #require(server?.dataDirectory)
    server = nil
    #expect(!FileManager.default.fileExists(atPath: "/proc/\(id)"))
    #expect(!FileManager.default.fileExists(atPath: folder))
  }

  @Test(arguments: EtcdVersion.installed)
  func aServerThatCannotStartIsReportedWithItsOutput(version: EtcdVersion) throws {
    let failure = #expect(throws: EtcdServer.Failure.self) {
      try EtcdServer.start(version: version, arguments: ["--no-such-flag"])
    }
    #expect(failure?.description.contains("no-such-flag") == true)
  }

  @Test(arguments: EtcdVersion.installed)
  func aPortOfAnotherServerIsNotTakenForItsOwn(version: EtcdVersion) throws {
    let first = try EtcdServer.start(version: version)
    let second = try EtcdServer(
      version: version,
      ports: (client: first.clientPort, peer: try Loopback.freePorts(1)[0])
    )
    #expect(throws: EtcdServer.Failure.self) { try second.waitUntilServing() }
    #expect(second.log.contains("address already in use"))
  }
}
