internal import Decode
public import EtcdMessages
internal import SwiftProtobuf
public import WAL

/// What an entry of the log holds, decoded.
public enum LoggedRequest: Sendable {
  /// Nothing: a new leader begins its term with such an entry.
  case nothing

  /// A request in the form of etcd 3.
  case request(Etcdserverpb_InternalRaftRequest)

  /// A request in the form of etcd 2.
  case legacy(Etcdserverpb_Request)

  /// A change of one member.
  case memberChange(ConfChange)

  /// A change of several members.
  case memberChanges(Raftpb_ConfChangeV2)

  /// Bytes that are none of these.
  case unreadable([UInt8])

  /// Decodes the data of an entry.
  ///
  /// As etcd does, it takes for a request of etcd 2 what does not parse as one of etcd 3: every
  /// real one does not, for its path begins with a slash.
  ///
  /// Source: etcd 3.5, `server/etcdserver/server.go`, `applyEntryNormal`.
  public init(_ entry: EntryView) {
    let bytes = Array(entry.data)
    switch entry.type {
    case .normal where bytes.isEmpty: self = .nothing
    case .normal:
      if let request = try? Etcdserverpb_InternalRaftRequest(serializedBytes: bytes) {
        self = request.hasV2 ? .legacy(request.v2) : .request(request)
      } else if let request = try? Etcdserverpb_Request(serializedBytes: bytes) {
        self = .legacy(request)
      } else {
        self = .unreadable(bytes)
      }
    case .confChange:
      self = ConfChange(entry.data).map { .memberChange($0) } ?? .unreadable(bytes)
    case .confChangeV2:
      if let changes = try? Raftpb_ConfChangeV2(serializedBytes: bytes) {
        self = .memberChanges(changes)
      } else {
        self = .unreadable(bytes)
      }
    }
  }

  /// What is asked for.
  public var kind: RequestKind {
    switch self {
    case .nothing: .nothing
    case .request(let request): RequestKind(of: request)
    case .legacy: .legacy
    case .memberChange(let change): RequestKind(of: change)
    case .memberChanges: .memberChanges
    case .unreadable: .unknown
    }
  }

  /// Who asked, if authentication was on; empty otherwise.
  public var username: String {
    guard case .request(let request) = self else { return "" }
    return request.header.username
  }
}

extension RequestKind {
  /// What a request of etcd 3 asks for: the first that is set, in the order in which etcd looks.
  ///
  /// Source: etcd 3.5, `server/etcdserver/apply.go`, `Apply`.
  init(of request: Etcdserverpb_InternalRaftRequest) {
    self = RequestKind.order.first { $0.isSet(request) }?.kind ?? .unknown
  }

  /// What a change of a member does; a learner becomes a voter by being added once more.
  init(of change: ConfChange) {
    switch change.action {
    case .addNode: self = RequestKind.isPromotion(change.context) ? .memberPromote : .memberAdd
    case .removeNode: self = .memberRemove
    case .updateNode: self = .memberUpdate
    case .addLearnerNode: self = .memberAddLearner
    }
  }

  private static func isPromotion(_ context: [UInt8]) -> Bool {
    guard let document = try? DecodedObject(json: context).document,
      let flag = document.value(of: "isPromote", in: 0)
    else { return false }
    return document.nodes[flag].kind == .true
  }

  private static let order:
    [(kind: RequestKind, isSet: @Sendable (Etcdserverpb_InternalRaftRequest) -> Bool)] = [
      (.clusterVersion, { $0.hasClusterVersionSet }),
      (.clusterMember, { $0.hasClusterMemberAttrSet }),
      (.clusterDowngrade, { $0.hasDowngradeInfoSet }),
      (.clusterDowngradeTest, { $0.hasDowngradeVersionTest }),
      (.range, { $0.hasRange }),
      (.put, { $0.hasPut }),
      (.delete, { $0.hasDeleteRange }),
      (.txn, { $0.hasTxn }),
      (.compaction, { $0.hasCompaction }),
      (.leaseGrant, { $0.hasLeaseGrant }),
      (.leaseRevoke, { $0.hasLeaseRevoke }),
      (.leaseCheckpoint, { $0.hasLeaseCheckpoint }),
      (.alarm, { $0.hasAlarm }),
      (.authenticate, { $0.hasAuthenticate }),
      (.authEnable, { $0.hasAuthEnable }),
      (.authDisable, { $0.hasAuthDisable }),
      (.authStatus, { $0.hasAuthStatus }),
      (.userAdd, { $0.hasAuthUserAdd }),
      (.userDelete, { $0.hasAuthUserDelete }),
      (.userChangePassword, { $0.hasAuthUserChangePassword }),
      (.userGrantRole, { $0.hasAuthUserGrantRole }),
      (.userGet, { $0.hasAuthUserGet }),
      (.userRevokeRole, { $0.hasAuthUserRevokeRole }),
      (.roleAdd, { $0.hasAuthRoleAdd }),
      (.roleGrantPermission, { $0.hasAuthRoleGrantPermission }),
      (.roleGet, { $0.hasAuthRoleGet }),
      (.roleRevokePermission, { $0.hasAuthRoleRevokePermission }),
      (.roleDelete, { $0.hasAuthRoleDelete }),
      (.userList, { $0.hasAuthUserList }),
      (.roleList, { $0.hasAuthRoleList }),
    ]
}
