internal import Bolt

/// Where rows are read from: a committed state of the file, and the buffer of what came after it.
///
/// Both stay as long as somebody refers to the source. A commit ends one and begins the next.
final class RowSource: Sendable {
  let transaction: ReadTransaction
  let buffer: WriteBuffer

  // A view of the transaction, which any thread may read.
  nonisolated(unsafe) private let bucket: Bucket?

  init(_ database: Database) throws(MVCCError) {
    transaction = database.read()
    buffer = WriteBuffer()
    do throws(BoltError) {
      bucket = try transaction.bucket(BucketName.key.bytes)
    } catch {
      throw .bolt(error)
    }
  }

  /// The row of a revision that is no tombstone's.
  ///
  /// - Parameters:
  ///   - revision: The revision, which the index has.
  ///   - buffered: What counts of the buffer.
  /// - Returns: The row.
  /// - Throws: ``MVCCError/rowMissing(_:)``, or the fault of a page on the way.
  func row(at revision: Revision, in buffered: BufferedRows) throws(MVCCError) -> Row {
    if let row = buffered.row(at: revision) { return row }
    let key = RowKey(revision)
    let value: UnsafeRawBufferPointer?
    do throws(BoltError) {
      value = try key.withBytes { bytes throws(BoltError) in try bucket?.value(for: bytes) }
    } catch {
      throw .bolt(error)
    }
    guard let value else { throw .rowMissing(revision) }
    return Row(key: key, bytes: value)
  }

  /// Calls something with rows in the order of their revisions.
  ///
  /// - Parameters:
  ///   - start: The first revision.
  ///   - buffered: What counts of the buffer.
  ///   - body: Takes a row; returns false to end the visit.
  /// - Throws: ``MVCCError/rowKey(bytes:)`` for a row that is none, the fault of a page, or what
  ///   `body` throws.
  func visit(
    from start: Revision,
    in buffered: BufferedRows,
    _ body: (Row) throws(MVCCError) -> Bool
  ) throws(MVCCError) {
    // Rows in the buffer are later than all in the file.
    let isBuffered = buffered.count > 0 && buffered.base[0].key.revision <= start
    if let bucket, !isBuffered {
      var cursor = bucket.cursor()
      var element = try bolt { () throws(BoltError) in
        try RowKey(start).withBytes { bytes throws(BoltError) in try cursor.seek(bytes) }
      }
      while let found = element {
        guard try body(Row(key: try RowKey(found.key), bytes: found.value)) else { return }
        element = try bolt { () throws(BoltError) in try cursor.next() }
      }
    }
    for place in buffered.place(of: start)..<buffered.count {
      guard try body(buffered.base[place]) else { return }
    }
  }
}

/// Calls the database and tells its errors as this module's.
@inline(__always)
func bolt<Result>(_ body: () throws(BoltError) -> Result) throws(MVCCError) -> Result {
  do throws(BoltError) { return try body() } catch { throw .bolt(error) }
}
