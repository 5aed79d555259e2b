public import Bolt
internal import Checksum

/// The hash of a keyspace's rows up to a revision, by which members of a cluster are compared.
public struct KeyspaceHash: Equatable, Sendable {
  /// CRC-32C of the name `key`, and of the keys and values of the rows.
  public var hash: UInt32

  /// The revision that it goes up to.
  public var revision: Int64

  /// The last compaction's revision; -1 if there was none.
  public var compactRevision: Int64

  /// The current revision when it was taken.
  public var currentRevision: Int64
}

extension KeyspaceView {
  /// What etcd's HashKV answers.
  ///
  /// Rows up to the compaction's revision count only if a compaction to `revision` would leave them:
  /// so the hash is the same whether or not the compaction has deleted the others yet. A tombstone of
  /// the compaction's own revision does not count, since some releases delete it.
  ///
  /// - Parameters:
  ///   - revision: The last main revision that counts; 0 for the current one.
  ///   - onProgress: Is told now and then how many bytes of rows have been hashed.
  /// - Returns: The hash.
  /// - Throws: ``MVCCError/futureRevision(requested:currentRevision:)``,
  ///   ``MVCCError/compacted(requested:compactRevision:)``, or the fault of a row or a page.
  ///
  /// Source: etcd 3.5.16 `server/storage/mvcc/hash.go`. Members of a cluster that have compacted
  /// since they started may answer another hash for the compaction's own revision, one that they took
  /// while they deleted.
  public func hash(
    at revision: Int64 = 0,
    onProgress: (Int) -> Void = { _ in }
  ) throws(MVCCError) -> KeyspaceHash {
    let main = try self.revision(for: revision)
    let compactRevision = compactRevision
    let kept = compactRevision > 0 ? try keptRevisions(at: main) : nil
    var place = 0
    var steps = ByteSteps()
    var crc = CRC32C()
    crc.update(BucketName.key.bytes)
    try visitRows(through: main) { row throws(MVCCError) in
      if row.key.revision.main <= compactRevision {
        if row.key.isTombstone, row.key.revision.main == compactRevision { return true }
        if let kept, kept.isFilter {
          while place < kept.revisions.count, kept.revisions[place] < row.key.revision {
            place += 1
          }
          guard place < kept.revisions.count, kept.revisions[place] == row.key.revision else {
            return true
          }
        }
      }
      row.key.withBytes { crc.update($0) }
      crc.update(row.bytes)
      if steps.add(row.bytes.count) { onProgress(steps.byteCount) }
      return true
    }
    return KeyspaceHash(
      hash: crc.value,
      revision: main,
      compactRevision: compactRevision,
      currentRevision: currentRevision
    )
  }

  /// The revisions up to the last compaction that one to `main` would leave, in ascending order, and
  /// whether others are to be passed over: if it would leave nothing at all, they are not.
  private func keptRevisions(
    at main: Int64
  ) throws(MVCCError) -> (revisions: [Revision], isFilter: Bool) {
    var kept: [Revision] = []
    var isFilter = false
    try visit(KeyRange(from: [], to: .never), at: main) { index, slot in
      let card = index.tree.card(slot)
      guard let revision = index.kept(card, compactingTo: main) else { return true }
      isFilter = true
      if revision.main <= compactRevision { kept.append(revision) }
      return true
    }
    kept.sort()
    return (kept, isFilter)
  }
}

extension Keyspace {
  /// What etcd's Hash answers: the hash of all buckets, after a commit.
  ///
  /// The thread that changes the keyspace calls it.
  ///
  /// - Returns: The hash; of the file as it is if the keyspace is read-only.
  /// - Throws: As ``commit()``; the fault of a page.
  public func databaseHash() throws(MVCCError) -> UInt32 {
    try commit()
    return try Keyspace.hash(of: database.read())
  }

  /// The hash of all buckets of a database: their names and rows, in order.
  ///
  /// - Parameters:
  ///   - transaction: What of the database is hashed.
  ///   - includesLogPosition: Whether the rows count that tell how far the log was applied: not for
  ///     Hash, but for what `snapshot status` prints.
  ///   - onProgress: Is told now and then how many bytes of values have been hashed.
  /// - Returns: A CRC-32C.
  /// - Throws: ``MVCCError/bolt(_:)``.
  ///
  /// Source: etcd `server/storage/backend/backend.go`, `Hash`; `etcdutl/snapshot/v3_snapshot.go`,
  /// `Status`.
  public static func hash(
    of transaction: ReadTransaction,
    includesLogPosition: Bool = false,
    onProgress: (Int) -> Void = { _ in }
  ) throws(MVCCError) -> UInt32 {
    var crc = CRC32C()
    var steps = ByteSteps()
    try bolt { () throws(BoltError) in
      let root = transaction.root
      var names = root.cursor()
      var name = try names.first()
      while let bucketName = name {
        if bucketName.isBucket {
          crc.update(bucketName.key)
          let isMeta = Array(bucketName.key) == BucketName.meta.bytes
          let skipped = includesLogPosition || !isMeta ? [] : MetaRow.logPosition
          let bucket = try root.bucket(of: bucketName, on: names.page)
          var cursor = bucket.cursor()
          var element = try cursor.first()
          while let row = element {
            if skipped.isEmpty || !skipped.contains(Array(row.key)) {
              crc.update(row.key)
              crc.update(row.value)
              if steps.add(row.value.count) { onProgress(steps.byteCount) }
            }
            element = try cursor.next()
          }
        }
        name = try names.next()
      }
    }
    return crc.value
  }
}

/// Bytes being counted, with a step every 16 MiB.
private struct ByteSteps {
  private static let step = 16 << 20

  private(set) var byteCount = 0
  private var next = ByteSteps.step

  /// Adds to the bytes; the answer is whether a step was made.
  mutating func add(_ count: Int) -> Bool {
    byteCount &+= count
    guard byteCount >= next else { return false }
    next = byteCount &+ ByteSteps.step
    return true
  }
}

extension MetaRow {
  /// The rows that differ between members that have the same data.
  static let logPosition = [consistentIndex, term, storageVersion]
}
