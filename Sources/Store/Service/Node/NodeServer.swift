public import Logging
internal import FileIO
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import RPC
internal import Synchronization
internal import WAL

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A node and the ports that it is served on.
public final class NodeServer: ServedNode {
  private let configuration: NodeConfiguration
  private let logger: Logger
  private let group: MultiThreadedEventLoopGroup
  private let pool: NIOThreadPool
  private let node: Node
  private let compactor: AutoCompactor?
  /// What was started, in that order.
  private var servers: [RPCServer] = []

  /// Opens the data directory; nothing is served yet.
  ///
  /// - Parameters:
  ///   - configuration: What may be chosen.
  ///   - logger: Takes what somebody should know of.
  /// - Throws: ``NodeError``, ``TokenOptionError``.
  public init(_ configuration: NodeConfiguration, _ logger: Logger) throws {
    self.configuration = configuration
    self.logger = logger
    group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
    pool = NIOThreadPool(numberOfThreads: 2)
    pool.start()
    let options = try Node.Options(configuration)
    if options.store.checksDatabase { logger.info("starting initial corruption check") }
    node = try Node(
      DataDirectory(
        configuration.dataPath,
        log: configuration.walDirectory.isEmpty ? nil : configuration.walDirectory
      ),
      options,
      loops: Array(group.makeIterator()),
      pool: pool,
      milliseconds: UInt64(max(0, Date().timeIntervalSince1970) * 1000),
      in: LocalFileSystem(syncs: configuration.storage.syncs),
      logger: { logger.warning("\($0)") },
      onSlowApply: { logger.warning("apply request took too long", metadata: $0.logFields) }
    )
    if options.store.checksDatabase {
      logger.info("initial corruption checking passed; no corruption")
    }
    compactor = try configuration.compaction.retention().automatic.map { [node] retention in
      AutoCompactor(of: node, on: node.loops[0], keeping: retention, logger)
    }
  }

  /// Who it is, in hexadecimal.
  public var identity: (member: String, cluster: String) {
    (
      String(node.header.memberID.rawValue, radix: 16),
      String(node.header.clusterID.rawValue, radix: 16)
    )
  }

  /// Begins to serve.
  ///
  /// - Throws: What keeps a port from being listened on.
  public func start() throws {
    let methods = node.methods
    let health = HealthService(of: node)
    let metrics = NodeMetrics(of: node, health: health)
    let gateway =
      configuration.grpcGateway
      ? Gateway(
        to: methods,
        pool: pool,
        maximumMessageByteCount: configuration.limits.maxMessageByteCount
      ) : nil
    let endpoints = configuration.endpoints
    func http(isForMetricsOnly: Bool = false) -> @Sendable (any HTTPExchange) -> Void {
      var options = HTTPService.Options()
      options.access = HTTPAccess(
        origins: endpoints.origins,
        hosts: endpoints.client.contains { $0.isSecure } ? ["*"] : endpoints.hosts
      )
      options.isForMetricsOnly = isForMetricsOnly
      options.commandLine = CommandLine.arguments
      let service = HTTPService(
        health: health,
        metrics: metrics,
        gateway: gateway,
        of: node,
        options
      )
      return { service.handle($0) }
    }
    let nothing: @Sendable (any HTTPExchange) -> Void = { $0.answer(.notFound) }
    let grpc = server(
      endpoints.client,
      methods,
      http: endpoints.clientHTTP.isEmpty ? http() : nothing
    )
    metrics.setCalls { [weak grpc] in grpc?.methodCounts ?? [] }
    try start(grpc)
    if !endpoints.clientHTTP.isEmpty { try start(server(endpoints.clientHTTP, [:], http: http())) }
    if !endpoints.metrics.isEmpty {
      try start(server(endpoints.metrics, [:], http: http(isForMetricsOnly: true)))
    }
    compactor?.start()
  }

  private func server(
    _ urls: [EndpointURL],
    _ methods: [String: RPCMethod],
    http: @escaping @Sendable (any HTTPExchange) -> Void
  ) -> RPCServer {
    RPCServer(
      RPCConfiguration(urls, configuration, logger),
      methods: methods,
      group: group,
      http: http
    )
  }

  private func start(_ server: RPCServer) throws {
    let addresses = try group.next().makeFutureWithTask { try await server.start() }.wait()
    servers.append(server)
    for address in addresses { logger.debug("listening", metadata: ["address": "\(address)"]) }
  }

  /// Ends what is served, finishes what was asked for, and closes the files.
  public func shutdown() {
    node.watches.stop()
    compactor?.stop()
    for server in servers {
      // It does not fail: what is not done in time is closed.
      try? group.next().makeFutureWithTask { await server.shutDown(grace: .seconds(5)) }.wait()
    }
    node.close()
    try? pool.syncShutdownGracefully()
    try? group.syncShutdownGracefully()
  }
}

extension NodeConfiguration.Compaction.Retention {
  /// What is kept when it is compacted now and then; nil if it is not.
  fileprivate var automatic: AutoCompaction.Retention? {
    switch self {
    case .all: nil
    case .period(let period): .period(period)
    case .revisions(let count): .revisions(count)
    }
  }
}

extension Node {
  /// All methods by their paths.
  var methods: [String: RPCMethod] {
    var methods = KVService(node: self).methods
    methods.merge(LeaseService(node: self).methods) { $1 }
    methods.merge(MaintenanceService(node: self).methods) { $1 }
    methods["/etcdserverpb.Watch/Watch"] = watches.method
    let auth = AuthService(
      admission,
      tokens: tokens,
      passwords: PasswordWorker(on: pool, cost: options.passwordCost),
      proposer: self,
      header: { [self] in currentHeader }
    )
    methods.merge(auth.methods) { $1 }
    methods.merge(ClusterService(node: self).methods) { $1 }
    methods.merge(GRPCHealth(node: self).methods) { $1 }
    let inner = methods
    methods.merge(LockService(inner: inner).methods) { $1 }
    methods.merge(ElectionService(inner: inner).methods) { $1 }
    return methods
  }
}

extension Node.Options {
  /// What a configuration says of the node.
  ///
  /// - Throws: ``TokenOptionError``.
  init(_ configuration: NodeConfiguration) throws {
    self.init()
    store.name = configuration.name
    store.clientURLs = (configuration.endpoints.advertisedClient ?? []).map(\.text)
    store.peerURLs = configuration.endpoints.advertisedPeer.map(\.text)
    store.initialCluster = configuration.cluster.initial
    store.initialClusterToken = configuration.cluster.token
    store.forcesNewCluster = configuration.cluster.forcesNew
    store.minimumTTLSeconds = configuration.minimumLeaseTTLSeconds
    store.commitInterval = configuration.storage.effectiveBatchInterval
    store.operationsPerCommit = configuration.storage.effectiveBatchLimit
    store.rowsPerCompactionStep = configuration.compaction.effectiveBatchLimit
    store.checksDatabase = configuration.initialCorruptCheck
    writer.expectedApplyDuration = configuration.monitoring.slowApply
    if configuration.leaseCheckpoint {
      leaseCheckpointInterval = Lessor.Limits.checkpointInterval
    }
    writer.entriesPerSnapshot = configuration.storage.snapshotCount
    writer.snapshotCount = configuration.storage.maxSnapshots
    writer.segmentCount = configuration.storage.maxWALs
    writer.compactionPause = configuration.compaction.effectiveSleepInterval
    quotaByteCount = configuration.limits.quotaByteCount.map(Int.init(clamping:))
    requestByteCount = configuration.limits.maxRequestByteCount
    operationsPerTransaction = configuration.limits.maxTransactionOperations
    electionTimeout = configuration.electionTimeout
    tokens = try TokenProvider(
      configuration.auth.token,
      ttl: .nanoseconds(Int64(configuration.auth.tokenTTL / .nanoseconds(1)))
    )
    passwordCost = configuration.auth.effectiveBcryptCost
    trustsCertificates = configuration.transport.clientCertificateAuth
    watches.progressInterval = .nanoseconds(
      Int64(configuration.watchProgressNotifyInterval / .nanoseconds(1))
    )
    watches.fragmentByteCount = configuration.limits.maxMessageByteCount
  }
}
