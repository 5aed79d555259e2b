internal import Apply
internal import EtcdMessages
internal import MVCC
internal import RPC

/// Says who makes a call, and refuses who may not make it.
///
/// There is one function for each kind of call, which says what it needs. While authentication is off
/// each of them costs one atomic load. Event loops call them, any number at a time.
///
/// What changes keys or users is looked at once more when it is applied, for what has changed
/// meanwhile; see ``Applier``. What reads is to be admitted when it reads, and ``confirm(_:)`` asked
/// when it has read.
///
/// Source: etcd 3.5.30, `server/etcdserver/v3_server.go`, `server/etcdserver/apply_auth.go`,
/// `server/etcdserver/api/v3rpc/maintenance.go`; `server/auth/store.go`, `AuthInfoFromCtx`.
final class Admission: Sendable {
  typealias Requester = AuthStore.Requester

  /// The users and roles.
  let directory: AuthDirectory

  private let tokens: TokenProvider
  private let keyspace: Keyspace
  private let trustsCertificates: Bool

  /// An admission by what a node knows.
  ///
  /// - Parameters:
  ///   - directory: The users and roles.
  ///   - tokens: The tokens that users were given.
  ///   - keyspace: Where the keys are that are attached to leases.
  ///   - trustsCertificates: Whether the common name of a client's certificate is a user:
  ///     `--client-cert-auth`.
  init(
    _ directory: AuthDirectory,
    tokens: TokenProvider,
    keyspace: Keyspace,
    trustsCertificates: Bool = false
  ) {
    self.directory = directory
    self.tokens = tokens
    self.keyspace = keyspace
    self.trustsCertificates = trustsCertificates
  }

  // MARK: Keys

  /// Admits to read keys, which must all be readable.
  func admit(
    _ call: RPCCall,
    toRange range: Etcdserverpb_RangeRequest
  ) throws(RPCStatus) -> Requester {
    try admit(call) { snapshot, requester throws(AuthError) in
      try snapshot.check(requester, may: .read, range.key, range.rangeEnd)
    }
  }

  /// Admits to put a key: it must be writable, and all keys of its lease; with `prev_kv` readable.
  func admit(
    _ call: RPCCall,
    toPut put: Etcdserverpb_PutRequest
  ) throws(RPCStatus) -> Requester {
    try admit(call) { [keyspace] snapshot, requester throws(AuthError) in
      try snapshot.check(requester, mayDo: put, in: keyspace)
    }
  }

  /// Admits to delete keys, which must all be writable, and with `prev_kv` readable.
  func admit(
    _ call: RPCCall,
    toDelete delete: Etcdserverpb_DeleteRangeRequest
  ) throws(RPCStatus) -> Requester {
    try admit(call) { snapshot, requester throws(AuthError) in
      try snapshot.check(requester, mayDo: delete)
    }
  }

  /// Admits to a transaction: all that it compares must be readable, and all operations of both
  /// branches allowed, as deep as they nest.
  func admit(
    _ call: RPCCall,
    toDo txn: Etcdserverpb_TxnRequest
  ) throws(RPCStatus) -> Requester {
    try admit(call) { [keyspace] snapshot, requester throws(AuthError) in
      try snapshot.check(requester, mayDo: txn, in: keyspace)
    }
  }

  /// Admits to watch keys, which must all be readable; a watch is not looked at again later.
  ///
  /// A refusal does not end the call: it is the reason, as ``RPCStatus/cancelReason``, in an answer that
  /// says that the watch was created and cancelled.
  ///
  /// - Parameters:
  ///   - call: The call.
  ///   - key: The key, or the first of a range; one zero byte if the request has none.
  ///   - end: The key behind the range, as in the request.
  /// - Throws: One of the four refusals that etcd tells watches apart by.
  func admit(
    _ call: RPCCall,
    toWatch key: some Collection<UInt8>,
    _ end: some Collection<UInt8>
  ) throws(RPCStatus) {
    do throws(RPCStatus) {
      _ = try admit(call) { snapshot, requester throws(AuthError) in
        try snapshot.check(requester, may: .read, key, end)
      }
    } catch {
      switch error {
      case .invalidAuthToken, .authRevisionOld, .userEmpty: throw error
      default: throw .permissionDenied
      }
    }
  }

  /// Refuses what has been read if users or roles have changed since it was admitted.
  func confirm(_ requester: Requester) throws(RPCStatus) {
    guard requester.revision == 0 || requester.revision == directory.current.revision else {
      throw .authRevisionOld
    }
  }

  // MARK: Leases

  /// Admits to end a lease: all keys that are attached to it must be writable.
  func admit(_ call: RPCCall, toRevoke lease: LeaseID) throws(RPCStatus) -> Requester {
    try admit(call) { [keyspace] snapshot, requester throws(AuthError) in
      try requester.refuseNobody()
      try snapshot.check(requester, may: .write, keysOf: lease, in: keyspace)
    }
  }

  /// Admits to keep a lease alive, once: all keys that are attached to it must be writable.
  ///
  /// A refusal ends the call.
  func admit(_ call: RPCCall, toKeepAlive lease: LeaseID) throws(RPCStatus) {
    _ = try admit(call, toRevoke: lease)
  }

  /// Admits to see how long a lease has left, and the keys that are attached to it if they are asked
  /// for: they must all be readable.
  ///
  /// - Parameters:
  ///   - call: The call.
  ///   - keys: The keys that are to be told; nothing if they are not asked for.
  /// - Throws: The refusal.
  func admit(_ call: RPCCall, toSeeLeaseOf keys: [[UInt8]]?) throws(RPCStatus) {
    _ = try admit(call) { snapshot, requester throws(AuthError) in
      try requester.refuseNobody()
      guard let keys, !snapshot.isAdministrator(requester) else { return }
      for key in keys { try snapshot.check(requester, may: .read, key) }
    }
  }

  /// Admits to see which leases there are: the keys of all of them must be readable.
  func admitToSeeLeases(_ call: RPCCall) throws(RPCStatus) {
    _ = try admit(call) { [keyspace] snapshot, requester throws(AuthError) in
      try requester.refuseNobody()
      guard !snapshot.isAdministrator(requester) else { return }
      for lease in keyspace.allLeases {
        try snapshot.check(requester, may: .read, keysOf: lease.id, in: keyspace)
      }
    }
  }

  // MARK: The node

  /// Admits every user: to grant a lease, to list members, to list alarms, to ask for the node's
  /// status; the last is for administrators only in some releases, from 3.5.28 to 3.5.31.
  func admitUser(_ call: RPCCall) throws(RPCStatus) -> Requester {
    try admit(call) { _, requester throws(AuthError) in try requester.refuseNobody() }
  }

  /// Admits administrators: to compact, to change members, to raise and end alarms, to change users
  /// and roles, and to most else.
  func admitAdministrator(_ call: RPCCall) throws(RPCStatus) -> Requester {
    try admit(call) { snapshot, requester throws(AuthError) in
      try snapshot.checkIsAdministrator(requester)
    }
  }

  /// Admits administrators to Defragment, Hash, HashKV and Snapshot, whose refusals etcd gives no
  /// code.
  func admitToDatabase(_ call: RPCCall) throws(RPCStatus) {
    _ = try admit(call, refusal: { RPCStatus(uncoded: $0) }) {
      snapshot,
      requester throws(AuthError) in
      try snapshot.checkIsAdministrator(requester)
    }
  }

  /// Admits to alarms: to see them every user, to change them administrators.
  func admit(
    _ call: RPCCall,
    toAlarms request: Etcdserverpb_AlarmRequest
  ) throws(RPCStatus) -> Requester {
    request.action == .get ? try admitUser(call) : try admitAdministrator(call)
  }

  /// Who asks in the name of the node itself, as when a lease ends by itself.
  var node: Requester {
    guard directory.isEnabled else { return Requester() }
    return Requester(name: AuthStore.rootName, revision: directory.current.revision)
  }

  // MARK: Users and roles

  /// Admits to see the roles of a user: administrators, and the user.
  func admit(_ call: RPCCall, toSeeUser name: String) throws(RPCStatus) {
    _ = try admit(call) { snapshot, requester throws(AuthError) in
      if requester.name.hasSameBytes(as: name) { return }
      try snapshot.checkIsAdministrator(requester)
    }
  }

  /// Admits to see the permissions of a role: administrators, and users who have it.
  func admit(_ call: RPCCall, toSeeRole name: String) throws(RPCStatus) {
    _ = try admit(call) { snapshot, requester throws(AuthError) in
      if snapshot.user(requester.name)?.hasRole(name) == true { return }
      try snapshot.checkIsAdministrator(requester)
    }
  }

  // MARK: Who

  private func admit(
    _ call: RPCCall,
    refusal: (AuthError) -> RPCStatus = { RPCStatus($0) },
    _ check: (AuthSnapshot, Requester) throws(AuthError) -> Void
  ) throws(RPCStatus) -> Requester {
    guard directory.isEnabled else { return Requester() }
    let snapshot = directory.current
    // It may have been disabled just now.
    guard snapshot.isEnabled else { return Requester() }
    do throws(AuthError) {
      let requester = try requester(of: call, in: snapshot)
      try check(snapshot, requester)
      return requester
    } catch {
      throw refusal(error)
    }
  }

  /// Who makes a call: by a token, or else by a certificate, or else nobody.
  ///
  /// The JSON gateway shows a certificate of the node, which is nobody's.
  private func requester(
    of call: RPCCall,
    in snapshot: AuthSnapshot
  ) throws(AuthError) -> Requester {
    if var token = call.metadata["token"] ?? call.metadata["authorization"] {
      if token.hasPrefix("Bearer ") { token.removeFirst("Bearer ".count) }
      guard let requester = tokens.requester(of: token, in: snapshot) else { throw .invalidToken }
      return requester
    }
    guard trustsCertificates, call.metadata["grpcgateway-accept"] == nil,
      let name = call.peer.certificateName
    else { return Requester() }
    return Requester(name: name, revision: snapshot.revision)
  }
}

extension AuthStore.Requester {
  fileprivate func refuseNobody() throws(AuthError) {
    if isNobody { throw .userNameEmpty }
  }
}

extension AuthSnapshot {
  fileprivate func isAdministrator(_ requester: AuthStore.Requester) -> Bool {
    user(requester.name)?.hasRole(AuthStore.rootName) == true
  }
}

extension RPCStatus {
  /// What an answer to a watch says of why it was refused.
  var cancelReason: String { "rpc error: code = \(code.goName) desc = \(message)" }
}

extension RPCStatus.Code {
  /// What Go's library of gRPC calls it.
  fileprivate var goName: String {
    // `permissionDenied` is `PermissionDenied`; and `OK` is no reason.
    let name = "\(self)"
    return name.prefix(1).uppercased() + name.dropFirst()
  }
}
