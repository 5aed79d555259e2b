import Bolt
import FileIO
import TestSupport

@testable import MVCC

/// Keyspaces with text for keys and values, as tests have them.
extension Keyspace {
  static func open(
    _ disk: any FileSystem,
    isReadOnly: Bool = false
  ) throws(MVCCError) -> Keyspace {
    let options = isReadOnly ? Database.Options.reading : Database.Options()
    let database = try bolt { () throws(BoltError) in try Database("/db", options, in: disk) }
    return try Keyspace(database, isReadOnly: isReadOnly)
  }

  @discardableResult
  func put(_ key: String, _ value: String, lease: Int64 = 0) throws(MVCCError) -> Int64 {
    let lease = LeaseID(rawValue: lease)
    return try put(PutRequest(Array(key.utf8), Array(value.utf8), lease: lease)).revision
  }

  @discardableResult
  func delete(_ key: String) throws(MVCCError) -> Int64 {
    try delete(DeleteRequest(KeyRange(Array(key.utf8)))).revision
  }

  func text(_ key: String, at revision: Int64 = 0) throws(MVCCError) -> String? {
    try view().text(key, at: revision)
  }

  /// Whether there are rows that the last compaction should have taken away.
  var hasRowsToCompact: Bool {
    var isFound = false
    withBytes(of: []) { start in
      index.tree.visit(from: start, to: nil) { slot in
        let card = index.tree.card(slot)
        isFound = isFound || index.firstKept(card, compactingTo: compactRevision) > 0
        return !isFound
      }
    }
    return isFound
  }

  func compactAll(to revision: Int64) throws(MVCCError) {
    try compact(to: revision)
    while try continueCompaction() {}
  }
}

extension KeyspaceView {
  func text(_ key: String, at revision: Int64 = 0) throws(MVCCError) -> String? {
    let result = try range(RangeRequest(KeyRange(Array(key.utf8)), revision: revision))
    guard result.rows.count > 0 else { return nil }
    return String(decoding: try result.rows[0].keyValue().value, as: UTF8.self)
  }

  /// All rows, in the order of their revisions.
  func rowKeys() throws(MVCCError) -> [RowKey] {
    var keys: [RowKey] = []
    try visitRows { row throws(MVCCError) in
      keys.append(row.key)
      return true
    }
    return keys
  }
}

extension Database {
  /// Puts rows as they are, whatever they say.
  func put(_ rows: [(key: [UInt8], value: [UInt8])], in bucket: BucketName) throws(BoltError) {
    let transaction = try write()
    let bucket = try transaction.bucketOrNew(bucket.bytes)
    for row in rows { try bucket.put(row.value, for: row.key) }
    try transaction.commit()
  }

  /// A row of a bucket.
  func row(_ key: [UInt8], in bucket: BucketName) throws(BoltError) -> [UInt8]? {
    let transaction = read()
    return try transaction.bucket(bucket.bytes)?.value(for: key).map { Array($0) }
  }
}
