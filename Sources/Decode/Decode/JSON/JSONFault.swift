/// What is wrong with JSON text, and where.
package struct JSONFault: Error, Equatable {
  /// The kinds of fault.
  package enum Problem: Equatable, Sendable {
    case endsEarly
    case unexpected(byte: UInt8)
    case badEscape
    case controlCharacter(byte: UInt8)
    case badNumber
    case tooDeep
    case trailingBytes
    case tooLarge
  }

  /// What is wrong.
  package let problem: Problem

  /// Where, in bytes from the start of the text.
  package let offset: Int
}

/// The rules of JSON text that the compactor and the parser share.
///
/// Source: RFC 8259.
package enum JSONSyntax {
  /// What nests deeper is no object of Kubernetes'.
  package static let maximumDepth = 1000

  /// The offset of the first byte from `offset` on that is not white space.
  @inline(__always)
  static func skipSpace(_ bytes: UnsafeRawBufferPointer, from offset: Int) -> Int {
    var position = offset
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return position
      }
    }
    return position
  }

  /// The end of the number that begins at `offset`.
  static func endOfNumber(
    _ bytes: UnsafeRawBufferPointer,
    from offset: Int
  ) throws(JSONFault) -> Int {
    var position = offset
    func digits() -> Int {
      let start = position
      while position < bytes.count, bytes[position] >= 0x30, bytes[position] <= 0x39 {
        position += 1
      }
      return position - start
    }
    func fault() -> JSONFault {
      JSONFault(problem: position < bytes.count ? .badNumber : .endsEarly, offset: position)
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
    if position < bytes.count, bytes[position] == UInt8(ascii: "0") {
      position += 1
    } else if digits() == 0 {
      throw fault()
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      if digits() == 0 { throw fault() }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      if position < bytes.count,
        bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-")
      {
        position += 1
      }
      if digits() == 0 { throw fault() }
    }
    return position
  }

  /// The end of `true`, `false` or `null` at `offset`.
  static func endOfWord(
    _ bytes: UnsafeRawBufferPointer,
    from offset: Int
  ) throws(JSONFault) -> Int {
    let word: StaticString =
      switch bytes[offset] {
      case UInt8(ascii: "t"): "true"
      case UInt8(ascii: "f"): "false"
      case UInt8(ascii: "n"): "null"
      default: throw JSONFault(problem: .unexpected(byte: bytes[offset]), offset: offset)
      }
    for index in 0..<word.utf8CodeUnitCount {
      let position = offset + index
      guard position < bytes.count else { throw JSONFault(problem: .endsEarly, offset: position) }
      guard bytes[position] == word.utf8Start[index] else {
        throw JSONFault(problem: .unexpected(byte: bytes[position]), offset: position)
      }
    }
    return offset + word.utf8CodeUnitCount
  }

  /// The four hexadecimal digits at `offset`, or nil.
  static func hexadecimal(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt32? {
    guard offset + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for byte in bytes[offset..<(offset + 4)] {
      guard let digit = Hexadecimal.value(of: byte) else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  /// The end of the string whose opening quote stands before `offset`: behind its closing quote.
  static func endOfString(
    _ bytes: UnsafeRawBufferPointer,
    from offset: Int
  ) throws(JSONFault) -> Int {
    var position = offset
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""): return position + 1
      case UInt8(ascii: "\\"):
        guard position + 1 < bytes.count else { break }
        switch bytes[position + 1] {
        case UInt8(ascii: "u"):
          guard hexadecimal(bytes, at: position + 2) != nil else {
            throw JSONFault(problem: .badEscape, offset: position)
          }
          position += 6
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
          UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
          position += 2
        default: throw JSONFault(problem: .badEscape, offset: position)
        }
        continue
      case 0..<0x20:
        throw JSONFault(problem: .controlCharacter(byte: bytes[position]), offset: position)
      default:
        position += 1
        continue
      }
      break
    }
    throw JSONFault(problem: .endsEarly, offset: bytes.count)
  }
}
