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

  /// A copy of text; its records are sorted first, for bisection relies on it.
  init(source: String, copying text: [UInt8]) {
    self.source = source
    let sorted = CatalogueText.sortedRecords(text)
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: sorted.count)
    _ = copy.initialize(from: sorted)
    self.bytes = UnsafeBufferPointer(copy)
    self.ownsBytes = true
  }

  deinit {
    if ownsBytes { bytes.deallocate() }
  }

  /// The lines of the record whose header is `key` followed by a space; nil when there is none.
  ///
  /// - Complexity: O(log n) in the bytes of the text.
  func record(_ key: String) -> [Substring]? {
    var key = key
    return key.withUTF8 { key in
      var low = 0
      var high = bytes.count
      while low < high {
        let start = headerStart(atOrBefore: low + (high - low) / 2, from: low)
        let end = recordEnd(from: start)
        switch compare(key, toHeaderAt: start) {
        case 0: return lines(start..<end)
        case ..<0: high = start
        default: low = end
        }
      }
      return nil
    }
  }

  /// Every record of the text, comments left out, in order, each with the number of its first line.
  func records() -> [(number: Int, lines: [Substring])] {
    var records: [(number: Int, lines: [Substring])] = []
    var start = 0
    var number = 1
    while start < bytes.count {
      let end = recordEnd(from: start)
      let lines = lines(start..<end)
      if bytes[start] != UInt8(ascii: "#") { records.append((number, lines)) }
      number += lines.count
      start = end
    }
    return records
  }

  private func lines(_ range: Range<Int>) -> [Substring] {
    String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: true)
  }

  private func isHeader(_ position: Int) -> Bool {
    bytes[position] != UInt8(ascii: " ")
      && (position == 0 || bytes[position - 1] == UInt8(ascii: "\n"))
  }

  private func headerStart(atOrBefore middle: Int, from low: Int) -> Int {
    var position = middle
    while position > low, !isHeader(position) { position -= 1 }
    return position
  }

  private func recordEnd(from start: Int) -> Int {
    var position = start + 1
    while position < bytes.count, !isHeader(position) { position += 1 }
    return position
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
    records.append(text[start...])
    let header = UInt8(ascii: "#")
    records.removeAll { $0.first == header || $0.allSatisfy { $0 == UInt8(ascii: "\n") } }
    records.sort { $0.lexicographicallyPrecedes($1) }
    return Array(records.joined())
  }
}
