internal import Apply
internal import Bolt
internal import MVCC
internal import Snapshot
internal import WAL

/// The entries of a log on their way into the database that lacks them.
struct StoreReplay {
  /// The members behind the last entry.
  private(set) var membership: Membership

  /// The peer URLs that the own member was given by entries that the database lacked, if any.
  private(set) var peerURLs: [String]?

  /// How many entries the database lacked.
  private(set) var appliedCount = 0

  private let log: LogReplay
  private let keyspace: Keyspace
  private let directory: DataDirectory

  /// A replay that has not begun.
  init(
    of log: LogReplay,
    over keyspace: Keyspace,
    membership: Membership,
    directory: DataDirectory
  ) {
    self.log = log
    self.keyspace = keyspace
    self.membership = membership
    self.directory = directory
  }

  /// Applies the entries, in order.
  ///
  /// - Parameters:
  ///   - end: The last one.
  ///   - minimumTTLSeconds: The least TTL of a lease.
  /// - Throws: ``NodeError``, or what a layer below throws.
  mutating func run(upTo end: LogIndex, minimumTTLSeconds: Int64) throws {
    let stored = LogIndex(rawValue: keyspace.consistentIndex.index)
    guard stored <= max(end, log.state.hardState.commit) else {
      throw NodeError.databaseBeyondLog(
        path: directory.database,
        index: stored.rawValue,
        lastIndex: end.rawValue
      )
    }
    var options = Applier.Options()
    options.minimumTTLSeconds = minimumTTLSeconds
    options.passesOverRanges = true
    let applier = try Applier(keyspace, in: keyspace.database.read(), options: options)
    var expected = stored.next
    while let entry = try log.next(), entry.index <= end {
      if entry.type == .confChange, let change = ConfChange(entry.data) {
        membership.apply(change)
        // Whoever is alone changes nobody but itself.
        if change.action == .updateNode, change.nodeID == log.state.metadata?.nodeID,
          entry.index > stored
        {
          peerURLs = Member.peerURLs(inJSON: change.context) ?? peerURLs
        }
      }
      guard entry.index > stored else { continue }
      guard entry.index == expected else {
        throw NodeError.databaseBehindLog(
          path: directory.database,
          index: stored.rawValue,
          firstIndex: entry.index.rawValue
        )
      }
      expected = expected.next
      if case .unreadable = try applier.apply(entry) {
        throw NodeError.unknownEntry(path: directory.log, index: entry.index.rawValue)
      }
      appliedCount += 1
      try keyspace.commitIfDue(now: .now)
    }
    try keyspace.commit()
  }
}
