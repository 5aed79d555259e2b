/// Rows that have been written and are not committed yet, in the order of their revisions.
///
/// One thread adds rows. Others read those that were there when they were told of the buffer: what
/// has been added never changes and never moves while the buffer lives.
final class WriteBuffer: @unchecked Sendable {
  private static let firstCapacity = 64
  private static let chunkByteCount = 1 << 16

  private var rows: UnsafeMutablePointer<Row>
  private var capacity = WriteBuffer.firstCapacity
  private(set) var count = 0

  /// The tables that became too small, which somebody may still read.
  private var retired: [UnsafeMutablePointer<Row>] = []

  /// The memory of the rows' values, which come to it one after the other.
  private var chunks: [UnsafeMutableRawPointer] = []
  private var free = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  /// How many bytes the rows have.
  private(set) var byteCount = 0

  init() { rows = .allocate(capacity: WriteBuffer.firstCapacity) }

  deinit {
    rows.deallocate()
    for table in retired { table.deallocate() }
    for chunk in chunks { chunk.deallocate() }
  }

  /// The rows that are there now.
  var contents: BufferedRows { BufferedRows(base: UnsafePointer(rows), count: count) }

  /// Adds a row, which is later than all that are there.
  func append(_ key: RowKey, _ keyValue: NewKeyValue) {
    let memory = reserve(keyValue.byteCount)
    keyValue.write(to: memory)
    let bytes = UnsafeRawBufferPointer(start: memory, count: keyValue.byteCount)
    if count == capacity { grow() }
    (rows + count).initialize(to: Row(key: key, bytes: bytes))
    count += 1
    byteCount += bytes.count
  }

  private func grow() {
    let larger = UnsafeMutablePointer<Row>.allocate(capacity: capacity * 2)
    larger.initialize(from: rows, count: count)
    retired.append(rows)
    rows = larger
    capacity *= 2
  }

  private func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer {
    if let base = free.baseAddress, byteCount <= free.count {
      free = UnsafeMutableRawBufferPointer(start: base + byteCount, count: free.count - byteCount)
      return base
    }
    // Large values have chunks of their own, so that no rest of a chunk is lost for them.
    let isLarge = byteCount > WriteBuffer.chunkByteCount / 4
    let size = isLarge ? byteCount : WriteBuffer.chunkByteCount
    let chunk = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    chunks.append(chunk)
    if !isLarge {
      free = UnsafeMutableRawBufferPointer(start: chunk + byteCount, count: size - byteCount)
    }
    return chunk
  }
}

/// The rows of a ``WriteBuffer`` at some moment; whoever has them holds the buffer.
struct BufferedRows {
  let base: UnsafePointer<Row>
  let count: Int

  /// The first row that is not before a revision.
  ///
  /// - Returns: Its place, which may be behind the last one.
  func place(of revision: Revision) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if base[middle].key.revision < revision { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func row(at revision: Revision) -> Row? {
    let place = place(of: revision)
    guard place < count, base[place].key.revision == revision else { return nil }
    return base[place]
  }
}
