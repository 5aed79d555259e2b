import Testing

@testable import WAL

@Suite struct SegmentTests {
  @Test func nameAndNumbersBelongTogether() {
    let segment = Segment(sequence: 0x1f, index: LogIndex(rawValue: 0xabc_def0_1234_5678))
    #expect(segment.name == "000000000000001f-0abcdef012345678.wal")
    #expect(Segment(name: segment.name) == segment)
    let largest = Segment(sequence: .max, index: LogIndex(rawValue: .max))
    #expect(Segment(name: largest.name) == largest)
    #expect(Segment(name: "0000000000000000-0000000000000000.wal")?.index == .zero)
  }

  @Test(arguments: [
    "", ".wal", "0.tmp", "0000000000000000-0000000000000000.wal.broken",
    "0000000000000000-0000000000000000.snap", "000000000000000g-0000000000000000.wal",
    "000000000000001F-0000000000000000.wal", "0000000000000000_0000000000000000.wal",
    "000000000000000-00000000000000000.wal", "+000000000000000-0000000000000000.wal",
    "0000000000000000-0000000000000000.WAL", "00000000000000000-0000000000000000.wal",
    "000000000000000\u{e9}-000000000000000.wal",
  ])
  func otherNamesAreNoSegments(_ name: String) {
    #expect(Segment(name: name) == nil)
  }

  @Test func segmentsAreOrderedBySequence() {
    let old = Segment(sequence: 1, index: LogIndex(rawValue: 9))
    let new = Segment(sequence: 2, index: LogIndex(rawValue: 5))
    #expect(old < new)
    #expect(!(new < old))
  }

  @Test func parentsOfPaths() {
    #expect(parent(of: "/data/member/wal") == "/data/member")
    #expect(parent(of: "/data/member/wal//") == "/data/member")
    #expect(parent(of: "/wal") == "/")
    #expect(parent(of: "wal") == ".")
    #expect(parent(of: "/") == "/")
    #expect(join("/", "wal") == "/wal")
    #expect(join("data", "wal") == "data/wal")
  }
}
