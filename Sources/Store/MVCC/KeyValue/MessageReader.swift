/// What makes bytes no protobuf message; offsets are in bytes from the message's start.
public enum MessageFault: Error, Hashable, Sendable {
  /// The bytes end within a number.
  case truncated(offset: Int)

  /// A number of more than ten bytes, or a field number that cannot be.
  case number(offset: Int)

  /// A field longer than what is left.
  case length(offset: Int, found: UInt64, remaining: Int)

  /// A field of another type than it has here, or of none that is in use.
  case wireType(offset: Int, found: UInt8)
}

extension MessageFault: CustomStringConvertible {
  /// Where, what was found and what was expected.
  public var description: String {
    switch self {
    case .truncated(let offset): "ends at byte \(offset), within a number"
    case .number(let offset): "no number at byte \(offset)"
    case .length(let offset, let found, let remaining):
      "a field of \(found) bytes at byte \(offset), \(remaining) are left"
    case .wireType(let offset, let found): "wire type \(found) at byte \(offset)"
    }
  }
}

/// Reads the fields of a protobuf message where it lies.
package struct MessageReader {
  /// A field: its number, and its value in one of two forms.
  package struct Field {
    package let number: UInt64
    package let value: Value
  }

  package enum Value {
    case number(UInt64)
    case bytes(UnsafeRawBufferPointer)
    /// Four or eight bytes, which no message read here uses.
    case fixed
  }

  private let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0

  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The next field, or nothing at the end.
  @inline(__always)
  package mutating func next() throws(MessageFault) -> Field? {
    guard offset < bytes.count else { return nil }
    let start = offset
    let tag = try number()
    guard tag >> 3 != 0, tag >> 3 <= 0x1FFF_FFFF else { throw .number(offset: start) }
    switch tag & 7 {
    case 0: return Field(number: tag >> 3, value: .number(try number()))
    case 2:
      let count = try number()
      let remaining = bytes.count - offset
      guard count <= UInt64(remaining) else {
        throw .length(offset: start, found: count, remaining: remaining)
      }
      let value = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + Int(count)])
      offset += Int(count)
      return Field(number: tag >> 3, value: .bytes(value))
    case 1, 5:
      let count = tag & 7 == 1 ? 8 : 4
      let remaining = bytes.count - offset
      guard count <= remaining else {
        throw .length(offset: start, found: UInt64(count), remaining: remaining)
      }
      offset += count
      return Field(number: tag >> 3, value: .fixed)
    default: throw .wireType(offset: start, found: UInt8(tag & 7))
    }
  }

  /// A number in the base-128 form; what passes 64 bits of a tenth byte is dropped, as etcd does.
  @inline(__always)
  private mutating func number() throws(MessageFault) -> UInt64 {
    let start = offset
    // Most numbers here have one byte.
    if offset < bytes.count, bytes[offset] < 0x80 {
      offset += 1
      return UInt64(bytes[start])
    }
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard offset < bytes.count else { throw .truncated(offset: offset) }
      guard shift < 64 else { throw .number(offset: start) }
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7F) &<< shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }
}
