@testable import Bolt

import TestSupport
import Testing

@Suite struct PageSetTests {
  @Test func pagesAreInItOnce() {
    var set = PageSet(limit: 100)
    let inserted = [5, 5, 64].map { set.insert($0) }
    #expect(inserted == [true, false, true])
    #expect(set.count == 2)
    #expect(set.contains(5) && set.contains(64) && !set.contains(6))
    let removed = [5, 5].map { set.remove($0) }
    #expect(removed == [true, false])
    #expect(set.count == 1)
    #expect(set.ascending == [64])
  }

  @Test func itGrowsBeyondItsLimit() {
    var set = PageSet()
    #expect(!set.contains(100_000))
    set.remove(100_000)
    set.insert(100_000)
    set.insert(3)
    #expect(set.ascending == [3, 100_000])
  }

  @Test func numbersThatNoFileHasAreNotInIt() {
    let set = PageSet(limit: 64)
    #expect(!set.contains(.max))
    #expect(!set.contains(1 << 63))
  }

  @Test(arguments: [UInt64(0), 1, 63, 64, 65, 128, 1000])
  func theComplementHasTheOthersBelowALimit(limit: UInt64) {
    var set = PageSet()
    for page in stride(from: UInt64(0), to: 1200, by: 3) { set.insert(page) }
    let other = set.complement(below: limit)
    #expect(other.ascending == (0..<limit).filter { $0 % 3 != 0 })
    #expect(other.count == other.ascending.count)
    #expect(PageSet().complement(below: limit).count == Int(limit))
  }

  @Test func aUnionHasThePagesOfBoth() {
    var (left, right) = (PageSet(), PageSet(limit: 10))
    for page: UInt64 in [1, 5, 700] { left.insert(page) }
    for page: UInt64 in [2, 5, 9] { right.insert(page) }
    var union = right
    union.formUnion(left)
    #expect(union.ascending == [1, 2, 5, 9, 700])
    #expect(union.count == 5)
    union = left
    union.formUnion(right)
    #expect(union.ascending == [1, 2, 5, 9, 700])
    let run = union.firstRun(2)
    #expect(run == 1)
  }

  @Test func aWalkEndsWhenItIsTold() {
    var set = PageSet()
    for page: UInt64 in [1, 2, 3, 90, 91] { set.insert(page) }
    var seen: [UInt64] = []
    set.forEach { page in
      seen.append(page)
      return page < 90
    }
    #expect(seen == [1, 2, 3, 90])
  }

  /// The first run of a length, looked for page by page.
  private func firstRun(_ length: Int, in pages: Set<UInt64>) -> UInt64? {
    pages.sorted().first { start in
      (start..<start + UInt64(length)).allSatisfy { pages.contains($0) }
    }
  }

  @Test(arguments: [1, 2, 3, 5, 31, 63, 64, 65, 100, 127, 128, 129, 200])
  func theFirstRunIsFound(length: Int) {
    // A run at every place of a word, with a shorter one before it.
    for start in UInt64(0)...130 {
      var set = PageSet()
      var pages: Set<UInt64> = []
      let lure = length > 1 && start > UInt64(length) ? 0..<UInt64(length - 1) : 0..<0
      for page in lure { pages.insert(page) }
      for page in start + 1..<start + 1 + UInt64(length) { pages.insert(page) }
      for page in pages { set.insert(page) }
      for length in length...length + 1 {
        let found = set.firstRun(length)
        #expect(found == firstRun(length, in: pages), "from \(start)")
      }
    }
  }

  @Test(arguments: 0..<40) func randomSetsGiveTheRunsOfAPlainSearch(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    var set = PageSet(limit: 1000)
    var pages: Set<UInt64> = []
    let density = Int.random(in: 1...98, using: &generator)
    for page in UInt64(0)..<1000 where Int.random(in: 0..<100, using: &generator) < density {
      set.insert(page)
      pages.insert(page)
    }
    for _ in 0..<60 {
      let length = Int.random(in: 1...80, using: &generator)
      let found = set.firstRun(length)
      #expect(found == firstRun(length, in: pages), "seed \(seed), length \(length)")
      if let found {
        for page in found..<found + UInt64(length) {
          set.remove(page)
          pages.remove(page)
        }
      } else if let page = (UInt64(0)..<1000).randomElement(using: &generator) {
        set.insert(page)
        pages.insert(page)
      }
      #expect(set.count == pages.count)
    }
    #expect(set.ascending == pages.sorted())
  }
}
