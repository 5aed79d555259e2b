internal import Decode
internal import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import SwiftProtobuf
internal import WAL

/// Requests as lines for people: the keys, what kind of object a value is, how large it is.
struct RequestText {
  /// Tells what values are.
  let decoder: Decode.Decoder

  /// A request in one line, without the group of its kind.
  func line(_ request: LoggedRequest) -> String {
    switch request {
    case .nothing: return ""
    case .request(let message):
      let user = message.header.username
      return line(message) + (user.isEmpty ? "" : " by=\(text(user))")
    case .legacy(let message): return line(message)
    case .memberChange(let change):
      let member = IDText.member(change.nodeID.rawValue)
      let context = OneLine.escaped(String(decoding: change.context, as: UTF8.self))
      return joined(request.kind.action, member, context)
    case .memberChanges(let changes):
      return changes.changes.map { change in
        "\(RequestWord.action(of: change)) \(IDText.member(change.nodeID))"
      }.joined(separator: ", ")
    case .unreadable(let bytes): return unreadable(bytes)
    }
  }

  private func line(_ request: Etcdserverpb_InternalRaftRequest) -> String {
    let kind = RequestKind(of: request)
    switch kind {
    case .range: return keys(of: request.range)
    case .put: return line(request.put)
    case .delete: return keys(of: request.deleteRange)
    case .txn: return line(request.txn)
    case .compaction:
      let physical = request.compaction.physical ? " physical" : ""
      return "revision \(request.compaction.revision)\(physical)"
    case .leaseGrant:
      return "grant \(IDText.lease(request.leaseGrant.id)) ttl=\(request.leaseGrant.ttl)s"
    case .leaseRevoke: return "revoke \(IDText.lease(request.leaseRevoke.id))"
    case .leaseCheckpoint:
      let checkpoints = request.leaseCheckpoint.checkpoints.map { checkpoint in
        "\(IDText.lease(checkpoint.id))=\(checkpoint.remainingTtl)s"
      }
      return (["checkpoint"] + checkpoints).joined(separator: " ")
    case .alarm:
      let member = request.alarm.memberID
      return joined(
        RequestWord.action(of: request.alarm),
        RequestWord.alarm(of: request.alarm),
        member == 0 ? "" : "member \(IDText.member(member))"
      )
    case .clusterVersion: return joined("version", text(request.clusterVersionSet.ver))
    case .clusterMember:
      let attributes = request.clusterMemberAttrSet.memberAttributes
      return joined(
        "member \(IDText.member(request.clusterMemberAttrSet.memberID))",
        text(attributes.name),
        attributes.clientUrls.map(text).joined(separator: ",")
      )
    case .clusterDowngrade:
      let word = request.downgradeInfoSet.enabled ? "downgrade to" : "no downgrade"
      return joined(word, text(request.downgradeInfoSet.ver))
    case .clusterDowngradeTest:
      return joined("downgrade-test", text(request.downgradeVersionTest.ver))
    case .unknown: return unreadable(request.unknownFields.data)
    default: return joined(kind.action, subject(of: request, kind))
    }
  }

  /// Whom or what a request about users and roles is about.
  private func subject(
    of request: Etcdserverpb_InternalRaftRequest,
    _ kind: RequestKind
  ) -> String {
    switch kind {
    case .authenticate: return text(request.authenticate.name)
    case .userAdd:
      let isWithoutPassword = request.authUserAdd.options.noPassword
      return text(request.authUserAdd.name) + (isWithoutPassword ? " no-password" : "")
    case .userDelete: return text(request.authUserDelete.name)
    case .userGet: return text(request.authUserGet.name)
    case .userChangePassword: return text(request.authUserChangePassword.name)
    case .userGrantRole:
      return "\(text(request.authUserGrantRole.user)) \(text(request.authUserGrantRole.role))"
    case .userRevokeRole:
      return "\(text(request.authUserRevokeRole.name)) \(text(request.authUserRevokeRole.role))"
    case .roleAdd: return text(request.authRoleAdd.name)
    case .roleDelete: return text(request.authRoleDelete.role)
    case .roleGet: return text(request.authRoleGet.role)
    case .roleGrantPermission:
      let permission = request.authRoleGrantPermission.perm
      let keys = KeyText.text(permission.key, to: permission.rangeEnd)
      let word = RequestWord.permission(permission)
      return "\(text(request.authRoleGrantPermission.name)) \(word) \(keys)"
    case .roleRevokePermission:
      let revoked = request.authRoleRevokePermission
      return "\(text(revoked.role)) \(KeyText.text(revoked.key, to: revoked.rangeEnd))"
    default: return ""
    }
  }

  private func line(_ request: Etcdserverpb_Request) -> String {
    joined(
      request.method.isEmpty ? "(nothing)" : text(request.method),
      KeyText.excerpt(request.path),
      KeyText.excerpt(request.val)
    )
  }

  private func unreadable(_ bytes: some Collection<UInt8>) -> String {
    let shown = bytes.prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return "\(bytes.count)B \(shown)\(bytes.count > 16 ? "..." : "")"
  }

  // MARK: Keys and values

  private func line(_ put: Etcdserverpb_PutRequest) -> String {
    var parts = [KeyText.text(put.key)]
    if put.ignoreValue { parts.append("(value kept)") } else { parts += value(put.value, put.key) }
    if put.ignoreLease { parts.append("(lease kept)") }
    if put.lease != 0 { parts.append("lease=\(IDText.lease(put.lease))") }
    return parts.joined(separator: " ")
  }

  /// What a value is, and its size.
  private func value(_ value: Data, _ key: Data) -> [String] {
    let name = String(decoding: key, as: UTF8.self)
    let summary = try? decoder.summary(of: Array(value), key: name)
    var parts: [String] = []
    if let summary {
      switch summary.form {
      case .encrypted where summary.kind.isEmpty: parts.append("(encrypted)")
      case .protobuf, .json, .cbor, .encrypted:
        if !summary.kind.isEmpty {
          let type = [summary.apiVersion, summary.kind].filter { !$0.isEmpty }
          parts.append(OneLine.escaped(type.joined(separator: "/")))
        }
      case .text, .empty, .unrecognised: break
      }
    }
    return parts + ["\(value.count)B"]
  }

  private func keys(of range: Etcdserverpb_RangeRequest) -> String {
    joined(
      KeyText.text(range.key, to: range.rangeEnd),
      range.revision == 0 ? "" : "revision=\(range.revision)",
      range.limit == 0 ? "" : "limit=\(range.limit)"
    )
  }

  private func keys(of delete: Etcdserverpb_DeleteRangeRequest) -> String {
    KeyText.text(delete.key, to: delete.rangeEnd)
  }

  // MARK: Transactions

  /// `if mod(/a)=5 then put /a 3B else get /a`; nested ones in parentheses, whose depth the parser
  /// bounds.
  private func line(_ txn: Etcdserverpb_TxnRequest) -> String {
    let success = operations(txn.success)
    let failure = txn.failure.isEmpty ? "" : "else \(operations(txn.failure))"
    if txn.compare.isEmpty { return joined(success, failure) }
    let conditions = txn.compare.map(condition).joined(separator: " and ")
    return joined("if \(conditions) then \(success)", failure)
  }

  private func operations(_ operations: [Etcdserverpb_RequestOp]) -> String {
    if operations.isEmpty { return "nothing" }
    return operations.map { operation in
      switch operation.request {
      case .requestRange(let range): "get \(keys(of: range))"
      case .requestPut(let put): "put \(line(put))"
      case .requestDeleteRange(let delete): "delete \(keys(of: delete))"
      case .requestTxn(let txn): "(\(line(txn)))"
      case nil: "(unknown)"
      }
    }.joined(separator: ", ")
  }

  private func condition(_ compare: Etcdserverpb_Compare) -> String {
    let operand =
      switch compare.targetUnion {
      case .version(let version): "\(version)"
      case .createRevision(let revision), .modRevision(let revision): "\(revision)"
      case .value(let value): "(\(value.count)B)"
      case .lease(let lease): IDText.lease(lease)
      case nil: "0"
      }
    let keys = KeyText.text(compare.key, to: compare.rangeEnd)
    return
      "\(RequestWord.target(of: compare))(\(keys))\(RequestWord.result(of: compare))\(operand)"
  }

  // MARK: Words

  private func joined(_ parts: String...) -> String {
    parts.filter { !$0.isEmpty }.joined(separator: " ")
  }

  private func text(_ name: String) -> String { KeyText.text(Data(name.utf8)) }
}
