internal import MVCC
internal import NIOCore
internal import NIOHTTP1
internal import RPC
internal import Synchronization

/// A node's figures, by etcd's names where they mean the same: `/metrics`.
///
/// Source: the figures of etcd 3.5.30.
final class NodeMetrics: Sendable {
  let node: Node
  let health: HealthService
  // Where the counts of calls come from.
  private let calls = Mutex<@Sendable () -> [RPCMethodCounts]>({ [] })
  private let scrapes = Atomic(0)

  /// The figures of a node.
  ///
  /// - Parameters:
  ///   - node: The node.
  ///   - health: What is known of its health.
  init(of node: Node, health: HealthService) {
    self.node = node
    self.health = health
  }

  /// Says where the counts of calls come from: the server, which is made later.
  func setCalls(_ calls: @escaping @Sendable () -> [RPCMethodCounts]) {
    self.calls.withLock { $0 = calls }
  }

  /// Answers a request for the figures.
  func answer(_ exchange: any HTTPExchange, _ headers: HTTPHeaders) {
    var headers = headers
    headers.add(name: "content-type", value: "text/plain; version=0.0.4; charset=utf-8")
    let pending = NIOLoopBound((exchange, headers), eventLoop: exchange.eventLoop)
    node.watches.counts(on: exchange.eventLoop).whenSuccess { [self] watches in
      let (exchange, headers) = pending.value
      let text = text(watches)
      scrapes.wrappingAdd(1, ordering: .relaxed)
      exchange.answer(.ok, headers, body: ByteBuffer(string: text))
    }
  }

  /// The figures, in the order of their names.
  ///
  /// - Parameter watches: What is watched.
  /// - Returns: The text.
  func text(_ watches: WatchCounts) -> String {
    let counts = calls.withLock { $0 }().sorted { $0.path < $1.path }
    var text = MetricsText()
    writeDebugging(to: &text, counts, watches)
    writeDisk(to: &text)
    writeKeys(to: &text, counts)
    writeNetwork(to: &text, counts)
    writeServer(to: &text)
    writeCalls(to: &text, counts)
    writeProcess(to: &text)
    text.begin(
      "promhttp_metric_handler_requests_total",
      .counter,
      "Total number of scrapes by HTTP status code."
    )
    let count = scrapes.load(ordering: .relaxed)
    text.line("promhttp_metric_handler_requests_total", [("code", "200")], "\(count)")
    return text.text
  }

  private func ranges(_ counts: [RPCMethodCounts]) -> Int {
    let calls = counts.first { $0.path == "/etcdserverpb.KV/Range" }
    return (calls?.handled[.ok] ?? 0) + node.status.figures.ranges.value
  }

  private func writeDebugging(
    to text: inout MetricsText,
    _ counts: [RPCMethodCounts],
    _ watches: WatchCounts
  ) {
    let figures = node.status.figures
    let keyspace = node.keyspace
    text.write(
      "etcd_cluster_version",
      .gauge,
      "Which version is running. 1 for 'cluster_version' label with current cluster version",
      labels: [
        (
          "cluster_version",
          node.status.clusterVersion.split(separator: ".").prefix(2).joined(separator: ".")
        )
      ],
      1
    )
    text.write(
      "etcd_debugging_auth_revision",
      .gauge,
      "The current revision of auth store.",
      node.admission.directory.current.revision
    )
    writeCommits(to: &text)
    text.write(
      "etcd_debugging_lease_granted_total",
      .counter,
      "The total number of granted leases.",
      figures.grants.value
    )
    text.write(
      "etcd_debugging_lease_renewed_total",
      .counter,
      "The number of renewed leases seen by the leader.",
      node.lessor.renewalCount
    )
    text.write(
      "etcd_debugging_lease_revoked_total",
      .counter,
      "The total number of revoked leases.",
      figures.revocations.value
    )
    text.write(
      "etcd_debugging_lease_ttl_total",
      "Bucketed histogram of lease TTLs.",
      figures.leaseTTLs
    )
    text.write(
      "etcd_debugging_mvcc_compact_revision",
      .gauge,
      "The revision of the last compaction in store.",
      keyspace.compactRevision
    )
    text.write(
      "etcd_debugging_mvcc_current_revision",
      .gauge,
      "The current revision of store.",
      keyspace.currentRevision
    )
    writeCompactions(to: &text)
    text.write(
      "etcd_debugging_mvcc_events_total",
      .counter,
      "Total number of events sent by this member.",
      watches.events
    )
    text.write(
      "etcd_debugging_mvcc_keys_total",
      .gauge,
      "Total number of keys.",
      keyspace.keyCount
    )
    // Nothing is queued for a watcher: what waits is in no memory, and counted as slow watchers.
    text.write(
      "etcd_debugging_mvcc_pending_events_total",
      .gauge,
      "Total number of pending events to be sent.",
      0
    )
    text.write(
      "etcd_debugging_mvcc_range_total",
      .counter,
      "Total number of ranges seen by this member.",
      ranges(counts)
    )
    text.write(
      "etcd_debugging_mvcc_slow_watcher_total",
      .gauge,
      "Total number of unsynced slow watchers.",
      watches.slowWatchers
    )
    text.write(
      "etcd_debugging_mvcc_total_put_size_in_bytes",
      .gauge,
      "The total size of put kv pairs seen by this member.",
      figures.putByteCount.value
    )
    text.write(
      "etcd_debugging_mvcc_watch_stream_total",
      .gauge,
      "Total number of watch streams.",
      watches.streams
    )
    text.write(
      "etcd_debugging_mvcc_watcher_total",
      .gauge,
      "Total number of watchers.",
      watches.watchers
    )
    text.write(
      "etcd_debugging_server_lease_expired_total",
      .counter,
      "The total number of expired leases.",
      figures.expirations.value
    )
  }

  private func writeCompactions(to text: inout MetricsText) {
    let figures = node.status.figures
    text.write(
      "etcd_debugging_mvcc_db_compaction_keys_total",
      .counter,
      "Total number of db keys compacted.",
      figures.compactedRows.value
    )
    text.write(
      "etcd_debugging_mvcc_db_compaction_last",
      .gauge,
      "The unix time of the last db compaction. Resets to 0 on start.",
      node.status.lastCompaction.load(ordering: .relaxed)
    )
    text.write(
      "etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds",
      "Bucketed histogram of db compaction pause duration.",
      figures.compactionStep,
      unit: .milliseconds(1)
    )
    text.write(
      "etcd_debugging_mvcc_db_compaction_total_duration_milliseconds",
      "Bucketed histogram of db compaction total duration.",
      figures.compaction,
      unit: .milliseconds(1)
    )
    text.write(
      "etcd_debugging_mvcc_index_compaction_pause_duration_milliseconds",
      "Bucketed histogram of index compaction pause duration.",
      figures.indexCompaction,
      unit: .milliseconds(1)
    )
  }

  private func writeCommits(to text: inout MetricsText) {
    let figures = node.status.figures
    for (name, histogram) in [
      ("rebalance", figures.rebalancing), ("spill", figures.spilling), ("write", figures.writing),
    ] {
      text.write(
        "etcd_debugging_disk_backend_commit_\(name)_duration_seconds",
        "The latency distributions of commit.\(name) called by bboltdb backend.",
        histogram
      )
    }
  }

  private func writeDisk(to text: inout MetricsText) {
    let figures = node.status.figures
    text.write(
      "etcd_disk_backend_commit_duration_seconds",
      "The latency distributions of commit called by backend.",
      figures.commit
    )
    text.write(
      "etcd_disk_backend_defrag_duration_seconds",
      "The latency distribution of backend defragmentation.",
      figures.defragment
    )
    text.write(
      "etcd_disk_backend_snapshot_duration_seconds",
      "The latency distribution of backend snapshots.",
      node.status.snapshots
    )
    text.write(
      "etcd_disk_defrag_inflight",
      .gauge,
      "Whether or not defrag is active on the member. 1 means active, 0 means not.",
      node.status.isDefragmenting.load(ordering: .relaxed) ? 1 : 0
    )
    text.write(
      "etcd_disk_wal_fsync_duration_seconds",
      "The latency distributions of fsync called by WAL.",
      figures.logSync
    )
    text.write(
      "etcd_disk_wal_write_bytes_total",
      .gauge,
      "Total number of bytes written in WAL.",
      figures.logByteCount.value
    )
  }

  private func writeKeys(to text: inout MetricsText, _ counts: [RPCMethodCounts]) {
    let figures = node.status.figures
    text.write(
      "etcd_mvcc_db_open_read_transactions",
      .gauge,
      "The number of currently open read transactions",
      node.keyspace.readerCount
    )
    text.write(
      "etcd_mvcc_db_total_size_in_bytes",
      .gauge,
      "Total size of the underlying database physically allocated in bytes.",
      node.status.databaseByteCount.load(ordering: .relaxed)
    )
    text.write(
      "etcd_mvcc_db_total_size_in_use_in_bytes",
      .gauge,
      "Total size of the underlying database logically in use in bytes.",
      node.status.usedByteCount.load(ordering: .relaxed)
    )
    text.write(
      "etcd_mvcc_delete_total",
      .counter,
      "Total number of deletes seen by this member.",
      figures.deletes.value
    )
    text.write(
      "etcd_mvcc_hash_duration_seconds",
      "The latency distribution of storage hash operation.",
      node.status.hashes
    )
    text.write(
      "etcd_mvcc_hash_rev_duration_seconds",
      "The latency distribution of storage hash by revision operation.",
      node.status.keyHashes
    )
    text.write(
      "etcd_mvcc_put_total",
      .counter,
      "Total number of puts seen by this member.",
      figures.puts.value
    )
    text.write(
      "etcd_mvcc_range_total",
      .counter,
      "Total number of ranges seen by this member.",
      ranges(counts)
    )
    text.write(
      "etcd_mvcc_txn_total",
      .counter,
      "Total number of txns seen by this member.",
      figures.transactions.value
    )
  }
}

extension NodeMetrics {
  private func writeNetwork(to text: inout MetricsText, _ counts: [RPCMethodCounts]) {
    text.write(
      "etcd_network_client_grpc_received_bytes_total",
      .counter,
      "The total number of bytes received from grpc clients.",
      counts.reduce(0) { $0 &+ $1.receivedByteCount }
    )
    text.write(
      "etcd_network_client_grpc_sent_bytes_total",
      .counter,
      "The total number of bytes sent to grpc clients.",
      counts.reduce(0) { $0 &+ $1.sentByteCount }
    )
  }
}

extension WatchService {
  /// What is watched on all loops.
  ///
  /// - Parameter eventLoop: Where the answer is awaited.
  /// - Returns: The sum.
  fileprivate func counts(on eventLoop: any EventLoop) -> EventLoopFuture<WatchCounts> {
    let parts = shards.map { shard in shard.eventLoop.submit { shard.counts } }
    return EventLoopFuture.whenAllComplete(parts, on: eventLoop).map { results in
      var sum = WatchCounts()
      // A loop that does not run any more watches nothing.
      for case .success(let counts) in results {
        sum.streams += counts.streams
        sum.watchers += counts.watchers
        sum.slowWatchers += counts.slowWatchers
        sum.events += counts.events
      }
      return sum
    }
  }
}
