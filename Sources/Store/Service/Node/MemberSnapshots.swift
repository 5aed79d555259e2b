internal import Snapshot
internal import WAL

/// The snapshots of a log: who its members are at some entry, so that older segments can go.
///
/// What the keys were then is in the database, which is always as new or newer.
final class MemberSnapshots {
  /// The last entry that a snapshot contains.
  private(set) var index: UInt64

  /// The one member, as it is written from now on.
  var member: Member

  private let directory: SnapshotDirectory
  private let membership: Membership
  private let count: Int

  /// The snapshots of a store.
  ///
  /// - Parameters:
  ///   - store: The store.
  ///   - count: How many are kept.
  init(of store: OpenedStore, keeping count: Int) {
    index = store.snapshotIndex.rawValue
    directory = SnapshotDirectory(store.directory.snapshots, in: store.fileSystem)
    membership = store.membership
    member = store.member
    self.count = count
  }

  /// Takes a snapshot at the log's last entry: writes the file, and then tells the log of it.
  ///
  /// - Parameter log: The log, whose entries are all in the database, durable.
  /// - Throws: ``WALError``.
  func take(in log: WALWriter) throws(WALError) {
    let snapshot = RaftSnapshot(
      index: log.lastIndex,
      term: log.lastTerm,
      confState: membership.confState,
      data: Array(SecondStore.json(members: [member]).utf8)
    )
    try directory.write(snapshot)
    try log.append(snapshot.record)
    index = snapshot.index.rawValue
    try directory.purge(keeping: count)
  }
}
