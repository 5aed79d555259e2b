#if canImport(Glibc)
internal import Glibc
#endif
public import NIOCore
internal import NIOPosix
internal import Synchronization

/// A server of gRPC over HTTP/2, and of plain HTTP on the same ports.
public final class RPCServer: Sendable {
  private let configuration: RPCConfiguration
  private let group: any EventLoopGroup
  private let loops: [ObjectIdentifier: LoopState]
  private let state = Mutex(State.new)

  private enum State {
    case new
    case started([any Channel])
    case stopped
  }

  /// A server that listens on nothing yet.
  ///
  /// - Parameters:
  ///   - configuration: Where it will listen, and what it allows.
  ///   - methods: What is done for every method, by its full name: `/etcdserverpb.KV/Range`.
  ///   - group: The event loops that connections are spread over. They stay the caller's.
  ///   - http: Answers requests that are not of gRPC, on the event loop of their connection.
  public init(
    _ configuration: RPCConfiguration,
    methods: [String: RPCMethod],
    group: any EventLoopGroup,
    http: @escaping @Sendable (any HTTPExchange) -> Void
  ) {
    self.configuration = configuration
    self.group = group
    var loops: [ObjectIdentifier: LoopState] = [:]
    for eventLoop in group.makeIterator() {
      loops[ObjectIdentifier(eventLoop)] = LoopState(
        eventLoop: eventLoop,
        configuration: configuration,
        methods: methods,
        http: http
      )
    }
    self.loops = loops
  }

  // MARK: Life

  /// Listens everywhere it shall, or nowhere.
  ///
  /// - Returns: The address of every listener, in their order, with the port that the system chose.
  /// - Throws: ``RPCError``, with the place that cannot be listened on.
  public func start() async throws(RPCError) -> [SocketAddress] {
    var setups: [(RPCListener, ConnectionSetup)] = []
    for listener in configuration.listeners {
      setups.append((listener, try ConnectionSetup(listener, loops: loops)))
    }
    var channels: [any Channel] = []
    for (listener, setup) in setups {
      do {
        channels.append(try await bind(listener, setup))
      } catch {
        for channel in channels { try? await channel.close() }
        throw error
      }
    }
    let isFirst = state.withLock { state in
      guard case .new = state else { return false }
      state = .started(channels)
      return true
    }
    precondition(isFirst, "a server is started once")
    return channels.compactMap(\.localAddress)
  }

  /// Stops listening, lets calls end and closes.
  ///
  /// Clients are told to make no new calls. Unary calls are answered, streams are told by
  /// ``RPCStreamHandler/drain()``; what is not over in time is cut off.
  ///
  /// - Parameter grace: How long calls may take to end.
  public func shutDown(grace: TimeAmount) async {
    await stopListening()
    for loop in loops.values { loop.eventLoop.execute { loop.drain() } }
    let end = NIODeadline.now() + grace
    while connectionCount > 0, NIODeadline.now() < end {
      try? await Task.sleep(for: .milliseconds(5))
    }
    await closeConnections()
  }

  /// Stops listening and closes every connection at once.
  public func close() async {
    await stopListening()
    await closeConnections()
  }

  private func stopListening() async {
    let channels = state.withLock { state -> [any Channel] in
      defer { state = .stopped }
      guard case .started(let channels) = state else { return [] }
      return channels
    }
    for channel in channels { try? await channel.close() }
    guard !channels.isEmpty else { return }
    for case .unix(let path) in configuration.listeners.map(\.address) { unlink(path) }
  }

  private func closeConnections() async {
    for loop in loops.values {
      let closed = loop.eventLoop.submit { loop.close() }
      try? await closed.get()
    }
    // Encryption takes leave for a second at most; nobody waits longer for a client.
    let end = NIODeadline.now() + .seconds(3)
    while connectionCount > 0, NIODeadline.now() < end {
      try? await Task.sleep(for: .milliseconds(1))
    }
  }

  // MARK: Figures

  /// How many connections are open.
  public var connectionCount: Int { loops.values.reduce(0) { $0 + $1.openConnections.value } }

  /// How many calls and requests are open.
  public var streamCount: Int { loops.values.reduce(0) { $0 + $1.openStreams.value } }

  /// How often every method was called since the start, and how that ended; in no order.
  public var methodCounts: [RPCMethodCounts] {
    var counts: [String: RPCMethodCounts] = [:]
    for loop in loops.values {
      for (path, entry) in loop.methods {
        var count = counts[path] ?? RPCMethodCounts(entry)
        entry.add(to: &count)
        counts[path] = count
      }
    }
    return Array(counts.values)
  }

  // MARK: Listening

  private func bind(
    _ listener: RPCListener,
    _ setup: ConnectionSetup
  ) async throws(RPCError) -> any Channel {
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 8_192, maximum: 262_144)
      )
      .childChannelOption(
        .writeBufferWaterMark,
        value: ChannelOptions.Types.WriteBufferWaterMark(low: 65_536, high: 262_144)
      )
      .serverChannelInitializer { [loops, configuration] channel in
        channel.eventLoop.makeCompletedFuture {
          let gate = AcceptGate(
            limit: configuration.limits.maximumConnectionCount,
            count: { loops.values.reduce(0) { $0 + $1.openConnections.value } },
            log: configuration.log
          )
          try channel.pipeline.syncOperations.addHandler(gate)
        }
      }
      .childChannelInitializer(setup.begin)
    do {
      switch listener.address {
      case .tcp(let host, let port):
        return
          try await bootstrap
          .serverChannelOption(
            .socketOption(NIOBSDSocket.Option(rawValue: SO_REUSEPORT)),
            value: listener.sharesPort ? 1 : 0
          )
          .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
          .bind(host: host, port: port).get()
      case .unix(let path):
        return try await bootstrap.bind(
          unixDomainSocketPath: path,
          cleanupExistingSocketFile: true
        ).get()
      }
    } catch {
      let code = (error as? IOError)?.errnoCode
      let reason = code.map { "bind: " + String(cString: strerror($0)).lowercased() }
      throw .listen(listener.address, reason: reason ?? "\(error)")
    }
  }
}

/// Why a server cannot start.
public enum RPCError: Error, Equatable, Sendable {
  /// A place that cannot be listened on.
  case listen(RPCListener.Address, reason: String)

  /// A certificate, a key or a list of authorities that cannot be read.
  case certificate(path: String, reason: String)

  /// A cipher suite that does not exist or is not served.
  case cipherSuite(String)
}

extension RPCError: CustomStringConvertible {
  /// One line, subject first.
  public var description: String {
    switch self {
    case .listen(.tcp(let host, let port), let reason): "listen tcp \(host):\(port): \(reason)"
    case .listen(.unix(let path), let reason): "listen unix \(path): \(reason)"
    case .certificate(let path, let reason): "\(path): \(reason)"
    case .cipherSuite(let name): "cipher suite \(name): not known"
    }
  }
}

extension RPCMethodCounts {
  fileprivate init(_ entry: MethodEntry) {
    var isStream = false
    if case .stream = entry.method { isStream = true }
    self.init(path: entry.path, isStream: isStream)
  }
}
