internal import MVCC
internal import NIOCore

// Messages whose large parts lie in memory as they are sent: they are written by hand, so that a
// stored key-value is copied once, and never taken apart.
//
// Source: Protocol Buffers, "Encoding"; fields in ascending order and zero values left out, as Go
// writes them.
extension ByteBuffer {
  /// Writes a number in as many bytes as it needs.
  @inline(__always)
  mutating func writeVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    writeInteger(UInt8(truncatingIfNeeded: rest))
  }

  /// Writes a field with a number, unless it is 0.
  @inline(__always)
  mutating func writeField(_ field: Int, _ value: UInt64) {
    guard value != 0 else { return }
    writeVarint(UInt64(field) << 3)
    writeVarint(value)
  }

  /// Writes a field with a number, unless it is 0.
  @inline(__always)
  mutating func writeField(_ field: Int, _ value: Int64) {
    writeField(field, UInt64(bitPattern: value))
  }

  /// Writes a field that is true, and nothing for one that is not.
  @inline(__always)
  mutating func writeField(_ field: Int, _ value: Bool) {
    writeField(field, value ? 1 as UInt64 : 0)
  }

  /// Writes the head of a field whose bytes follow.
  @inline(__always)
  mutating func writeHead(_ field: Int, byteCount: Int) {
    writeVarint(UInt64(field) << 3 | 2)
    writeVarint(UInt64(byteCount))
  }

  /// Writes a field with a message that was written already.
  mutating func writeField(_ field: Int, message: ByteBuffer) {
    writeHead(field, byteCount: message.readableBytes)
    writeImmutableBuffer(message)
  }

  /// Writes a key-value as it is stored.
  mutating func writeField(_ field: Int, _ row: Row) {
    writeHead(field, byteCount: row.bytes.count)
    writeBytes(row.bytes)
  }
}

/// How many bytes a number takes.
@inline(__always)
func varintByteCount(_ value: UInt64) -> Int {
  max(1, (UInt64.bitWidth - value.leadingZeroBitCount + 6) / 7)
}
