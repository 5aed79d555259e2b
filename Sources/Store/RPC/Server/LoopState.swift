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

  private(set) var connections: [ObjectIdentifier: any ServerConnection] = [:]
  private(set) var isDraining = false

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

  func add(_ connection: any ServerConnection) {
    connections[ObjectIdentifier(connection)] = connection
    openConnections.add()
    if isDraining { connection.drain() }
  }

  func remove(_ connection: any ServerConnection) {
    if connections.removeValue(forKey: ObjectIdentifier(connection)) != nil {
      openConnections.add(-1)
    }
  }

  /// Lets every connection end what it does, and those that come too.
  func drain() {
    isDraining = true
    for connection in connections.values { connection.drain() }
  }

  /// Closes every connection at once.
  func close() {
    isDraining = true
    for connection in connections.values { connection.close() }
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
    for connection in connections { connection.endTurn() }
  }
}

/// A connection, whatever it speaks.
protocol ServerConnection: AnyObject {
  /// Ends when what it does is done.
  func drain()

  /// Ends at once.
  func close()
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
