internal import NIOCore
internal import NIOHTTP1

/// A connection over HTTP/1.1: one request after the other.
///
/// A client may send the next before the last is answered; then it waits here, and no more is read.
final class HTTP1Connection: ChannelDuplexHandler, ServerConnection {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = Never
  typealias OutboundOut = HTTPServerResponsePart

  let loop: LoopState
  let peer: RPCPeer
  private let gate: ConnectionGate

  // Invariant: nil once the handler is removed; otherwise context and handler would keep each other.
  private var context: ChannelHandlerContext?
  private var exchange: HTTP1Exchange?
  private var waiting = CircularBuffer<HTTPServerRequestPart>()
  private var hasHeldRead = false
  private var isTaking = false
  private var idle: Scheduled<Void>?
  private(set) var isDraining = false
  private var isClosing = false

  init(loop: LoopState, peer: RPCPeer, gate: ConnectionGate) {
    self.loop = loop
    self.peer = peer
    self.gate = gate
  }

  var isWritable: Bool { context?.channel.isWritable ?? false }

  // MARK: Life

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    loop.add(self, on: context.channel)
    startIdleTimer()
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
    idle?.cancel()
    waiting.removeAll()
    let exchange = exchange
    self.exchange = nil
    if exchange != nil { loop.openStreams.add(-1) }
    exchange?.cancel()
  }

  func drain() {
    isDraining = true
    if exchange == nil { closeWhenWritten() }
  }

  private func closeWhenWritten() {
    guard !isClosing else { return }
    isClosing = true
    gate.closeWhenWritten()
  }

  private func startIdleTimer() {
    idle?.cancel()
    let timeout = loop.configuration.limits.idleTimeout
    idle = loop.eventLoop.assumeIsolated().scheduleTask(in: timeout) { [weak self] in
      guard let self, self.exchange?.isReceived != true else { return }
      self.context?.close(promise: nil)
    }
  }

  // MARK: Reading

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return }
    waiting.append(unwrapInboundIn(data))
    takeWaiting()
  }

  func read(context: ChannelHandlerContext) {
    if waiting.isEmpty { context.read() } else { hasHeldRead = true }
  }

  private func takeWaiting() {
    guard !isTaking else { return }
    isTaking = true
    while exchange?.isReceived != true, !isClosing, let part = waiting.popFirst() { take(part) }
    isTaking = false
    if waiting.isEmpty, hasHeldRead {
      hasHeldRead = false
      context?.read()
    }
  }

  private func take(_ part: HTTPServerRequestPart) {
    switch part {
    case .head(let head): begin(head)
    case .body(var bytes):
      guard let exchange, exchange.request.body.readableBytes + bytes.readableBytes <= limit else {
        exchange?.refuse()
        return
      }
      exchange.request.body.writeBuffer(&bytes)
    case .end:
      guard let exchange else { return }
      exchange.isReceived = true
      loop.http(exchange)
    }
  }

  private func begin(_ head: HTTPRequestHead) {
    let exchange = HTTP1Exchange(head, on: self)
    self.exchange = exchange
    loop.openStreams.add()
    if let announced = head.headers.first(name: "content-length").flatMap(Int.init),
      announced > limit
    {
      exchange.refuse()
      return
    }
    if head.version != .http1_0,
      head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" })
    {
      write(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
      context?.flush()
    }
  }

  private var limit: Int { loop.configuration.limits.maximumBodyByteCount }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    let level: RPCLogLine.Level = error is HTTPParserError ? .warning : .debug
    loop.log(level, "closed a connection", peer: peer.address, error: "\(error)")
    guard error is HTTPParserError, exchange?.hasBegun != true, !isClosing else {
      context.close(promise: nil)
      return
    }
    let headers: HTTPHeaders = ["connection": "close", "content-length": "0"]
    let head = HTTPResponseHead(version: .http1_1, status: .badRequest, headers: headers)
    write(.head(head))
    write(.end(nil))
    closeWhenWritten()
  }

  // MARK: Writing

  func write(_ part: HTTPServerResponsePart) {
    guard let context else { return }
    context.write(wrapOutboundOut(part), promise: nil)
    if case .head = part { return }
    context.flush()
  }

  /// Goes on to the next request.
  func finish(_ exchange: HTTP1Exchange) {
    guard self.exchange === exchange else { return }
    self.exchange = nil
    loop.openStreams.add(-1)
    guard exchange.keepsAlive, !isDraining else {
      closeWhenWritten()
      return
    }
    startIdleTimer()
    takeWaiting()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { exchange?.onWritable?() }
    context.fireChannelWritabilityChanged()
  }
}

extension HTTP1Exchange {
  /// Answers a request whose body is too long; the connection ends then.
  fileprivate func refuse() {
    keepsAlive = false
    answer(.payloadTooLarge)
  }
}
