public import Logging

extension NodeConfiguration {
  /// What the first line of a node says of it, by etcd's names.
  ///
  /// Source: etcd 3.5, `server/embed/etcd.go`, `print`.
  public var logFields: Logger.Metadata {
    var fields: Logger.Metadata = [
      "name": .string(name),
      "data-dir": .string(dataPath),
      "wal-dir": .string(walDirectory),
      "member-dir": .string("\(dataPath)/member"),
      "force-new-cluster": .stringConvertible(cluster.forcesNew),
      "heartbeat-interval": .stringConvertible(heartbeatInterval),
      "election-timeout": .stringConvertible(electionTimeout),
      "snapshot-count": .stringConvertible(storage.snapshotCount),
      "max-wals": .stringConvertible(storage.maxWALs),
      "max-snapshots": .stringConvertible(storage.maxSnapshots),
      "initial-cluster": .string(cluster.initial),
      "initial-cluster-state": .string(cluster.state.rawValue),
      "initial-cluster-token": .string(cluster.token),
      "quota-backend-bytes": .stringConvertible(limits.quotaByteCount ?? -1),
      "max-request-bytes": .stringConvertible(limits.maxRequestByteCount),
      "max-concurrent-streams": .stringConvertible(limits.maxConcurrentStreams),
      "initial-corrupt-check": .stringConvertible(initialCorruptCheck),
      "auto-compaction-mode": .string(compaction.mode),
      "auto-compaction-retention": .string(compaction.retentionText),
      "client-cert-auth": .stringConvertible(transport.clientCertificateAuth),
      "unsafe-no-fsync": .stringConvertible(!storage.syncs),
    ]
    fields.merge(endpoints.logFields) { $1 }
    return fields
  }
}

extension NodeConfiguration.Endpoints {
  /// Where the node listens, and what it tells others.
  var logFields: Logger.Metadata {
    let list = { (urls: [EndpointURL]) in
      Logger.MetadataValue.array(urls.map { .string($0.text) })
    }
    return [
      "initial-advertise-peer-urls": list(advertisedPeer),
      "advertise-client-urls": list(advertisedClient ?? []),
      "listen-client-urls": list(client),
      "listen-client-http-urls": list(clientHTTP),
      "listen-metrics-urls": list(metrics),
      "cors": .array(origins.sorted().map { .string($0) }),
      "host-whitelist": .array(hosts.sorted().map { .string($0) }),
    ]
  }
}
