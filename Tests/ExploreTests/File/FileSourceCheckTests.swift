import Schema
import Bolt
import Decode
@testable import Explore
import MVCC
import TestSupport
import Testing

@Suite struct FileSourceCheckTests {
  private func check(_ source: FileSource) throws -> RowReport {
    try source.checkRows(with: Decoder(catalogue: .builtIn))
  }

  @Test func everyRowIsCountedByWhatItHolds() throws {
    var sample = SampleFile()
    let pod = Wire.stored(apiVersion: "v1", kind: "Pod", Wire.field(1, Wire.field(1, "web-0")))
    sample.change([(Array("/registry/pods/default/web-0".utf8), pod)])
    sample.put("/registry/things/one", "{\"kind\":\"Thing\",\"apiVersion\":\"example.org/v1\"}")
    sample.put("/registry/secrets/default/s", "k8s:enc:aescbc:v1:key1:0123456789abcdef")
    sample.put("text", "as it is")
    sample.put("empty", "")
    sample.delete("text")
    let report = try check(try sample.source())
    #expect(report.rowCount == 6)
    #expect(report.tombstoneCount == 1)
    #expect(report.decodedCount == 2)
    #expect(report.encryptedCount == 1)
    #expect(report.otherCount == 2)
    #expect(report.faultCount == 0)
  }

  @Test func whatDoesNotDecodeIsNamedWithItsRevision() throws {
    var sample = SampleFile()
    sample.put("fine", "text")
    let broken = Wire.stored(apiVersion: "v1", kind: "Pod", [0x0A, 0x7F, 1])
    sample.change([(Array("pod".utf8), broken)])
    sample.put("json", "{\"kind\":\"Thing\",\"apiVersion\":\"example.org/v1\",")
    let report = try check(try sample.source())
    #expect(report.faultCount == 2)
    #expect(report.faults.map(\.revision) == [3, 4])
    #expect(report.faults.map(\.key) == [Array("pod".utf8), Array("json".utf8)])
    #expect(report.faults.allSatisfy { !$0.cause.isEmpty })
    #expect(report.otherCount == 1)
  }

  @Test func aRowThatSaysToBeOfAnotherRevisionIsAFault() throws {
    var sample = SampleFile()
    sample.put("a", "1")
    let disk = try sample.write()
    let row = sample.rows[0]
    try disk.changeRows("/db") {
      try $0.put(row.message, for: SampleFile.name(Revision(main: 77)))
    }
    let report = try check(try FileSource("/db", in: disk))
    #expect(report.faults.map(\.cause) == ["says to be of revision 2"])
    #expect(report.faults.map(\.revision) == [77])
  }

  @Test func theFirstFaultsAreKeptInTheirOrderAndAllAreCounted() throws {
    var sample = SampleFile()
    for number in 0..<2000 { sample.put("key-\(number)", number % 2 == 0 ? "k8s\0\u{1}" : "fine") }
    let source = try sample.source()
    #expect(source.leafCount > 64)
    let report = try check(source)
    #expect(report.rowCount == 2000)
    #expect(report.faultCount == 1000)
    #expect(report.faults.map(\.revision) == (0..<100).map { 2 + 2 * Int64($0) })
  }

  @Test(arguments: EtcdFixture.all)
  func whatEtcdWroteIsSound(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    let source = try FileSource(fixture.databasePath, .salvaging)
    let report = try check(source)
    #expect(report.faults.map(\.cause) == [])
    #expect(report.rowCount == (try source.storedRows().count))
    #expect(source.transaction.check().faults == [])
    #expect(source.foundLosses.count == 0)
  }

  @Test func everyObjectOfAClusterDecodes() throws {
    let folder = try #require(SharedArchive.cluster.folder)
    let report = try check(try FileSource("\(folder)/cluster.db"))
    #expect(report.faults.map(\.cause) == [])
    #expect(report.decodedCount > 300)
  }
}
