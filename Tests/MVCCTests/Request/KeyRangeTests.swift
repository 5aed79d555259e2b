import Testing

@testable import MVCC

@Suite struct KeyRangeTests {
  @Test func rangeEndsAreReadAsInRequests() {
    #expect(KeyRange(key: [1], rangeEnd: []) == KeyRange(from: [1], to: .withStart))
    #expect(KeyRange(key: [1], rangeEnd: [0]) == KeyRange(from: [1], to: .never))
    #expect(KeyRange(key: [1], rangeEnd: [0, 0]) == KeyRange(from: [1], to: .before([0, 0])))
    #expect(KeyRange.all == KeyRange(key: [0], rangeEnd: [0]))
  }

  @Test func prefixesEndBeforeTheNextPrefix() {
    #expect(
      KeyRange(prefix: Array("ab".utf8))
        == KeyRange(key: Array("ab".utf8), rangeEnd: Array("ac".utf8))
    )
    #expect(KeyRange(prefix: [1, 255, 255]) == KeyRange(key: [1, 255, 255], rangeEnd: [2]))
    #expect(KeyRange(prefix: [255]) == KeyRange(key: [255], rangeEnd: [0]))
    #expect(KeyRange(prefix: []) == .all)
  }

  @Test func containsWhatLiesBetweenItsEnds() {
    let range = KeyRange(key: [2], rangeEnd: [4])
    #expect(
      [[1], [2], [3, 9], [4], [5]].map { range.contains($0) } == [false, true, true, false, false]
    )
    #expect(!KeyRange(key: [4], rangeEnd: [2]).contains([3]))
    #expect(KeyRange([2]).contains([2]))
    #expect(!KeyRange([2]).contains([2, 0]))
    #expect(KeyRange(key: [2], rangeEnd: [0]).contains([255]))
  }
}
