#if canImport(Glibc)
private import Glibc
#endif

/// Catalogue text in memory, looked up in place.
///
/// Records are sorted by key and begin at the start of a line; lines that belong to a record begin
/// with a space; a line that begins with `#` is a comment. So a record is found by bisection over
/// the bytes, and nothing is parsed but what is asked for.
///
/// The bytes are never written after initialisation and live as long as the value that owns them,
/// which is what makes sharing them between threads safe.
final class CatalogueText: @unchecked Sendable {
  /// Where the text came from, for errors.
  let source: String

  private let bytes: UnsafeBufferPointer<UInt8>
  private let ownsBytes: Bool

  /// Text in the program's read-only data.
  init(source: String, embedded start: UnsafePointer<UInt8>, byteCount: Int) {
    self.source = source
    self.bytes = UnsafeBufferPointer(start: start, count: byteCount)
    self.ownsBytes = false
  }

  /// A copy of text.
  ///
  /// - Parameters:
  ///   - source: Where it came from, for errors.
  ///   - text: The text.
  ///   - sorts: Whether its records are put in order; only then can they be found.
  init(source: String, copying text: [UInt8], sorts: Bool = true) {
    self.source = source
    let sorted = sorts ? CatalogueText.sortedRecords(text) : text
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: sorted.count)
    _ = copy.initialize(from: sorted)
    self.bytes = UnsafeBufferPointer(copy)
    self.ownsBytes = true
  }

  deinit {
    if ownsBytes { bytes.deallocate() }
  }

  /// The record whose header is `key`, followed by a space.
  ///
  /// - Complexity: O(log n) in the bytes of the text.
  /// - Returns: The bytes of its lines, or nil when there is none. They live as long as the text.
  func record(_ key: String) -> UnsafeBufferPointer<UInt8>? {
    var key = key
    return key.withUTF8 { key in
      // Invariant: both are starts of records, or the end, and the record is between them.
      var low = 0
      var high = bytes.count
      while low < high {
        var start = recordEnd(from: low + (high - low) / 2)
        // Few records are left: the middle lies in the last of them.
        if start >= high { start = low }
        switch compare(key, toHeaderAt: start) {
        case 0: return UnsafeBufferPointer(rebasing: bytes[start..<recordEnd(from: start)])
        case ..<0: high = start
        default: low = recordEnd(from: start)
        }
      }
      return nil
    }
  }

  /// Every record of the text, comments left out, in order, each with the number of its first line.
  func records() -> [(number: Int, bytes: UnsafeBufferPointer<UInt8>)] {
    var records: [(number: Int, bytes: UnsafeBufferPointer<UInt8>)] = []
    var start = 0
    var number = 1
    while start < bytes.count {
      let end = recordEnd(from: start)
      let record = UnsafeBufferPointer(rebasing: bytes[start..<end])
      if record.first != UInt8(ascii: "#") { records.append((number, record)) }
      number += record.count { $0 == UInt8(ascii: "\n") }
      start = end
    }
    return records
  }

  /// Where the record ends that the byte at `start` belongs to: at the start of the next.
  private func recordEnd(from start: Int) -> Int {
    guard let base = bytes.baseAddress else { return bytes.count }
    var position = start
    while position < bytes.count {
      guard let found = memchr(base + position, 0x0A, bytes.count - position) else { break }
      let lineStart = UnsafeRawPointer(found) - UnsafeRawPointer(base) + 1
      if lineStart == bytes.count || bytes[lineStart] != UInt8(ascii: " ") { return lineStart }
      position = lineStart
    }
    return bytes.count
  }

  /// Below, at or above zero as the key sorts before, at or behind the header.
  private func compare(_ key: UnsafeBufferPointer<UInt8>, toHeaderAt start: Int) -> Int {
    if bytes[start] == UInt8(ascii: "#") { return 1 }
    for offset in 0..<key.count {
      let position = start + offset
      guard position < bytes.count else { return 1 }
      if key[offset] != bytes[position] { return Int(key[offset]) - Int(bytes[position]) }
    }
    let end = start + key.count
    guard end < bytes.count else { return 0 }
    let following = bytes[end]
    return following == UInt8(ascii: " ") || following == UInt8(ascii: "\n") ? 0 : -1
  }

  private static func sortedRecords(_ text: [UInt8]) -> [UInt8] {
    var records: [ArraySlice<UInt8>] = []
    var start = 0
    for position in text.indices.dropFirst()
    where text[position - 1] == UInt8(ascii: "\n") && text[position] != UInt8(ascii: " ") {
      records.append(text[start..<position])
      start = position
    }
    // The last line may lack its line feed, and need not stay the last.
    let last = Array(text[start...])
    records.append((last.last == UInt8(ascii: "\n") ? last : last + [0x0A])[...])
    let comment = UInt8(ascii: "#")
    records.removeAll { $0.first == comment || $0.allSatisfy { $0 == UInt8(ascii: "\n") } }
    records.sort { $0.lexicographicallyPrecedes($1) }
    return Array(records.joined())
  }
}

/// The words of one line of catalogue text.
///
/// A kind's plan is built from hundreds of lines before its first object can be printed, so lines
/// are taken apart as bytes and only what is kept becomes a string.
struct CatalogueLine {
  /// A word.
  typealias Word = UnsafeBufferPointer<UInt8>

  private let bytes: UnsafeBufferPointer<UInt8>
  private var offset = 0

  /// Takes the next line off a record; nil when there is none.
  init?(takingFrom record: inout UnsafeBufferPointer<UInt8>) {
    guard let base = record.baseAddress, !record.isEmpty else { return nil }
    let end = memchr(base, 0x0A, record.count).map { UnsafeRawPointer($0) - UnsafeRawPointer(base) }
    let count = end ?? record.count
    bytes = UnsafeBufferPointer(start: base, count: count)
    record = UnsafeBufferPointer(rebasing: record[min(count + 1, record.count)...])
  }

  /// The whole line.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether the line belongs to the record above it.
  var isIndented: Bool { bytes.first == UInt8(ascii: " ") }

  /// The next word, or nil behind the last.
  mutating func next() -> Word? {
    while offset < bytes.count, bytes[offset] == UInt8(ascii: " ") { offset += 1 }
    guard offset < bytes.count else { return nil }
    let start = offset
    while offset < bytes.count, bytes[offset] != UInt8(ascii: " ") { offset += 1 }
    return Word(rebasing: bytes[start..<offset])
  }
}

extension CatalogueLine.Word {
  /// Whether the word is the given one.
  func equals(_ text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount && hasPrefix(text)
  }

  /// Whether the word begins with the given text.
  func hasPrefix(_ text: StaticString) -> Bool {
    guard let baseAddress, count >= text.utf8CodeUnitCount else { return false }
    return memcmp(baseAddress, text.utf8Start, text.utf8CodeUnitCount) == 0
  }

  /// The word as text.
  var string: String { String(decoding: self, as: UTF8.self) }

  /// The word without its first bytes.
  func dropping(_ byteCount: Int) -> Self { Self(rebasing: self[byteCount...]) }

  /// The number that the word's bytes in a range are, or nil.
  func number(in range: Range<Int>) -> Int? {
    guard !range.isEmpty, range.count <= 9 else { return nil }
    var value = 0
    for byte in self[range] {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    return value
  }
}

extension Release {
  /// A release from a part of a word: `1.20`.
  fileprivate init?(_ word: CatalogueLine.Word, in range: Range<Int>) {
    guard let dot = word[range].firstIndex(of: UInt8(ascii: ".")),
      let major = word.number(in: range.lowerBound..<dot),
      let minor = word.number(in: (dot + 1)..<range.upperBound)
    else { return nil }
    self.init(major: major, minor: minor)
  }
}

extension ReleaseRange {
  /// A range from a word: `1.18-` or `1.15-1.21`; nil for anything else.
  init?(_ word: CatalogueLine.Word) {
    guard let dash = word.firstIndex(of: UInt8(ascii: "-")),
      let first = Release(word, in: 0..<dash)
    else { return nil }
    if dash + 1 == word.count {
      self.init(first: first, last: nil)
    } else if let last = Release(word, in: (dash + 1)..<word.count), last >= first {
      self.init(first: first, last: last)
    } else {
      return nil
    }
  }
}
