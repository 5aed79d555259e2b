internal import Bolt
internal import FileIO
internal import MVCC
internal import WAL

/// The database of a new cluster's member, made from one of another cluster.
struct RestoredDatabase {
  /// The members, their ids ascending.
  let members: [Member]

  /// The last entry that counts as applied.
  let index: LogIndex

  /// Its term.
  let term: Term

  /// By how much the newest revision is raised; 0 for not at all.
  let revisionBump: UInt64

  /// What errors name.
  let sourcePath: String

  /// Puts the new members in place of the old ones, and the applied index of the new log in place of
  /// that of the old one.
  ///
  /// Keys, leases, users, roles, alarms and the cluster's version stay; so does the old cluster's
  /// configuration, which etcd writes into the bucket `meta` and never reads. All is committed at
  /// once.
  ///
  /// Source: etcd 3.5, `etcdutl/snapshot/v3_snapshot.go`; `server/etcdserver/api/membership/store.go`.
  ///
  /// - Parameters:
  ///   - path: The copy of the database that is changed.
  ///   - fileSystem: Where it lies.
  /// - Returns: The newest revision of the database.
  /// - Throws: ``SnapshotError/notEtcd(path:missingBucket:)``,
  ///   ``SnapshotError/notARevision(path:key:)``,
  ///   ``SnapshotError/revisionTooLarge(path:revision:bump:)``, or what is wrong with a page.
  func write(at path: String, in fileSystem: any FileSystem) throws(SnapshotError) -> Int64 {
    let newest: Result<Int64, SnapshotError>
    do throws(BoltError) {
      newest = try change(try Database(path, in: fileSystem))
    } catch {
      if case .file(let error) = error { throw .file(error) }
      throw .database(path: sourcePath, error)
    }
    return try newest.get()
  }

  /// Errors of our own come out as results: a function throws one type.
  private func change(_ database: Database) throws(BoltError) -> Result<Int64, SnapshotError> {
    let state = database.read()
    guard let meta = try state.bucket(BucketName.meta.bytes) else {
      return .failure(.notEtcd(path: sourcePath, missingBucket: "meta"))
    }
    guard let keys = try state.bucket(BucketName.key.bytes) else {
      return .failure(.notEtcd(path: sourcePath, missingBucket: "key"))
    }
    var cursor = keys.cursor()
    var newest: Int64 = 0
    if let element = try cursor.last() {
      guard let row = try? RowKey(element.key) else {
        return .failure(.notARevision(path: sourcePath, key: Array(element.key)))
      }
      newest = row.revision.main
    }
    // Of keys that were all deleted, a compaction may have left no row.
    for name in ["scheduledCompactRev", "finishedCompactRev"] {
      guard let value = try meta.value(for: Array(name.utf8)), let row = try? RowKey(value) else {
        continue
      }
      newest = max(newest, row.revision.main)
    }

    let transaction = try database.write()
    if revisionBump > 0 {
      guard let bump = Int64(exactly: revisionBump), newest <= Int64.max - bump else {
        let error = SnapshotError.revisionTooLarge(
          path: sourcePath,
          revision: newest,
          bump: revisionBump
        )
        return .failure(error)
      }
      newest += bump
      let row = RowKey(Revision(main: newest)).bytes
      try transaction.bucketOrNew(BucketName.key.bytes).put([], for: row)
      try put(row, for: "scheduledCompactRev", in: transaction)
    }
    try putMembers(in: transaction)
    try put(index.rawValue.bigEndianBytes, for: "consistent_index", in: transaction)
    try put(term.rawValue.bigEndianBytes, for: "term", in: transaction)
    try transaction.commit()
    // A store without a row is at revision 1.
    return .success(max(1, newest))
  }

  private func putMembers(in transaction: WriteTransaction) throws(BoltError) {
    for name in [BucketName.members, .membersRemoved] {
      if try transaction.bucket(name.bytes) != nil { try transaction.deleteBucket(name.bytes) }
      _ = try transaction.bucketOrNew(name.bytes)
    }
    _ = try transaction.bucketOrNew(BucketName.cluster.bytes)
    let rows = try transaction.bucketOrNew(BucketName.members.bytes)
    for member in members {
      try rows.put(Array(member.json.utf8), for: Array(member.id.hexadecimal.utf8))
    }
  }

  private func put(
    _ value: [UInt8],
    for key: String,
    in transaction: WriteTransaction
  ) throws(BoltError) {
    try transaction.bucketOrNew(BucketName.meta.bytes).put(value, for: Array(key.utf8))
  }
}
