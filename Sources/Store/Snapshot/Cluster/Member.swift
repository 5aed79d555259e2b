public import WAL

/// A member of a cluster, as etcd keeps it.
public struct Member: Hashable, Sendable {
  /// Its number.
  public var id: NodeID

  /// What people call it; empty until it has started once.
  public var name: String

  /// Where it listens for other members, in ascending order.
  public var peerURLs: [String]

  /// Where it listens for clients; empty until it has started once.
  public var clientURLs: [String]

  /// Whether it gets the log and has no vote.
  public var isLearner: Bool

  /// A member that has not started yet, or one that has.
  public init(
    id: NodeID,
    name: String,
    peerURLs: [String],
    clientURLs: [String] = [],
    isLearner: Bool = false
  ) {
    self.id = id
    self.name = name
    self.peerURLs = peerURLs
    self.clientURLs = clientURLs
    self.isLearner = isLearner
  }

  /// The value of its row in the bucket `members`, and the context of the change that adds it.
  ///
  /// Format: JSON as Go writes it. Voters have no `isLearner`; a name or client URLs that are empty
  /// are left out.
  ///
  ///     {"id":1,"peerURLs":["..."],"isLearner":true,"name":"...","clientURLs":["..."]}
  ///
  /// Source: etcd 3.5, `server/etcdserver/api/membership/member.go`, `Member`.
  public var json: String {
    var text = "{\"id\":\(id.rawValue),\(raftAttributes)"
    if !name.isEmpty { text += ",\"name\":\(GoJSON.quoted(name))" }
    if !clientURLs.isEmpty { text += ",\"clientURLs\":\(GoJSON.list(clientURLs))" }
    return text + "}"
  }

  /// What consensus needs to know of it, as etcd's second store keeps it.
  var raftAttributesJSON: String { "{\(raftAttributes)}" }

  private var raftAttributes: String {
    "\"peerURLs\":\(GoJSON.list(peerURLs))" + (isLearner ? ",\"isLearner\":true" : "")
  }
}
