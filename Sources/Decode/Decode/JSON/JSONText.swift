/// JSON strings and numbers as Go's encoding/json writes them.
///
/// Source: golang/go, src/encoding/json/encode.go (`appendString`, `floatEncoder`).
package enum JSONText {
  /// Bytes that stand for themselves inside a JSON string of Go's: printable ASCII but the quote,
  /// the backslash, and `<`, `>` and `&`, which Go escapes for HTML's sake.
  @inline(__always)
  static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
      && byte != UInt8(ascii: "<") && byte != UInt8(ascii: ">") && byte != UInt8(ascii: "&")
  }

  /// How many bytes from `offset` on stand for themselves, eight at a time.
  @inline(__always)
  static func plainPrefix(_ bytes: UnsafeRawBufferPointer, from offset: Int) -> Int {
    var position = offset
    while position + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      if hasSpecialByte(UInt64(littleEndian: word)) { break }
      position += 8
    }
    while position < bytes.count, isPlain(bytes[position]) { position += 1 }
    return position - offset
  }

  /// Whether one of eight bytes does not stand for itself.
  ///
  /// Each term sets the top bit of a byte that is zero after the exclusive or, in the manner of
  /// `(x - 0x01…) & ~x & 0x80…`; `x - 0x20…` finds control characters likewise, and a byte above
  /// 0x7F has its top bit set anyway.
  @inline(__always)
  private static func hasSpecialByte(_ word: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    let quote = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5C)
    let ampersand = word ^ (ones &* 0x26)
    // `<` is 0x3C and `>` is 0x3E: they differ in one bit.
    let angle = (word & ~(ones &* 2)) ^ (ones &* 0x3C)
    let found =
      ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
      | ((ampersand &- ones) & ~ampersand) | ((angle &- ones) & ~angle)
      | (word &- (ones &* 0x20)) | word
    return found & tops != 0
  }

  /// Appends text of the program's own as a JSON string.
  package static func append(_ text: String, to output: inout OutputBuffer) {
    var text = text
    text.withUTF8 { _ = append(UnsafeRawBufferPointer($0), to: &output) }
  }

  /// Appends bytes as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD.
  ///
  /// - Returns: Whether all of it was UTF-8.
  @inline(__always)
  @discardableResult
  package static func append(
    _ bytes: UnsafeRawBufferPointer,
    to output: inout OutputBuffer
  ) -> Bool {
    output.reserve(bytes.count + 2)
    output.append(ascii: "\"")
    let plain = plainPrefix(bytes, from: 0)
    if plain == bytes.count {
      output.append(bytes)
      output.append(ascii: "\"")
      return true
    }
    return appendEscaped(bytes, plainPrefix: plain, to: &output)
  }

  @inline(never)
  private static func appendEscaped(
    _ bytes: UnsafeRawBufferPointer,
    plainPrefix: Int,
    to output: inout OutputBuffer
  ) -> Bool {
    var isValid = true
    var offset = 0
    var plain = plainPrefix
    while true {
      output.append(UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + plain)]))
      offset += plain
      guard offset < bytes.count else { break }
      let byte = bytes[offset]
      if byte >= 0x80 {
        let length = UTF8Text.sequenceLength(bytes, at: offset)
        if length == 0 {
          output.append("\\ufffd")
          isValid = false
          offset += 1
        } else if UTF8Text.isLineSeparator(bytes, at: offset) {
          // JavaScript takes U+2028 and U+2029 for line ends.
          output.append(bytes[offset + 2] == 0xA8 ? "\\u2028" : "\\u2029")
          offset += 3
        } else {
          output.append(UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + length)]))
          offset += length
        }
      } else {
        appendEscape(of: byte, to: &output)
        offset += 1
      }
      plain = self.plainPrefix(bytes, from: offset)
    }
    output.append(ascii: "\"")
    return isValid
  }

  private static func appendEscape(of byte: UInt8, to output: inout OutputBuffer) {
    switch byte {
    case UInt8(ascii: "\""): output.append("\\\"")
    case UInt8(ascii: "\\"): output.append("\\\\")
    case 0x08: output.append("\\b")
    case 0x0C: output.append("\\f")
    case 0x0A: output.append("\\n")
    case 0x0D: output.append("\\r")
    case 0x09: output.append("\\t")
    default:
      output.append("\\u00")
      output.append(OutputBuffer.hexadecimalDigit(byte >> 4))
      output.append(OutputBuffer.hexadecimalDigit(byte & 15))
    }
  }
}

/// What must be known of UTF-8.
///
/// Source: The Unicode Standard, table 3-7, "Well-Formed UTF-8 Byte Sequences".
enum UTF8Text {
  /// The length of the well-formed sequence that begins at `offset`, or 0 if none does.
  static func sequenceLength(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
    func continuation(_ distance: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xBF) -> Bool {
      guard offset + distance < bytes.count else { return false }
      let byte = bytes[offset + distance]
      return byte >= low && byte <= high
    }
    switch bytes[offset] {
    case 0x00...0x7F: return 1
    case 0xC2...0xDF: return continuation(1) ? 2 : 0
    case 0xE0: return continuation(1, 0xA0) && continuation(2) ? 3 : 0
    case 0xE1...0xEC, 0xEE, 0xEF: return continuation(1) && continuation(2) ? 3 : 0
    case 0xED: return continuation(1, 0x80, 0x9F) && continuation(2) ? 3 : 0
    case 0xF0: return continuation(1, 0x90) && continuation(2) && continuation(3) ? 4 : 0
    case 0xF1...0xF3: return continuation(1) && continuation(2) && continuation(3) ? 4 : 0
    case 0xF4: return continuation(1, 0x80, 0x8F) && continuation(2) && continuation(3) ? 4 : 0
    default: return 0
    }
  }

  /// Where the first byte stands that belongs to no well-formed sequence; nil if there is none.
  static func firstInvalidOffset(_ bytes: UnsafeRawBufferPointer) -> Int? {
    var offset = 0
    while offset < bytes.count {
      if bytes[offset] < 0x80 {
        offset += 1
        continue
      }
      let length = sequenceLength(bytes, at: offset)
      if length == 0 { return offset }
      offset += length
    }
    return nil
  }

  /// Whether U+2028 or U+2029 begins at `offset`.
  @inline(__always)
  static func isLineSeparator(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    offset + 2 < bytes.count && bytes[offset] == 0xE2 && bytes[offset + 1] == 0x80
      && bytes[offset + 2] | 1 == 0xA9
  }
}
