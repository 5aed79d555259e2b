@testable import Explore
import Testing

/// Guesses of where keys end, from those that were seen.
struct KeyStrideTests {
  private func told(by first: String, _ last: String, _ count: Int) -> KeyStride? {
    KeyStride(from: Array(first.utf8), to: Array(last.utf8), count: count)
  }

  @Test func numbersGoOnAsTheyBegan() throws {
    let stride = try #require(told(by: "/pods/a-100000", "/pods/a-299999", 1_000))
    let bound = try #require(stride.bound(ofKeys: 1_000, from: Array("/pods/a-300000".utf8)))
    #expect(Array("/pods/a-4".utf8).lexicographicallyPrecedes(bound))
    #expect(bound.lexicographicallyPrecedes(Array("/pods/a-6".utf8)))
  }

  @Test func aBoundLiesBehindTheKey() throws {
    for (first, last) in [("a", "b"), ("abcdefgh1", "abcdefgh2"), ("", "\u{1}")] {
      let stride = try #require(told(by: first, last, 100))
      for key in [last, last + "0", last + "zzzzzzzzzzzz"] {
        let key = Array(key.utf8)
        guard let bound = stride.bound(ofKeys: 1, from: key) else { continue }
        #expect(key.lexicographicallyPrecedes(bound), "\(first) \(last)")
      }
    }
  }

  @Test func nothingIsGuessedBeyondWhatTheKeysShare() throws {
    let stride = try #require(told(by: "/pods/a", "/pods/z", 10))
    #expect(stride.bound(ofKeys: 1_000, from: Array("/pods/z".utf8)) == nil)
    #expect(stride.bound(ofKeys: .max, from: Array("/pods/a".utf8)) == nil)
    #expect(stride.bound(ofKeys: 1, from: Array("/p".utf8)) == nil)
  }

  @Test func keysThatDoNotDifferTellNothing() {
    #expect(told(by: "a", "a", 5) == nil)
    #expect(told(by: "a", "b", 1) == nil)
    #expect(told(by: "", "", 0) == nil)
  }

  @Test func guessesWidenWhereHardlyAnyKeysAre() throws {
    var stride = try #require(told(by: "/a/1000-aaaa", "/a/1000-aaab", 10))
    let key = Array("/a/1000-aaac".utf8)
    let near = try #require(stride.bound(ofKeys: 10, from: key))
    stride.widen()
    let far = try #require(stride.bound(ofKeys: 10, from: key))
    #expect(near.lexicographicallyPrecedes(far))
  }
}
