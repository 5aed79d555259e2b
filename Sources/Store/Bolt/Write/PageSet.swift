/// A set of page numbers, one bit each.
///
/// A database of 8 GiB has two million pages: a quarter of a megabyte, however scattered they are.
struct PageSet: Sendable {
  private var words: [UInt64] = []

  /// How many pages are in the set.
  private(set) var count = 0

  /// No word before this one has a bit: where a search for any page begins.
  private var firstWord = 0

  /// A set that has room for pages below `limit`, and grows beyond.
  init(limit: UInt64 = 0) {
    words = [UInt64](repeating: 0, count: Int(limit / 64) + 1)
  }

  /// Whether a page is in the set.
  func contains(_ page: UInt64) -> Bool {
    let word = page / 64
    return word < words.count && words[Int(word)] >> (page % 64) & 1 != 0
  }

  /// Adds a page.
  ///
  /// - Returns: False if it was there.
  @discardableResult
  mutating func insert(_ page: UInt64) -> Bool {
    let word = Int(page / 64)
    if word >= words.count {
      words.append(contentsOf: repeatElement(0, count: word + 1 - words.count))
    }
    let bit = UInt64(1) << (page % 64)
    if words[word] & bit != 0 { return false }
    words[word] |= bit
    count += 1
    firstWord = min(firstWord, word)
    return true
  }

  /// Takes a page out.
  ///
  /// - Returns: False if it was not there.
  @discardableResult
  mutating func remove(_ page: UInt64) -> Bool {
    guard contains(page) else { return false }
    words[Int(page / 64)] &= ~(UInt64(1) << (page % 64))
    count -= 1
    return true
  }

  /// Adds all pages of another set.
  mutating func formUnion(_ other: PageSet) {
    if other.words.count > words.count {
      words.append(contentsOf: repeatElement(0, count: other.words.count - words.count))
    }
    count = 0
    for index in words.indices {
      if index < other.words.count { words[index] |= other.words[index] }
      count += words[index].nonzeroBitCount
    }
    firstWord = min(firstWord, other.firstWord)
  }

  /// The pages below `limit` that are not in the set.
  func complement(below limit: UInt64) -> PageSet {
    var other = PageSet(limit: limit)
    for index in other.words.indices {
      let start = UInt64(index) * 64
      guard start < limit else { break }
      let valid = limit - start >= 64 ? UInt64.max : (1 << (limit - start)) - 1
      other.words[index] = ~(index < words.count ? words[index] : 0) & valid
      other.count += other.words[index].nonzeroBitCount
    }
    return other
  }

  /// The first run of `length` pages that follow each other.
  ///
  /// - Complexity: O(words of the set), with a few steps for a word however its bits are scattered.
  mutating func firstRun(_ length: Int) -> UInt64? {
    precondition(length > 0)
    while firstWord < words.count && words[firstWord] == 0 { firstWord += 1 }
    guard length <= count else { return nil }
    // The run of pages at the end of the words so far.
    var start = UInt64(0)
    var run = 0
    for index in firstWord..<words.count {
      let bits = words[index]
      let base = UInt64(index) * 64
      if bits == 0 {
        run = 0
        continue
      }
      if run > 0 {
        let more = (~bits).trailingZeroBitCount
        if run + more >= length { return start }
        if more == 64 {
          run += 64
          continue
        }
      }
      if length <= 64, let bit = PageSet.firstBits(length, in: bits) { return base + UInt64(bit) }
      run = (~bits).leadingZeroBitCount
      start = base + 64 - UInt64(run)
    }
    return nil
  }

  /// Where the first `length` bits in a row are, from the lowest; up to 64.
  private static func firstBits(_ length: Int, in word: UInt64) -> Int? {
    // A bit of `rest` says that `found` bits in a row begin there.
    var rest = word
    var found = 1
    while found < length && rest != 0 {
      let step = min(found, length - found)
      rest &= rest >> UInt64(step)
      found += step
    }
    return rest == 0 ? nil : rest.trailingZeroBitCount
  }

  /// All pages, in ascending order.
  var ascending: [UInt64] {
    var pages: [UInt64] = []
    pages.reserveCapacity(count)
    forEach { page in
      pages.append(page)
      return true
    }
    return pages
  }

  /// Calls something with each page, in ascending order, until it returns false.
  func forEach(_ body: (UInt64) -> Bool) {
    for (index, word) in words.enumerated() where word != 0 {
      var bits = word
      while bits != 0 {
        guard body(UInt64(index) * 64 + UInt64(bits.trailingZeroBitCount)) else { return }
        bits &= bits - 1
      }
    }
  }
}
