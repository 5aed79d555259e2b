/// The limits of a keyspace.
public enum Limits {
  /// Bytes in a key: more than any request may have (etcd `--max-request-bytes`, 1.5 MiB by default),
  /// less than what would fill the index.
  public static let keyByteCount = 1 << 28

  /// Revisions of one key that have not been compacted.
  static let revisionsPerKey = 1 << 28

  /// Operations of a transaction, unless told otherwise (etcd `DefaultMaxTxnOps`).
  public static let operationsPerTransaction = 128

  /// Levels of transactions within transactions; those that were validated have no more.
  static let transactionDepth = operationsPerTransaction

  /// The longest TTL of a lease, in seconds (etcd `lease.MaxLeaseTTL`).
  public static let leaseTTLSeconds: Int64 = 9_000_000_000

  /// Operations that are not committed before a commit is due (etcd `defaultBatchLimit`).
  public static let operationsPerCommit = 10_000

  /// How long operations wait for a commit at most (etcd `defaultBatchInterval`).
  public static let commitInterval: Duration = .milliseconds(100)

  /// Rows that one step of a compaction deletes (etcd `defaultCompactionBatchLimit`).
  public static let rowsPerCompactionStep = 1000

  /// Cards that are looked at before a lock is let go, so that nobody waits for long: about a
  /// tenth of a millisecond.
  static let cardsPerVisit = 2048
}
