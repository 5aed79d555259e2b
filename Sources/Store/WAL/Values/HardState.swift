/// What a member must not forget of raft besides the log: its term, its vote, and how far the log
/// is committed.
///
/// Format: protobuf, 1 term, 2 vote, 3 commit, all varints and all always there.
///
/// Source: etcd 3.4, `raft/raftpb/raft.proto`, `HardState`.
public struct HardState: Hashable, Sendable {
  /// The newest election that the member knows of.
  public var term: Term

  /// Whom the member voted for in that election.
  public var vote: NodeID

  /// The last entry that is known to be committed: neither it nor one before it ever changes.
  public var commit: LogIndex

  /// A state.
  public init(term: Term, vote: NodeID, commit: LogIndex) {
    self.term = term
    self.vote = vote
    self.commit = commit
  }

  /// The state of a member that has just begun, which is never written.
  public static let empty = HardState(term: .zero, vote: .nobody, commit: .zero)

  /// Whether nothing has happened yet.
  public var isEmpty: Bool { self == .empty }
}

extension HardState: ProtoMessage {
  init(decoding bytes: UnsafeRawBufferPointer) throws(ProtoFault) {
    var reader = ProtoReader(bytes)
    var term: UInt64 = 0
    var vote: UInt64 = 0
    var commit: UInt64 = 0
    while let tag = try reader.nextTag() {
      switch tag {
      case .varint(1): term = try reader.varint()
      case .varint(2): vote = try reader.varint()
      case .varint(3): commit = try reader.varint()
      default: try reader.skip(tag, known: 1...3)
      }
    }
    self.init(
      term: Term(rawValue: term),
      vote: NodeID(rawValue: vote),
      commit: LogIndex(rawValue: commit)
    )
  }

  func encode(into buffer: ByteBuffer) {
    buffer.append(field: 1, varint: term.rawValue)
    buffer.append(field: 2, varint: vote.rawValue)
    buffer.append(field: 3, varint: commit.rawValue)
  }
}
