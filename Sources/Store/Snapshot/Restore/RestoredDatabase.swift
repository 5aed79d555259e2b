internal import Bolt
internal import FileIO
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
    guard try state.bucket("meta") != nil else { return .failure(notEtcd(missing: "meta")) }
    guard let keys = try state.bucket("key") else { return .failure(notEtcd(missing: "key")) }
    var cursor = keys.cursor()
    var newest: Int64 = 0
    if let element = try cursor.last() {
      guard let revision = mainRevision(element.key) else {
        return .failure(.notARevision(path: sourcePath, key: Array(element.key)))
      }
      newest = revision
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
      let row = rowName(of: newest)
      try transaction.bucketOrNew(Array("key".utf8)).put([], for: row)
      try put(row, for: "scheduledCompactRev", in: transaction)
    }
    try putMembers(in: transaction)
    try put(index.rawValue.bigEndianBytes, for: "consistent_index", in: transaction)
    try put(term.rawValue.bigEndianBytes, for: "term", in: transaction)
    try transaction.commit()
    return .success(newest)
  }

  private func putMembers(in transaction: WriteTransaction) throws(BoltError) {
    for name in ["members", "members_removed"] {
      if try transaction.bucket(Array(name.utf8)) != nil {
        try transaction.deleteBucket(Array(name.utf8))
      }
      _ = try transaction.bucketOrNew(Array(name.utf8))
    }
    _ = try transaction.bucketOrNew(Array("cluster".utf8))
    let rows = try transaction.bucketOrNew(Array("members".utf8))
    for member in members {
      try rows.put(Array(member.json.utf8), for: Array(member.id.hexadecimal.utf8))
    }
  }

  private func put(
    _ value: [UInt8],
    for key: String,
    in transaction: WriteTransaction
  ) throws(BoltError) {
    try transaction.bucketOrNew(Array("meta".utf8)).put(value, for: Array(key.utf8))
  }

  private func notEtcd(missing bucket: String) -> SnapshotError {
    .notEtcd(path: sourcePath, missingBucket: bucket)
  }
}

/// The name of a row of the bucket `key`.
///
/// Format: 8 bytes main revision, big-endian; `_`; 8 bytes sub revision, big-endian; for a tombstone,
/// `t`.
private func rowName(of main: Int64) -> [UInt8] {
  UInt64(bitPattern: main).bigEndianBytes + [UInt8(ascii: "_")] + UInt64(0).bigEndianBytes
}

private func mainRevision(_ name: UnsafeRawBufferPointer) -> Int64? {
  let isTombstone = name.count == 18 && name.last == UInt8(ascii: "t")
  guard name.count == 17 || isTombstone, name[8] == UInt8(ascii: "_") else { return nil }
  return Int64(exactly: UInt64(bigEndian: name.loadUnaligned(as: UInt64.self)))
}
