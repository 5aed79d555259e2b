internal import NIOCore
internal import NIOHTTP2
internal import NIOPosix
internal import NIOSSL
internal import SwiftProtobuf
internal import Synchronization

/// One HTTP/2 connection to one server, and the calls on it.
///
/// It may be used from any number of tasks at once. When it is lost, every call on it fails and so
/// does every later one: ``EtcdClient`` opens another.
public final class Connection: Sendable {
  /// How connections are made, and what calls on them may take.
  public struct Options: Sendable {
    /// How long making the connection may take, with the greetings of TLS and HTTP/2.
    public var dialTimeout: Duration = .seconds(5)

    /// When to ask a silent server for a sign of life; nil for never.
    public var keepalive: Keepalive? = Keepalive()

    /// What one answer may not be larger than, in bytes.
    public var answerByteCountLimit: Int = Int(Int32.max)

    /// The certificates for encrypted connections.
    public var certificates = Certificates()

    /// What is usual.
    public init() {}
  }

  /// The server.
  public let endpoint: Endpoint

  private let options: Options
  private let channel: any Channel
  private let handler: NIOLoopBound<ConnectionHandler>
  private let callCount = Atomic<Int>(0)

  private init(
    endpoint: Endpoint,
    options: Options,
    channel: any Channel,
    handler: NIOLoopBound<ConnectionHandler>
  ) {
    self.endpoint = endpoint
    self.options = options
    self.channel = channel
    self.handler = handler
  }

  deinit {
    close()
  }

  /// Connects, and waits until the server has greeted.
  public static func open(
    _ endpoint: Endpoint,
    options: Options = Options()
  ) async throws(EtcdClientError) -> Connection {
    let security = try endpoint.isSecure ? options.certificates.context() : nil
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connectTimeout(TimeAmount(options.dialTimeout))
    do {
      let (channel, handler, ready) = try await open(bootstrap, to: endpoint) { channel in
        channel.eventLoop.makeCompletedFuture {
          try initialize(channel, endpoint: endpoint, options: options, security: security)
        }
      }
      let limit = channel.eventLoop.scheduleTask(in: TimeAmount(options.dialTimeout)) {
        handler.value.close("no greeting within \(EtcdClientError.text(options.dialTimeout))")
      }
      defer { limit.cancel() }
      try await ready.get()
      return Connection(endpoint: endpoint, options: options, channel: channel, handler: handler)
    } catch let error as EtcdClientError {
      throw error
    } catch {
      throw ConnectionFailure.failure(error, endpoint: endpoint, options: options)
    }
  }

  /// Whether calls can still be made on it.
  public var isActive: Bool { channel.isActive }

  /// Makes a call that has one answer.
  ///
  /// - Parameters:
  ///   - method: The call.
  ///   - request: What is asked.
  ///   - timeout: How long the answer may take; nil for any time.
  ///   - metadata: More header fields, names in lower case.
  /// - Returns: The answer.
  /// - Throws: `EtcdClientError`.
  public func call<Request, Response>(
    _ method: Method<Request, Response>,
    _ request: Request,
    timeout: Duration? = nil,
    metadata: [(name: String, value: String)] = []
  ) async throws(EtcdClientError) -> Response {
    let message = try frame(request)
    let head = head(method.path, timeout: timeout, metadata: metadata)
    return try decode(await answer(head, message))
  }

  /// Makes a call that has one answer, and hands that out as it came.
  ///
  /// - Parameters:
  ///   - method: The call.
  ///   - request: What is asked.
  ///   - timeout: How long the answer may take; nil for any time.
  ///   - metadata: More header fields, names in lower case.
  /// - Returns: The bytes of the answer, not looked at.
  /// - Throws: `EtcdClientError`.
  public func callRaw<Request, Response>(
    _ method: Method<Request, Response>,
    _ request: Request,
    timeout: Duration? = nil,
    metadata: [(name: String, value: String)] = []
  ) async throws(EtcdClientError) -> AnswerBytes {
    let message = try frame(request)
    let head = head(method.path, timeout: timeout, metadata: metadata)
    return AnswerBytes(try await answer(head, message))
  }

  /// The one answer of a call.
  func answer(_ head: CallHead, _ message: ByteBuffer) async throws(EtcdClientError) -> ByteBuffer {
    let id = nextID()
    let outcome: Result<ByteBuffer, EtcdClientError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let receiver = SingleAnswer(continuation, endpoint: endpoint)
        channel.eventLoop.execute { [handler] in
          handler.value.begin(id, head, message: message, isLast: true, receiver: receiver)
        }
        // Here, behind the call's beginning, a cancellation before it counts, too.
        if Task.isCancelled { cancel(id) }
      }
    } onCancel: {
      cancel(id)
    }
    return try outcome.get()
  }

  /// Begins a call with any number of messages in both directions.
  ///
  /// It goes on until the server ends it or the stream is let go.
  ///
  /// - Parameters:
  ///   - method: The call.
  ///   - metadata: More header fields, names in lower case.
  /// - Returns: The two directions.
  public func stream<Request, Response>(
    _ method: Method<Request, Response>,
    metadata: [(name: String, value: String)] = []
  ) -> CallStream<Request, Response> {
    let id = nextID()
    let head = head(method.path, timeout: nil, metadata: metadata)
    let inbox = Inbox()
    channel.eventLoop.execute { [handler] in
      handler.value.begin(id, head, message: nil, isLast: false, receiver: inbox)
    }
    return CallStream(connection: self, id: id, inbox: inbox)
  }

  /// Ends the connection and every call on it.
  public func close() {
    channel.eventLoop.execute { [handler] in handler.value.close() }
  }

  func cancel(_ id: Exchange.ID) {
    channel.eventLoop.execute { [handler] in handler.value.cancel(id) }
  }

  func send(_ message: ByteBuffer?, isLast: Bool, on id: Exchange.ID) {
    channel.eventLoop.execute { [handler] in handler.value.send(message, isLast: isLast, on: id) }
  }

  func grant(_ byteCount: Int, to id: Exchange.ID) {
    channel.eventLoop.execute { [handler] in handler.value.grant(byteCount, to: id) }
  }

  func frame(_ message: some Message) throws(EtcdClientError) -> ByteBuffer {
    do {
      return MessageReader.frame(try message.serializedBytes())
    } catch {
      throw .malformed(endpoint: endpoint.description, reason: "request: \(error)")
    }
  }

  func decode<M: Message>(_ message: ByteBuffer) throws(EtcdClientError) -> M {
    do {
      return try M(serializedBytes: MessageBytes(buffer: message))
    } catch {
      throw .malformed(endpoint: endpoint.description, reason: "\(error)")
    }
  }

  private func nextID() -> Exchange.ID {
    Exchange.ID(number: callCount.add(1, ordering: .relaxed).newValue)
  }

  func head(
    _ path: String,
    timeout: Duration?,
    silence: Duration? = nil,
    metadata: [(name: String, value: String)]
  ) -> CallHead {
    CallHead(
      path: path,
      metadata: metadata,
      timeout: timeout,
      silence: silence,
      limit: options.answerByteCountLimit
    )
  }
}

extension Connection {
  private typealias Opened = (
    channel: any Channel, handler: NIOLoopBound<ConnectionHandler>, ready: EventLoopFuture<Void>
  )

  private static func open<Output: Sendable>(
    _ bootstrap: ClientBootstrap,
    to endpoint: Endpoint,
    _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
  ) async throws -> Output {
    switch endpoint.address {
    case .host(let host, let port):
      try await bootstrap.connect(host: host, port: port, channelInitializer: initializer)
    case .unixSocket(let path):
      try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: initializer)
    }
  }

  private static func initialize(
    _ channel: any Channel,
    endpoint: Endpoint,
    options: Options,
    security: NIOSSLContext?
  ) throws -> Opened {
    let pipeline = channel.pipeline.syncOperations
    if let security {
      let name = options.certificates.serverName(of: endpoint)
      try pipeline.addHandler(NIOSSLClientHandler(context: security, serverHostname: name))
    }
    var connection = NIOHTTP2Handler.ConnectionConfiguration()
    connection.initialSettings = [
      HTTP2Setting(parameter: .enablePush, value: 0),
      HTTP2Setting(parameter: .initialWindowSize, value: ConnectionHandler.streamWindow),
      HTTP2Setting(parameter: .maxFrameSize, value: 1 << 20),
      HTTP2Setting(parameter: .maxHeaderListSize, value: 1 << 16),
    ]
    connection.maximumRecentlyResetStreams = 1_000
    // Servers written in Go send a ping for nearly every message that they receive, and reset a
    // stream that they have answered before its end came. The limits are made for servers.
    connection.controlFrameRateLimit.maximumCount = 100_000
    connection.controlFrameRateLimit.windowLength = .seconds(1)
    var stream = NIOHTTP2Handler.StreamConfiguration()
    stream.streamResetFrameRateLimit.maximumCount = 100_000
    stream.streamResetFrameRateLimit.windowLength = .seconds(1)
    stream.streamErrorRateLimit.maximumCount = 100_000
    stream.streamErrorRateLimit.windowLength = .seconds(1)
    let http2 = NIOHTTP2Handler(
      mode: .client,
      connectionConfiguration: connection,
      streamConfiguration: stream
    )
    let ready = channel.eventLoop.makePromise(of: Void.self)
    let handler = ConnectionHandler(endpoint: endpoint, options: options, ready: ready)
    try pipeline.addHandlers([http2, handler])
    return (channel, NIOLoopBound(handler, eventLoop: channel.eventLoop), ready.futureResult)
  }
}
