import Bolt
@testable import Explore
import TestSupport
import Testing

@Suite struct RowDifferenceTests {
  /// `+key`, `-key` or `~key` of each difference, and how many keys are equal.
  private func differences(
    _ old: (FileSource, Int64?),
    _ new: (FileSource, Int64?),
    in selection: KeySelection = .all
  ) throws -> (marks: [String], equalCount: Int) {
    var comparison = try StateComparison(old, new, in: selection)
    var marks: [String] = []
    try comparison.forEachDifference { difference in
      let mark = difference.old == nil ? "+" : difference.new == nil ? "-" : "~"
      marks.append(mark + String(decoding: difference.key, as: UTF8.self))
    }
    return (marks, comparison.equalCount)
  }

  @Test func twoRevisionsOfAFileAreCompared() throws {
    var sample = SampleFile()
    for key in ["b", "d", "f", "h"] { sample.put(key, "1") }
    sample.put("a", "new")
    sample.delete("d")
    sample.put("f", "2")
    sample.put("h", "1")
    sample.put("z", "new")
    let source = try sample.source()
    let found = try differences((source, 5), (source, nil))
    #expect(found.marks == ["+a", "-d", "~f", "+z"])
    // `h` was put again, with the same value.
    #expect(found.equalCount == 2)
    let back = try differences((source, nil), (source, 5))
    #expect(back.marks == ["-a", "+d", "~f", "-z"])
    let same = try differences((source, nil), (source, nil))
    #expect(same.marks == [] && same.equalCount == 5)
    #expect(try differences((source, 5), (source, nil), in: .prefix("f")).marks == ["~f"])
    #expect(try differences((source, 1), (source, 5)).marks == ["+b", "+d", "+f", "+h"])
  }

  @Test(arguments: [1, 2, 3])
  func twoFilesAreComparedAsTheModelSays(seed: UInt64) throws {
    let old = SampleFile.large(rowCount: 300, keyCount: 100, seed: seed)
    let new = SampleFile.large(rowCount: 320, keyCount: 110, seed: seed + 100)
    let before = Dictionary(uniqueKeysWithValues: old.live().map { ($0.key, $0.value) })
    let after = Dictionary(uniqueKeysWithValues: new.live().map { ($0.key, $0.value) })
    let keys = Set(before.keys).union(after.keys).sorted { $0.lexicographicallyPrecedes($1) }
    let expected = keys.compactMap { key -> String? in
      let text = String(decoding: key, as: UTF8.self)
      switch (before[key], after[key]) {
      case (nil, _): return "+\(text)"
      case (_, nil): return "-\(text)"
      case (let left?, let right?): return left == right ? nil : "~\(text)"
      }
    }
    let found = try differences((old.source(), nil), (new.source(), nil))
    #expect(found.marks == expected)
    #expect(found.equalCount == keys.count - expected.count)
  }

  @Test func valuesOfAnyLengthAreCompared() throws {
    var old = SampleFile()
    var new = SampleFile()
    for (key, left, right) in [
      ("empty", "", ""), ("emptied", "x", ""), ("filled", "", "x"), ("longer", "x", "xx"),
      ("same", "xx", "xx"), ("last", "xy", "xz"),
    ] {
      old.put(key, left)
      new.put(key, right)
    }
    let found = try differences((old.source(), nil), (new.source(), nil))
    #expect(found.marks == ["~emptied", "~filled", "~last", "~longer"])
    #expect(found.equalCount == 2)
  }

  @Test func aDamagedValueIsADifferenceAndALoss() throws {
    var sample = SampleFile()
    sample.put("a", "1")
    sample.put("b", "2")
    let disk = try sample.write()
    let row = sample.rows[1]
    try disk.changeRows("/db") { bucket in
      try bucket.put(Wire.field(1, "b") + [0x2A, 0x7F], for: row.name)
    }
    let old = try sample.source()
    #expect(throws: SourceError.self) {
      try differences((old, nil), (FileSource("/db", in: disk), nil))
    }
    let salvaging = try FileSource("/db", .salvaging, in: disk)
    #expect(try differences((old, nil), (salvaging, nil)).marks == ["~b"])
    #expect(salvaging.foundLosses.count == 1)
  }
}
