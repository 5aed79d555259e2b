internal import NIOCore

extension ByteBuffer {
  /// Writes what stands before a payload.
  mutating func writeFrameHead(
    _ kind: FrameKind,
    flags: UInt8 = 0,
    _ id: StreamID,
    byteCount: Int
  ) {
    reserveCapacity(minimumWritableBytes: Frame.headByteCount + byteCount)
    writeMultipleIntegers(
      UInt16(truncatingIfNeeded: byteCount >> 8),
      UInt8(truncatingIfNeeded: byteCount),
      kind.rawValue,
      flags,
      UInt32(bitPattern: id)
    )
  }

  /// Makes a frame's payload longer that is the last of the buffer.
  mutating func lengthenFrame(at index: Int, to byteCount: Int) {
    setInteger(UInt16(truncatingIfNeeded: byteCount >> 8), at: index)
    setInteger(UInt8(truncatingIfNeeded: byteCount), at: index + 2)
  }

  mutating func writeReset(_ id: StreamID, _ code: FrameErrorCode) {
    writeFrameHead(.reset, id, byteCount: 4)
    writeInteger(code.rawValue)
  }

  mutating func writeWindowUpdate(_ id: StreamID, _ increment: Int) {
    writeFrameHead(.windowUpdate, id, byteCount: 4)
    writeInteger(UInt32(truncatingIfNeeded: increment))
  }

  mutating func writePing(_ data: UInt64, isAcknowledgement: Bool) {
    let flags = isAcknowledgement ? FrameFlags.acknowledgement : 0
    writeFrameHead(.ping, flags: flags, 0, byteCount: 8)
    writeInteger(data)
  }

  mutating func writeGoAway(last: StreamID, _ code: FrameErrorCode, _ text: String) {
    let text = text.utf8.prefix(1_024)
    writeFrameHead(.goAway, 0, byteCount: 8 + text.count)
    writeMultipleIntegers(UInt32(bitPattern: last), code.rawValue)
    writeBytes(text)
  }

  mutating func writeSettings(_ settings: [(name: UInt16, value: UInt32)]) {
    writeFrameHead(.settings, 0, byteCount: settings.count * 6)
    for (name, value) in settings { writeMultipleIntegers(name, value) }
  }

  mutating func writeSettingsAcknowledgement() {
    writeFrameHead(.settings, flags: FrameFlags.acknowledgement, 0, byteCount: 0)
  }

  /// Writes headers, in as many frames as they need.
  ///
  /// Source: RFC 9113, section 6.10.
  mutating func writeHeaders(_ id: StreamID, _ block: ByteBuffer, isEnd: Bool) {
    var rest = block
    var kind = FrameKind.headers
    repeat {
      let count = min(rest.readableBytes, Frame.maximumPayloadByteCount)
      var flags = isEnd && kind == .headers ? FrameFlags.endStream : 0
      if count == rest.readableBytes { flags |= FrameFlags.endHeaders }
      writeFrameHead(kind, flags: flags, id, byteCount: count)
      writeImmutableBuffer(rest.getSlice(at: rest.readerIndex, length: count) ?? ByteBuffer())
      rest.moveReaderIndex(forwardBy: count)
      kind = .continuation
    } while rest.readableBytes > 0
  }
}
