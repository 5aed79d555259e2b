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
    var downgradeTarget: String?
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

  /// How long it took to compute hashes of the file, and of keys.
  let hashes = Histogram(from: .milliseconds(10), count: 15)
  let keyHashes = Histogram(from: .milliseconds(10), count: 15)

  /// How long it took to send snapshots.
  let snapshots = Histogram(from: .milliseconds(10), count: 17)

  /// How many entries had no effect.
  let refusedCount = Atomic(0)

  /// Whether the database is being rewritten.
  let isDefragmenting = Atomic(false)

  /// When a compaction ended last, in seconds since 1970; 0 if none has.
  let lastCompaction = Atomic(0)

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

  /// The version that the cluster is to go back to, if somebody has asked for that.
  ///
  /// It is not written down. etcd has to change its files before an earlier release can read them,
  /// and forgets the job when it starts as that release; these files can be read by it always.
  var downgradeTarget: String? { values.withLock { $0.downgradeTarget } }

  /// The version of the cluster, and with it of what is stored: where a downgrade goes, if one is under
  /// way.
  var clusterVersion: String { downgradeTarget ?? ServedVersion.cluster }

  /// Begins a downgrade.
  ///
  /// - Returns: Whether none was under way.
  func beginDowngrade(to version: String) -> Bool {
    values.withLock {
      guard $0.downgradeTarget == nil else { return false }
      $0.downgradeTarget = version
      return true
    }
  }

  /// Ends a downgrade, if one is under way.
  func endDowngrade() { values.withLock { $0.downgradeTarget = nil } }

  /// Why nothing is written any more, if nothing is.
  var failure: RPCStatus? { values.withLock { $0.failure } }

  /// Notes that nothing is written any more; the first reason stays.
  func fail(_ reason: RPCStatus) {
    values.withLock { if $0.failure == nil { $0.failure = reason } }
  }
}
