internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2
internal import NIOSSL
internal import RPC

/// The calls of one connection: frames on one side, messages and outcomes on the other.
///
/// Everything happens on the connection's event loop.
///
/// Invariant: an exchange is in `exchanges` and `streams`, or its receiver has been told its end.
final class ConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame
  typealias OutboundOut = HTTP2Frame

  /// How much a server may send on one stream before it waits, in bytes.
  static let streamWindow = 4 << 20

  /// How much it may send on all of them.
  static let connectionWindow = 16 << 20

  private let endpoint: Endpoint
  private let options: Connection.Options
  private let ready: EventLoopPromise<Void>

  // Nil before the handler is in a pipeline, and after: the two would keep each other alive.
  private var context: ChannelHandlerContext?
  private var exchanges: [Exchange.ID: Exchange] = [:]
  private var streams: [HTTP2StreamID: Exchange] = [:]
  private var lastStreamID = -1
  private var state = State.connecting
  private var keepaliveTimer: Scheduled<Void>?
  private var isAnswerAwaited = false

  private enum State: Equatable {
    /// The server's first frame has not come.
    case connecting

    /// Calls can be made.
    case open

    /// No more calls can be made, for this reason; those that were made go on.
    case draining(String)

    /// It is gone, for this reason.
    case closed(String)
  }

  init(endpoint: Endpoint, options: Connection.Options, ready: EventLoopPromise<Void>) {
    self.endpoint = endpoint
    self.options = options
    self.ready = ready
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    end("closed")
    self.context = nil
  }

  func channelInactive(context: ChannelHandlerContext) {
    // That is what a server does which takes a greeting in plain text for a wrong one.
    let isRefused = state == .connecting && !endpoint.isSecure
    end("closed by the server" + (isRefused ? ": it may want an encrypted connection" : ""))
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
    let failure = ConnectionFailure.failure(
      error,
      endpoint: endpoint,
      options: options,
      certificate: certificate
    )
    ready.fail(failure)
    close(ConnectionFailure.reason(failure))
  }

  // MARK: Calls

  /// Begins a call; the receiver is told its outcome, which may be at once.
  func begin(
    _ id: Exchange.ID,
    _ head: CallHead,
    message: ByteBuffer?,
    isLast: Bool,
    receiver: any Exchange.Receiver
  ) {
    switch state {
    case .connecting, .open: break
    case .draining(let reason), .closed(let reason):
      receiver.finish(.lost(endpoint: endpoint.description, reason: reason, isUntouched: true))
      return
    }
    guard let context, lastStreamID < Int(Int32.max) - 2 else {
      let reason = "all streams used"
      receiver.finish(.lost(endpoint: endpoint.description, reason: reason, isUntouched: true))
      return
    }
    lastStreamID += 2
    let exchange = Exchange(
      id: id,
      receiver: receiver,
      streamID: HTTP2StreamID(lastStreamID),
      limit: head.limit
    )
    exchanges[id] = exchange
    streams[exchange.streamID] = exchange
    let headers = HTTP2Frame.FramePayload.Headers(headers: fields(head))
    write(.headers(headers), on: exchange, context)
    if let message { write(message, isLast: isLast, on: exchange, context) }
    context.flush()
    if let timeout = head.timeout {
      exchange.timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(timeout)) {
        self.finish(exchange, self.timedOut(timeout), reset: .cancel)
      }
    }
    if let silence = head.silence { watchSilence(of: exchange, silence, in: silence) }
    startKeepalive()
  }

  /// Ends a call when nothing has come of its answer for some time; looks after a while.
  private func watchSilence(of exchange: Exchange, _ limit: Duration, in wait: Duration) {
    guard let context else { return }
    let loop = context.eventLoop.assumeIsolated()
    exchange.silenceTimer = loop.scheduleTask(in: TimeAmount(wait)) {
      let silence = Duration.nanoseconds((NIODeadline.now() - exchange.lastSign).nanoseconds)
      guard silence < limit else {
        return self.finish(exchange, self.timedOut(limit), reset: .cancel)
      }
      self.watchSilence(of: exchange, limit, in: limit - silence)
    }
  }

  /// Sends another message of a call, if it is not over.
  func send(_ message: ByteBuffer?, isLast: Bool, on id: Exchange.ID) {
    guard let context, let exchange = exchanges[id], !exchange.isHalfClosed else { return }
    write(message ?? ByteBuffer(), isLast: isLast, on: exchange, context)
    context.flush()
  }

  /// Ends a call that nobody waits for any more.
  func cancel(_ id: Exchange.ID) {
    guard let exchange = exchanges[id] else { return }
    finish(exchange, .cancelled, reset: .cancel)
  }

  /// Lets the server send more on a call.
  func grant(_ byteCount: Int, to id: Exchange.ID) {
    guard let exchange = exchanges[id] else { return }
    exchange.ungranted += byteCount
    grantIfMuch(exchange)
  }

  /// Ends all calls and the connection.
  func close(_ reason: String = "closed by the client") {
    end(reason)
    context?.close(promise: nil)
  }

  private func fields(_ head: CallHead) -> HPACKHeaders {
    var headers = HPACKHeaders([
      (":method", "POST"), (":scheme", endpoint.isSecure ? "https" : "http"),
      (":path", head.path), (":authority", endpoint.authority),
      ("te", "trailers"), ("content-type", "application/grpc"), ("user-agent", "explorer"),
    ])
    if let timeout = head.timeout {
      headers.add(name: "grpc-timeout", value: Timeout.text(timeout))
    }
    for field in head.metadata { headers.add(name: field.name, value: field.value) }
    return headers
  }

  // MARK: Frames

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    isAnswerAwaited = false
    let frame = unwrapInboundIn(data)
    switch frame.payload {
    case .data(let payload):
      if let exchange = streams[frame.streamID] { receive(payload, on: exchange) }
    case .headers(let payload):
      if let exchange = streams[frame.streamID] { receive(payload, on: exchange) }
    case .rstStream(let code):
      guard let exchange = streams[frame.streamID] else { break }
      finish(exchange, lost("stream reset, \(code.text)", isUntouched: code == .refusedStream))
    case .goAway(let last, let code, let data):
      let text = data.map { String(buffer: $0) } ?? ""
      drain("server goes away, \(text.isEmpty ? code.text : text)", last: last)
    case .settings(.settings):
      guard state == .connecting else { break }
      state = .open
      raiseWindow(by: Self.connectionWindow - 65_535)
      ready.succeed()
    case .settings(.ack), .ping, .priority, .pushPromise, .windowUpdate, .alternativeService,
      .origin:
      break
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case let event as StreamClosedEvent:
      guard let exchange = streams[event.streamID] else { break }
      // The end of the stream comes after its last frame: nothing was left out.
      let code = event.reason.map(\.text) ?? "without a status"
      let isUntouched = event.reason == .refusedStream
      finish(exchange, lost("stream closed, \(code)", isUntouched: isUntouched))
    case let event as NIOHTTP2WindowUpdatedEvent where event.streamID == .rootStream:
      // Counted by the layer below, which also knows the bytes of streams that are over.
      if let left = event.inboundWindowSize, left < Self.connectionWindow / 2, state != .connecting
      {
        raiseWindow(by: Self.connectionWindow - left)
      }
    default: break
    }
    context.fireUserInboundEventTriggered(event)
  }

  private func receive(_ payload: HTTP2Frame.FramePayload.Headers, on exchange: Exchange) {
    exchange.lastSign = .now()
    if !exchange.isOpened {
      exchange.isOpened = true
      let status = payload.headers.first(name: ":status") ?? ""
      guard status == "200" else {
        let failure = EtcdClientError.malformed(
          endpoint: endpoint.description,
          reason: "HTTP status \(status)"
        )
        return finish(exchange, failure, reset: .cancel)
      }
    }
    guard payload.endStream else { return }
    finish(exchange, AnswerStatus.failure(payload.headers, endpoint: endpoint))
  }

  private func receive(_ payload: HTTP2Frame.FramePayload.Data, on exchange: Exchange) {
    guard case .byteBuffer(let bytes) = payload.data else { return }
    exchange.lastSign = .now()
    exchange.ungranted += bytes.readableBytes
    exchange.reader.append(bytes)
    do throws(MessageReader.Failure) {
      while let message = try exchange.reader.next() {
        let byteCount = message.readableBytes
        if !exchange.receiver.receive(message) { exchange.ungranted -= byteCount }
      }
    } catch {
      return finish(exchange, refusal(error, limit: exchange.reader.limit), reset: .cancel)
    }
    guard !payload.endStream else { return finish(exchange, malformed("no status at its end")) }
    grantIfMuch(exchange)
  }

  // MARK: Ends

  private func finish(
    _ exchange: Exchange,
    _ failure: EtcdClientError?,
    reset: HTTP2ErrorCode? = nil
  ) {
    guard exchanges.removeValue(forKey: exchange.id) != nil else { return }
    streams.removeValue(forKey: exchange.streamID)
    exchange.timer?.cancel()
    exchange.silenceTimer?.cancel()
    var failure = failure
    if failure == nil, !exchange.reader.isAtEnd { failure = malformed("cut off") }
    // A server that answers before the client has ended waits for that end.
    let code = reset ?? (exchange.isHalfClosed ? nil : .cancel)
    if let code, let context {
      let frame = HTTP2Frame(streamID: exchange.streamID, payload: .rstStream(code))
      context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }
    exchange.receiver.finish(failure)
    if exchanges.isEmpty {
      keepaliveTimer?.cancel()
      keepaliveTimer = nil
      if case .draining(let reason) = state { close(reason) }
    }
  }

  private func drain(_ reason: String, last: HTTP2StreamID) {
    switch state {
    case .closed: return
    case .draining: break  // It may have promised more at first, while it looked what had come.
    case .connecting, .open: state = .draining(reason)
    }
    ready.fail(EtcdClientError.unreachable(endpoint: endpoint.description, reason: reason))
    for exchange in streams.values where exchange.streamID > last {
      finish(exchange, lost(reason, isUntouched: true))
    }
    if exchanges.isEmpty { close() }
  }

  private func end(_ reason: String) {
    if case .closed = state { return }
    var reason = reason
    if case .draining(let earlier) = state { reason = earlier }
    state = .closed(reason)
    keepaliveTimer?.cancel()
    ready.fail(EtcdClientError.unreachable(endpoint: endpoint.description, reason: reason))
    let left = Array(exchanges.values)
    exchanges = [:]
    streams = [:]
    for exchange in left {
      exchange.timer?.cancel()
      exchange.silenceTimer?.cancel()
      exchange.receiver.finish(lost(reason, isUntouched: false))
    }
  }

  private func lost(_ reason: String, isUntouched: Bool) -> EtcdClientError {
    .lost(endpoint: endpoint.description, reason: reason, isUntouched: isUntouched)
  }

  private func refusal(_ failure: MessageReader.Failure, limit: Int) -> EtcdClientError {
    switch failure {
    case .compressed: malformed("compressed")
    case .tooLarge(let byteCount):
      .tooLarge(endpoint: endpoint.description, byteCount: byteCount, limit: limit)
    }
  }

  private func timedOut(_ time: Duration) -> EtcdClientError {
    .timedOut(endpoint: endpoint.description, after: time)
  }

  private func malformed(_ reason: String) -> EtcdClientError {
    .malformed(endpoint: endpoint.description, reason: reason)
  }

  // MARK: Writing

  private func write(
    _ payload: HTTP2Frame.FramePayload,
    on exchange: Exchange,
    _ context: ChannelHandlerContext
  ) {
    let frame = HTTP2Frame(streamID: exchange.streamID, payload: payload)
    context.write(wrapOutboundOut(frame), promise: nil)
  }

  private func write(
    _ message: ByteBuffer,
    isLast: Bool,
    on exchange: Exchange,
    _ context: ChannelHandlerContext
  ) {
    exchange.isHalfClosed = isLast
    write(.data(.init(data: .byteBuffer(message), endStream: isLast)), on: exchange, context)
  }

  private func grantIfMuch(_ exchange: Exchange) {
    guard let context, exchange.ungranted >= Self.streamWindow / 4 else { return }
    write(.windowUpdate(windowSizeIncrement: exchange.ungranted), on: exchange, context)
    context.flush()
    exchange.ungranted = 0
  }

  private func raiseWindow(by byteCount: Int) {
    guard let context else { return }
    let payload = HTTP2Frame.FramePayload.windowUpdate(windowSizeIncrement: byteCount)
    let frame = HTTP2Frame(streamID: .rootStream, payload: payload)
    context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
  }

  // MARK: Keepalive

  /// Asks for a sign of life when the server has been silent for long, while there are calls: etcd
  /// does not take pings without any.
  private func startKeepalive() {
    guard let keepalive = options.keepalive, keepaliveTimer == nil, let context else { return }
    isAnswerAwaited = true
    let loop = context.eventLoop.assumeIsolated()
    keepaliveTimer = loop.scheduleTask(in: TimeAmount(keepalive.interval)) {
      self.keepaliveTimer = nil
      guard self.isAnswerAwaited else { return self.startKeepalive() }
      let frame = HTTP2Frame(
        streamID: .rootStream,
        payload: .ping(HTTP2PingData(withInteger: 1), ack: false)
      )
      context.writeAndFlush(self.wrapOutboundOut(frame), promise: nil)
      self.keepaliveTimer = loop.scheduleTask(in: TimeAmount(keepalive.timeout)) {
        self.keepaliveTimer = nil
        guard self.isAnswerAwaited else { return self.startKeepalive() }
        self.close("no sign of life")
      }
    }
  }
}
