internal import Snapshot
internal import WAL

/// The members of the cluster, as the log and the database tell of them.
struct Membership: Equatable, Sendable {
  /// Who votes.
  private(set) var voters: Set<NodeID> = []

  /// Who gets the log and has no vote.
  private(set) var learners: Set<NodeID> = []

  /// Members without anybody.
  init() {}

  /// The members that a snapshot of the log has.
  init(_ confState: ConfState) {
    voters = Set(confState.voters)
    learners = Set(confState.learners)
  }

  /// Whether a member is the only one.
  func isOnly(_ member: NodeID) -> Bool { voters == [member] && learners.isEmpty }

  /// The members in the order of their numbers.
  var confState: ConfState {
    ConfState(
      voters: voters.sorted { $0.rawValue < $1.rawValue },
      learners: learners.sorted { $0.rawValue < $1.rawValue }
    )
  }

  /// What the bucket `meta` has of them.
  ///
  /// Format: JSON of raft's ConfState as Go writes it.
  var confStateJSON: [UInt8] {
    func list(_ name: String, _ members: [NodeID]) -> String {
      guard !members.isEmpty else { return "" }
      return "\"\(name)\":[\(members.map { String($0.rawValue) }.joined(separator: ","))],"
    }
    let state = confState
    return Array(
      "{\(list("voters", state.voters))\(list("learners", state.learners))\"auto_leave\":false}"
        .utf8
    )
  }

  /// Takes note of a change.
  mutating func apply(_ change: ConfChange) {
    switch change.action {
    case .addNode:
      learners.remove(change.nodeID)
      voters.insert(change.nodeID)
    case .addLearnerNode: learners.insert(change.nodeID)
    case .removeNode:
      voters.remove(change.nodeID)
      learners.remove(change.nodeID)
    case .updateNode: break
    }
  }
}
