internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import RPC

/// A call that came through the gateway; belongs to its event loop.
final class GatewayCall: RPCCall.Sink {
  private let exchange: any HTTPExchange
  private let route: GatewayRoute
  private let pool: NIOThreadPool
  private let limit: Int
  private var headers: HTTPHeaders

  // Invariant: set from the beginning to the end of the call, so that nothing outlives it.
  private var call: RPCCall?
  private var handler: (any RPCStreamHandler)?
  private var timer: Scheduled<Void>?

  /// What the client sends to a stream and was not taken yet.
  private var values: JSONValues
  private var hasAllValues = false
  private var isFeeding = false

  /// The answer of a call that does not stream.
  private var response: ByteBuffer?
  private var hasBegun = false

  /// A call of a request.
  ///
  /// - Parameters:
  ///   - exchange: The request.
  ///   - route: What its path stands for.
  ///   - headers: What every answer has in its head.
  ///   - pool: Threads that long answers are made into text by.
  ///   - limit: The longest message, in bytes.
  init(
    _ exchange: any HTTPExchange,
    _ route: GatewayRoute,
    _ headers: HTTPHeaders,
    _ pool: NIOThreadPool,
    limit: Int
  ) {
    self.exchange = exchange
    self.route = route
    self.headers = headers
    self.pool = pool
    self.limit = limit
    values = JSONValues(exchange.request.body)
  }

  /// Makes the call.
  func begin(_ method: RPCMethod, _ metadata: RPCMetadata, timeout: TimeAmount?) {
    var peer = exchange.request.peer
    peer.certificateName = nil
    let loop = exchange.eventLoop
    let call = RPCCall(
      path: route.method,
      metadata: metadata,
      peer: peer,
      deadline: timeout.map { .now() + $0 },
      eventLoop: loop,
      sink: self
    )
    self.call = call
    exchange.onCancel = { [self] in cancel(.connectionLost) }
    if let timeout {
      timer = loop.assumeIsolated().scheduleTask(in: timeout) { [weak self] in self?.expire() }
    }
    switch method {
    case .unary(let handle): beginUnary(call, handle)
    case .stream(let makeHandler):
      let handler = makeHandler(call)
      // It may have been refused already.
      guard !call.isOver else { return }
      self.handler = handler
      exchange.onWritable = { [self] in
        self.handler?.becomeWritable()
        feed()
      }
      feed()
    }
  }

  private func beginUnary(_ call: RPCCall, _ handle: (RPCCall, ByteBuffer) -> Void) {
    do throws(RPCStatus) {
      // An empty body is a message of which nothing is said; what follows an object is not read.
      handle(call, try nextMessage() ?? ByteBuffer())
    } catch {
      call.fail(error)
    }
  }

  /// Hands messages to a stream, as long as its answers go out.
  private func feed() {
    guard !isFeeding, !hasAllValues else { return }
    isFeeding = true
    defer { isFeeding = false }
    do throws(RPCStatus) {
      while let call, !call.isOver, call.isWritable {
        guard let message = try nextMessage() else {
          hasAllValues = true
          handler?.receiveEnd()
          return
        }
        handler?.receive(message)
      }
    } catch {
      hasAllValues = true
      // etcd goes on with what came before, but says so where nothing did.
      if hasBegun { handler?.receiveEnd() } else { call?.fail(error) }
    }
  }

  private func nextMessage() throws(RPCStatus) -> ByteBuffer? {
    let json: [UInt8]?
    do throws(JSONValues.Fault) {
      json = try values.next()
    } catch {
      switch error {
      case .cutOff: throw .jsonCutOff
      case .notObject: throw .jsonNotObject
      }
    }
    guard let json else { return nil }
    let message: ByteBuffer
    do { message = try route.request(json) } catch { throw .badJSON("\(error)") }
    guard message.readableBytes <= limit else {
      throw .messageTooLarge(message.readableBytes, limit: limit)
    }
    return message
  }

  private func cancel(_ reason: RPCCancellation) {
    let (call, handler) = (call, handler)
    forget()
    call?.cancel(reason)
    handler?.cancel(reason)
  }

  private func expire() {
    guard call?.isOver == false else { return }
    cancel(.deadline)
    end(.deadlineExceeded)
  }

  private func forget() {
    timer?.cancel()
    timer = nil
    call = nil
    handler = nil
    exchange.onCancel = nil
    exchange.onWritable = nil
  }

  // MARK: Answering

  var isWritable: Bool { exchange.isWritable }

  func send(_ message: ByteBuffer) {
    guard route.isStream else {
      response = message
      return
    }
    guard let json = try? route.response(message) else { return }
    beginStream(.ok)
    var line = ByteBuffer(string: "{\"result\":")
    line.writeBytes(json)
    line.writeStaticString("}\n")
    exchange.send(line)
  }

  func finish(_ status: RPCStatus) {
    forget()
    end(status)
  }

  private func end(_ status: RPCStatus) {
    if route.isStream { return endStream(status) }
    guard status.code == .ok else { return exchange.answer(headers, status) }
    let response = response ?? ByteBuffer()
    guard response.readableBytes > GatewayCall.longAnswerByteCount else {
      return answer(Result { ByteBuffer(bytes: try route.response(response)) })
    }
    let loop = exchange.eventLoop
    let pending = NIOLoopBound(self, eventLoop: loop)
    pool.submit { [route] state in
      let result: Result<ByteBuffer, any Error> =
        state == .active
        ? Result { ByteBuffer(bytes: try route.response(response)) } : .failure(RPCStatus.stopped)
      loop.execute { pending.value.answer(result) }
    }
  }

  /// From which size on an answer is not made into text on the event loop: that takes some milliseconds.
  private static let longAnswerByteCount = 1 << 17

  private func answer(_ json: Result<ByteBuffer, any Error>) {
    switch json {
    case .success(let body):
      headers.add(name: "content-type", value: "application/json")
      headers.add(name: "grpc-metadata-content-type", value: "application/grpc")
      exchange.answer(.ok, headers, body: body)
    case .failure(let error):
      exchange.answer(headers, error as? RPCStatus ?? RPCStatus(.internal, "\(error)"))
    }
  }

  private func beginStream(_ status: HTTPResponseStatus) {
    guard !hasBegun else { return }
    hasBegun = true
    headers.add(name: "content-type", value: "application/json")
    headers.add(name: "grpc-metadata-content-type", value: "application/grpc")
    exchange.begin(status, headers)
  }

  private func endStream(_ status: RPCStatus) {
    beginStream(status.code.httpStatus)
    if status.code != .ok {
      let code = status.code.rawValue
      let http = status.code.httpStatus
      let text = JSONText.quoted(status.message)
      // The fields of gateways up to etcd 3.5, and the code as later ones have it.
      let json =
        "{\"error\":{\"grpc_code\":\(code),\"http_code\":\(http.code),\"message\":\(text),"
        + "\"http_status\":\(JSONText.quoted(http.reasonPhrase)),\"code\":\(code)}}\n"
      exchange.send(ByteBuffer(string: json))
    }
    exchange.end()
  }
}
