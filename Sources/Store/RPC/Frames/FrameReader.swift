internal import NIOCore

/// Takes frames out of the bytes of a connection, however they are cut.
///
/// Source: RFC 9113, sections 3.4 and 4.1.
struct FrameReader {
  /// The bytes that a client begins with: `PRI * HTTP/2.0`, two empty lines around `SM`.
  static let prefaceByteCount = 24

  // What has come and was not taken out; nil instead of nothing, so that no memory is held.
  private var bytes: ByteBuffer?
  private var awaitsPreface = true

  /// Takes what has come.
  mutating func append(_ more: ByteBuffer) {
    if bytes == nil {
      bytes = more
    } else {
      bytes?.writeImmutableBuffer(more)
    }
  }

  /// The next frame, or nil if it has not come wholly.
  ///
  /// The preface, which ``ProtocolDetector`` has looked at, is left out.
  mutating func next() throws(ConnectionFault) -> Frame? {
    guard let readable = bytes?.readableBytes else { return nil }
    if awaitsPreface {
      guard readable >= Self.prefaceByteCount else { return nil }
      awaitsPreface = false
      take(Self.prefaceByteCount, of: readable)
      return try next()
    }
    guard readable >= Frame.headByteCount,
      let head = bytes?.withUnsafeReadableBytes({ Head($0) })
    else { return nil }
    guard head.byteCount <= Frame.maximumPayloadByteCount else {
      throw ConnectionFault(.frameSizeError, "frame of \(head.byteCount) bytes")
    }
    guard readable >= Frame.headByteCount + head.byteCount,
      let start = bytes?.readerIndex,
      let payload = bytes?.getSlice(at: start + Frame.headByteCount, length: head.byteCount)
    else { return nil }
    take(Frame.headByteCount + head.byteCount, of: readable)
    return Frame(kind: head.kind, flags: head.flags, id: head.id, payload: payload)
  }

  private mutating func take(_ byteCount: Int, of readable: Int) {
    if byteCount == readable {
      bytes = nil
    } else {
      bytes?.moveReaderIndex(forwardBy: byteCount)
    }
  }

  /// What stands before a payload: its length in 24 bits, kind, flags, and the stream's number.
  private struct Head {
    let byteCount: Int
    let kind: UInt8
    let flags: UInt8
    let id: StreamID

    init(_ bytes: UnsafeRawBufferPointer) {
      byteCount = Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
      kind = bytes[3]
      flags = bytes[4]
      let number = bytes.loadUnaligned(fromByteOffset: 5, as: UInt32.self)
      // The highest bit means nothing.
      id = StreamID(truncatingIfNeeded: UInt32(bigEndian: number) & 0x7fff_ffff)
    }
  }
}

extension Frame {
  /// Takes padding away, and what stands before headers of a stream's priority.
  ///
  /// Source: RFC 9113, sections 6.1 and 6.2.
  mutating func removePadding() throws(ConnectionFault) {
    var padding = 0
    if has(FrameFlags.padded) {
      guard let count = payload.readInteger(as: UInt8.self) else {
        throw ConnectionFault(.frameSizeError, "padded frame without its padding's length")
      }
      padding = Int(count)
    }
    if kind == FrameKind.headers.rawValue, has(FrameFlags.priority) {
      guard payload.readableBytes >= 5 else {
        throw ConnectionFault(.frameSizeError, "headers too short for their priority")
      }
      payload.moveReaderIndex(forwardBy: 5)
    }
    guard padding <= payload.readableBytes else {
      throw ConnectionFault(.protocolError, "padding longer than its frame")
    }
    payload.moveWriterIndex(to: payload.writerIndex - padding)
  }
}
