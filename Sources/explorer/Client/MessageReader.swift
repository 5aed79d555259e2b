internal import NIOCore
internal import SwiftProtobuf

/// Cuts the bytes of a stream into messages.
///
/// Format: gRPC's, for each message
///
///     0  1  whether it is compressed: 0 or 1
///     1  4  its length, big-endian
///     5  -  the message
struct MessageReader {
  /// What a message may not be larger than, in bytes.
  let limit: Int

  private var bytes = ByteBuffer()

  /// Why bytes are not messages.
  enum Failure: Error {
    /// A message was compressed, which was not asked for.
    case compressed

    /// A message is larger than the limit.
    case tooLarge(Int)
  }

  init(limit: Int) {
    self.limit = limit
  }

  /// Whether all bytes belonged to whole messages.
  var isAtEnd: Bool { bytes.readableBytes == 0 }

  /// Takes what came.
  mutating func append(_ more: ByteBuffer) {
    var more = more
    if bytes.readableBytes == 0 {
      bytes = more
    } else {
      bytes.writeBuffer(&more)
    }
  }

  /// The next whole message; nil if more bytes have to come first.
  mutating func next() throws(Failure) -> ByteBuffer? {
    let start = bytes.readerIndex
    guard let flag: UInt8 = bytes.getInteger(at: start),
      let length: UInt32 = bytes.getInteger(at: start + 1)
    else { return nil }
    guard flag == 0 else { throw .compressed }
    guard length <= limit else { throw .tooLarge(Int(length)) }
    guard bytes.readableBytes >= 5 + Int(length) else { return nil }
    bytes.moveReaderIndex(forwardBy: 5)
    return bytes.readSlice(length: Int(length))
  }

  /// A message as it is sent.
  static func frame(_ message: [UInt8]) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: message.count + 5)
    buffer.writeInteger(UInt8(0))
    buffer.writeInteger(UInt32(message.count))
    buffer.writeBytes(message)
    return buffer
  }
}

/// The bytes of a message where they came, for the decoder to read there.
struct MessageBytes: SwiftProtobufContiguousBytes {
  private var buffer: ByteBuffer

  init(buffer: ByteBuffer) {
    self.buffer = buffer
  }

  init(repeating byte: UInt8, count: Int) {
    buffer = ByteBuffer(repeating: byte, count: count)
  }

  init<Bytes: Sequence>(_ bytes: Bytes) where Bytes.Element == UInt8 {
    buffer = ByteBuffer(bytes: bytes)
  }

  var count: Int { buffer.readableBytes }

  func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try buffer.withUnsafeReadableBytes(body)
  }

  mutating func withUnsafeMutableBytes<R>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) rethrows -> R {
    try buffer.withUnsafeMutableReadableBytes(body)
  }
}
