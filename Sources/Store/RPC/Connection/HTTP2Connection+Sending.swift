internal import NIOCore

extension HTTP2Connection {
  /// A frame of data at the end of what is put together, which may still become longer.
  struct LastData {
    let id: StreamID

    /// Where in the output the frame begins.
    let index: Int
    var byteCount: Int
  }

  /// When so much is put together it is given to the socket, which only then knows that it has too much.
  private static let outputByteCount = 131_072

  private var canSend: Bool { context?.channel.isWritable ?? false }

  // MARK: Writing

  /// Writes the headers of an answer to a call.
  func writeBegin(of stream: ConnectionStream) {
    guard !stream.hasEnded else { return }
    willWrite()
    guardian.ping.hasSent = true
    answerHeaders.writeBegin(stream.id, to: &output)
  }

  /// Writes headers of any kind, before any data.
  func writeHeaders(_ fields: AnswerFields, of stream: ConnectionStream, isEnd: Bool) {
    guard !stream.hasEnded else { return }
    willWrite()
    guardian.ping.hasSent = true
    answerHeaders.write(fields, stream.id, isEnd: isEnd, to: &output)
    if isEnd { noteEndIsSent(of: stream) }
  }

  /// Writes a message with its prefix.
  func writeMessage(_ message: ByteBuffer, of stream: ConnectionStream) {
    let byteCount = message.readableBytes
    let prefix = (0 as UInt8, UInt32(truncatingIfNeeded: byteCount))
    if beginData(MessageReader.prefixByteCount + byteCount, of: stream) {
      output.writeMultipleIntegers(prefix.0, prefix.1)
      output.writeImmutableBuffer(message)
      return
    }
    var framed = ByteBuffer()
    framed.reserveCapacity(MessageReader.prefixByteCount + byteCount)
    framed.writeMultipleIntegers(prefix.0, prefix.1)
    framed.writeImmutableBuffer(message)
    enqueue(framed, of: stream)
  }

  /// Writes data that have no prefix.
  func writeData(_ bytes: ByteBuffer, of stream: ConnectionStream) {
    if beginData(bytes.readableBytes, of: stream) {
      output.writeImmutableBuffer(bytes)
    } else {
      enqueue(bytes, of: stream)
    }
  }

  /// Writes the end of an answer, behind all its data.
  func writeEnd(_ end: SendQueue.End, of stream: ConnectionStream) {
    guard !stream.hasEnded else { return }
    stream.hasEnded = true
    if let queue = stream.queue, !queue.pieces.isEmpty {
      queue.end = end
    } else {
      willWrite()
      send(end, of: stream)
    }
  }

  /// Writes the head of a frame of data whose bytes can be sent at once, all of them.
  private func beginData(_ byteCount: Int, of stream: ConnectionStream) -> Bool {
    guard !stream.hasEnded, stream.queue == nil, byteCount <= Frame.maximumPayloadByteCount,
      byteCount <= sendWindow, byteCount <= stream.sendWindow, canSend
    else { return false }
    willWrite()
    putDataHead(byteCount, of: stream)
    return true
  }

  private func putDataHead(_ byteCount: Int, of stream: ConnectionStream) {
    sendWindow -= byteCount
    stream.sendWindow -= byteCount
    guardian.noteData()
    // Messages of one stream that go out together share a frame.
    if let last = lastData, last.id == stream.id,
      last.byteCount + byteCount <= Frame.maximumPayloadByteCount,
      output.writerIndex == last.index + Frame.headByteCount + last.byteCount
    {
      output.lengthenFrame(at: last.index, to: last.byteCount + byteCount)
      lastData?.byteCount += byteCount
      return
    }
    let index = output.writerIndex
    output.writeFrameHead(.data, stream.id, byteCount: byteCount)
    lastData = LastData(id: stream.id, index: index, byteCount: byteCount)
  }

  private func enqueue(_ bytes: ByteBuffer, of stream: ConnectionStream) {
    guard !stream.hasEnded, bytes.readableBytes > 0 else { return }
    let queue = stream.queue ?? SendQueue()
    stream.queue = queue
    queue.pieces.append(bytes)
    stream.pendingByteCount += bytes.readableBytes
    pendingByteCount += bytes.readableBytes
    if pendingByteCount >= limits.connectionHighWaterMark { isCongested = true }
    noteReady(stream)
  }

  /// Has what was put together sent at the end of the turn.
  func willWrite() {
    if !isReading { scheduleTurn() }
    if output.readableBytes >= Self.outputByteCount { flush() }
  }

  // MARK: Sending what waits

  /// Takes a stream among those that are next to send, if it may.
  func noteReady(_ stream: ConnectionStream) {
    guard let queue = stream.queue, !queue.isReady, stream.sendWindow > 0 else { return }
    queue.isReady = true
    ready.append(stream)
    scheduleTurn()
  }

  /// Sends what waits as far as windows and socket allow, a frame of each stream in turns.
  func sendQueued() {
    while canSend, sendWindow > 0, let stream = ready.popFirst() {
      guard let queue = stream.queue else { continue }
      queue.isReady = false
      sendFrame(queue, of: stream)
      if queue.pieces.isEmpty {
        stream.queue = nil
        if let end = queue.end { send(end, of: stream) }
      } else {
        noteReady(stream)
      }
      if output.readableBytes >= Self.outputByteCount { flush() }
    }
  }

  private func sendFrame(_ queue: SendQueue, of stream: ConnectionStream) {
    guard var piece = queue.pieces.popFirst() else { return }
    let byteCount = min(
      piece.readableBytes,
      Frame.maximumPayloadByteCount,
      sendWindow,
      stream.sendWindow
    )
    guard byteCount > 0, let slice = piece.readSlice(length: byteCount) else {
      queue.pieces.prepend(piece)
      return
    }
    putDataHead(byteCount, of: stream)
    output.writeImmutableBuffer(slice)
    if piece.readableBytes > 0 { queue.pieces.prepend(piece) }
    stream.pendingByteCount -= byteCount
    pendingByteCount -= byteCount
    noteRoom(of: stream)
  }

  private func send(_ end: SendQueue.End, of stream: ConnectionStream) {
    guardian.ping.hasSent = true
    switch end {
    case .data:
      output.writeFrameHead(.data, flags: FrameFlags.endStream, stream.id, byteCount: 0)
    case .success: answerHeaders.writeSuccess(stream.id, to: &output)
    case .trailers(let fields): answerHeaders.write(fields, stream.id, isEnd: true, to: &output)
    }
    noteEndIsSent(of: stream)
  }

  private func noteEndIsSent(of stream: ConnectionStream) {
    stream.hasEnded = true
    stream.endIsSent = true
    if stream.clientHasEnded {
      _ = remove(stream.id)
    } else {
      // A client that still talks at the end of the turn is told that nobody listens.
      resets.append(stream.id)
      scheduleTurn()
    }
  }

  /// Ends a stream whose answer was sent before the client had said all.
  func endStream(_ id: StreamID) {
    guard let stream = remove(id) else { return }
    output.writeReset(id, .noError)
    stream.cancel(.byClient)
  }

  // MARK: Windows of the client

  /// Takes it that the client has room for more.
  func receiveWindowUpdate(_ frame: Frame) throws(ConnectionFault) {
    let payload = frame.payload
    guard payload.readableBytes == 4,
      let value = payload.getInteger(at: payload.readerIndex, as: UInt32.self)
    else {
      throw ConnectionFault(.frameSizeError, "window update of a wrong length")
    }
    if let offence = guardian.receiveWindowUpdate() { throw offence.fault }
    let increment = Int(value & 0x7fff_ffff)
    guard frame.id != 0 else {
      guard increment > 0 else { throw ConnectionFault(.protocolError, "empty window update") }
      guard sendWindow + increment <= Frame.maximumWindowByteCount else {
        throw ConnectionFault(.flowControlError, "window of the connection too large")
      }
      sendWindow += increment
      return
    }
    try expectNotIdle(frame)
    guard let stream = streams[frame.id] else { return }
    guard increment > 0 else { return try endWrong(stream.id, .protocolError) }
    guard stream.sendWindow + increment <= Frame.maximumWindowByteCount else {
      return try endWrong(stream.id, .flowControlError)
    }
    stream.sendWindow += increment
    noteReady(stream)
  }

  /// Takes the window that streams begin with, which changes those that there are.
  func setInitialSendWindow(_ byteCount: Int) throws(ConnectionFault) {
    let change = byteCount - initialSendWindow
    initialSendWindow = byteCount
    guard change != 0 else { return }
    for stream in streams.all {
      guard stream.sendWindow + change <= Frame.maximumWindowByteCount else {
        throw ConnectionFault(.flowControlError, "window of a stream too large")
      }
      stream.sendWindow += change
      noteReady(stream)
    }
  }
}
