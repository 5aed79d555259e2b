/// Bytes that are collected, written, and collected again in the same memory.
final class ByteBuffer {
  private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 8)

  /// How many bytes there are.
  private(set) var count = 0

  deinit { memory.deallocate() }

  /// The bytes in memory of their own.
  var array: [UInt8] { withBytes { Array($0) } }

  /// Gives the bytes to whoever does not keep them, and does not change them meanwhile.
  @inline(__always)
  func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // Not a property: the memory could go with the last reference before the bytes are used.
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
  }

  /// Forgets the bytes, and gives memory back that one large batch took.
  func removeAll() {
    count = 0
    guard memory.count > WALLimits.retainedByteCount else { return }
    memory.deallocate()
    memory = .allocate(byteCount: 256, alignment: 8)
  }

  /// Makes room for so many more bytes.
  @inline(__always)
  func reserve(_ more: Int) {
    if memory.count - count < more { grow(more) }
  }

  func append(_ source: UnsafeRawBufferPointer) {
    reserve(source.count)
    guard let from = source.baseAddress else { return }
    memory.baseAddress?.advanced(by: count).copyMemory(from: from, byteCount: source.count)
    count += source.count
  }

  func append(repeating byte: UInt8, count more: Int) {
    reserve(more)
    for _ in 0..<more { appendWithinReserve(byte) }
  }

  /// Eight bytes, the lowest first.
  func append(littleEndian value: UInt64) {
    reserve(8)
    memory.storeBytes(of: value.littleEndian, toByteOffset: count, as: UInt64.self)
    count += 8
  }

  @inline(__always)
  func append(varint value: UInt64) {
    reserve(10)
    var rest = value
    while rest >= 0x80 {
      appendWithinReserve(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    appendWithinReserve(UInt8(truncatingIfNeeded: rest))
  }

  @inline(__always)
  func append(field number: UInt32, varint value: UInt64) {
    append(varint: UInt64(number) << 3 | UInt64(ProtoTag.WireType.varint.rawValue))
    append(varint: value)
  }

  /// What stands in front of bytes, or of a message.
  @inline(__always)
  func append(field number: UInt32, byteCount: Int) {
    append(varint: UInt64(number) << 3 | UInt64(ProtoTag.WireType.bytes.rawValue))
    append(varint: UInt64(byteCount))
  }

  func append(field number: UInt32, _ message: some ProtoMessage) {
    let inner = ByteBuffer()
    message.encode(into: inner)
    append(field: number, byteCount: inner.count)
    inner.withBytes { append($0) }
  }

  /// How many bytes a number takes.
  @inline(__always)
  static func varintByteCount(_ value: UInt64) -> Int {
    (70 - (value | 1).leadingZeroBitCount) / 7
  }

  @inline(__always)
  private func appendWithinReserve(_ byte: UInt8) {
    memory[count] = byte
    count += 1
  }

  private func grow(_ more: Int) {
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(memory.count * 2, count + more),
      alignment: 8
    )
    withBytes { larger.copyMemory(from: $0) }
    memory.deallocate()
    memory = larger
  }
}
