internal import EtcdMessages
internal import NIOCore
internal import SwiftProtobuf
internal import WAL

/// Who answers: what the header of a response says beside the revision.
struct ResponseHeader: Sendable {
  let clusterID: ClusterID
  let memberID: NodeID
  let term: Term

  // The fields before and behind the revision, as they are sent.
  private let before: ByteBuffer
  private let behind: ByteBuffer

  /// A header by its parts.
  init(clusterID: ClusterID, memberID: NodeID, term: Term) {
    self.clusterID = clusterID
    self.memberID = memberID
    self.term = term
    var buffer = ByteBuffer()
    buffer.writeField(1, clusterID.rawValue)
    buffer.writeField(2, memberID.rawValue)
    before = buffer
    buffer = ByteBuffer()
    buffer.writeField(4, term.rawValue)
    behind = buffer
  }

  /// Writes the header as the first field of a message.
  func write(to buffer: inout ByteBuffer, revision: Int64) {
    let value = UInt64(bitPattern: revision)
    let own = value == 0 ? 0 : 1 + varintByteCount(value)
    buffer.writeHead(1, byteCount: before.readableBytes + own + behind.readableBytes)
    buffer.writeImmutableBuffer(before)
    buffer.writeField(3, value)
    buffer.writeImmutableBuffer(behind)
  }

  /// The header as a message.
  func message(revision: Int64) -> Etcdserverpb_ResponseHeader {
    .with {
      $0.clusterID = clusterID.rawValue
      $0.memberID = memberID.rawValue
      $0.revision = revision
      $0.raftTerm = term.rawValue
    }
  }
}
