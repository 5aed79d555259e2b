internal import MVCC

/// Rows that the log says were written after the database was, in the order of their revisions.
///
/// Each lies in memory as it would in the file, its key in front of its message.
final class ReplayedRows: @unchecked Sendable {
  // Nothing changes once the rows have been added, before anybody else sees them.
  private var memory: [UnsafeMutableRawPointer] = []

  /// The rows, the oldest first.
  private(set) var rows: [StoredRow] = []

  deinit { for piece in memory { piece.deallocate() } }

  func append(_ row: Row) {
    row.key.withBytes { key in
      let byteCount = key.count + row.bytes.count
      let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 8)
      guard let base = piece.baseAddress else { return }
      memory.append(base)
      piece.copyMemory(from: key)
      UnsafeMutableRawBufferPointer(rebasing: piece[key.count...]).copyMemory(from: row.bytes)
      rows.append(
        StoredRow(
          revision: row.key.revision,
          isTombstone: row.key.isTombstone,
          message: UnsafeRawBufferPointer(start: base + key.count, count: row.bytes.count)
        )
      )
    }
  }
}
