internal import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import SwiftProtobuf
internal import WAL

// All that a request says, by names. Passwords and tokens are never shown, only whether there are
// any; nor are unknown fields of requests about users, which may hold such things.
extension LoggedRequest {
  /// The fields of the request, without its kind.
  var fields: [RequestField] {
    switch self {
    case .nothing: return []
    case .request(let request): return RequestFields.header(of: request) + request.fields
    case .legacy(let request): return RequestFields.of(request)
    case .memberChange(let change): return RequestFields.of(change)
    case .memberChanges(let changes): return RequestFields.of(changes)
    case .unreadable(let bytes): return [RequestField("data", .bytes(Data(bytes)))]
    }
  }
}

extension Etcdserverpb_InternalRaftRequest {
  /// The fields of the one request in it.
  fileprivate var fields: [RequestField] {
    var fields: [RequestField]
    switch RequestKind(of: self) {
    case .range: fields = RequestFields.of(range)
    case .put: fields = RequestFields.of(put)
    case .delete: fields = RequestFields.of(deleteRange)
    case .txn: fields = RequestFields.of(txn)
    case .compaction:
      fields = [RequestField("revision", .number(compaction.revision))]
      fields.add("physical", flag: compaction.physical)
      fields.add("unknownFields", bytes: compaction.unknownFields.data)
    case .leaseGrant:
      fields = [
        RequestField("lease", .text(IDText.lease(leaseGrant.id))),
        RequestField("ttl", .number(leaseGrant.ttl)),
      ]
      fields.add("unknownFields", bytes: leaseGrant.unknownFields.data)
    case .leaseRevoke:
      fields = [RequestField("lease", .text(IDText.lease(leaseRevoke.id)))]
      fields.add("unknownFields", bytes: leaseRevoke.unknownFields.data)
    case .leaseCheckpoint:
      let checkpoints = leaseCheckpoint.checkpoints.map { checkpoint in
        [
          RequestField("lease", .text(IDText.lease(checkpoint.id))),
          RequestField("remainingTTL", .number(checkpoint.remainingTtl)),
        ]
      }
      fields = [RequestField("checkpoints", .list(checkpoints))]
      fields.add("unknownFields", bytes: leaseCheckpoint.unknownFields.data)
    case .alarm:
      fields = [
        RequestField("action", .text(RequestWord.action(of: alarm))),
        RequestField("alarm", .text(RequestWord.alarm(of: alarm))),
      ]
      fields.add("member", id: alarm.memberID)
      fields.add("unknownFields", bytes: alarm.unknownFields.data)
    case .clusterVersion: fields = [RequestField("version", .text(clusterVersionSet.ver))]
    case .clusterMember:
      fields = [RequestField("member", .id(clusterMemberAttrSet.memberID))]
      fields.add("name", text: clusterMemberAttrSet.memberAttributes.name)
      let urls = clusterMemberAttrSet.memberAttributes.clientUrls
      fields.append(RequestField("clientURLs", .texts(urls)))
    case .clusterDowngrade:
      fields = [RequestField("enabled", .flag(downgradeInfoSet.enabled))]
      fields.add("version", text: downgradeInfoSet.ver)
    case .clusterDowngradeTest: fields = [RequestField("version", .text(downgradeVersionTest.ver))]
    default: fields = authFields
    }
    fields.add("unknownRequest", bytes: unknownFields.data)
    return fields
  }

  /// The fields of a request about users and roles.
  private var authFields: [RequestField] {
    var fields: [RequestField] = []
    switch RequestKind(of: self) {
    case .authenticate:
      fields.add("user", text: authenticate.name)
      fields.add("hasPassword", flag: !authenticate.password.isEmpty)
      fields.add("hasToken", flag: !authenticate.simpleToken.isEmpty)
    case .userAdd:
      fields.add("user", text: authUserAdd.name)
      let hasPassword = !authUserAdd.password.isEmpty || !authUserAdd.hashedPassword.isEmpty
      fields.add("hasPassword", flag: hasPassword)
      fields.add("noPassword", flag: authUserAdd.options.noPassword)
    case .userDelete: fields.add("user", text: authUserDelete.name)
    case .userGet: fields.add("user", text: authUserGet.name)
    case .userChangePassword: fields.add("user", text: authUserChangePassword.name)
    case .userGrantRole:
      fields.add("user", text: authUserGrantRole.user)
      fields.add("role", text: authUserGrantRole.role)
    case .userRevokeRole:
      fields.add("user", text: authUserRevokeRole.name)
      fields.add("role", text: authUserRevokeRole.role)
    case .roleAdd: fields.add("role", text: authRoleAdd.name)
    case .roleDelete: fields.add("role", text: authRoleDelete.role)
    case .roleGet: fields.add("role", text: authRoleGet.role)
    case .roleGrantPermission:
      let permission = authRoleGrantPermission.perm
      fields.add("role", text: authRoleGrantPermission.name)
      fields.append(RequestField("permission", .text(RequestWord.permission(permission))))
      fields.append(RequestField("key", .bytes(permission.key)))
      fields.add("rangeEnd", bytes: permission.rangeEnd)
    case .roleRevokePermission:
      fields.add("role", text: authRoleRevokePermission.role)
      fields.append(RequestField("key", .bytes(authRoleRevokePermission.key)))
      fields.add("rangeEnd", bytes: authRoleRevokePermission.rangeEnd)
    default: break
    }
    return fields
  }
}

/// The fields of requests that also stand in transactions, or outside of etcd 3's form.
private enum RequestFields {
  static func header(of request: Etcdserverpb_InternalRaftRequest) -> [RequestField] {
    var fields: [RequestField] = []
    fields.add("requestID", id: request.hasHeader ? request.header.id : request.id)
    fields.add("by", text: request.header.username)
    if request.header.authRevision != 0 {
      fields.append(RequestField("authRevision", .unsigned(request.header.authRevision)))
    }
    return fields
  }

  static func of(_ range: Etcdserverpb_RangeRequest) -> [RequestField] {
    var fields = [RequestField("key", .bytes(range.key))]
    fields.add("rangeEnd", bytes: range.rangeEnd)
    fields.add("limit", number: range.limit)
    fields.add("revision", number: range.revision)
    if range.sortOrder != .none || range.sortTarget != .key {
      fields.append(RequestField("sortOrder", .text(RequestWord.order(of: range))))
      fields.append(RequestField("sortTarget", .text(RequestWord.target(of: range))))
    }
    fields.add("serializable", flag: range.serializable)
    fields.add("keysOnly", flag: range.keysOnly)
    fields.add("countOnly", flag: range.countOnly)
    fields.add("minModRevision", number: range.minModRevision)
    fields.add("maxModRevision", number: range.maxModRevision)
    fields.add("minCreateRevision", number: range.minCreateRevision)
    fields.add("maxCreateRevision", number: range.maxCreateRevision)
    fields.add("unknownFields", bytes: range.unknownFields.data)
    return fields
  }

  static func of(_ put: Etcdserverpb_PutRequest) -> [RequestField] {
    var fields = [RequestField("key", .bytes(put.key)), RequestField("value", .stored(put.value))]
    if put.lease != 0 { fields.append(RequestField("lease", .text(IDText.lease(put.lease)))) }
    fields.add("prevKV", flag: put.prevKv)
    fields.add("ignoreValue", flag: put.ignoreValue)
    fields.add("ignoreLease", flag: put.ignoreLease)
    fields.add("unknownFields", bytes: put.unknownFields.data)
    return fields
  }

  static func of(_ delete: Etcdserverpb_DeleteRangeRequest) -> [RequestField] {
    var fields = [RequestField("key", .bytes(delete.key))]
    fields.add("rangeEnd", bytes: delete.rangeEnd)
    fields.add("prevKV", flag: delete.prevKv)
    fields.add("unknownFields", bytes: delete.unknownFields.data)
    return fields
  }

  /// Nested transactions are in their lists; the parser bounds how deep they lie.
  static func of(_ txn: Etcdserverpb_TxnRequest) -> [RequestField] {
    var fields = [
      RequestField("compare", .list(txn.compare.map(of))),
      RequestField("success", .list(txn.success.map(of))),
      RequestField("failure", .list(txn.failure.map(of))),
    ]
    fields.add("unknownFields", bytes: txn.unknownFields.data)
    return fields
  }

  private static func of(_ compare: Etcdserverpb_Compare) -> [RequestField] {
    var fields = [RequestField("key", .bytes(compare.key))]
    fields.add("rangeEnd", bytes: compare.rangeEnd)
    fields.append(RequestField("target", .text(RequestWord.target(of: compare))))
    fields.append(RequestField("result", .text(RequestWord.result(of: compare))))
    switch compare.targetUnion {
    case .version(let version): fields.append(RequestField("version", .number(version)))
    case .createRevision(let revision):
      fields.append(RequestField("createRevision", .number(revision)))
    case .modRevision(let revision): fields.append(RequestField("modRevision", .number(revision)))
    case .value(let value): fields.append(RequestField("value", .stored(value)))
    case .lease(let lease): fields.append(RequestField("lease", .text(IDText.lease(lease))))
    case nil: break
    }
    fields.add("unknownFields", bytes: compare.unknownFields.data)
    return fields
  }

  private static func of(_ operation: Etcdserverpb_RequestOp) -> [RequestField] {
    func typed(_ kind: RequestKind, _ fields: [RequestField]) -> [RequestField] {
      [RequestField("type", .text(kind.rawValue))] + fields
    }
    var fields: [RequestField]
    switch operation.request {
    case .requestRange(let range): fields = typed(.range, of(range))
    case .requestPut(let put): fields = typed(.put, of(put))
    case .requestDeleteRange(let delete): fields = typed(.delete, of(delete))
    case .requestTxn(let txn): fields = typed(.txn, of(txn))
    case nil: fields = typed(.unknown, [])
    }
    fields.add("unknownRequest", bytes: operation.unknownFields.data)
    return fields
  }

  static func of(_ request: Etcdserverpb_Request) -> [RequestField] {
    var fields: [RequestField] = []
    fields.add("requestID", id: request.id)
    fields.append(RequestField("method", .text(request.method)))
    fields.append(RequestField("path", .text(request.path)))
    fields.add("value", text: request.val)
    fields.add("dir", flag: request.dir)
    fields.add("prevValue", text: request.prevValue)
    if request.prevIndex != 0 {
      fields.append(RequestField("prevIndex", .unsigned(request.prevIndex)))
    }
    if request.hasPrevExist { fields.append(RequestField("prevExist", .flag(request.prevExist))) }
    fields.add("expiration", number: request.expiration)
    fields.add("wait", flag: request.wait)
    if request.since != 0 { fields.append(RequestField("since", .unsigned(request.since))) }
    fields.add("recursive", flag: request.recursive)
    fields.add("sorted", flag: request.sorted)
    fields.add("quorum", flag: request.quorum)
    fields.add("time", number: request.time)
    fields.add("stream", flag: request.stream)
    if request.hasRefresh { fields.append(RequestField("refresh", .flag(request.refresh))) }
    fields.add("unknownFields", bytes: request.unknownFields.data)
    return fields
  }

  static func of(_ change: ConfChange) -> [RequestField] {
    var fields: [RequestField] = []
    fields.add("requestID", id: change.id)
    fields.append(RequestField("member", .id(change.nodeID.rawValue)))
    if !change.context.isEmpty { fields.append(RequestField("context", .json(change.context))) }
    return fields
  }

  static func of(_ changes: Raftpb_ConfChangeV2) -> [RequestField] {
    let list = changes.changes.map { change in
      [
        RequestField("action", .text(RequestWord.action(of: change))),
        RequestField("member", .id(change.nodeID)),
      ]
    }
    var fields = [RequestField("changes", .list(list))]
    fields.add("transition", number: Int64(changes.transition.rawValue))
    if !changes.context.isEmpty {
      fields.append(RequestField("context", .json(Array(changes.context))))
    }
    return fields
  }
}
