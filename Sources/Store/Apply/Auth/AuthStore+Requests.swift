internal import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import MVCC

// Whether a requester may do what a request says. etcd looks at this when it applies the entry, so
// logs hold requests that were refused.
//
// Transactions in transactions are looked at since 3.4.42, 3.5.28 and 3.6.9, and the leases of a
// transaction's puts since 3.4.44, 3.5.30 and 3.6.11: an older etcd would have applied what is refused
// here.
//
// Source: etcd 3.5.30, `server/etcdserver/apply_auth.go`.
extension AuthStore {
  /// Refuses who may not do what a request says.
  ///
  /// - Throws: ``AuthError/userNameEmpty``, ``AuthError/userNotFound(_:)``,
  ///   ``AuthError/oldRevision(found:current:)`` or ``AuthError/permissionDenied(user:)``.
  func check(
    _ requester: Requester,
    mayDo request: Etcdserverpb_InternalRaftRequest
  ) throws(AuthError) {
    guard isEnabled else { return }
    if request.needsAdministrator { try checkIsAdministrator(requester) }
    if request.hasPut {
      try check(requester, mayDo: request.put)
    } else if request.hasDeleteRange {
      try check(requester, mayDo: request.deleteRange)
    } else if request.hasTxn {
      try check(requester, mayDo: request.txn)
    } else if request.hasLeaseRevoke {
      try check(requester, mayTouch: LeaseID(rawValue: request.leaseRevoke.id))
    }
  }

  private func check(
    _ requester: Requester,
    mayDo put: Etcdserverpb_PutRequest
  ) throws(AuthError) {
    try check(requester, may: .write, put.key)
    try check(requester, mayTouch: LeaseID(rawValue: put.lease))
    if put.prevKv { try check(requester, may: .read, put.key) }
  }

  private func check(
    _ requester: Requester,
    mayDo delete: Etcdserverpb_DeleteRangeRequest
  ) throws(AuthError) {
    try check(requester, may: .write, delete.key, delete.rangeEnd)
    if delete.prevKv { try check(requester, may: .read, delete.key, delete.rangeEnd) }
  }

  /// Both branches count, and transactions in them; the parser bounds how deep those lie.
  private func check(
    _ requester: Requester,
    mayDo txn: Etcdserverpb_TxnRequest
  ) throws(AuthError) {
    for compare in txn.compare {
      try check(requester, may: .read, compare.key, compare.rangeEnd)
    }
    for operation in txn.success + txn.failure {
      switch operation.request {
      case .requestRange(let range): try check(requester, may: .read, range.key, range.rangeEnd)
      case .requestPut(let put): try check(requester, mayDo: put)
      case .requestDeleteRange(let delete): try check(requester, mayDo: delete)
      case .requestTxn(let txn): try check(requester, mayDo: txn)
      case nil: break
      }
    }
  }

  /// Who may not write all keys of a lease may not end it, nor attach others to it.
  private func check(_ requester: Requester, mayTouch lease: LeaseID) throws(AuthError) {
    guard lease != .none, user(requester.name)?.hasRootRole != true else { return }
    for key in keyspace.keys(attachedTo: lease) {
      try check(requester, may: .write, Data(key))
    }
  }
}

extension Etcdserverpb_InternalRaftRequest {
  /// Whether only an administrator may ask for it.
  fileprivate var needsAdministrator: Bool {
    hasAuthEnable || hasAuthDisable || hasAuthStatus || hasAuthUserAdd || hasAuthUserDelete
      || hasAuthUserChangePassword || hasAuthUserGrantRole || hasAuthUserRevokeRole
      || hasAuthRoleAdd || hasAuthRoleGrantPermission || hasAuthRoleRevokePermission
      || hasAuthRoleDelete || hasAuthUserList || hasAuthRoleList
  }
}
