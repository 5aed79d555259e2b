/// Bytes that are written from their end to their start.
///
/// A protobuf message's length stands before it; written backwards, it is known when it is needed.
struct ReverseBuffer: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int

  /// How many bytes have been written.
  private(set) var count = 0

  init(capacity: Int = 4096) {
    self.capacity = max(capacity, 64)
    self.base = .allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  /// The bytes, first to last.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    body(UnsafeRawBufferPointer(start: base + (capacity - count), count: count))
  }

  private mutating func reserve(_ byteCount: Int) {
    guard capacity - count < byteCount else { return }
    let wanted = max(capacity * 2, count + byteCount)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
    (larger + (wanted - count)).update(from: base + (capacity - count), count: count)
    base.deallocate()
    base = larger
    capacity = wanted
  }

  /// Writes bytes before those that are there.
  mutating func prepend(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    reserve(bytes.count)
    count += bytes.count
    UnsafeMutableRawPointer(base + (capacity - count)).copyMemory(
      from: source,
      byteCount: bytes.count
    )
  }

  mutating func prepend(_ byte: UInt8) {
    reserve(1)
    count += 1
    base[capacity - count] = byte
  }

  mutating func prepend(varint value: UInt64) {
    var byteCount = 1
    var rest = value >> 7
    while rest > 0 {
      byteCount += 1
      rest >>= 7
    }
    for position in (0..<byteCount).reversed() {
      let bits = UInt8(truncatingIfNeeded: value >> UInt64(position * 7)) & 0x7F
      prepend(position == byteCount - 1 ? bits : bits | 0x80)
    }
  }

  mutating func prepend(tag number: UInt32, wireType: UInt8) {
    prepend(varint: UInt64(number) << 3 | UInt64(wireType))
  }

  mutating func prepend(fixed64 value: UInt64) {
    withUnsafeBytes(of: value.littleEndian) { prepend($0) }
  }

  mutating func prepend(fixed32 value: UInt32) {
    withUnsafeBytes(of: value.littleEndian) { prepend($0) }
  }

  /// Writes a length-delimited field whose contents `body` writes.
  mutating func prepend<Failure: Error>(
    field number: UInt32,
    _ body: (inout ReverseBuffer) throws(Failure) -> Void
  ) throws(Failure) {
    let before = count
    try body(&self)
    prepend(varint: UInt64(count - before))
    prepend(tag: number, wireType: 2)
  }
}
