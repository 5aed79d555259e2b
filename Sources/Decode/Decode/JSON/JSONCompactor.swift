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
    _ text: UnsafeRawBufferPointer,
    escapesHTML: Bool = true,
    to output: inout OutputBuffer
  ) throws(JSONFault) {
    var open = BitStack()
    var expected = Expected.value
    var offset = JSONSyntax.skipSpace(text, from: 0)
    // What has been read and stays as it is, up to the next white space or escape.
    var kept = offset
    output.reserve(text.count)
    repeat {
      guard offset < text.count else { throw JSONFault(problem: .endsEarly, offset: offset) }
      let byte = text[offset]
      switch byte {
      case UInt8(ascii: "\""):
        switch expected {
        case .key, .firstKey: expected = .colon
        case .value, .firstValue: expected = .comma
        default: throw JSONFault(problem: .unexpected(byte: byte), offset: offset)
        }
        offset += 1 + JSONText.plainPrefix(text, from: offset + 1)
        if offset < text.count, text[offset] == UInt8(ascii: "\"") {
          offset += 1
        } else {
          try finishString(text, &offset, &kept, escapesHTML: escapesHTML, to: &output)
        }
      case UInt8(ascii: ":"):
        guard expected == .colon else {
          throw JSONFault(problem: .unexpected(byte: byte), offset: offset)
        }
        offset += 1
        expected = .value
      case UInt8(ascii: ","):
        guard expected == .comma else {
          throw JSONFault(problem: .unexpected(byte: byte), offset: offset)
        }
        offset += 1
        expected = open.top ? .key : .value
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard expected == .value || expected == .firstValue else {
          throw JSONFault(problem: .unexpected(byte: byte), offset: offset)
        }
        let isObject = byte == UInt8(ascii: "{")
        guard open.push(isObject) else { throw JSONFault(problem: .tooDeep, offset: offset) }
        offset += 1
        expected = isObject ? .firstKey : .firstValue
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        let isObject = byte == UInt8(ascii: "}")
        let isEmpty = expected == (isObject ? .firstKey : .firstValue)
        guard !open.isEmpty, open.top == isObject, isEmpty || expected == .comma else {
          throw JSONFault(problem: .unexpected(byte: byte), offset: offset)
        }
        open.pop()
        offset += 1
        expected = .comma
      default:
        guard expected == .value || expected == .firstValue else {
          throw JSONFault(problem: .unexpected(byte: byte), offset: offset)
        }
        let isNumber = byte == UInt8(ascii: "-") || (byte >= 0x30 && byte <= 0x39)
        offset =
          isNumber
          ? try JSONSyntax.endOfNumber(text, from: offset)
          : try JSONSyntax.endOfWord(text, from: offset)
        expected = .comma
      }
      if offset < text.count, text[offset] <= 0x20 {
        output.append(UnsafeRawBufferPointer(rebasing: text[kept..<offset]))
        offset = JSONSyntax.skipSpace(text, from: offset)
        kept = offset
      }
    } while !(open.isEmpty && expected == .comma)
    output.append(UnsafeRawBufferPointer(rebasing: text[kept..<offset]))
    guard offset == text.count else { throw JSONFault(problem: .trailingBytes, offset: offset) }
  }

  /// Goes on in a string literal at a byte that is not plain, and ends behind its closing quote.
  private static func finishString(
    _ text: UnsafeRawBufferPointer,
    _ offset: inout Int,
    _ kept: inout Int,
    escapesHTML: Bool,
    to output: inout OutputBuffer
  ) throws(JSONFault) {
    let end = try JSONSyntax.endOfString(text, from: offset)
    guard escapesHTML else {
      offset = end
      return
    }
    func keep(upTo position: Int, _ output: inout OutputBuffer) {
      output.append(UnsafeRawBufferPointer(rebasing: text[kept..<position]))
    }
    while offset < end {
      switch text[offset] {
      case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
        keep(upTo: offset, &output)
        output.append("\\u00")
        output.append(OutputBuffer.hexadecimalDigit(text[offset] >> 4))
        output.append(OutputBuffer.hexadecimalDigit(text[offset] & 15))
        offset += 1
        kept = offset
      case 0xE2 where UTF8Text.isLineSeparator(text, at: offset):
        keep(upTo: offset, &output)
        output.append(text[offset + 2] == 0xA8 ? "\\u2028" : "\\u2029")
        offset += 3
        kept = offset
      default: offset += 1
      }
    }
  }
}

/// A stack of bits with room for the deepest JSON that is read.
private struct BitStack {
  private var words = InlineArray<16, UInt64>(repeating: 0)
  private var count = 0

  @inline(__always)
  var isEmpty: Bool { count == 0 }

  /// The bit on top; false when there is none.
  @inline(__always)
  var top: Bool {
    count > 0 && words[(count - 1) >> 6] & (1 << UInt64((count - 1) & 63)) != 0
  }

  /// Lays a bit on top; false if there is no room.
  @inline(__always)
  mutating func push(_ bit: Bool) -> Bool {
    guard count < JSONSyntax.maximumDepth else { return false }
    let mask: UInt64 = 1 << UInt64(count & 63)
    if bit { words[count >> 6] |= mask } else { words[count >> 6] &= ~mask }
    count += 1
    return true
  }

  @inline(__always)
  mutating func pop() { if count > 0 { count -= 1 } }
}
