internal import Apply
internal import EtcdMessages
internal import NIOCore
internal import RPC
internal import SwiftProtobuf

/// A request on its way into the log, with the way back.
///
/// An object: it goes through several queues.
final class Proposal: Sendable {
  /// What is asked for.
  enum Content: Sendable {
    /// A change of keys, as nearly all are.
    case change(KeyChange)

    /// Anything else.
    case request(Etcdserverpb_InternalRaftRequest)
  }

  /// What is asked for.
  let content: Content

  /// The same, as the log has it.
  let data: ByteBuffer

  /// Where the answer is awaited; nil if nobody waits.
  let reply: Reply?

  /// The way back.
  struct Reply: Sendable {
    /// The loop that waits.
    let loop: NodeLoop

    /// Called there, once.
    let complete: @Sendable (Result<Applied, RPCStatus>) -> Void
  }

  init(_ content: Content, data: ByteBuffer, reply: Reply?) {
    self.content = content
    self.data = data
    self.reply = reply
  }

  /// A request whose header is filled in.
  convenience init(_ request: Etcdserverpb_InternalRaftRequest, reply: Reply?) {
    var data = ByteBuffer()
    // A message without required fields can always be serialized.
    if let bytes: [UInt8] = try? request.serializedBytes() { data.writeBytes(bytes) }
    self.init(.request(request), data: data, reply: reply)
  }

  /// The request in its general form.
  var request: Etcdserverpb_InternalRaftRequest? {
    switch content {
    case .request(let request): request
    case .change:
      try? Etcdserverpb_InternalRaftRequest(serializedBytes: Array(data.readableBytesView))
    }
  }
}

/// A change of keys as a client has asked for it.
struct ProposedChange {
  /// The change, taken apart.
  let change: KeyChange

  /// The client's message, which goes into the log as it came.
  let message: ByteBuffer

  /// What the log has.
  ///
  /// Source: etcd 3.5, `api/etcdserverpb/raft_internal.proto`, `InternalRaftRequest` and
  /// `RequestHeader`.
  func entry(id: UInt64, _ requester: AuthStore.Requester) -> ByteBuffer {
    var header = ByteBuffer()
    header.writeField(1, id)
    if !requester.name.isEmpty {
      header.writeHead(2, byteCount: requester.name.utf8.count)
      header.writeString(requester.name)
    }
    header.writeField(3, requester.revision)
    var entry = ByteBuffer()
    entry.reserveCapacity(message.readableBytes + header.readableBytes + 16)
    let field =
      switch change {
      case .put: 4
      case .delete: 5
      case .transaction: 6
      }
    entry.writeField(field, message: message)
    entry.writeField(100, message: header)
    return entry
  }
}

/// What has become of a request that is in the log.
struct Applied: Sendable {
  /// What was done.
  let answer: Applier.Answer

  /// The current revision behind it.
  let revision: Int64
}
