public import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
public import MVCC

// Whether a requester may do what a request says. etcd looks at this when it applies the entry, so
// logs hold requests that were refused.
//
// Transactions in transactions are looked at since 3.4.42, 3.5.28 and 3.6.9, and the leases of a
// transaction's puts since 3.4.44, 3.5.30 and 3.6.11: an older etcd would have applied what is refused
// here.
//
// Source: etcd 3.5.30, `server/etcdserver/apply_auth.go`.
extension AuthSnapshot {
  /// Refuses who may not do what an entry of the log says.
  ///
  /// - Throws: ``AuthError/userNameEmpty``, ``AuthError/userNotFound(_:)``,
  ///   ``AuthError/oldRevision(found:current:)`` or ``AuthError/permissionDenied(user:)``.
  func check(
    _ requester: AuthStore.Requester,
    mayDo request: Etcdserverpb_InternalRaftRequest,
    in keyspace: Keyspace
  ) throws(AuthError) {
    guard isEnabled else { return }
    if request.needsAdministrator { try checkIsAdministrator(requester) }
    if request.hasPut {
      try check(requester, mayDo: request.put, in: keyspace)
    } else if request.hasDeleteRange {
      try check(requester, mayDo: request.deleteRange)
    } else if request.hasTxn {
      try check(requester, mayDo: request.txn, in: keyspace)
    } else if request.hasLeaseRevoke {
      let lease = LeaseID(rawValue: request.leaseRevoke.id)
      try check(requester, may: .write, keysOf: lease, in: keyspace)
    }
  }

  /// Refuses who may not put a key, attach it to a lease, or see what it was.
  ///
  /// - Parameters:
  ///   - requester: Who asks.
  ///   - put: What for.
  ///   - keyspace: Where the keys are that are attached to leases.
  /// - Throws: As ``check(_:may:_:_:)``.
  public func check(
    _ requester: AuthStore.Requester,
    mayDo put: Etcdserverpb_PutRequest,
    in keyspace: Keyspace
  ) throws(AuthError) {
    try check(requester, may: .write, put.key)
    let lease = LeaseID(rawValue: put.lease)
    try check(requester, may: .write, keysOf: lease, in: keyspace)
    if put.prevKv { try check(requester, may: .read, put.key) }
  }

  /// Refuses who may not delete keys, or see what they were.
  ///
  /// - Parameters:
  ///   - requester: Who asks.
  ///   - delete: What for.
  /// - Throws: As ``check(_:may:_:_:)``.
  public func check(
    _ requester: AuthStore.Requester,
    mayDo delete: Etcdserverpb_DeleteRangeRequest
  ) throws(AuthError) {
    try check(requester, may: .write, delete.key, delete.rangeEnd)
    if delete.prevKv { try check(requester, may: .read, delete.key, delete.rangeEnd) }
  }

  /// Refuses who may not read what a transaction compares, or may not do all that it could do.
  ///
  /// Both branches count, and transactions in them; the parser bounds how deep those lie.
  ///
  /// - Parameters:
  ///   - requester: Who asks.
  ///   - txn: What for.
  ///   - keyspace: Where the keys are that are attached to leases.
  /// - Throws: As ``check(_:may:_:_:)``.
  public func check(
    _ requester: AuthStore.Requester,
    mayDo txn: Etcdserverpb_TxnRequest,
    in keyspace: Keyspace
  ) throws(AuthError) {
    for compare in txn.compare {
      try check(requester, may: .read, compare.key, compare.rangeEnd)
    }
    for operation in txn.success + txn.failure {
      switch operation.request {
      case .requestRange(let range): try check(requester, may: .read, range.key, range.rangeEnd)
      case .requestPut(let put): try check(requester, mayDo: put, in: keyspace)
      case .requestDeleteRange(let delete): try check(requester, mayDo: delete)
      case .requestTxn(let txn): try check(requester, mayDo: txn, in: keyspace)
      case nil: break
      }
    }
  }

  /// Refuses who may not read, or may not write, all keys that are attached to a lease.
  ///
  /// Who may not write them may not end the lease, nor attach others to it.
  ///
  /// - Parameters:
  ///   - requester: Who asks.
  ///   - access: What for.
  ///   - lease: The lease; it need not be there.
  ///   - keyspace: Where the keys are that are attached to it.
  /// - Throws: As ``check(_:may:_:_:)``.
  public func check(
    _ requester: AuthStore.Requester,
    may access: KeyAccess,
    keysOf lease: LeaseID,
    in keyspace: Keyspace
  ) throws(AuthError) {
    guard isEnabled, lease != .none, user(requester.name)?.hasRootRole != true else { return }
    for key in keyspace.keys(attachedTo: lease) { try check(requester, may: access, key) }
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
