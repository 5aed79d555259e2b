internal import Apply
internal import EtcdMessages
internal import RPC
internal import Synchronization

/// What the writer tells the other threads of itself.
final class NodeStatus: Sendable {
  private struct Values {
    var alarms: [Etcdserverpb_AlarmMember] = []
    var failure: RPCStatus?
    var member = Etcdserverpb_Member()
  }

  /// The last entry that was applied.
  let appliedIndex: Atomic<UInt64>

  /// The last entry in the log.
  let lastIndex: Atomic<UInt64>

  /// The size of the database's file, in bytes.
  let databaseByteCount: Atomic<Int>

  /// What of it holds something.
  let usedByteCount: Atomic<Int>

  /// How many proposals wait for the writer.
  let pendingCount = Atomic(0)

  /// What the writer counts of its work.
  let figures = WriterFigures()

  /// How many entries had no effect.
  let refusedCount = Atomic(0)

  private let values = Mutex(Values())

  /// The status of a node that has applied all entries up to one.
  init(index: UInt64) {
    appliedIndex = Atomic(index)
    lastIndex = Atomic(index)
    databaseByteCount = Atomic(0)
    usedByteCount = Atomic(0)
  }

  /// The alarms that are raised.
  var alarms: [Etcdserverpb_AlarmMember] {
    get { values.withLock { $0.alarms } }
    set { values.withLock { $0.alarms = newValue } }
  }

  /// The one member.
  var member: Etcdserverpb_Member {
    get { values.withLock { $0.member } }
    set { values.withLock { $0.member = newValue } }
  }

  /// Why nothing is written any more, if nothing is.
  var failure: RPCStatus? { values.withLock { $0.failure } }

  /// Notes that nothing is written any more; the first reason stays.
  func fail(_ reason: RPCStatus) {
    values.withLock { if $0.failure == nil { $0.failure = reason } }
  }
}
