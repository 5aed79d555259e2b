internal import Bolt
internal import EtcdMessages
internal import MVCC
internal import SwiftProtobuf

/// What keeps a member from taking writes.
public enum Alarm: Int, Sendable {
  /// The database is as large as it may be: no puts and no leases.
  case noSpace = 1

  /// The members differ: nothing at all.
  case corrupt = 2
}

/// The alarms that are raised: the bucket `alarm`, in memory.
///
/// Source: etcd 3.5, `server/etcdserver/api/v3alarm/alarms.go`, `server/etcdserver/apply.go`.
struct AlarmTable {
  private var members: [Alarm: Set<UInt64>] = [:]

  /// Reads the alarms of a database; rows that are no alarms keep nothing from being written.
  init(in transaction: ReadTransaction) throws(BoltError) {
    guard var cursor = try transaction.bucket(BucketName.alarm.bytes)?.cursor() else { return }
    var next = try cursor.first()
    while let element = next {
      if let member = try? Etcdserverpb_AlarmMember(serializedBytes: Array(element.key)),
        let alarm = Alarm(rawValue: member.alarm.rawValue)
      {
        members[alarm, default: []].insert(member.memberID)
      }
      next = try cursor.next()
    }
  }

  /// Whether any alarm is raised.
  var isAnyRaised: Bool { members.contains { !$0.value.isEmpty } }

  /// Whether an alarm is raised, by any member.
  func isRaised(_ alarm: Alarm) -> Bool { members[alarm]?.isEmpty == false }

  /// Which member has raised which alarm, by alarm and member.
  var all: [Etcdserverpb_AlarmMember] {
    members.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { alarm, members in
      members.sorted().map { member in
        Etcdserverpb_AlarmMember.with {
          $0.memberID = member
          $0.alarm = Etcdserverpb_AlarmType(rawValue: alarm.rawValue) ?? .none
        }
      }
    }
  }

  /// Raises an alarm or ends it; the row is written with the keyspace's next commit.
  mutating func apply(_ request: Etcdserverpb_AlarmRequest, to keyspace: Keyspace) {
    guard let alarm = Alarm(rawValue: request.alarm.rawValue) else { return }
    switch request.action {
    case .activate:
      guard members[alarm, default: []].insert(request.memberID).inserted else { return }
      keyspace.putRow([], for: AlarmTable.rowKey(of: request), in: .alarm)
    case .deactivate:
      guard members[alarm]?.remove(request.memberID) != nil else { return }
      keyspace.deleteRow(AlarmTable.rowKey(of: request), in: .alarm)
    case .get, .UNRECOGNIZED: return
    }
  }

  /// The alarm that a request is refused by, if one is.
  ///
  /// Up to 3.5 etcd forgets, when an alarm ends, that the other one may still be raised; here, as in
  /// 3.6, it stays.
  func refusal(of request: Etcdserverpb_InternalRaftRequest) -> Alarm? {
    if isRaised(.corrupt), request.touchesKeys { return .corrupt }
    if isRaised(.noSpace), request.takesSpace { return .noSpace }
    return nil
  }

  private static func rowKey(of request: Etcdserverpb_AlarmRequest) -> [UInt8] {
    let member = Etcdserverpb_AlarmMember.with { member in
      member.memberID = request.memberID
      member.alarm = request.alarm
    }
    // A message without required fields can always be serialized.
    return (try? member.serializedBytes()) ?? []
  }
}

extension Etcdserverpb_InternalRaftRequest {
  fileprivate var touchesKeys: Bool {
    hasRange || hasPut || hasDeleteRange || hasTxn || hasCompaction || hasLeaseGrant
      || hasLeaseRevoke
  }

  /// Whether the database grows by it.
  ///
  /// Puts in transactions within a transaction do not count: etcd's own reckoning does not see them.
  ///
  /// Source: etcd 3.5, `server/etcdserver/quota.go`, `costTxn`.
  fileprivate var takesSpace: Bool {
    if hasPut || hasLeaseGrant { return true }
    guard hasTxn else { return false }
    return (txn.success + txn.failure).contains { operation in
      if case .requestPut = operation.request { true } else { false }
    }
  }
}
