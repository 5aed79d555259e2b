import Testing

@testable import Explore

@Suite struct KeyRangeTests {
  @Test(arguments: [
    ([UInt8]("a/".utf8), [UInt8]("a0".utf8) as [UInt8]?), ([0x61, 0xFF], [0x62]),
    ([0x61, 0xFF, 0xFF], [0x62]), ([0xFF], nil), ([0xFF, 0xFF], nil), ([], nil), ([0x00], [0x01]),
  ])
  func aPrefixEndsWhereItsLastByteIsRaised(prefix: [UInt8], end: [UInt8]?) {
    let range = KeyRange(prefix: prefix)
    #expect(range.lowerBound == prefix)
    #expect(range.upperBound == end)
    let isIn = (prefix + [0xFF, 0xFF]).withUnsafeBytes { range.contains($0) }
    #expect(isIn)
    if let end {
      let isAtEnd = end.withUnsafeBytes { range.contains($0) }
      #expect(!isAtEnd)
    }
  }

  @Test func aKeyIsARangeOfOne() {
    let range = KeyRange(key: "abc".utf8)
    #expect(range.contains("abc"))
    #expect(!range.contains("ab"))
    #expect(!range.contains("abcd"))
    #expect(!range.contains("abc\0"))
    #expect(range.singleKey == Array("abc".utf8))
    #expect(KeyRange(prefix: "abc".utf8).singleKey == nil)
    #expect(KeyRange(key: "".utf8).singleKey == [])
    #expect(KeyRange(key: "".utf8).contains(""))
  }

  @Test func rangesThatTouchBecomeOne() {
    let ranges = [
      KeyRange(prefix: "b".utf8), KeyRange(key: "b/x".utf8), KeyRange(prefix: "a".utf8),
      KeyRange(key: "d".utf8), KeyRange(key: "d".utf8), KeyRange(key: "f".utf8),
    ]
    let merged = KeyRange.merging(ranges)
    #expect(
      merged == [
        KeyRange(lowerBound: Array("a".utf8), upperBound: Array("c".utf8)),
        KeyRange(key: "d".utf8), KeyRange(key: "f".utf8),
      ]
    )
    #expect(KeyRange.merging(ranges + [KeyRange(prefix: [])]) == [KeyRange(prefix: [])])
    #expect(KeyRange.merging([]) == [])
  }

  /// Whatever ranges are selected, a key is in the selection if it is in one of them.
  @Test func aSelectionHoldsWhatItsRangesHold() throws {
    var generator = SeededGenerator(seed: 7)
    let parser = StorageKeyParser(resources: try ResourceTable())
    func key() -> [UInt8] {
      (0..<Int.random(in: 0...3, using: &generator)).map { _ in
        [0x00, 0x2F, 0x30, 0x61, 0xFF].randomElement(using: &generator) ?? 0
      }
    }
    for _ in 0..<500 {
      let ranges = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
        Bool.random(using: &generator) ? KeyRange(key: key()) : KeyRange(prefix: key())
      }
      let selection = KeySelection(
        ranges.map { KeyTarget(word: "", ranges: [$0]) },
        parser: parser
      )
      for _ in 0..<20 {
        let key = key()
        let expected = key.withUnsafeBytes { key in ranges.contains { $0.contains(key) } }
        let found = key.withUnsafeBytes { selection.contains($0) }
        #expect(found == expected, "\(ranges) \(key)")
      }
    }
  }
}

/// Random numbers that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
