/// Writes the fields of a protobuf message into memory that is large enough, as gogo does: numbers
/// that are 0 and bytes that are none are left out.
struct MessageWriter {
  private(set) var end: UnsafeMutableRawPointer

  init(at start: UnsafeMutableRawPointer) { end = start }

  /// How many bytes a number takes in the base-128 form.
  static func byteCount(of number: UInt64) -> Int {
    // 7 bits a byte, at least one: (bits + 6) / 7.
    (64 - (number | 1).leadingZeroBitCount + 6) / 7
  }

  /// How many bytes a field with a number takes; field numbers are below 16 here.
  static func byteCount(ofField number: Int64) -> Int {
    number == 0 ? 0 : 1 + byteCount(of: UInt64(bitPattern: number))
  }

  /// How many bytes a field with bytes takes.
  static func byteCount(ofField bytes: UnsafeRawBufferPointer) -> Int {
    bytes.isEmpty ? 0 : 1 + byteCount(of: UInt64(bytes.count)) + bytes.count
  }

  mutating func put(_ field: UInt8, _ number: Int64) {
    guard number != 0 else { return }
    put(field << 3)
    put(UInt64(bitPattern: number))
  }

  mutating func put(_ field: UInt8, _ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    put(field << 3 | 2)
    put(UInt64(bytes.count))
    end.copyMemory(from: base, byteCount: bytes.count)
    end += bytes.count
  }

  /// Writes the tag and the length of a field whose bytes follow.
  mutating func putHead(_ field: UInt8, byteCount: Int) {
    put(field << 3 | 2)
    put(UInt64(byteCount))
  }

  private mutating func put(_ byte: UInt8) {
    end.storeBytes(of: byte, as: UInt8.self)
    end += 1
  }

  private mutating func put(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      put(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    put(UInt8(rest))
  }
}
