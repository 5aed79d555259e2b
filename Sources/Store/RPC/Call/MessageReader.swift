internal import NIOCore

/// Takes the messages of a call out of the bytes of its stream.
///
/// Each begins with a byte that says whether it is compressed and its length in four, most
/// significant first. A length is believed only as far as its bytes have come: nothing is reserved
/// for what is merely announced.
///
/// Source: gRPC, `doc/PROTOCOL-HTTP2.md`, Length-Prefixed-Message.
struct MessageReader {
  /// How many bytes stand before a message.
  static let prefixByteCount = 5

  /// What cannot be read.
  enum Failure: Error, Equatable {
    /// The message is announced to be longer than is allowed.
    case tooLarge(byteCount: Int, limit: Int)

    /// The message is marked as compressed, or as something that does not exist.
    case flag(UInt8)
  }

  /// The longest message that is taken, in bytes.
  let limit: Int

  /// What has come and was not taken out.
  private var bytes: ByteBuffer?

  /// A reader at the start of a stream.
  init(limit: Int) { self.limit = limit }

  /// How many bytes wait for the rest of their message.
  var pendingByteCount: Int { bytes?.readableBytes ?? 0 }

  /// Takes what has come.
  mutating func append(_ more: ByteBuffer) {
    guard more.readableBytes > 0 else { return }
    guard bytes != nil else {
      bytes = more
      return
    }
    // Small pieces are gathered; the first stays as it came, a slice of what the socket gave.
    bytes?.writeImmutableBuffer(more)
  }

  /// The next message, or nil if it has not come wholly.
  mutating func next() throws(Failure) -> ByteBuffer? {
    guard let readable = bytes?.readableBytes, readable >= Self.prefixByteCount,
      let start = bytes?.readerIndex,
      let flag = bytes?.getInteger(at: start, as: UInt8.self),
      let announced = bytes?.getInteger(at: start + 1, as: UInt32.self)
    else { return nil }
    guard flag == 0 else { throw .flag(flag) }
    let byteCount = Int(announced)
    guard byteCount <= limit else { throw .tooLarge(byteCount: byteCount, limit: limit) }
    guard readable >= Self.prefixByteCount + byteCount else { return nil }
    let message = bytes?.getSlice(at: start + Self.prefixByteCount, length: byteCount)
    if readable == Self.prefixByteCount + byteCount {
      bytes = nil
    } else {
      bytes?.moveReaderIndex(forwardBy: Self.prefixByteCount + byteCount)
    }
    return message
  }

  /// Forgets what has come.
  mutating func clear() { bytes = nil }
}
