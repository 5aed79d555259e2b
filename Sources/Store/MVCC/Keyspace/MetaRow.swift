internal import Bolt

/// How far the log has been applied to a keyspace.
public struct ConsistentIndex: Hashable, Sendable {
  /// The index of the last entry that was applied; 0 if none was.
  public var index: UInt64

  /// The term of that entry; 0 if it is not known, as up to etcd 3.4.
  public var term: UInt64

  /// A place in the log.
  public init(index: UInt64, term: UInt64) {
    self.index = index
    self.term = term
  }
}

/// The rows of the bucket `meta` that a keyspace reads and writes.
///
/// Source: etcd `server/storage/schema/bucket.go`, `cindex.go`, `server/storage/mvcc/store.go`.
enum MetaRow {
  static let consistentIndex = Array("consistent_index".utf8)
  static let term = Array("term".utf8)
  static let confState = Array("confState".utf8)
  static let storageVersion = Array("storageVersion".utf8)
  static let scheduledCompaction = Array("scheduledCompactRev".utf8)
  static let finishedCompaction = Array("finishedCompactRev".utf8)

  /// A number, 8 bytes big-endian.
  static func bytes(of number: UInt64) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }

  /// A number that is stored; 0 if it is not, or has no bytes.
  static func number(_ name: [UInt8], in bucket: Bucket?) throws(MVCCError) -> UInt64 {
    let value = try bolt { () throws(BoltError) in try bucket?.value(for: name) }
    guard let value, !value.isEmpty else { return 0 }
    guard value.count == 8 else {
      throw .metaRow(name: String(decoding: name, as: UTF8.self), byteCount: value.count)
    }
    return UInt64(bigEndian: value.loadUnaligned(as: UInt64.self))
  }

  /// The main revision that is stored in the form of a row's key, if it is.
  static func revision(_ name: [UInt8], in bucket: Bucket?) throws(MVCCError) -> Int64? {
    let value = try bolt { () throws(BoltError) in try bucket?.value(for: name) }
    guard let value else { return nil }
    guard let key = try? RowKey(value) else {
      throw .metaRow(name: String(decoding: name, as: UTF8.self), byteCount: value.count)
    }
    return key.revision.main
  }
}
