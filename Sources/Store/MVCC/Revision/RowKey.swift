/// The key of a row in the bucket `key`: a revision, and whether it is a tombstone.
///
/// Format: big-endian, 17 bytes, or 18 for a tombstone. In the order of their bytes, rows are in the
/// order of their revisions.
///
///     OFFSET  SIZE  FIELD
///     0       8     main revision, not negative
///     8       1     `_`
///     9       8     sub revision, not negative
///     17      1     `t`: a tombstone; absent otherwise
///
/// Source: etcd `server/storage/mvcc/revision.go`, `BucketKeyToBytes`.
public struct RowKey: Hashable, Sendable {
  /// The size of a key that is no tombstone's, and of a revision in the bucket `meta`.
  static let byteCount = 17

  /// The size of a tombstone's key.
  static let tombstoneByteCount = 18

  /// When the row was written.
  public var revision: Revision

  /// Whether the row says that its key was deleted.
  public var isTombstone: Bool

  /// A row's key by what it says.
  public init(_ revision: Revision, isTombstone: Bool = false) {
    self.revision = revision
    self.isTombstone = isTombstone
  }

  /// Reads a row's key.
  ///
  /// - Parameter bytes: The bytes, in any memory.
  /// - Throws: ``MVCCError/rowKey(bytes:)`` if they are of another form.
  public init(_ bytes: UnsafeRawBufferPointer) throws(MVCCError) {
    guard
      let base = bytes.baseAddress,
      bytes.count == RowKey.byteCount
        || (bytes.count == RowKey.tombstoneByteCount && bytes[17] == UInt8(ascii: "t")),
      bytes[8] == UInt8(ascii: "_")
    else { throw .rowKey(bytes: Array(bytes.prefix(RowKey.reportedByteCount))) }
    let main = Int64(bigEndian: base.loadUnaligned(as: Int64.self))
    let sub = Int64(bigEndian: base.loadUnaligned(fromByteOffset: 9, as: Int64.self))
    guard main >= 0, sub >= 0 else { throw .rowKey(bytes: Array(bytes)) }
    revision = Revision(main: main, sub: sub)
    isTombstone = bytes.count == RowKey.tombstoneByteCount
  }

  /// How much of a key of another form an error shows.
  private static let reportedByteCount = 32

  /// Calls something with the bytes as they are stored.
  ///
  /// - Parameter body: Takes the bytes, which are gone when it returns.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  @inlinable
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // 24 bytes of a value on the stack, of which the first 17 or 18 are used.
    var storage: (UInt64, UInt64, UInt64) = (0, 0, 0)
    let result = Swift.withUnsafeMutableBytes(of: &storage) { buffer in
      Swift.Result { () throws(Failure) in
        buffer.storeBytes(of: revision.main.bigEndian, as: Int64.self)
        buffer[8] = UInt8(ascii: "_")
        buffer.storeBytes(of: revision.sub.bigEndian, toByteOffset: 9, as: Int64.self)
        buffer[17] = UInt8(ascii: "t")
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<(isTombstone ? 18 : 17)])
        return try body(bytes)
      }
    }
    return try result.get()
  }

  /// The bytes as they are stored.
  public var bytes: [UInt8] { withBytes { Array($0) } }
}
