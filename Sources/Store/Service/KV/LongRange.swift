internal import Apply
internal import MVCC
internal import NIOCore
internal import RPC

/// A range that is too large to be answered at once: read, and then sent, a little at a time.
///
/// Between two steps the loop serves others. Rows are copied only when the client takes them: until then
/// they stay where they lie, in the file or in what is not committed yet. Keys without values are made
/// while the range is read.
final class LongRange {
  /// Answers from this size on are made while they are sent, in bytes.
  static let byteCount = 1 << 20

  private let service: KVService
  private let call: RPCCall
  private let requester: AuthStore.Requester
  private let request: RangeRequest

  /// Changed in its place, since it has all that was read so far.
  private var reading: RangeReading?

  init(
    _ service: KVService,
    _ call: RPCCall,
    _ requester: AuthStore.Requester,
    _ request: RangeRequest,
    _ reading: RangeReading? = nil
  ) {
    self.service = service
    self.call = call
    self.requester = requester
    self.request = request
    self.reading = reading
  }

  /// Reads on in a moment, and so on to the end.
  func readLater() {
    afterPause { range in
      do throws(MVCCError) {
        guard let result = try range.reading?.advance() else { return range.readLater() }
        range.answer(result)
      } catch .compacted where range.request.revision <= 0 {
        // Of the latest revision nothing is missing; by now that is another one.
        range.readAtOnce()
      } catch {
        range.call.fail(RPCStatus(error))
      }
    }
  }

  private func readAtOnce() {
    do throws(MVCCError) {
      answer(try service.node.keyspace.view().range(request))
    } catch {
      call.fail(RPCStatus(error))
    }
  }

  /// Sends what was found.
  func answer(_ result: RangeResult) {
    var head = ByteBuffer()
    service.node.header.write(to: &head, revision: result.currentRevision)
    measure(RangePieces(result, behind: head))
  }

  private func measure(_ pieces: RangePieces) {
    guard pieces.measureSome() else { return afterPause { $0.measure(pieces) } }
    do throws(RPCStatus) {
      try service.node.admission.confirm(requester)
    } catch {
      return call.fail(error)
    }
    call.answer(pieces)
  }

  private func afterPause(_ body: @escaping (LongRange) -> Void) {
    call.eventLoop.assumeIsolated().scheduleTask(in: LoopPause.time) { [self] in
      // Who has gone needs no answer.
      if !call.isOver { body(self) }
    }
  }
}

/// The message `RangeResponse`, in pieces.
final class RangePieces: RPCPieces {
  private static let pieceByteCount = 64 << 10

  /// How many rows are measured before others have their turn.
  private static let rowsPerStep = 1 << 16

  private let result: RangeResult
  private let head: ByteBuffer
  private let tail: ByteBuffer
  private(set) var byteCount: Int

  // How many rows have been measured, and how many of them, or blocks of keys, written.
  private var measuredCount = 0
  private var writtenCount = 0

  /// How much of the next row was written, in bytes.
  private var rowOffset = 0

  /// A message of which only the rows must still be measured.
  init(_ result: RangeResult, behind head: ByteBuffer) {
    self.result = result
    self.head = head
    var tail = ByteBuffer()
    tail.writeRangeTail(result)
    self.tail = tail
    byteCount = head.readableBytes + tail.readableBytes + result.keys.byteCount
  }

  /// Measures some rows.
  ///
  /// - Returns: Whether all are measured.
  func measureSome() -> Bool {
    let end = min(result.rows.count, measuredCount + Self.rowsPerStep)
    for place in measuredCount..<end {
      let rowByteCount = result.rows[place].bytes.count
      byteCount += 1 + varintByteCount(UInt64(rowByteCount)) + rowByteCount
    }
    measuredCount = end
    return end == result.rows.count
  }

  func writePiece(to buffer: inout ByteBuffer) throws(RPCStatus) {
    let end = buffer.readableBytes + Self.pieceByteCount
    if writtenCount == 0, rowOffset == 0 { buffer.writeImmutableBuffer(head) }
    let partCount = result.rows.count + result.keys.blockCount
    while writtenCount < partCount, buffer.readableBytes < end {
      if writtenCount < result.rows.count {
        write(result.rows[writtenCount], to: &buffer, room: end - buffer.readableBytes)
      } else {
        buffer.writeBytes(result.keys.block(writtenCount - result.rows.count))
        writtenCount += 1
      }
    }
    if writtenCount == partCount { buffer.writeImmutableBuffer(tail) }
  }

  /// Writes the next row, or as much of it as there is room for.
  private func write(_ row: Row, to buffer: inout ByteBuffer, room: Int) {
    guard rowOffset > 0 || row.bytes.count > room else {
      buffer.writeField(2, row)
      writtenCount += 1
      return
    }
    if rowOffset == 0 { buffer.writeHead(2, byteCount: row.bytes.count) }
    let end = min(row.bytes.count, rowOffset + room)
    buffer.writeBytes(UnsafeRawBufferPointer(rebasing: row.bytes[rowOffset..<end]))
    rowOffset = end
    guard end == row.bytes.count else { return }
    rowOffset = 0
    writtenCount += 1
  }
}
