public import Bolt
internal import EtcdMessages
internal import Foundation
public import MVCC
internal import SwiftProtobuf
public import WAL

/// Applies the entries of the log to the keyspace, one after the other, as every member does.
///
/// An entry that is refused, as a put for a lease that is gone, has no effect; it has been applied
/// all the same, and the next one follows it.
///
/// Not looked at is whether a user may do what an entry says: it was looked at when the entry was
/// proposed, and only a permission that was taken away between the two makes a difference. Entries
/// about users, roles and members change no keys and are passed over.
///
/// Source: etcd 3.5, `server/etcdserver/apply.go`.
public final class Applier {
  /// What became of an entry.
  public enum Outcome: Equatable, Sendable {
    /// Its effect is in the keyspace, or it had none to have.
    case applied

    /// It was refused, for this reason.
    case refused(MVCCError)

    /// It was refused because of an alarm.
    case refusedByAlarm(Alarm)

    /// It is about users, roles, members or the cluster, not about keys.
    case passedOver

    /// Its data is no request.
    case unreadable
  }

  /// What keeps a member from taking writes.
  public enum Alarm: Int, Sendable {
    /// The database is as large as it may be: no puts and no leases.
    case noSpace = 1

    /// The members differ: nothing at all.
    case corrupt = 2
  }

  private let keyspace: Keyspace

  /// The alarms that are raised, each for members.
  private var alarms: [Alarm: Set<UInt64>] = [:]

  /// An applier for a keyspace, with the alarms that its database holds.
  ///
  /// - Parameters:
  ///   - keyspace: What entries are applied to.
  ///   - transaction: The state of the database that the keyspace was opened from.
  /// - Throws: The fault of a page.
  public init(_ keyspace: Keyspace, alarmsIn transaction: ReadTransaction) throws(BoltError) {
    self.keyspace = keyspace
    guard var cursor = try transaction.bucket("alarm")?.cursor() else { return }
    var next = try cursor.first()
    while let element = next {
      // Rows that are no alarms keep nothing from being written.
      if let member = try? Etcdserverpb_AlarmMember(serializedBytes: Data(element.key)),
        let alarm = Alarm(rawValue: member.alarm.rawValue)
      {
        alarms[alarm, default: []].insert(member.memberID)
      }
      next = try cursor.next()
    }
  }

  /// Applies an entry, whose predecessor has been applied.
  ///
  /// - Parameter entry: The entry.
  /// - Returns: What became of it.
  /// - Throws: What keeps the keyspace from being changed at all: a damaged row or page, or no room.
  public func apply(_ entry: EntryView) throws(MVCCError) -> Outcome {
    guard entry.type == .normal else { return .passedOver }
    // A leader begins its term with an entry that says nothing.
    guard !entry.data.isEmpty else { return .applied }
    guard
      let request = try? Etcdserverpb_InternalRaftRequest(serializedBytes: Data(entry.data))
    else { return .unreadable }
    if let alarm = alarm(against: request) { return .refusedByAlarm(alarm) }
    do throws(MVCCError) {
      return try apply(request) ? .applied : .passedOver
    } catch {
      switch error {
      case .leaseNotFound, .leaseExists, .leaseTTLTooLarge, .keyNotFound, .keyMissing, .compacted,
        .futureRevision, .duplicateKey, .tooManyOperations:
        return .refused(error)
      default: throw error
      }
    }
  }

  /// The alarm that a request is refused by, if one is.
  private func alarm(against request: Etcdserverpb_InternalRaftRequest) -> Alarm? {
    if alarms[.corrupt]?.isEmpty == false, !request.hasAlarm, touchesKeys(request) {
      return .corrupt
    }
    guard alarms[.noSpace]?.isEmpty == false else { return nil }
    let takesSpace =
      request.hasPut || request.hasLeaseGrant
      || (request.hasTxn && TransactionRequest(request.txn).puts)
    return takesSpace ? .noSpace : nil
  }

  private func touchesKeys(_ request: Etcdserverpb_InternalRaftRequest) -> Bool {
    request.hasPut || request.hasDeleteRange || request.hasTxn || request.hasCompaction
      || request.hasLeaseGrant || request.hasLeaseRevoke
  }

  /// Applies a request.
  ///
  /// - Returns: Whether it is about keys, leases or alarms.
  private func apply(
    _ request: Etcdserverpb_InternalRaftRequest
  ) throws(MVCCError) -> Bool {
    if request.hasPut {
      _ = try keyspace.put(PutRequest(request.put))
    } else if request.hasDeleteRange {
      _ = try keyspace.delete(DeleteRequest(request.deleteRange))
    } else if request.hasTxn {
      _ = try keyspace.apply(TransactionRequest(request.txn))
    } else if request.hasCompaction {
      try keyspace.compact(to: request.compaction.revision)
    } else if request.hasLeaseGrant {
      let grant = request.leaseGrant
      try keyspace.grant(Lease(id: LeaseID(rawValue: grant.id), ttlSeconds: grant.ttl))
    } else if request.hasLeaseRevoke {
      _ = try keyspace.revoke(LeaseID(rawValue: request.leaseRevoke.id))
    } else if request.hasLeaseCheckpoint {
      try keyspace.checkpoint(
        request.leaseCheckpoint.checkpoints.map {
          (id: LeaseID(rawValue: $0.id), seconds: $0.remainingTtl)
        }
      )
    } else if request.hasAlarm {
      apply(request.alarm)
    } else {
      return request.hasRange
    }
    return true
  }

  private func apply(_ request: Etcdserverpb_AlarmRequest) {
    guard let alarm = Alarm(rawValue: request.alarm.rawValue) else { return }
    switch request.action {
    case .activate: alarms[alarm, default: []].insert(request.memberID)
    case .deactivate: alarms[alarm]?.remove(request.memberID)
    default: break
    }
  }
}
