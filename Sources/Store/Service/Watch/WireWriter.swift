/// Writes protobuf into memory that is large enough.
struct WireWriter {
  private(set) var end: UnsafeMutableRawPointer

  init(at start: UnsafeMutableRawPointer) { end = start }

  /// How many bytes a number takes in the base-128 form.
  @inline(__always)
  static func byteCount(of number: UInt64) -> Int {
    // 7 bits a byte, at least one: (bits + 6) / 7.
    (64 - (number | 1).leadingZeroBitCount + 6) / 7
  }

  /// How many bytes a field with a number takes, which is left out if it is 0; field numbers are below
  /// 16 here.
  @inline(__always)
  static func byteCount(ofField number: Int64) -> Int {
    number == 0 ? 0 : 1 + byteCount(of: UInt64(bitPattern: number))
  }

  /// How many bytes a field with so many bytes takes.
  @inline(__always)
  static func byteCount(ofFieldWith byteCount: Int) -> Int {
    1 + self.byteCount(of: UInt64(byteCount)) + byteCount
  }

  @inline(__always)
  mutating func put(byte: UInt8) {
    end.storeBytes(of: byte, as: UInt8.self)
    end += 1
  }

  @inline(__always)
  mutating func put(number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      put(byte: UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    put(byte: UInt8(truncatingIfNeeded: rest))
  }

  @inline(__always)
  mutating func put(bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    end.copyMemory(from: base, byteCount: bytes.count)
    end += bytes.count
  }

  /// Writes a field with a number, unless it is 0.
  @inline(__always)
  mutating func put(field: UInt8, _ number: Int64) {
    guard number != 0 else { return }
    put(byte: field << 3)
    put(number: UInt64(bitPattern: number))
  }

  /// Writes what comes before a field's bytes.
  @inline(__always)
  mutating func put(field: UInt8, byteCount: Int) {
    put(byte: field << 3 | 2)
    put(number: UInt64(byteCount))
  }
}
