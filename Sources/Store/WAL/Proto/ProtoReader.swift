/// Where a message stops making sense, in bytes from its start.
struct ProtoFault: Error, Equatable {
  let offset: Int
}

/// The number and the wire type in front of a field.
struct ProtoTag: Equatable {
  enum WireType: UInt8 {
    case varint = 0
    case fixed64 = 1
    case bytes = 2
    case fixed32 = 5
  }

  let number: UInt32
  let wireType: WireType

  /// What `case .varint(3):` matches.
  static func ~= (pattern: Pattern, tag: ProtoTag) -> Bool {
    pattern.wireType == tag.wireType && pattern.numbers.contains(tag.number)
  }

  struct Pattern {
    let wireType: WireType
    let numbers: ClosedRange<UInt32>

    static func varint(_ number: UInt32) -> Pattern { varint(number...number) }
    static func varint(_ numbers: ClosedRange<UInt32>) -> Pattern {
      Pattern(wireType: .varint, numbers: numbers)
    }
    static func bytes(_ number: UInt32) -> Pattern { bytes(number...number) }
    static func bytes(_ numbers: ClosedRange<UInt32>) -> Pattern {
      Pattern(wireType: .bytes, numbers: numbers)
    }
  }
}

/// Reads the fields of one protobuf message, without believing any of them.
///
/// Nothing is allocated and nothing recurses. Groups are refused: no message of the log has any.
struct ProtoReader {
  private let message: UnsafeRawBufferPointer

  /// How far it has read, in bytes from the start of the message.
  private(set) var offset = 0

  init(_ message: UnsafeRawBufferPointer) {
    self.message = message
  }

  var isAtEnd: Bool { offset == message.count }

  /// The next field's number and type, or nothing at the end.
  mutating func nextTag() throws(ProtoFault) -> ProtoTag? {
    guard !isAtEnd else { return nil }
    let start = offset
    let value = try varint()
    guard value >> 3 >= 1, value <= UInt32.max,
      let wireType = ProtoTag.WireType(rawValue: UInt8(truncatingIfNeeded: value & 7))
    else { throw ProtoFault(offset: start) }
    return ProtoTag(number: UInt32(truncatingIfNeeded: value >> 3), wireType: wireType)
  }

  /// A number in groups of seven bits, the lowest first.
  @inline(__always)
  mutating func varint() throws(ProtoFault) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    let start = offset
    while offset < message.count {
      let byte = message[offset]
      offset += 1
      // The tenth byte holds the last of 64 bits.
      if shift == 63 && byte > 1 { break }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw ProtoFault(offset: start)
  }

  /// A length and so many bytes, which lie inside the message.
  mutating func bytes() throws(ProtoFault) -> UnsafeRawBufferPointer {
    let start = offset
    let count = try varint()
    guard count <= UInt64(message.count - offset) else { throw ProtoFault(offset: start) }
    let end = offset + Int(count)
    defer { offset = end }
    return UnsafeRawBufferPointer(rebasing: message[offset..<end])
  }

  /// Passes over a field that a newer writer may have added.
  ///
  /// A field that is known, and has another wire type than it should have, is a fault.
  mutating func skip(_ tag: ProtoTag, known: ClosedRange<UInt32>) throws(ProtoFault) {
    guard !known.contains(tag.number) else { throw ProtoFault(offset: offset) }
    switch tag.wireType {
    case .varint: _ = try varint()
    case .bytes: _ = try bytes()
    case .fixed32: try advance(4)
    case .fixed64: try advance(8)
    }
  }

  /// Reads a message that `bytes` has just returned.
  ///
  /// - Parameter inner: The bytes of the message.
  /// - Returns: The message.
  /// - Throws: A fault whose offset counts from the start of this reader's message.
  func nested<Message: ProtoMessage>(
    _ inner: UnsafeRawBufferPointer
  ) throws(ProtoFault) -> Message {
    do throws(ProtoFault) {
      return try Message(decoding: inner)
    } catch {
      throw ProtoFault(offset: offset - inner.count + error.offset)
    }
  }

  private mutating func advance(_ count: Int) throws(ProtoFault) {
    guard message.count - offset >= count else { throw ProtoFault(offset: offset) }
    offset += count
  }
}

/// A message of the log.
protocol ProtoMessage {
  init(decoding bytes: UnsafeRawBufferPointer) throws(ProtoFault)
  func encode(into buffer: ByteBuffer)
}

extension ProtoMessage {
  /// The message in memory of its own.
  func encoded() -> [UInt8] {
    let buffer = ByteBuffer()
    encode(into: buffer)
    return buffer.array
  }
}
