internal import EtcdClient
internal import MVCC

/// The answer to one range request, where it lies.
///
/// Format: `etcdserverpb.RangeResponse`: 1 header (2 member_id, 3 revision), 2 kvs (each an
/// `mvccpb.KeyValue`, as a row of a file is), 3 more, 4 count.
///
/// Source: etcd, `api/etcdserverpb/rpc.proto`.
struct RangePage: Sendable {
  /// The store's revision when the answer was made.
  let revision: Int64

  /// Whether a member of a cluster of etcd answers.
  ///
  /// Others name no member. kine is one of them: releases of it take the end of every range for that of
  /// a prefix, since Kubernetes asks for nothing else.
  ///
  /// Source: k3s-io/kine, `pkg/server/limited.go` (`txnHeader`), `pkg/server/list.go`.
  let isFromMember: Bool

  /// How many keys the range has, whatever the limit.
  let count: Int

  /// What no store has: a server that says more is not believed, so that counts can be added up.
  private static let mostKeys = 1 << 48

  /// How many rows there are in the answer.
  let rowCount: Int

  /// Whether the range has more keys.
  let hasMore: Bool

  /// The key of the first row, and of the last.
  let firstKey: [UInt8]?
  let lastKey: [UInt8]?

  /// How large the answer is.
  var byteCount: Int { answer.count }

  private let answer: AnswerBytes

  /// Reads an answer.
  ///
  /// - Throws: `MessageFault` if it is none.
  init(_ answer: AnswerBytes) throws(MessageFault) {
    self.answer = answer
    var revision: Int64 = 0
    var count = 0
    var rowCount = 0
    var hasMore = false
    var memberID: UInt64 = 0
    var (firstKey, lastKey): ([UInt8]?, [UInt8]?)
    try answer.withUnsafeBytes { (bytes) throws(MessageFault) in
      var reader = MessageReader(bytes)
      var (firstRow, lastRow): (UnsafeRawBufferPointer?, UnsafeRawBufferPointer?)
      while let field = try reader.next() {
        switch (field.number, field.value) {
        case (1, .bytes(let header)): (memberID, revision) = try RangePage.facts(of: header)
        case (2, .bytes(let row)):
          firstRow = firstRow ?? row
          lastRow = row
          rowCount += 1
        case (3, .number(let more)): hasMore = more != 0
        case (4, .number(let number)):
          count = min(max(0, Int(clamping: Int64(bitPattern: number))), RangePage.mostKeys)
        default: break
        }
      }
      firstKey = firstRow.flatMap { StoredRow.key(of: $0) }.map { Array($0) }
      lastKey = lastRow.flatMap { StoredRow.key(of: $0) }.map { Array($0) }
    }
    self.revision = revision
    self.count = count
    self.rowCount = rowCount
    self.hasMore = hasMore
    isFromMember = memberID != 0
    self.firstKey = firstKey
    self.lastKey = lastKey
  }

  /// What the header of an answer says: the member that answers, 0 for none, and the store's revision.
  static func facts(
    of header: UnsafeRawBufferPointer
  ) throws(MessageFault) -> (memberID: UInt64, revision: Int64) {
    var reader = MessageReader(header)
    var memberID: UInt64 = 0
    var revision: Int64 = 0
    while let field = try reader.next() {
      switch (field.number, field.value) {
      case (2, .number(let number)): memberID = number
      case (3, .number(let number)): revision = Int64(bitPattern: number)
      default: break
      }
    }
    return (memberID, revision)
  }

  /// Shows the rows, whose memory is that of the page.
  func forEachRow(
    of source: String,
    _ body: (StoredRow) throws(SourceError) -> Void
  ) throws(SourceError) {
    try answer.withUnsafeBytes { (bytes) throws(SourceError) in
      var reader = MessageReader(bytes)
      // The first pass has seen that all fields are whole.
      while let field = try? reader.next() {
        guard case (2, .bytes(let message)) = (field.number, field.value) else { continue }
        let row: StoredRow
        do throws(MVCCError) {
          row = try StoredRow(answered: message)
        } catch {
          throw SourceError.content(path: source, error)
        }
        try body(row)
      }
    }
  }
}

extension StoredRow {
  /// Reads a `KeyValue` that a server answered.
  ///
  /// A row's place among those of its revision is not answered: it counts as the first.
  init(answered message: UnsafeRawBufferPointer) throws(MVCCError) {
    let view = try KeyValueView(message, at: Revision(main: 0))
    self.init(
      revision: Revision(main: view.modRevision),
      isTombstone: false,
      message: message
    )
  }
}
