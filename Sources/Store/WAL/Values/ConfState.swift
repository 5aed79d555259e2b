/// Which members a cluster has, as raft sees it.
///
/// Format: protobuf, 1 voters, 2 learners, 3 outgoing voters, 4 next learners, each a varint per
/// member, 5 whether to leave by itself, which is always there.
///
/// Source: etcd 3.5, `raft/raftpb/raft.proto`, `ConfState`.
public struct ConfState: Hashable, Sendable {
  /// Who votes.
  public var voters: [NodeID]

  /// Who gets the log and does not vote.
  public var learners: [NodeID]

  /// Who still votes beside `voters` while a joint configuration lasts.
  public var outgoingVoters: [NodeID]

  /// Who becomes a learner when a joint configuration ends.
  public var nextLearners: [NodeID]

  /// Whether a joint configuration ends by itself.
  public var leavesByItself: Bool

  /// A configuration; without a transition if only the first two are given.
  public init(
    voters: [NodeID],
    learners: [NodeID] = [],
    outgoingVoters: [NodeID] = [],
    nextLearners: [NodeID] = [],
    leavesByItself: Bool = false
  ) {
    self.voters = voters
    self.learners = learners
    self.outgoingVoters = outgoingVoters
    self.nextLearners = nextLearners
    self.leavesByItself = leavesByItself
  }
}

extension ConfState: ProtoMessage {
  init(decoding bytes: UnsafeRawBufferPointer) throws(ProtoFault) {
    var reader = ProtoReader(bytes)
    var members: [[NodeID]] = [[], [], [], []]
    var leavesByItself = false
    while let tag = try reader.nextTag() {
      switch tag {
      case .varint(1...4):
        members[Int(tag.number) - 1].append(NodeID(rawValue: try reader.varint()))
      case .bytes(1...4):
        // Packed, as other writers may have it.
        var packed = ProtoReader(try reader.bytes())
        while !packed.isAtEnd {
          guard let value = try? packed.varint() else { throw ProtoFault(offset: reader.offset) }
          members[Int(tag.number) - 1].append(NodeID(rawValue: value))
          try Self.check(members, at: reader)
        }
      case .varint(5): leavesByItself = try reader.varint() != 0
      default: try reader.skip(tag, known: 1...5)
      }
      try Self.check(members, at: reader)
    }
    self.init(
      voters: members[0],
      learners: members[1],
      outgoingVoters: members[2],
      nextLearners: members[3],
      leavesByItself: leavesByItself
    )
  }

  func encode(into buffer: ByteBuffer) {
    for (field, members) in [voters, learners, outgoingVoters, nextLearners].enumerated() {
      for member in members { buffer.append(field: UInt32(field) + 1, varint: member.rawValue) }
    }
    buffer.append(field: 5, varint: leavesByItself ? 1 : 0)
  }

  private static func check(_ members: [[NodeID]], at reader: ProtoReader) throws(ProtoFault) {
    guard members.allSatisfy({ $0.count <= WALLimits.memberCount }) else {
      throw ProtoFault(offset: reader.offset)
    }
  }
}
