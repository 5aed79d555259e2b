import Bolt
import MVCC
import Explore
import TestSupport
import Testing

@Suite struct FileSourceFindTests {
  /// A key with two lives, and one that is as it was made.
  let sample: SampleFile = {
    var sample = SampleFile()
    sample.put("twice", "one")
    sample.put("twice", "two")
    sample.put("other", "x")
    sample.delete("twice")
    sample.put("noise", "y")
    sample.put("twice", "three")
    sample.delete("twice")
    return sample
  }()

  private func text(_ row: StoredRow?) throws -> String? {
    try row.map { String(decoding: try $0.keyValue().value, as: UTF8.self) }
  }

  @Test func aKeyIsFoundAsItWasAtEachRevision() throws {
    let source = try sample.source()
    let key = Array("twice".utf8)
    var fates: [String] = []
    for revision in Int64(1)...8 {
      switch try source.find(key, at: revision) {
      case .live(let row): fates.append("\(try text(row) ?? "")@\(row.revision.main)")
      case .deleted(let tombstone, let last):
        fates.append("-\(tombstone.revision.main) \(try text(last) ?? "?")")
      case .unknown: fates.append("?")
      }
    }
    #expect(
      fates == ["?", "one@2", "two@3", "two@3", "-5 two", "-5 two", "three@7", "-8 three"]
    )
    guard case .deleted(let tombstone, let last) = try source.find(key) else {
      Issue.record("not deleted")
      return
    }
    #expect(tombstone.revision.main == 8)
    #expect(last?.revision.main == 7)
  }

  @Test func aKeyWhoseLastValueWasCompactedIsDeletedWithoutOne() throws {
    let disk = try sample.write()
    try disk.changeRows("/db") { bucket in
      for row in sample.rows where row.key == Array("twice".utf8) && row.value != nil {
        try bucket.delete(row.name)
      }
    }
    guard
      case .deleted(let tombstone, nil) = try FileSource("/db", in: disk).find(Array("twice".utf8))
    else {
      Issue.record("not deleted, or a value is there")
      return
    }
    #expect(tombstone.revision.main == 8)
  }

  @Test func aKeyThatNoRowTellsOfIsUnknown() throws {
    let source = try sample.source()
    for key in ["", "twic", "twice2", "/twice", "\0"] {
      guard case .unknown = try source.find(Array(key.utf8)) else {
        Issue.record("\(key) is found")
        continue
      }
      #expect(try source.history(of: Array(key.utf8)).isEmpty)
    }
  }

  @Test func historyIsTheNewestFirstUpToARevision() throws {
    let source = try sample.source()
    let key = Array("twice".utf8)
    #expect(try source.history(of: key).map(\.revision.main) == [8, 7, 5, 3, 2])
    #expect(try source.history(of: key, upTo: 5).map(\.revision.main) == [5, 3, 2])
    #expect(try source.history(of: key, upTo: 4).map(\.isTombstone) == [false, false])
    #expect(try source.history(of: key, upTo: 1).isEmpty)
    #expect(try source.history(of: key, upTo: 100).count == 5)
  }

  @Test func storedRevisionsAreBoundedByTheCurrentOne() throws {
    let source = try sample.source()
    let current = source.currentRevision
    #expect(try source.bound(nil) == nil)
    #expect(try source.bound(0) == nil)
    #expect(try source.bound(-7) == nil)
    #expect(try source.bound(1) == 1)
    #expect(try source.bound(current) == current)
    for revision in [current + 1, .max] {
      #expect(throws: SourceError.future(revision: revision, currentRevision: current)) {
        try source.bound(revision)
      }
    }
  }

  /// Several threads read chunks of leaves; which one is first to find a row must not matter.
  @Test func theNewestRowIsFoundWhereverItLies() throws {
    let sample = SampleFile.large(rowCount: 6000, keyCount: 3000, seed: 5)
    let source = try sample.source()
    let byKey = Dictionary(grouping: sample.rows, by: \.key)
    var random = SeededGenerator(seed: 6)
    for (key, rows) in byKey.shuffled(using: &random).prefix(60) {
      #expect(try source.history(of: key).map(\.revision) == rows.map(\.revision).reversed())
      let revision = Int64.random(in: 1...sample.revision, using: &random)
      let newest = rows.last { $0.revision.main <= revision }
      switch try source.find(key, at: revision) {
      case .live(let row): #expect(row.revision == newest?.revision && newest?.value != nil)
      case .deleted(let row, _): #expect(row.revision == newest?.revision && newest?.value == nil)
      case .unknown: #expect(newest == nil)
      }
    }
  }
}
