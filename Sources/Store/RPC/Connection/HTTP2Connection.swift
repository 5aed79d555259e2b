internal import NIOCore

/// A connection over HTTP/2: one handler, and one plain object a stream.
///
/// It takes frames apart and puts them together itself. A handler of frames in general, which knows
/// neither that most headers are always the same nor that an answer is three frames, would take more
/// time for a call than all the rest of it.
final class HTTP2Connection: ChannelDuplexHandler, ServerConnection {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = Never
  typealias OutboundOut = IOData

  let loop: LoopState
  let peer: RPCPeer
  let gate: ConnectionGate

  // Invariant: nil once the handler is removed; otherwise context and handler would keep each other.
  var context: ChannelHandlerContext?
  var streams = StreamTable()

  /// Counts the loop's turns in which something came.
  private(set) var turn = 0

  // Reading.
  private var reader = FrameReader()
  var headerDecoder: HeaderDecoder
  var headerBlock: HeaderBlock?
  var hasSettings = false
  var emptyFrameCount = 0
  var receiveWindow = Frame.initialWindowByteCount
  private(set) var isReading = false
  private var readIsHeld = false

  // Sending.
  var output = ByteBuffer()
  var answerHeaders = AnswerHeaders()
  var initialSendWindow = Frame.initialWindowByteCount
  var sendWindow = Frame.initialWindowByteCount
  var ready = CircularBuffer<ConnectionStream>()
  var lastData: LastData?

  /// How much of what was written on all streams waits, in bytes.
  var pendingByteCount = 0

  /// Whether that was too much and is not yet little again.
  var isCongested = false

  /// How many streams wait to be told that they may send.
  private var waitingCount = 0
  var incompleteByteCount = 0

  // What is done at the end of the turn.
  private var hasTurn = false
  var resets: [StreamID] = []
  private var writableAgain: [ConnectionStream] = []
  private var congestionEnded = false

  /// Unary calls that wait until there is room for answers.
  var waitingCalls = CircularBuffer<RPCStream>()

  var lastStreamID: StreamID = 0
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
    headerDecoder = HeaderDecoder(limit: max(1, loop.configuration.limits.maximumHeaderByteCount))
  }

  var limits: RPCLimits { loop.configuration.limits }

  /// How much a client may send on a new call.
  var callWindow: Int {
    min(max(limits.callWindowByteCount, Frame.initialWindowByteCount), Frame.maximumWindowByteCount)
  }

  // MARK: Life

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    loop.add(self, on: context.channel)
    output.writeSettings([
      (FrameSetting.maximumConcurrentStreams, limits.maximumConcurrentStreams),
      (
        FrameSetting.maximumHeaderListSize,
        UInt32(truncatingIfNeeded: limits.maximumHeaderByteCount)
      ),
      (FrameSetting.initialWindowSize, UInt32(truncatingIfNeeded: callWindow)),
    ])
    replenishConnection()
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
    ready.removeAll()
    for stream in streams {
      stream.queue = nil
      stream.cancel(.connectionLost)
    }
  }

  // MARK: Reading

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return }
    isReading = true
    reader.append(unwrapInboundIn(data))
    do throws(ConnectionFault) {
      while !isClosing, let frame = try reader.next() { try receive(frame) }
    } catch {
      fail(error)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    turn &+= 1
    lastRead = .now()
    endTurn()
    context.fireChannelReadComplete()
  }

  /// Reads on, but not from a client that does not take what it is answered.
  func read(context: ChannelHandlerContext) {
    if context.channel.isWritable || isClosing {
      context.read()
    } else {
      readIsHeld = true
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      if readIsHeld {
        readIsHeld = false
        context.read()
      }
      scheduleTurn()
    }
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard !isClosing else { return }
    // The socket's or the encryption's: there is nobody to tell.
    loop.log(.debug, "lost a connection", peer: peer.address, error: "\(error)")
    context.close(promise: nil)
  }

  // MARK: Room

  func noteRoom(of stream: ConnectionStream) {
    noteRoom()
    guard stream.waitsForWriting, stream.pendingByteCount <= limits.callLowWaterMark else { return }
    if isCongested, stream.pendingByteCount > 0 { return }
    stream.waitsForWriting = false
    waitingCount -= 1
    writableAgain.append(stream)
    scheduleTurn()
  }

  private func noteRoom() {
    guard isCongested, pendingByteCount <= limits.connectionLowWaterMark else { return }
    isCongested = false
    congestionEnded = true
    scheduleTurn()
  }

  func countWaiting(_ more: Int) { waitingCount += more }

  // MARK: Turns

  /// Has what was written sent, and those told who wait, at the end of the turn.
  func scheduleTurn() {
    guard !hasTurn, !isReading, context != nil else { return }
    hasTurn = true
    loop.endTurn(of: self)
  }

  /// Is called at the end of a turn that was scheduled.
  func endScheduledTurn() {
    hasTurn = false
    endTurn()
  }

  private func endTurn() {
    guard context != nil else { return }
    for id in resets { endStream(id) }
    resets.removeAll(keepingCapacity: true)
    sendQueued()
    flush()
    tellWritable()
    dispatchWaiting()
    closeIfDrained()
  }

  /// Gives what is put together to the socket.
  func flush() {
    lastData = nil
    guard let context, output.readableBytes > 0 else { return }
    context.writeAndFlush(wrapOutboundOut(.byteBuffer(output)), promise: nil)
    // Small ones were copied, and their memory serves again.
    if output.capacity <= 65_536 { output.clear() } else { output = ByteBuffer() }
  }

  private func tellWritable() {
    guard congestionEnded || !writableAgain.isEmpty else { return }
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
  func remove(_ id: StreamID) -> ConnectionStream? {
    guard let stream = streams.remove(id) else { return nil }
    loop.openStreams.add(-1)
    pendingByteCount -= stream.pendingByteCount
    stream.pendingByteCount = 0
    stream.hasEnded = true
    stream.queue = nil
    if stream.waitsForWriting {
      stream.waitsForWriting = false
      waitingCount -= 1
    }
    noteRoom()
    if isDraining { scheduleTurn() }
    return stream
  }
}
