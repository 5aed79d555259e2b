import Bolt
@testable import Explore
import MVCC
import TestSupport
import Testing

/// A key that is shown though it was deleted, or not shown though it lives, is the worst that a look
/// into a backup can do.
@Suite struct FileSourceRowsTests {
  @Test(arguments: [1, 2, 3])
  func liveRowsAreThoseOfTheModelAtEveryRevision(seed: UInt64) throws {
    let sample = SampleFile.large(rowCount: 400, keyCount: 60, seed: seed)
    let source = try sample.source()
    #expect(source.leafCount > 20)
    for revision in 1...sample.revision {
      let expected = sample.live(at: revision).map { EtcdFixture.KeyValue($0) }
      let found = try source.keys(at: revision)
      guard found == expected else {
        Issue.record("seed \(seed), revision \(revision)")
        return
      }
    }
  }

  @Test func compactedRowsAreGoneAndTheOthersStay() throws {
    var sample = SampleFile.large()
    sample.compact(at: 700)
    let source = try sample.source()
    #expect(source.compactRevision == 700)
    for revision in stride(from: Int64(700), through: sample.revision, by: 50) {
      let expected = sample.live(at: revision).map { EtcdFixture.KeyValue($0) }
      #expect(try source.keys(at: revision) == expected)
    }
    #expect(throws: SourceError.compacted(revision: 699, compactRevision: 700)) {
      try source.keys(at: 699)
    }
  }

  @Test func aBucketThatLiesInlineIsRead() throws {
    var sample = SampleFile()
    sample.pageByteCount = 4096
    sample.put("a", "1")
    sample.put("a", "2")
    sample.put("b", "3")
    sample.delete("b")
    let source = try sample.source()
    #expect(source.inlineLeaf != nil)
    #expect(source.leafCount == 1)
    #expect(try source.keys().map(\.value) == [Array("2".utf8)])
    #expect(try source.keys(at: 4).map(\.value) == [Array("2".utf8), Array("3".utf8)])
    #expect(try source.storedRows(upTo: 3).map(\.revision.main) == [2, 3])
    #expect(try source.history(of: Array("b".utf8)).map(\.isTombstone) == [true, false])
    let sum = try source.liveChecksum()
    #expect(sum.revision == 3)
  }

  @Test func storedRowsComeInTheOrderOfRevisionsWithTheirTombstones() throws {
    let sample = SampleFile.large()
    let source = try sample.source()
    for revision in [nil, 1, 2, 500, 5000] as [Int64?] {
      let rows = try source.storedRows(upTo: revision)
      let expected = sample.rows.filter { $0.revision.main <= revision ?? .max }
      #expect(rows.map(\.revision) == expected.map(\.revision))
      #expect(rows.map(\.isTombstone) == expected.map { $0.value == nil })
      #expect(rows.map { Array($0.key) } == expected.map(\.key))
    }
  }

  @Test func onlySelectedKeysAreShown() throws {
    let source = try SampleFile.large().source()
    let prefix = "/registry/things/default/thing-1"
    let all = try source.keys().filter { $0.key.starts(with: prefix.utf8) }
    let selected = try source.liveRows(in: .prefix(prefix))
    #expect(selected.count == all.count && all.count > 20)
    var count = 0
    try source.forEachStoredRow(in: .prefix(prefix)) { row in
      count += 1
      #expect(row.key.starts(with: prefix.utf8))
    }
    #expect(count > all.count)
    #expect(try source.liveRows(in: .prefix("/none")).count == 0)
    var unsorted: [[UInt8]] = []
    try source.forEachLiveRow(.unordered(.prefix(prefix)), progress: nil) {
      unsorted.append(Array($0.key))
    }
    #expect(Set(unsorted) == Set(all.map(\.key)) && unsorted.count == all.count)
  }

  @Test func severalChangesOfOneRevisionAreToldApart() throws {
    var sample = SampleFile()
    func key(_ number: Int) -> [UInt8] { Array("k\(number)".utf8) }
    sample.change((0..<100).map { (key($0), [UInt8($0)]) })
    sample.change((0..<100).map { (key($0), $0 % 2 == 0 ? nil : [UInt8($0), 1]) })
    let source = try sample.source()
    #expect(try source.keys(at: 2).count == 100)
    #expect(try source.keys().map(\.value.last) == Array(repeating: 1, count: 50))
    #expect(try source.storedRows().map(\.revision.sub) == Array(0..<100) + Array(0..<100))
  }

  @Test func rowsThatMarkWhatWasCompactedAreNoKeys() throws {
    var sample = SampleFile()
    sample.put("a", "1")
    let disk = try sample.write()
    // `snapshot restore --mark-compacted` leaves a row with nothing in it.
    try disk.changeRows("/db") { try $0.put([], for: SampleFile.name(Revision(main: 1000))) }
    let source = try FileSource("/db", in: disk)
    #expect(source.currentRevision == 1000)
    #expect(try source.keys().count == 1)
    #expect(try source.storedRows().count == 1)
  }

  @Test func aRowThatIsNoneIsAnErrorWithItsPlace() throws {
    var sample = SampleFile()
    sample.put("a", "1")
    sample.put("b", "2")
    let rows: [(name: [UInt8], value: [UInt8])] = [
      (Array("no revision".utf8), Wire.field(1, "c")),
      (SampleFile.name(Revision(main: 9)) + [0x75], Wire.field(1, "c")),
      (SampleFile.name(Revision(main: -9)), Wire.field(1, "c")),
      (SampleFile.name(Revision(main: 9)), [0x0A, 0x7F, 0x63]),
      (SampleFile.name(Revision(main: 9)), [0x0A]),
      (SampleFile.name(Revision(main: 9)), [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x63]),
    ]
    for row in rows {
      let disk = try sample.write()
      try disk.changeRows("/db") { try $0.put(row.value, for: row.name) }
      let error = #expect(throws: SourceError.self) { try FileSource("/db", in: disk).keys() }
      guard case .row("/db", _, let slot, _) = error else {
        Issue.record("\(row.name) \(row.value): \(String(describing: error))")
        continue
      }
      let salvaging = try FileSource("/db", .salvaging, in: disk)
      #expect(try salvaging.keys().map(\.key) == [[0x61], [0x62]])
      #expect(try salvaging.keys().count == 2)
      #expect(salvaging.foundLosses.first == [error])
      #expect(salvaging.foundLosses.count == 1)
      #expect(slot == 2)
    }
  }

  @Test func aValueThatIsCutOffIsALossOfItsRowOnly() throws {
    var sample = SampleFile()
    sample.put("a", "1")
    let disk = try sample.write()
    let message = Wire.field(1, "b") + [0x2A, 0x20, 0x31]
    try disk.changeRows("/db") { try $0.put(message, for: SampleFile.name(Revision(main: 3))) }
    let rows = try FileSource("/db", in: disk)
    let live = try rows.liveRows(in: .all)
    #expect(live.count == 2)
    #expect(throws: SourceError.self) { try live[1].valueByteCount(in: rows) }
    let salvaging = try FileSource("/db", .salvaging, in: disk)
    let found = try salvaging.liveRows(in: .all)
    #expect(try found[1].value(in: salvaging) == nil)
    #expect(try found[1].valueByteCount(in: salvaging) == 0)
    #expect(try found[0].valueByteCount(in: salvaging) == 1)
    #expect(salvaging.foundLosses.count == 1)
  }

  @Test func progressIsToldInBytesAndEndsBelowTheWhole() throws {
    var sample = SampleFile.large(rowCount: 9000, keyCount: 100)
    sample.pageByteCount = 1024
    let source = try sample.source()
    var told: [(done: Int, total: Int)] = []
    _ = try source.liveRows(in: .all) { told.append(($0, $1)) }
    #expect(!told.isEmpty)
    #expect(told.allSatisfy { $0.done <= $0.total && $0.total == source.leafCount * 1024 })
    #expect(zip(told, told.dropFirst()).allSatisfy { $0.done <= $1.done })
  }
}
