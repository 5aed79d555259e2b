/// What a `.snap` file holds: where a log may be begun, and the state of etcd's old store there.
///
/// The key-values are not in it; they are in the bolt database.
///
/// Format: protobuf, 1 data, left out when it is empty, 2 metadata, a message of 1 configuration,
/// 2 index, 3 term, which are all always there.
///
/// Source: etcd 3.4, `raft/raftpb/raft.proto`, `Snapshot`.
public struct RaftSnapshot: Hashable, Sendable {
  /// The last entry that it contains.
  public var index: LogIndex

  /// The term of that entry.
  public var term: Term

  /// The members at that entry.
  public var confState: ConfState

  /// The state of the old store as JSON, which etcd up to 3.6 reads the members from.
  public var data: [UInt8]

  /// A snapshot.
  public init(index: LogIndex, term: Term, confState: ConfState, data: [UInt8]) {
    self.index = index
    self.term = term
    self.confState = confState
    self.data = data
  }

  /// The record that tells a log of it.
  public var record: WALSnapshot { WALSnapshot(index: index, term: term, confState: confState) }
}

extension RaftSnapshot: ProtoMessage {
  /// The part that is not the data.
  private struct Metadata: ProtoMessage {
    var confState = ConfState(voters: [])
    var index: UInt64 = 0
    var term: UInt64 = 0

    init(confState: ConfState, index: UInt64, term: UInt64) {
      self.confState = confState
      self.index = index
      self.term = term
    }

    init(decoding bytes: UnsafeRawBufferPointer) throws(ProtoFault) {
      var reader = ProtoReader(bytes)
      while let tag = try reader.nextTag() {
        switch tag {
        case .bytes(1): confState = try reader.nested(try reader.bytes())
        case .varint(2): index = try reader.varint()
        case .varint(3): term = try reader.varint()
        default: try reader.skip(tag, known: 1...3)
        }
      }
    }

    func encode(into buffer: ByteBuffer) {
      buffer.append(field: 1, confState)
      buffer.append(field: 2, varint: index)
      buffer.append(field: 3, varint: term)
    }
  }

  init(decoding bytes: UnsafeRawBufferPointer) throws(ProtoFault) {
    var reader = ProtoReader(bytes)
    var metadata = Metadata(confState: ConfState(voters: []), index: 0, term: 0)
    var data = UnsafeRawBufferPointer(start: nil, count: 0)
    while let tag = try reader.nextTag() {
      switch tag {
      case .bytes(1): data = try reader.bytes()
      case .bytes(2): metadata = try reader.nested(try reader.bytes())
      default: try reader.skip(tag, known: 1...2)
      }
    }
    self.init(
      index: LogIndex(rawValue: metadata.index),
      term: Term(rawValue: metadata.term),
      confState: metadata.confState,
      data: Array(data)
    )
  }

  func encode(into buffer: ByteBuffer) {
    if !data.isEmpty {
      buffer.append(field: 1, byteCount: data.count)
      data.withUnsafeBytes { buffer.append($0) }
    }
    let metadata = Metadata(confState: confState, index: index.rawValue, term: term.rawValue)
    buffer.append(field: 2, metadata)
  }
}
