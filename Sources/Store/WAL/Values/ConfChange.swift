/// A change of one member, which is the data of an entry of type ``EntryType/confChange``.
///
/// Format: protobuf, 1 id, 2 type, 3 node id, all varints and always there, 4 context, which is
/// left out when it is empty.
///
/// Source: etcd 3.4, `raft/raftpb/raft.proto`, `ConfChange`.
public struct ConfChange: Hashable, Sendable {
  /// What happens to the member.
  public enum Action: UInt64, Sendable {
    /// It becomes a voter, from a learner or from nothing.
    case addNode = 0

    /// It leaves.
    case removeNode = 1

    /// Its addresses change.
    case updateNode = 2

    /// It becomes a learner.
    case addLearnerNode = 3
  }

  /// What the proposer finds its own proposal by; 0 in the entries of a new cluster.
  public var id: UInt64

  /// What happens.
  public var action: Action

  /// To whom.
  public var nodeID: NodeID

  /// The member as etcd's JSON has it; nothing when it is removed.
  public var context: [UInt8]

  /// A change.
  public init(id: UInt64 = 0, action: Action, nodeID: NodeID, context: [UInt8] = []) {
    self.id = id
    self.action = action
    self.nodeID = nodeID
    self.context = context
  }

  /// Reads the data of an entry; nil if it is no such change.
  public init?(_ data: UnsafeRawBufferPointer) {
    do {
      try self.init(decoding: data)
    } catch {
      return nil
    }
  }

  /// The data of an entry.
  public var data: [UInt8] { encoded() }
}

extension ConfChange: ProtoMessage {
  init(decoding bytes: UnsafeRawBufferPointer) throws(ProtoFault) {
    var reader = ProtoReader(bytes)
    self.init(action: .addNode, nodeID: .nobody)
    while let tag = try reader.nextTag() {
      switch tag {
      case .varint(1): id = try reader.varint()
      case .varint(2):
        let start = reader.offset
        guard let known = Action(rawValue: try reader.varint()) else {
          throw ProtoFault(offset: start)
        }
        action = known
      case .varint(3): nodeID = NodeID(rawValue: try reader.varint())
      case .bytes(4): context = Array(try reader.bytes())
      default: try reader.skip(tag, known: 1...4)
      }
    }
  }

  func encode(into buffer: ByteBuffer) {
    buffer.append(field: 1, varint: id)
    buffer.append(field: 2, varint: action.rawValue)
    buffer.append(field: 3, varint: nodeID.rawValue)
    guard !context.isEmpty else { return }
    buffer.append(field: 4, byteCount: context.count)
    context.withUnsafeBytes { buffer.append($0) }
  }
}
