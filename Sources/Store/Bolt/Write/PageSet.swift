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
    let word = Int(page / 64)
    return word < words.count && words[word] >> (page % 64) & 1 != 0
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

  /// The first run of `length` pages that follow each other.
  mutating func firstRun(_ length: Int) -> UInt64? {
    while firstWord < words.count && words[firstWord] == 0 { firstWord += 1 }
    guard length <= count, firstWord < words.count else { return nil }
    var start = UInt64(0)
    var run = 0
    for word in firstWord..<words.count {
      var bits = words[word]
      if bits == 0 {
        run = 0
        continue
      }
      if bits == .max && run > 0 && run + 64 < length {
        run += 64
        continue
      }
      let base = UInt64(word) * 64
      for bit in UInt64(0)..<64 {
        if bits & 1 != 0 {
          if run == 0 { start = base + bit }
          run += 1
          if run == length { return start }
        } else {
          run = 0
          if bits == 0 { break }
        }
        bits >>= 1
      }
    }
    return nil
  }

  /// All pages, in ascending order.
  var ascending: [UInt64] {
    var pages: [UInt64] = []
    pages.reserveCapacity(count)
    for (index, word) in words.enumerated() where word != 0 {
      var bits = word
      while bits != 0 {
        pages.append(UInt64(index) * 64 + UInt64(bits.trailingZeroBitCount))
        bits &= bits - 1
      }
    }
    return pages
  }
}
