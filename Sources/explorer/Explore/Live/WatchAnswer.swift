internal import EtcdClient
internal import MVCC

/// A message of a watch, where it lies.
///
/// Format: `etcdserverpb.WatchResponse`: 1 header (3 revision), 2 watch_id, 3 created, 4 canceled,
/// 5 compact_revision, 6 cancel_reason, 7 fragment, 11 events (each an `mvccpb.Event`: 1 type, 0 for PUT
/// and 1 for DELETE, 2 kv, 3 prev_kv).
///
/// Source: etcd, `api/etcdserverpb/rpc.proto`, `api/mvccpb/kv.proto`.
struct WatchAnswer: Sendable {
  /// The store's revision when the message was made.
  private(set) var revision: Int64 = 0

  /// The watcher that it is for; -1 where it is for all of the stream.
  private(set) var watchID: Int64 = 0

  private(set) var isCreated = false
  private(set) var isCanceled = false

  /// The last revision that was compacted, where that is why the watcher was cancelled.
  private(set) var compactRevision: Int64 = 0
  private(set) var cancelReason = ""

  /// Whether more events of the same revision follow.
  private(set) var isFragment = false

  /// How many events there are.
  private(set) var eventCount = 0

  /// The revision of the last event.
  private(set) var lastEventRevision: Int64?

  private let answer: AnswerBytes

  init(_ answer: AnswerBytes) throws(MessageFault) {
    self.answer = answer
    try answer.withUnsafeBytes { (bytes) throws(MessageFault) in
      var reader = MessageReader(bytes)
      var lastEvent: UnsafeRawBufferPointer?
      while let field = try reader.next() {
        switch (field.number, field.value) {
        case (1, .bytes(let header)): revision = try RangePage.facts(of: header).revision
        case (2, .number(let number)): watchID = Int64(bitPattern: number)
        case (3, .number(let number)): isCreated = number != 0
        case (4, .number(let number)): isCanceled = number != 0
        case (5, .number(let number)): compactRevision = Int64(bitPattern: number)
        case (6, .bytes(let text)): cancelReason = String(decoding: text, as: UTF8.self)
        case (7, .number(let number)): isFragment = number != 0
        case (11, .bytes(let event)):
          eventCount += 1
          lastEvent = event
        default: break
        }
      }
      if let lastEvent { lastEventRevision = try WatchEvent(lastEvent).row.revision.main }
    }
  }

  /// Shows the events, whose memory is that of the answer.
  func forEachEvent(
    of source: String,
    _ body: (WatchEvent) throws(SourceError) -> Void
  ) throws(SourceError) {
    guard eventCount > 0 else { return }
    try answer.withUnsafeBytes { (bytes) throws(SourceError) in
      var reader = MessageReader(bytes)
      while true {
        let event: WatchEvent
        do throws(MessageFault) {
          guard let field = try reader.next() else { return }
          guard case (11, .bytes(let message)) = (field.number, field.value) else { continue }
          event = try WatchEvent(message)
        } catch {
          throw SourceError.answer(source: source, fault: "\(error)")
        }
        try body(event)
      }
    }
  }
}

/// What happened to a key.
public enum ChangeKind: String, Sendable {
  case added = "ADDED"
  case modified = "MODIFIED"
  case deleted = "DELETED"
}

/// A change of one key, as a watch tells it.
///
/// Its memory is that of the call in which it is shown.
public struct WatchEvent {
  /// The new row: a tombstone where the key was deleted.
  public let row: StoredRow

  /// The row before, where there was one and the server still has it.
  public let previous: StoredRow?

  /// What happened.
  public let kind: ChangeKind

  /// Reads an `mvccpb.Event`.
  init(_ message: UnsafeRawBufferPointer) throws(MessageFault) {
    var reader = MessageReader(message)
    var isDeletion = false
    var current: UnsafeRawBufferPointer?
    var previous: UnsafeRawBufferPointer?
    while let field = try reader.next() {
      switch (field.number, field.value) {
      case (1, .number(let type)): isDeletion = type == 1
      case (2, .bytes(let bytes)): current = bytes
      case (3, .bytes(let bytes)): previous = bytes
      default: break
      }
    }
    let bytes = current ?? UnsafeRawBufferPointer(start: nil, count: 0)
    let (row, view) = try WatchEvent.row(bytes, isTombstone: isDeletion)
    self.row = row
    kind =
      isDeletion ? .deleted : view.createRevision == view.modRevision ? .added : .modified
    self.previous = try previous.map { (bytes) throws(MessageFault) in
      try WatchEvent.row(bytes, isTombstone: false).row
    }
  }

  private static func row(
    _ message: UnsafeRawBufferPointer,
    isTombstone: Bool
  ) throws(MessageFault) -> (row: StoredRow, view: KeyValueView) {
    do throws(MVCCError) {
      let view = try KeyValueView(message, at: Revision(main: 0))
      let revision = Revision(main: view.modRevision)
      return (StoredRow(revision: revision, isTombstone: isTombstone, message: message), view)
    } catch .keyValue(_, let fault) {
      throw fault
    } catch {
      throw .truncated(offset: 0)
    }
  }
}
