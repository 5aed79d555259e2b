internal import MVCC
internal import NIOCore

// The fields of KV's responses behind the header.
extension ByteBuffer {
  /// Writes what a range has found: the fields of `RangeResponse`.
  mutating func write(_ result: RangeResult) {
    for place in 0..<result.rows.count { writeField(2, result.rows[place]) }
    for place in 0..<result.keys.blockCount { writeBytes(result.keys.block(place)) }
    writeRangeTail(result)
  }

  /// Writes the fields of `RangeResponse` behind the rows.
  mutating func writeRangeTail(_ result: RangeResult) {
    writeField(3, result.hasMore)
    writeField(4, Int64(result.count))
  }

  /// Writes what a delete has done: the fields of `DeleteRangeResponse`.
  mutating func write(_ result: DeleteResult) {
    writeField(2, Int64(result.count))
    for place in 0..<result.previous.count { writeField(3, result.previous[place]) }
  }

  /// Writes what a transaction has done: the fields of `TxnResponse`.
  ///
  /// Transactions within it are as deep as the request was.
  mutating func write(_ result: TransactionResult) {
    writeField(2, result.succeeded)
    for operation in result.operations {
      var response = ByteBuffer()
      var inner = ByteBuffer()
      switch operation {
      case .range(let range):
        inner.writeHeader(revision: range.currentRevision)
        inner.write(range)
        response.writeField(1, message: inner)
      case .put(let put):
        inner.writeHeader(revision: put.revision)
        if !put.previous.isEmpty { inner.writeField(2, put.previous[0]) }
        response.writeField(2, message: inner)
      case .delete(let delete):
        inner.writeHeader(revision: delete.revision)
        inner.write(delete)
        response.writeField(3, message: inner)
      case .transaction(let transaction):
        // etcd leaves the header of these empty.
        inner.writeHead(1, byteCount: 0)
        inner.write(transaction)
        response.writeField(4, message: inner)
      case .empty: break
      }
      writeField(3, message: response)
    }
  }

  /// Writes the header of an operation of a transaction, which has the revision only.
  private mutating func writeHeader(revision: Int64) {
    writeHead(1, byteCount: revision == 0 ? 0 : 1 + varintByteCount(UInt64(bitPattern: revision)))
    writeField(3, revision)
  }
}

extension RangeResult {
  /// How many bytes the response takes, about.
  var byteCountHint: Int {
    var byteCount = 64 + keys.byteCount
    for place in 0..<rows.count { byteCount += rows[place].bytes.count + 6 }
    return byteCount
  }
}
