public import Bolt
internal import Synchronization

/// Everything that etcd's store knows of keys, at every revision that is not compacted, over a
/// database of etcd's own format.
///
/// One thread at a time changes it: whoever applies the log. What it changes is seen by others when
/// the request is done, all at once, and is committed to the file later: see ``commitIfDue(now:)``.
/// Any number of threads read beside it, each through a ``KeyspaceView`` of one revision.
///
/// What threads share, and what guards it:
///
/// * ``index``, ``leases`` and ``shared`` are changed by the writer with the lock held for writing,
///   and read by others with the lock held for reading, for a short time each: long visits let go of
///   the lock on the way. The writer reads them without it.
/// * The rows of a ``RowSource`` are not guarded. The file's pages do not change while a transaction
///   reads them; the buffer's rows do not change once they have been told of in ``shared``.
/// * Everything else is the writer's own.
///
/// Source: etcd `server/storage/mvcc/kvstore.go`, `server/storage/backend/batch_tx.go`.
public final class Keyspace: @unchecked Sendable {
  // The reasons for @unchecked are the guards above.

  /// What a view is made of.
  struct Shared {
    var source: RowSource
    /// The rows of the source's buffer up to ``currentRevision``.
    var buffered: BufferedRows
    var currentRevision: Int64
    var compactRevision: Int64
  }

  /// Whether nothing is ever written to the file: what is applied stays in memory.
  public let isReadOnly: Bool

  /// The database below; the writer's own.
  public internal(set) var database: Database

  let lock = ReaderWriterLock()
  let index = KeyIndex()
  var leases = LeaseTable()

  /// Whether the row of some key may name a lease that is not there, which the key's card does not
  /// tell; guarded as the leases are.
  var hasStrayLeases = false
  var shared: Shared

  /// What is to be committed beside the rows of the buffer, in order.
  var operations: [BucketOperation] = []

  /// How far the log has been applied; known to the thread that applies it.
  public internal(set) var consistentIndex: ConsistentIndex

  /// What the file says of that.
  var committedIndex: ConsistentIndex

  /// The members of the log that are to be committed.
  var confState: [UInt8]?

  /// Since when something has been pending, as far as somebody has told.
  var pendingSince: ContinuousClock.Instant?

  /// The compaction that is under way.
  var compaction: Compaction?
  /// Rows that the index does not know of, since they delete what was deleted already.
  ///
  /// The next compaction takes them away.
  var strayRows: [RowKey] = []

  /// How many changes there were, which spreads the checks of invariants.
  var changeCount = 0

  /// How many rows a step of a compaction deletes.
  ///
  /// As ``operationsPerCommit`` and ``commitInterval``, it is set before the keyspace is changed, or
  /// by the thread that changes it.
  public var rowsPerCompactionStep = Limits.rowsPerCompactionStep

  /// How many operations are not committed before a commit is due.
  public var operationsPerCommit = Limits.operationsPerCommit

  /// How long operations wait for a commit at most.
  public var commitInterval = Limits.commitInterval

  /// How long the parts of the last commit took.
  public internal(set) var commitTimes = CommitTimes()

  /// How many bytes of keys and values have been put since the keyspace was opened; known to the thread
  /// that changes it.
  public internal(set) var putByteCount = 0

  /// How many rows compactions have deleted since then.
  public internal(set) var compactedRowCount = 0

  /// Whether a change failed half-way, or a commit did.
  var hasFailed = false

  /// Whether a thread is changing it, which another one must not do then.
  private let isChanging = Atomic(false)

  /// Opens what is stored in a database and builds the index.
  ///
  /// A compaction that had begun is under way again: see ``continueCompaction()``.
  ///
  /// - Parameters:
  ///   - database: The database; its buckets are made if it is to be written and they are absent.
  ///   - isReadOnly: Whether the database is opened for reading, or is to be left as it is.
  ///   - onFault: Sees what is wrong with a row or a page. If it returns, the row or the page is
  ///     passed over; if it throws, so does this.
  ///   - onProgress: Is told now and then how many of how many bytes of pages have been read.
  /// - Throws: What `onFault` throws, which is what it was given unless told otherwise;
  ///   ``MVCCError/metaRow(name:byteCount:)``; ``MVCCError/bolt(_:)``.
  public init(
    _ database: Database,
    isReadOnly: Bool = false,
    onFault: (MVCCError) throws(MVCCError) -> Void = { fault throws(MVCCError) in throw fault },
    onProgress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(MVCCError) {
    self.database = database
    self.isReadOnly = isReadOnly
    if !isReadOnly { try Keyspace.makeBuckets(in: database) }
    let source = try RowSource(database)
    let meta = try bolt { () throws(BoltError) in
      try source.transaction.bucket(BucketName.meta.bytes)
    }
    consistentIndex = ConsistentIndex(
      index: try MetaRow.number(MetaRow.consistentIndex, in: meta),
      term: try MetaRow.number(MetaRow.term, in: meta)
    )
    committedIndex = consistentIndex
    let finished = try MetaRow.revision(MetaRow.finishedCompaction, in: meta)
    let scheduled = try MetaRow.revision(MetaRow.scheduledCompaction, in: meta)
    shared = Shared(
      source: source,
      buffered: source.buffer.contents,
      currentRevision: 1,
      compactRevision: finished ?? -1
    )
    try load(onProgress, onFault)
    let latest = max(finished ?? 0, scheduled ?? 0)
    shared.currentRevision = max(shared.currentRevision, latest)
    if let scheduled, scheduled > shared.compactRevision {
      shared.compactRevision = scheduled
      compaction = Compaction(target: scheduled)
    }
  }

  /// The revision of the last request that changed something; 1 if none has.
  public var currentRevision: Int64 { lock.reading { shared.currentRevision } }

  /// The revision of the last compaction, from which on everything can be read; -1 if there was none.
  public var compactRevision: Int64 { lock.reading { shared.compactRevision } }

  /// How many keys are live.
  public var keyCount: Int { lock.reading { index.liveCount } }

  /// How many rows the index knows of.
  public var rowCount: Int { lock.reading { index.revisionCount } }

  /// How many bytes of memory the index takes.
  public var indexByteCount: Int { lock.reading { index.byteCount } }

  /// How many read transactions are open on the file.
  public var readerCount: Int { lock.reading { shared.source }.transaction.database.readerCount }

  /// Lets go of the file's pages that were read to build the index.
  public func forgetPages() { lock.reading { shared.source }.transaction.database.forgetPages() }

  /// What is seen at the current revision, from now on.
  public func view() -> KeyspaceView {
    lock.reading { KeyspaceView(of: self, shared) }
  }

  /// Calls something that changes the keyspace.
  func changing<Result>(_ body: () throws(MVCCError) -> Result) throws(MVCCError) -> Result {
    let wasChanging = isChanging.exchange(true, ordering: .acquiring)
    precondition(
      !wasChanging,
      "one thread at a time changes a keyspace: the one that applies the log"
    )
    defer { isChanging.store(false, ordering: .releasing) }
    return try body()
  }

  private static func makeBuckets(in database: Database) throws(MVCCError) {
    try bolt { () throws(BoltError) in
      let present = database.read()
      let names = [BucketName.key, .meta, .lease].map(\.bytes)
      var isMissing = false
      for name in names where try present.bucket(name) == nil { isMissing = true }
      guard isMissing else { return }
      let transaction = try database.write()
      for name in names { _ = try transaction.bucketOrNew(name) }
      try transaction.commit()
    }
  }
}

/// A row of another bucket than `key` to put, or to delete.
struct BucketOperation {
  var bucket: BucketName
  var key: [UInt8]
  /// What to put; nil to delete the row.
  var value: [UInt8]?
}
