import TestSupport

/// A key of the real cluster, as its etcd and its API server told of it.
struct ClusterKey: Sendable {
  /// The name of its files among the facts.
  let number: String
  let key: String

  /// `protobuf` or `json`.
  let storage: String
  let apiVersion: String
  let kind: String

  /// The size of its value.
  let byteCount: Int
  let createRevision: Int64
  let modRevision: Int64
  let version: Int64
  let lease: Int64

  /// Whether the API server serves it: it does not serve what it keeps for itself.
  let isServed: Bool

  /// The stored value.
  var value: [UInt8]? { SharedArchive.cluster.bytes("values/\(number).bin") }
}

/// What etcd, etcdctl and the API server said of `FileCommands.cluster` when it was made.
enum ClusterFacts {
  /// The current revision.
  static let revision: Int64 = 511

  /// The live keys, in their order; empty if the archive is not what it should be.
  static let keys: [ClusterKey] = {
    let table = String(decoding: SharedArchive.cluster.bytes("meta.tsv") ?? [], as: UTF8.self)
    return table.split(separator: "\n").dropFirst().compactMap { line in
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard columns.count == 14, let byteCount = Int(columns[5]),
        let createRevision = Int64(columns[6]), let modRevision = Int64(columns[7]),
        let version = Int64(columns[8]), let lease = Int64(columns[9])
      else { return nil }
      return ClusterKey(
        number: columns[0],
        key: columns[1],
        storage: columns[2],
        apiVersion: columns[3],
        kind: columns[4],
        byteCount: byteCount,
        createRevision: createRevision,
        modRevision: modRevision,
        version: version,
        lease: lease,
        isServed: columns[11] == "200"
      )
    }.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
  }()

  /// The live keys with a prefix.
  static func keys(below prefix: String) -> [ClusterKey] {
    keys.filter { $0.key.hasPrefix(prefix) }
  }

  /// What is known of a key.
  static func key(_ key: String) -> ClusterKey? { keys.first { $0.key == key } }

  /// The live keys of a namespace, and the namespace itself.
  static func keys(ofNamespace name: String) -> [ClusterKey] {
    keys.filter { $0.key.contains("/\(name)/") || $0.key == "/registry/namespaces/\(name)" }
  }

  /// What the API server answered for an object.
  static func answer(_ key: ClusterKey) throws -> JSONObject? {
    try JSONObject(SharedArchive.cluster.bytes("api/\(key.number).json") ?? [])
  }
}
