/// Copies JSON text without white space, with Go's escapes for HTML, and checks it on the way.
///
/// Source: golang/go, src/encoding/json/indent.go (`appendCompact`).
enum JSONCompactor {
  private enum Expected {
    case value, firstValue, key, firstKey, colon, comma
  }

  /// Appends `text` in compact form.
  ///
  /// - Parameters:
  ///   - text: One JSON value.
  ///   - escapesHTML: Whether `<`, `>`, `&`, U+2028 and U+2029 are escaped, as Go does with what it
  ///     marshals; text that is only passed on stays as it is.
  ///   - output: Where to.
  /// - Throws: ``JSONFault`` if the text is not exactly one JSON value; the output then ends
  ///   somewhere inside it.
  static func append(
    _ text: UnsafeRawBufferPointer, escapesHTML: Bool = true, to output: inout OutputBuffer
  ) throws(JSONFault) {
    // One bit a level: whether it is an object.
    var open = BitStack()
    var expected = Expected.value
    var offset = JSONSyntax.skipSpace(text, from: 0)
    output.reserve(text.count)
    repeat {
      guard offset < text.count else { throw JSONFault(problem: .endsEarly, offset: offset) }
      let byte = text[offset]
      let start = offset
      switch (expected, byte) {
      case (.value, UInt8(ascii: "{")), (.firstValue, UInt8(ascii: "{")):
        guard open.push(true) else { throw JSONFault(problem: .tooDeep, offset: offset) }
        offset += 1
        expected = .firstKey
      case (.value, UInt8(ascii: "[")), (.firstValue, UInt8(ascii: "[")):
        guard open.push(false) else { throw JSONFault(problem: .tooDeep, offset: offset) }
        offset += 1
        expected = .firstValue
      case (.firstKey, UInt8(ascii: "}")), (.firstValue, UInt8(ascii: "]")):
        open.pop()
        offset += 1
        expected = .comma
      case (.comma, UInt8(ascii: "}")) where open.top:
        open.pop()
        offset += 1
      case (.comma, UInt8(ascii: "]")) where !open.top:
        open.pop()
        offset += 1
      case (.comma, UInt8(ascii: ",")):
        offset += 1
        expected = open.top ? .key : .value
      case (.colon, UInt8(ascii: ":")):
        offset += 1
        expected = .value
      case (.key, UInt8(ascii: "\"")), (.firstKey, UInt8(ascii: "\"")),
        (.value, UInt8(ascii: "\"")), (.firstValue, UInt8(ascii: "\"")):
        offset = try JSONSyntax.endOfString(text, from: offset + 1)
        let literal = UnsafeRawBufferPointer(rebasing: text[start..<offset])
        if escapesHTML { appendString(literal, to: &output) } else { output.append(literal) }
        expected = expected == .key || expected == .firstKey ? .colon : .comma
        offset = JSONSyntax.skipSpace(text, from: offset)
        continue
      case (.value, UInt8(ascii: "-")), (.firstValue, UInt8(ascii: "-")),
        (.value, UInt8(ascii: "0")...UInt8(ascii: "9")),
        (.firstValue, UInt8(ascii: "0")...UInt8(ascii: "9")):
        offset = try JSONSyntax.endOfNumber(text, from: offset)
        expected = .comma
      case (.value, _), (.firstValue, _):
        offset = try JSONSyntax.endOfWord(text, from: offset)
        expected = .comma
      default:
        throw JSONFault(problem: .unexpected(byte: byte), offset: offset)
      }
      output.append(UnsafeRawBufferPointer(rebasing: text[start..<offset]))
      offset = JSONSyntax.skipSpace(text, from: offset)
    } while !(open.isEmpty && expected == .comma)
    guard offset == text.count else { throw JSONFault(problem: .trailingBytes, offset: offset) }
  }

  /// Appends a string literal as it stands, but for what HTML might misread.
  private static func appendString(
    _ literal: UnsafeRawBufferPointer, to output: inout OutputBuffer
  ) {
    var start = 0
    var offset = 0
    func flush(_ output: inout OutputBuffer) {
      output.append(UnsafeRawBufferPointer(rebasing: literal[start..<offset]))
    }
    while offset < literal.count {
      switch literal[offset] {
      case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
        flush(&output)
        output.append("\\u00")
        output.append(OutputBuffer.hexadecimalDigit(literal[offset] >> 4))
        output.append(OutputBuffer.hexadecimalDigit(literal[offset] & 15))
        offset += 1
        start = offset
      case 0xE2 where UTF8Text.isLineSeparator(literal, at: offset):
        flush(&output)
        output.append(literal[offset + 2] == 0xA8 ? "\\u2028" : "\\u2029")
        offset += 3
        start = offset
      default: offset += 1
      }
    }
    flush(&output)
  }
}

/// A stack of bits with room for the deepest JSON that is read.
private struct BitStack {
  private var words: [UInt64] = [0]
  private var count = 0

  var isEmpty: Bool { count == 0 }

  /// The bit on top; false when there is none.
  var top: Bool {
    count > 0 && words[(count - 1) >> 6] & (1 << UInt64((count - 1) & 63)) != 0
  }

  /// Lays a bit on top; false if there is no room.
  mutating func push(_ bit: Bool) -> Bool {
    guard count < JSONSyntax.maximumDepth else { return false }
    if count >> 6 == words.count { words.append(0) }
    let mask: UInt64 = 1 << UInt64(count & 63)
    if bit { words[count >> 6] |= mask } else { words[count >> 6] &= ~mask }
    count += 1
    return true
  }

  mutating func pop() { if count > 0 { count -= 1 } }
}
