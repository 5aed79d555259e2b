internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2

/// A connection over HTTP/2: one handler, and one plain object a stream.
///
/// It stands behind NIO's handler of HTTP/2, which takes frames apart, keeps their order legal and
/// splits what is sent by the windows; here is decided what the frames mean.
final class HTTP2Connection: ChannelInboundHandler, NIOHTTP2FrameDelegate, ServerConnection {
  typealias InboundIn = HTTP2Frame
  typealias OutboundOut = HTTP2Frame

  let loop: LoopState
  let peer: RPCPeer
  let gate: ConnectionGate
  let shared = SharedHeaders()

  // Invariant: nil once the handler is removed; otherwise context and handler would keep each other.
  var context: ChannelHandlerContext?
  var streams = StreamTable()

  /// Counts the loop's turns in which something came.
  private(set) var turn = 0

  /// How much of what was sent on all streams waits, in bytes.
  var pendingByteCount = 0

  /// Whether that was too much and is not yet little again.
  private(set) var isCongested = false

  /// How many streams wait to be told that they may send.
  private var waitingCount = 0
  var incompleteByteCount = 0

  // What is done at the end of the turn.
  private var hasTurn = false
  private var isReading = false
  private var hasWritten = false
  private var resets: [HTTP2StreamID] = []
  private var writableAgain: [ConnectionStream] = []
  private var congestionEnded = false

  /// Unary calls that wait until there is room for answers.
  var waitingCalls = CircularBuffer<RPCStream>()

  var lastStreamID = HTTP2StreamID.rootStream
  var guardian: ConnectionGuard
  var deadlines = DeadlineTimer()
  var keepalive: Scheduled<Void>?
  var isDraining = false
  var isClosing = false
  var lastRead: NIODeadline

  init(loop: LoopState, peer: RPCPeer, gate: ConnectionGate) {
    self.loop = loop
    self.peer = peer
    self.gate = gate
    lastRead = .now()
    guardian = ConnectionGuard(keepalive: loop.configuration.keepalive, at: lastRead)
  }

  var limits: RPCLimits { loop.configuration.limits }

  // MARK: Life

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    loop.add(self, on: context.channel)
    let window = min(max(limits.connectionWindowByteCount, 65_535), Int(Int32.max))
    if window > 65_535 {
      write(.windowUpdate(windowSizeIncrement: window - 65_535), on: .rootStream)
    }
    startKeepalive()
    scheduleTurn()
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func end() {
    guard let context else { return }
    self.context = nil
    loop.remove(on: context.channel)
    deadlines.cancel()
    keepalive?.cancel()
    let streams = streams.all
    self.streams.removeAll()
    loop.openStreams.add(-streams.count)
    waitingCalls.removeAll()
    resets.removeAll()
    writableAgain.removeAll()
    for stream in streams { stream.cancel(.connectionLost) }
  }

  // MARK: Reading

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return }
    isReading = true
    let frame = unwrapInboundIn(data)
    switch frame.payload {
    case .headers(let payload): receive(payload, on: frame.streamID)
    case .data(let payload): receive(payload, on: frame.streamID)
    case .ping(_, let ack): receivePing(ack: ack)
    case .rstStream: receiveReset(of: frame.streamID)
    case .settings, .priority, .windowUpdate: receiveControl(frame.payload)
    case .goAway, .pushPromise, .alternativeService, .origin: break
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // The handler of HTTP/2 has flushed what was written while this was read.
    isReading = false
    hasWritten = false
    turn &+= 1
    lastRead = .now()
    if hasWork { scheduleTurn() }
    context.fireChannelReadComplete()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case let event as NIOHTTP2WindowUpdatedEvent: updateWindow(event)
    case let event as StreamClosedEvent: close(event)
    default: break
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    receive(error)
  }

  // MARK: Writing

  /// Writes a message with its prefix.
  func writeMessage(_ message: ByteBuffer, of stream: ConnectionStream) {
    var framed = ByteBuffer()
    framed.reserveCapacity(MessageReader.prefixByteCount + message.readableBytes)
    framed.writeInteger(0 as UInt8)
    framed.writeInteger(UInt32(truncatingIfNeeded: message.readableBytes))
    framed.writeImmutableBuffer(message)
    writeData(framed, of: stream)
  }

  func writeData(_ bytes: ByteBuffer, of stream: ConnectionStream, isEnd: Bool = false) {
    guard !stream.hasEnded else { return }
    stream.hasEnded = isEnd
    stream.pendingByteCount += bytes.readableBytes
    pendingByteCount += bytes.readableBytes
    if pendingByteCount >= limits.connectionHighWaterMark { isCongested = true }
    write(.data(.init(data: .byteBuffer(bytes), endStream: isEnd)), on: stream.id)
  }

  func writeHeaders(_ headers: HPACKHeaders, of stream: ConnectionStream, isEnd: Bool) {
    guard !stream.hasEnded else { return }
    stream.hasEnded = isEnd
    write(.headers(.init(headers: headers, endStream: isEnd)), on: stream.id)
  }

  /// Writes a frame, which goes out at the end of the turn.
  func write(_ payload: HTTP2Frame.FramePayload, on id: HTTP2StreamID) {
    guard let context else { return }
    hasWritten = true
    if !isReading { scheduleTurn() }
    context.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: payload)), promise: nil)
  }

  /// Is told by the handler of HTTP/2 of every frame that leaves it.
  func wroteFrame(_ frame: HTTP2Frame) {
    switch frame.payload {
    case .data(let payload):
      guardian.noteData()
      guard let stream = streams[Int32(frame.streamID)] else { return }
      let byteCount = payload.data.readableBytes
      stream.pendingByteCount -= byteCount
      pendingByteCount -= byteCount
      noteRoom(of: stream)
      if payload.endStream { noteEnd(of: stream) }
    case .headers(let payload):
      guardian.ping.hasSent = true
      guard payload.endStream, let stream = streams[Int32(frame.streamID)] else { return }
      noteEnd(of: stream)
    case .goAway:
      guardian.hasSentGoAway = true
    default: break
    }
  }

  private func noteRoom(of stream: ConnectionStream) {
    if isCongested, pendingByteCount <= limits.connectionLowWaterMark {
      isCongested = false
      congestionEnded = true
      scheduleTurn()
    }
    guard stream.waitsForWriting, stream.pendingByteCount <= limits.callLowWaterMark else { return }
    if isCongested, stream.pendingByteCount > 0 { return }
    stream.waitsForWriting = false
    waitingCount -= 1
    writableAgain.append(stream)
    scheduleTurn()
  }

  private func noteEnd(of stream: ConnectionStream) {
    // A client that still talks is told that nobody listens.
    guard !stream.clientHasEnded else { return }
    resets.append(stream.id)
    scheduleTurn()
  }

  func countWaiting(_ more: Int) { waitingCount += more }

  // MARK: Turns

  private var hasWork: Bool {
    hasWritten || !resets.isEmpty || !writableAgain.isEmpty || congestionEnded
      || (!waitingCalls.isEmpty && !isCongested)
  }

  func scheduleTurn() {
    guard !hasTurn, context != nil else { return }
    hasTurn = true
    loop.endTurn(of: self)
  }

  /// Sends what was written, and tells those who wait.
  func endTurn() {
    hasTurn = false
    guard let context else { return }
    for id in resets where streams[Int32(id)] != nil { write(.rstStream(.noError), on: id) }
    resets.removeAll(keepingCapacity: true)
    if hasWritten {
      hasWritten = false
      context.flush()
    }
    tellWritable()
    dispatchWaiting()
    closeIfDrained()
  }

  private func tellWritable() {
    var told = writableAgain
    writableAgain.removeAll(keepingCapacity: true)
    if congestionEnded {
      congestionEnded = false
      if waitingCount > 0 {
        for stream in streams.all where stream.waitsForWriting {
          guard stream.pendingByteCount <= limits.callLowWaterMark else { continue }
          stream.waitsForWriting = false
          waitingCount -= 1
          told.append(stream)
        }
      }
    }
    for stream in told where !stream.hasEnded { stream.becomeWritable() }
  }

  /// Takes a stream out of the table.
  func remove(_ id: HTTP2StreamID) -> ConnectionStream? {
    guard let stream = streams.remove(Int32(id)) else { return nil }
    loop.openStreams.add(-1)
    pendingByteCount -= stream.pendingByteCount
    stream.pendingByteCount = 0
    stream.hasEnded = true
    if stream.waitsForWriting {
      stream.waitsForWriting = false
      waitingCount -= 1
    }
    if isCongested, pendingByteCount <= limits.connectionLowWaterMark {
      isCongested = false
      congestionEnded = true
      scheduleTurn()
    }
    return stream
  }
}
