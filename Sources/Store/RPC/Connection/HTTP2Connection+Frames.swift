internal import NIOCore

/// Compressed headers that come in several frames.
struct HeaderBlock {
  /// How many frames may follow the first: enough for any headers that are not too long.
  static let continuationCount = 64

  let id: StreamID
  let isEnd: Bool
  var bytes: ByteBuffer
  var continuationCount = 0
}

extension HTTP2Connection {
  /// How many frames of data may follow each other that hold nothing and end nothing.
  private static let emptyFrameCount = 100

  /// Takes a frame.
  ///
  /// - Throws: What the connection does not survive.
  func receive(_ frame: Frame) throws(ConnectionFault) {
    let kind = FrameKind(rawValue: frame.kind)
    if !hasSettings {
      guard kind == .settings, !frame.has(FrameFlags.acknowledgement) else {
        throw ConnectionFault(.protocolError, "no settings at the start")
      }
      hasSettings = true
    }
    if headerBlock != nil {
      guard kind == .continuation else {
        throw ConnectionFault(.protocolError, "headers without their end")
      }
      return try receiveContinuation(frame)
    }
    switch kind {
    case .data: try receiveData(frame)
    case .headers: try receiveHeaders(frame)
    case .priority: try receivePriority(frame)
    case .reset: try receiveReset(frame)
    case .settings: try receiveSettings(frame)
    case .ping: try receivePing(frame)
    case .windowUpdate: try receiveWindowUpdate(frame)
    case .pushPromise: throw ConnectionFault(.protocolError, "push promise of a client")
    case .continuation: throw ConnectionFault(.protocolError, "continuation of no headers")
    // The client begins no more calls, which needs no answer; what is unknown has to be ignored.
    case .goAway, nil: break
    }
  }

  // MARK: Headers

  private func receiveHeaders(_ frame: Frame) throws(ConnectionFault) {
    var frame = frame
    guard frame.id & 1 == 1 else {
      throw ConnectionFault(.protocolError, "headers on stream \(frame.id)")
    }
    let isEnd = frame.has(FrameFlags.endStream)
    if frame.has(FrameFlags.padded | FrameFlags.priority) { try frame.removePadding() }
    guard frame.has(FrameFlags.endHeaders) else {
      headerBlock = HeaderBlock(id: frame.id, isEnd: isEnd, bytes: frame.payload)
      return
    }
    try receive(try headerDecoder.decode(frame.payload), on: frame.id, isEnd: isEnd)
  }

  private func receiveContinuation(_ frame: Frame) throws(ConnectionFault) {
    guard var block = headerBlock, block.id == frame.id else {
      throw ConnectionFault(.protocolError, "continuation of other headers")
    }
    headerBlock = nil
    block.continuationCount += 1
    block.bytes.writeImmutableBuffer(frame.payload)
    guard block.continuationCount <= HeaderBlock.continuationCount,
      block.bytes.readableBytes <= limits.maximumHeaderByteCount
    else { throw ConnectionFault(.enhanceYourCalm, "headers_too_long") }
    guard frame.has(FrameFlags.endHeaders) else {
      headerBlock = block
      return
    }
    try receive(try headerDecoder.decode(block.bytes), on: block.id, isEnd: block.isEnd)
  }

  // MARK: Data

  private func receiveData(_ frame: Frame) throws(ConnectionFault) {
    try expectNotIdle(frame)
    var frame = frame
    // Padding counts for the windows.
    let byteCount = frame.payload.readableBytes
    receiveWindow -= byteCount
    guard receiveWindow >= 0 else {
      throw ConnectionFault(.flowControlError, "more data than the connection's window")
    }
    replenishConnection()
    if frame.has(FrameFlags.padded) { try frame.removePadding() }
    let isEnd = frame.has(FrameFlags.endStream)
    if frame.payload.readableBytes > 0 || isEnd {
      emptyFrameCount = 0
    } else {
      emptyFrameCount += 1
      if emptyFrameCount > Self.emptyFrameCount {
        throw ConnectionGuard.Offence.emptyFrames.fault
      }
    }
    // Data of a call that was refused are no mistake of the client, who did not know yet.
    guard let stream = streams[frame.id] else { return }
    guard !stream.clientHasEnded else { return try endWrong(stream.id, .streamClosed) }
    stream.receiveWindow -= byteCount
    guard stream.receiveWindow >= 0 else { return try endWrong(stream.id, .flowControlError) }
    receive(frame.payload, on: stream, isEnd: isEnd)
    if !isEnd { replenish(stream) }
  }

  /// Lets the client send again what it has sent, in good time before it has to wait.
  func replenishConnection() {
    let target = min(
      max(limits.connectionWindowByteCount, Frame.initialWindowByteCount),
      Frame.maximumWindowByteCount
    )
    guard receiveWindow < target / 2 else { return }
    output.writeWindowUpdate(0, target - receiveWindow)
    receiveWindow = target
  }

  /// Lets the client send more on a call, unless what has come waits until the client reads.
  func replenish(_ stream: ConnectionStream) {
    guard stream.receiveWindow < callWindow / 2, !stream.hasEnded, !stream.isHeld else { return }
    willWrite()
    output.writeWindowUpdate(stream.id, callWindow - stream.receiveWindow)
    stream.receiveWindow = callWindow
  }

  // MARK: Others

  private func receivePriority(_ frame: Frame) throws(ConnectionFault) {
    guard frame.payload.readableBytes == 5, frame.id != 0 else {
      throw ConnectionFault(.protocolError, "priority of a wrong length, or of no stream")
    }
    if let offence = guardian.receivePriority() { throw offence.fault }
  }

  private func receiveReset(_ frame: Frame) throws(ConnectionFault) {
    guard frame.payload.readableBytes == 4 else {
      throw ConnectionFault(.frameSizeError, "reset of a wrong length")
    }
    try expectNotIdle(frame)
    guard let stream = streams[frame.id] else { return }
    // Taking back a call that has lived for a while is anybody's right.
    if turn &- stream.turn <= 1, let offence = guardian.receiveReset() { throw offence.fault }
    remove(frame.id)?.cancel(.byClient)
  }

  private func receivePing(_ frame: Frame) throws(ConnectionFault) {
    guard frame.payload.readableBytes == 8, frame.id == 0,
      let data = frame.payload.getInteger(at: frame.payload.readerIndex, as: UInt64.self)
    else { throw ConnectionFault(.frameSizeError, "ping of a wrong length, or on a stream") }
    guard !frame.has(FrameFlags.acknowledgement) else { return }
    output.writePing(data, isAcknowledgement: true)
    guard guardian.ping.receive(at: .now(), hasCalls: streams.count > 0) else {
      throw ConnectionGuard.Offence.pings.fault
    }
  }

  private func receiveSettings(_ frame: Frame) throws(ConnectionFault) {
    guard frame.id == 0 else { throw ConnectionFault(.protocolError, "settings of a stream") }
    guard !frame.has(FrameFlags.acknowledgement) else {
      guard frame.payload.readableBytes == 0 else {
        throw ConnectionFault(.frameSizeError, "acknowledgement with settings")
      }
      return
    }
    guard frame.payload.readableBytes % 6 == 0 else {
      throw ConnectionFault(.frameSizeError, "settings of a wrong length")
    }
    if let offence = guardian.receiveSettings() { throw offence.fault }
    var payload = frame.payload
    while let (name, value) = payload.readMultipleIntegers(as: (UInt16, UInt32).self) {
      try takeSetting(name, value)
    }
    output.writeSettingsAcknowledgement()
  }

  private func takeSetting(_ name: UInt16, _ value: UInt32) throws(ConnectionFault) {
    switch name {
    case FrameSetting.headerTableSize:
      answerHeaders.limitTable(Int(value))
    case FrameSetting.enablePush:
      guard value <= 1 else { throw ConnectionFault(.protocolError, "push setting of \(value)") }
    case FrameSetting.initialWindowSize:
      guard value <= Frame.maximumWindowByteCount else {
        throw ConnectionFault(.flowControlError, "window setting of \(value)")
      }
      try setInitialSendWindow(Int(value))
    case FrameSetting.maximumFrameSize:
      guard (16_384...16_777_215).contains(value) else {
        throw ConnectionFault(.protocolError, "frame size setting of \(value)")
      }
    default: break
    }
  }

  // MARK: What is wrong

  /// Refuses frames of streams that nobody has begun.
  func expectNotIdle(_ frame: Frame) throws(ConnectionFault) {
    guard frame.id & 1 == 1, frame.id <= lastStreamID else {
      throw ConnectionFault(.protocolError, "frame of kind \(frame.kind) on stream \(frame.id)")
    }
  }

  /// Ends a stream whose answer the client does not take, and throws away what waits.
  func abandon(_ stream: ConnectionStream) {
    willWrite()
    output.writeReset(stream.id, .enhanceYourCalm)
    _ = remove(stream.id)
  }

  /// Ends a stream that the client has done something wrong on.
  func endWrong(_ id: StreamID, _ code: FrameErrorCode) throws(ConnectionFault) {
    output.writeReset(id, code)
    remove(id)?.cancel(.byClient)
    if let offence = guardian.receiveError() { throw offence.fault }
  }
}
