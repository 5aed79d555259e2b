public import Bolt
public import EtcdMessages
public import MVCC
internal import SwiftProtobuf
public import WAL

/// Applies the entries of the log to the keyspace, one after the other, as every member does.
///
/// An entry that is refused, as a put for a lease that is gone or by a user who may not, has no
/// effect; it has been applied all the same, and the next one follows it. Entries about members and
/// the cluster's version change no keys and are passed over.
///
/// It belongs to the one thread that changes the keyspace.
///
/// Source: etcd 3.5, `server/etcdserver/server.go`, `applyEntryNormal`; `server/etcdserver/apply.go`.
public final class Applier {
  /// What may be chosen.
  public struct Options {
    /// The least TTL of a lease, in seconds; etcd has one and a half times the time of an election.
    public var minimumTTLSeconds: Int64 = 2

    /// Whether nobody waits for the answers.
    ///
    /// etcd then leaves out the ranges of a transaction before it looks at anything else: when it
    /// starts again, a transaction is applied that was refused for what it reads.
    public var passesOverRanges = false

    /// Makes of a password what is stored: see ``AuthStore``.
    public var hashesPassword: ((String) -> [UInt8])?

    /// Told of who has authenticated, and whose tokens end.
    public var tokens: (any AuthTokens)?

    /// What etcd does for requests that somebody waits for.
    public init() {}
  }

  /// What became of an entry.
  public enum Outcome: Sendable {
    /// Its effect is in the keyspace, or it had none to have.
    case applied(Answer)

    /// It has no effect, for this reason.
    case refused(Refusal)

    /// It is about members or the cluster, not about keys.
    case passedOver

    /// Its data is no request, or one that is not known here.
    case unreadable
  }

  /// What was done.
  public enum Answer: Sendable {
    /// Nothing that is to be told of.
    case done

    case put(PutResult)
    case delete(DeleteResult)
    case transaction(TransactionResult)
    case lease(Lease)
    case revocation(DeleteResult)

    /// A user has authenticated, at a revision of users and roles, and has this token, unless tokens
    /// are signed.
    case authenticated(token: String, revision: UInt64)
  }

  /// Why an entry has no effect.
  public enum Refusal: Equatable, Sendable {
    /// What it asks for cannot be done.
    case keyspace(MVCCError)

    /// Whoever asked may not, or there are no such users or roles.
    case auth(AuthError)

    /// An alarm is raised.
    case alarm(Alarm)
  }

  /// Users, roles, and what they may do.
  public let auth: AuthStore

  let keyspace: Keyspace
  let options: Options
  private(set) var alarms: AlarmTable

  /// An applier for a keyspace, with the users and alarms that its database holds.
  ///
  /// - Parameters:
  ///   - keyspace: What entries are applied to.
  ///   - transaction: The state of the database that the keyspace was opened from.
  ///   - options: What may be chosen.
  /// - Throws: The fault of a page.
  public init(
    _ keyspace: Keyspace,
    in transaction: ReadTransaction,
    options: Options = Options()
  ) throws(BoltError) {
    self.keyspace = keyspace
    self.options = options
    alarms = try AlarmTable(in: transaction)
    auth = try AuthStore(
      keyspace,
      in: transaction,
      hashesPassword: options.hashesPassword,
      tokens: options.tokens
    )
  }

  /// Whether an alarm is raised.
  public func isRaised(_ alarm: Alarm) -> Bool { alarms.isRaised(alarm) }

  /// The alarms that are raised, and by which members.
  public var alarmMembers: [Etcdserverpb_AlarmMember] { alarms.all }

  /// Applies an entry, whose predecessor has been applied.
  ///
  /// The entry's index is the keyspace's consistent index from then on, whatever became of it.
  ///
  /// - Parameter entry: The entry.
  /// - Returns: What became of it.
  /// - Throws: What keeps the keyspace from being changed at all: a damaged row or page, or no room.
  public func apply(_ entry: EntryView) throws(MVCCError) -> Outcome {
    let place = ConsistentIndex(index: entry.index.rawValue, term: entry.term.rawValue)
    keyspace.setConsistentIndex(place)
    guard entry.type == .normal else { return .passedOver }
    // A leader begins its term with an entry that says nothing.
    guard !entry.data.isEmpty else { return .applied(.done) }
    let bytes = Array(entry.data)
    if let request = try? Etcdserverpb_InternalRaftRequest(serializedBytes: bytes) {
      return try apply(request)
    }
    // Up to 3.5 members publish what they are called in the form of etcd 2.
    return (try? Etcdserverpb_Request(serializedBytes: bytes)) == nil ? .unreadable : .passedOver
  }

  /// Applies a request, of an entry whose index has been set.
  ///
  /// - Parameter request: The request.
  /// - Returns: What became of it.
  /// - Throws: What keeps the keyspace from being changed at all.
  public func apply(
    _ request: Etcdserverpb_InternalRaftRequest
  ) throws(MVCCError) -> Outcome {
    if request.hasV2 || request.isAboutCluster { return .passedOver }
    var request = request
    if options.passesOverRanges && request.hasTxn { request.txn.removeRanges() }
    if let alarm = alarms.refusal(of: request) { return .refused(.alarm(alarm)) }
    do throws(AuthError) {
      let requester = AuthStore.Requester(
        name: request.header.username,
        revision: request.header.authRevision
      )
      try auth.snapshot.check(requester, mayDo: request, in: keyspace)
      if request.hasAuthenticate {
        let index = keyspace.consistentIndex.index
        let token = try auth.authenticate(request.authenticate, at: index)
        return .applied(.authenticated(token: token, revision: auth.revision))
      }
      if try applyToUsers(request) { return .applied(.done) }
    } catch {
      return .refused(.auth(error))
    }
    do throws(MVCCError) {
      return try applyToKeys(request).map { .applied($0) } ?? .unreadable
    } catch {
      guard error.isRefusal else { throw error }
      return .refused(.keyspace(error))
    }
  }

  /// Applies a request that is about keys, leases or alarms.
  ///
  /// - Returns: Nothing if it is about something that is not known here.
  private func applyToKeys(
    _ request: Etcdserverpb_InternalRaftRequest
  ) throws(MVCCError) -> Answer? {
    if request.hasRange { return .done }
    if request.hasPut { return .put(try keyspace.put(PutRequest(request.put))) }
    if request.hasDeleteRange {
      return .delete(try keyspace.delete(DeleteRequest(request.deleteRange)))
    }
    if request.hasTxn {
      return .transaction(try keyspace.apply(TransactionRequest(request.txn)))
    }
    if request.hasCompaction {
      try keyspace.compact(to: request.compaction.revision)
      return .done
    }
    if request.hasLeaseGrant { return .lease(try grant(request.leaseGrant)) }
    if request.hasLeaseRevoke {
      return .revocation(try keyspace.revoke(LeaseID(rawValue: request.leaseRevoke.id)))
    }
    if request.hasLeaseCheckpoint {
      try checkpoint(request.leaseCheckpoint)
      return .done
    }
    guard request.hasAlarm else { return nil }
    alarms.apply(request.alarm, to: keyspace)
    return .done
  }

  private func grant(_ request: Etcdserverpb_LeaseGrantRequest) throws(MVCCError) -> Lease {
    let ttl = max(request.ttl, options.minimumTTLSeconds)
    let lease = Lease(id: LeaseID(rawValue: request.id), ttlSeconds: ttl)
    try keyspace.grant(lease)
    return lease
  }

  /// Leases that are gone meanwhile are passed over.
  private func checkpoint(_ request: Etcdserverpb_LeaseCheckpointRequest) throws(MVCCError) {
    for checkpoint in request.checkpoints {
      do throws(MVCCError) {
        try keyspace.checkpoint([
          (id: LeaseID(rawValue: checkpoint.id), seconds: checkpoint.remainingTtl)
        ])
      } catch {
        guard case .leaseNotFound = error else { throw error }
      }
    }
  }

  /// Applies a request that is about users, roles or whether there are any.
  ///
  /// - Returns: Whether it is.
  private func applyToUsers(
    _ request: Etcdserverpb_InternalRaftRequest
  ) throws(AuthError) -> Bool {
    if request.hasAuthEnable {
      try auth.enable()
    } else if request.hasAuthDisable {
      auth.disable()
    } else if request.hasAuthUserAdd {
      try auth.apply(request.authUserAdd)
    } else if request.hasAuthUserDelete {
      try auth.apply(request.authUserDelete)
    } else if request.hasAuthUserChangePassword {
      try auth.apply(request.authUserChangePassword)
    } else if request.hasAuthUserGrantRole {
      try auth.apply(request.authUserGrantRole)
    } else if request.hasAuthUserRevokeRole {
      try auth.apply(request.authUserRevokeRole)
    } else if request.hasAuthRoleAdd {
      try auth.apply(request.authRoleAdd)
    } else if request.hasAuthRoleDelete {
      try auth.apply(request.authRoleDelete)
    } else if request.hasAuthRoleGrantPermission {
      try auth.apply(request.authRoleGrantPermission)
    } else if request.hasAuthRoleRevokePermission {
      try auth.apply(request.authRoleRevokePermission)
    } else {
      return request.readsUsers
    }
    return true
  }
}

extension Etcdserverpb_InternalRaftRequest {
  fileprivate var isAboutCluster: Bool {
    hasClusterVersionSet || hasClusterMemberAttrSet || hasDowngradeInfoSet
      || hasDowngradeVersionTest
  }

  /// Whether it asks about users and changes none.
  fileprivate var readsUsers: Bool {
    hasAuthStatus || hasAuthUserGet || hasAuthUserList || hasAuthRoleGet || hasAuthRoleList
  }
}

extension Etcdserverpb_TxnRequest {
  /// Leaves out the ranges, but not those of transactions within it, as etcd does.
  fileprivate mutating func removeRanges() {
    func isRange(_ operation: Etcdserverpb_RequestOp) -> Bool {
      if case .requestRange = operation.request { true } else { false }
    }
    success.removeAll(where: isRange)
    failure.removeAll(where: isRange)
  }
}
