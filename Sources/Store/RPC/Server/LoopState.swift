internal import NIOCore

/// What the connections of one event loop share.
///
/// `@unchecked Sendable`: except for the counters, everything here is touched on that loop only.
final class LoopState: @unchecked Sendable {
  let eventLoop: any EventLoop
  let configuration: RPCConfiguration
  let http: @Sendable (any HTTPExchange) -> Void
  let methods: [String: MethodEntry]

  /// Connections that are open, and calls and requests on them.
  let openConnections = Counter()
  let openStreams = Counter()

  /// The services' names, for the text of a refusal.
  let services: Set<Substring>

  private var connections: [ObjectIdentifier: Connection] = [:]
  private(set) var isDraining = false

  /// A connection, and what it speaks if it has said that.
  private struct Connection {
    let channel: any Channel
    var handler: (any ServerConnection)?
  }

  private var turns: [HTTP2Connection] = []
  private var turnIsScheduled = false

  init(
    eventLoop: any EventLoop,
    configuration: RPCConfiguration,
    methods: [String: RPCMethod],
    http: @escaping @Sendable (any HTTPExchange) -> Void
  ) {
    self.eventLoop = eventLoop
    self.configuration = configuration
    self.http = http
    self.methods = Dictionary(
      uniqueKeysWithValues: methods.map { ($0.key, MethodEntry(path: $0.key, method: $0.value)) }
    )
    services = Set(methods.keys.compactMap { MethodPath($0)?.service })
  }

  func log(_ level: RPCLogLine.Level, _ message: String, peer: String?, error: String? = nil) {
    configuration.log(RPCLogLine(level, message, peer: peer, error: error))
  }

  // MARK: Connections

  /// Takes note of a connection until it is closed.
  func accept(_ channel: any Channel) {
    connections[ObjectIdentifier(channel)] = Connection(channel: channel)
    openConnections.add()
    channel.closeFuture.assumeIsolated().whenComplete { _ in
      self.connections[ObjectIdentifier(channel)] = nil
      self.openConnections.add(-1)
    }
    if isDraining { channel.close(promise: nil) }
  }

  /// Takes note of what a connection speaks.
  func add(_ handler: any ServerConnection, on channel: any Channel) {
    connections[ObjectIdentifier(channel)]?.handler = handler
    if isDraining { handler.drain() }
  }

  /// Forgets the handler of a connection.
  func remove(on channel: any Channel) { connections[ObjectIdentifier(channel)]?.handler = nil }

  /// Lets every connection end what it does; those that have not said anything have nothing to end.
  func drain() {
    isDraining = true
    for connection in connections.values {
      if let handler = connection.handler {
        handler.drain()
      } else {
        connection.channel.close(promise: nil)
      }
    }
  }

  /// Closes every connection at once.
  func close() {
    isDraining = true
    for connection in connections.values { connection.channel.close(promise: nil) }
  }

  // MARK: Turns

  /// Has a connection called at the end of the loop's turn: what many calls answer in a turn goes out
  /// in one go.
  func endTurn(of connection: HTTP2Connection) {
    turns.append(connection)
    guard !turnIsScheduled else { return }
    turnIsScheduled = true
    eventLoop.assumeIsolated().execute { self.runTurns() }
  }

  private func runTurns() {
    turnIsScheduled = false
    let connections = turns
    turns.removeAll(keepingCapacity: true)
    for connection in connections { connection.endScheduledTurn() }
  }
}

/// A connection, whatever it speaks.
protocol ServerConnection: AnyObject {
  /// Ends when what it does is done.
  func drain()
}

/// The two parts of a full method, for instance `/etcdserverpb.KV/Range`.
struct MethodPath {
  let service: Substring
  let method: Substring

  init?(_ path: String) {
    guard path.utf8.first == UInt8(ascii: "/") else { return nil }
    let rest = path.dropFirst()
    guard let slash = rest.lastIndex(of: "/") else { return nil }
    service = rest[..<slash]
    method = rest[rest.index(after: slash)...]
  }
}
