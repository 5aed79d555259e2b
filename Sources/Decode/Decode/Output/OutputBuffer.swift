/// Bytes under construction: what every renderer appends to.
///
/// It is not copyable and owns its memory, so appending costs a comparison and a store: no
/// reference counts and no exclusivity checks stand on the path of each byte.
public struct OutputBuffer: ~Copyable {
  /// The bytes so far.
  @usableFromInline private(set) var base: UnsafeMutablePointer<UInt8>

  /// How many bytes there are.
  public private(set) var count = 0

  private var capacity: Int

  /// An empty buffer.
  public init(capacity: Int = 4096) {
    self.capacity = max(capacity, 64)
    self.base = .allocate(capacity: self.capacity)
  }

  /// A buffer without memory, to stand where another was taken from.
  private init(nothing: Void) {
    capacity = 0
    // Nothing is ever read or written there.
    let nowhere: StaticString = ""
    base = UnsafeMutablePointer(mutating: nowhere.utf8Start)
  }

  deinit {
    if capacity > 0 { base.deallocate() }
  }

  /// Moves the bytes out and leaves an empty buffer behind.
  mutating func take() -> OutputBuffer {
    var taken = OutputBuffer(nothing: ())
    swap(&taken, &self)
    return taken
  }

  /// Reads the bytes in place; the pointer is valid inside the closure only.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: base, count: count))
  }

  /// A copy of the bytes.
  public var bytes: [UInt8] { Array(UnsafeBufferPointer(start: base, count: count)) }

  /// Forgets all bytes and keeps the memory.
  public mutating func removeAll() { count = 0 }

  /// Forgets every byte behind the first `count`.
  ///
  /// - Precondition: `count` is not above the present count.
  public mutating func truncate(to count: Int) {
    precondition(count <= self.count, "a buffer is truncated, never extended")
    self.count = count
  }

  /// Makes room, so that `byteCount` more bytes can be stored behind the present ones.
  @inline(__always)
  mutating func reserve(_ byteCount: Int) {
    if capacity - count < byteCount { grow(byteCount) }
  }

  @inline(never)
  private mutating func grow(_ byteCount: Int) {
    let wanted = max(capacity * 2, count + byteCount, 64)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
    larger.update(from: base, count: count)
    if capacity > 0 { base.deallocate() }
    base = larger
    capacity = wanted
  }

  /// Appends one byte.
  @inline(__always)
  mutating func append(_ byte: UInt8) {
    reserve(1)
    base[count] = byte
    count += 1
  }

  /// Appends one ASCII character.
  @inline(__always)
  mutating func append(ascii character: Unicode.Scalar) {
    append(UInt8(truncatingIfNeeded: character.value))
  }

  /// Appends bytes as they are.
  public mutating func append(raw bytes: UnsafeRawBufferPointer) { append(bytes) }

  /// Appends bytes in lower-case hexadecimal.
  public mutating func append(hex bytes: UnsafeRawBufferPointer) { append(hexadecimal: bytes) }

  /// Appends bytes.
  @inline(__always)
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    append(source, byteCount: bytes.count)
  }

  /// Appends `byteCount` bytes that begin at `source`.
  @inline(__always)
  mutating func append(_ source: UnsafeRawPointer, byteCount: Int) {
    reserve(byteCount)
    UnsafeMutableRawPointer(base + count).copyMemory(from: source, byteCount: byteCount)
    count += byteCount
  }

  /// Appends text that the program itself contains.
  @inline(__always)
  mutating func append(_ text: StaticString) {
    append(UnsafeRawPointer(text.utf8Start), byteCount: text.utf8CodeUnitCount)
  }

  /// Appends text.
  public mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// Appends the same byte several times.
  @inline(__always)
  mutating func append(repeating byte: UInt8, count repetitions: Int) {
    guard repetitions > 0 else { return }
    reserve(repetitions)
    (base + count).update(repeating: byte, count: repetitions)
    count += repetitions
  }

  /// Appends bytes that `body` stores itself.
  ///
  /// - Parameters:
  ///   - byteCount: The most that `body` may store.
  ///   - body: Stores bytes from the pointer on and returns how many they were.
  @inline(__always)
  mutating func append(atMost byteCount: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) {
    reserve(byteCount)
    let stored = body(base + count)
    assert(stored >= 0 && stored <= byteCount, "more was stored than was announced")
    count += stored
  }

  /// Appends an integer in decimal.
  mutating func append(decimal value: Int64) {
    if value < 0 { append(ascii: "-") }
    append(decimal: value.magnitude)
  }

  /// Appends an integer in decimal, with zeros in front up to `width` digits.
  mutating func append(decimal value: UInt64, width: Int = 1) {
    var digitCount = 1
    var rest = value / 10
    while rest > 0 {
      digitCount += 1
      rest /= 10
    }
    let total = max(digitCount, width)
    reserve(total)
    var position = count + total
    var remaining = value
    for _ in 0..<total {
      position -= 1
      base[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: remaining % 10)
      remaining /= 10
    }
    count += total
  }

  /// Appends bytes in lower-case hexadecimal.
  mutating func append(hexadecimal bytes: UnsafeRawBufferPointer) {
    reserve(bytes.count * 2)
    for byte in bytes {
      base[count] = OutputBuffer.hexadecimalDigit(byte >> 4)
      base[count + 1] = OutputBuffer.hexadecimalDigit(byte & 15)
      count += 2
    }
  }

  /// The digit of a value below 16.
  @inline(__always)
  static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  /// Appends bytes in standard base64 with padding.
  ///
  /// Source: RFC 4648, section 4.
  mutating func append(base64 bytes: UnsafeRawBufferPointer) {
    let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    let digits = alphabet.utf8Start
    append(atMost: (bytes.count + 2) / 3 * 4) { output in
      var stored = 0
      var offset = 0
      while bytes.count - offset >= 3 {
        let group =
          UInt32(bytes[offset]) << 16 | UInt32(bytes[offset + 1]) << 8 | UInt32(bytes[offset + 2])
        output[stored] = digits[Int(group >> 18)]
        output[stored + 1] = digits[Int(group >> 12 & 63)]
        output[stored + 2] = digits[Int(group >> 6 & 63)]
        output[stored + 3] = digits[Int(group & 63)]
        stored += 4
        offset += 3
      }
      switch bytes.count - offset {
      case 1:
        let group = UInt32(bytes[offset]) << 16
        output[stored] = digits[Int(group >> 18)]
        output[stored + 1] = digits[Int(group >> 12 & 63)]
        output[stored + 2] = UInt8(ascii: "=")
        output[stored + 3] = UInt8(ascii: "=")
        stored += 4
      case 2:
        let group = UInt32(bytes[offset]) << 16 | UInt32(bytes[offset + 1]) << 8
        output[stored] = digits[Int(group >> 18)]
        output[stored + 1] = digits[Int(group >> 12 & 63)]
        output[stored + 2] = digits[Int(group >> 6 & 63)]
        output[stored + 3] = UInt8(ascii: "=")
        stored += 4
      default: break
      }
      return stored
    }
  }
}
