/// A cursor over bytes in protobuf's wire format that never reads outside them.
///
/// Source: protobuf.dev, "Encoding".
@frozen
package struct WireReader {
  /// What ends the reading of damaged bytes; `offset` counts from the start of the reader's bytes.
  package enum Fault: Error, Equatable {
    case truncated(offset: Int)
    case varintTooLong(offset: Int)
    case badFieldNumber(offset: Int)
    case badWireType(offset: Int, wireType: UInt8)
    case lengthBeyondEnd(offset: Int, length: UInt64, available: Int)
  }

  /// The number and the wire type in front of a field's value.
  package struct Tag: Equatable {
    package var number: UInt32
    package var wireType: UInt8
  }

  /// A field's value as it lies there.
  package enum Payload {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    case bytes(Range<Int>)
  }

  package let bytes: UnsafeRawBufferPointer
  package var offset: Int
  package let end: Int

  @inlinable
  package init(_ bytes: UnsafeRawBufferPointer, range: Range<Int>? = nil) {
    self.bytes = bytes
    self.offset = range?.lowerBound ?? 0
    self.end = range?.upperBound ?? bytes.count
  }

  package var isAtEnd: Bool { offset >= end }

  @inlinable
  package mutating func varint() throws(Fault) -> UInt64 {
    let start = offset
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard offset < end else { throw .truncated(offset: end) }
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
      if shift >= 70 { throw .varintTooLong(offset: start) }
    }
  }

  @inlinable
  package mutating func tag() throws(Fault) -> Tag {
    let start = offset
    let value = try varint()
    let number = value >> 3
    guard number >= 1, number <= 536_870_911 else { throw .badFieldNumber(offset: start) }
    let wireType = UInt8(value & 7)
    switch wireType {
    case 0, 1, 2, 5: return Tag(number: UInt32(number), wireType: wireType)
    default: throw .badWireType(offset: start, wireType: wireType)
    }
  }

  @inlinable
  package mutating func payload(of tag: Tag) throws(Fault) -> Payload {
    switch tag.wireType {
    case 0: return .varint(try varint())
    case 1: return .fixed64(try fixed(UInt64.self))
    case 5: return .fixed32(try fixed(UInt32.self))
    default: return .bytes(try lengthDelimited())
    }
  }

  @inlinable
  package mutating func lengthDelimited() throws(Fault) -> Range<Int> {
    let start = offset
    let length = try varint()
    guard length <= UInt64(end - offset) else {
      throw .lengthBeyondEnd(offset: start, length: length, available: end - offset)
    }
    let range = offset..<(offset + Int(length))
    offset = range.upperBound
    return range
  }

  @inlinable
  mutating func fixed<Value: FixedWidthInteger>(
    _ type: Value.Type
  ) throws(Fault) -> Value {
    guard end - offset >= MemoryLayout<Value>.size else { throw .truncated(offset: end) }
    let value = bytes.loadUnaligned(fromByteOffset: offset, as: type)
    offset += MemoryLayout<Value>.size
    return Value(littleEndian: value)
  }
}
