internal import Apply
internal import Bolt
internal import FileIO
internal import MVCC
internal import WAL

/// What was done to read a data directory as if its member had been started.
public struct ReplayReport: Equatable, Sendable {
  /// How far the log is ahead.
  public var position: LogPosition

  /// The current revision of the database, before anything was replayed.
  public var databaseRevision: Int64

  /// The current revision behind the last entry that was applied.
  public var revision: Int64

  /// How many entries were applied.
  public var appliedCount = 0

  /// How many of them were refused, as they were when they were new.
  public var refusedCount = 0

  /// How many of them are of a kind that is not known here: what they say is missing.
  public var unknownCount = 0

  /// How many entries at the end of the log are not known to be committed, and were left out: only a
  /// member of several can have such.
  public var uncommittedCount = 0
}

/// A replay of a member's log over its database, in memory.
///
/// What the log says is done as etcd does it when it starts: entries up to the database's consistent
/// index are passed over, the others are applied to a keyspace that writes to nothing but its buffer.
struct LogReplaying {
  let rows = ReplayedRows()
  let keyspace: Keyspace
  private(set) var report: ReplayReport
  private(set) var compactRevision: Int64?

  private let applier: Applier
  private let directory: String
  private let source: FileSource

  /// Replays the entries that a database lacks.
  ///
  /// A member that is alone commits what is in its log when it starts; of several, the others decide
  /// about the entries that the log does not know to be committed.
  ///
  /// - Parameters:
  ///   - directory: Where the log lies.
  ///   - source: The database, whose rows have been found.
  ///   - position: How far the log is ahead of it.
  ///   - includesUncommitted: Whether all entries are applied, also where the others decide.
  ///   - fileSystem: Where the log lies.
  /// - Throws: ``SourceError``.
  init(
    _ directory: String,
    over source: FileSource,
    position: LogPosition,
    includesUncommitted: Bool,
    in fileSystem: any FileSystem
  ) throws(SourceError) {
    self.directory = directory
    self.source = source
    do throws(MVCCError) {
      keyspace = try Keyspace(source.database, isReadOnly: true) { fault throws(MVCCError) in
        guard source.salvages else { throw fault }
        source.losses.add(.content(path: source.databasePath, fault))
      }
    } catch {
      throw .content(path: source.databasePath, error)
    }
    let before = keyspace.currentRevision
    report = ReplayReport(position: position, databaseRevision: before, revision: before)
    do throws(BoltError) {
      var options = Applier.Options()
      options.passesOverRanges = true
      applier = try Applier(keyspace, in: source.transaction, options: options)
    } catch {
      throw .database(path: source.databasePath, error)
    }
    let (log, members) = try LogReplaying.open(directory, source, position, in: fileSystem)
    try replay(log, members, includesUncommitted: includesUncommitted)
    report.revision = keyspace.currentRevision
    compactRevision = keyspace.compactRevision > 0 ? keyspace.compactRevision : nil
    try collectRows(after: before)
  }

  private mutating func replay(
    _ log: LogReplay,
    _ members: MemberSet,
    includesUncommitted: Bool
  ) throws(SourceError) {
    var members = members
    let position = report.position
    // What is in the database has been committed, also if the log was not told of it any more.
    let commitIndex = max(position.commitIndex, position.databaseIndex)
    let owner = log.state.metadata?.nodeID
    var expected = position.databaseIndex
    while let entry = try next(of: log) {
      let index = entry.index.rawValue
      let isCommitted = index <= commitIndex
      // The members that are known when the member starts decide what is committed.
      if isCommitted { members.apply(entry) }
      guard index > position.databaseIndex else { continue }
      expected &+= 1
      guard index == expected else {
        throw .logGap(path: directory, found: index, expected: expected)
      }
      guard isCommitted || includesUncommitted || members.isOnly(owner) else {
        report.uncommittedCount += 1
        continue
      }
      try apply(entry)
    }
  }

  private mutating func apply(_ entry: EntryView) throws(SourceError) {
    do throws(MVCCError) {
      switch try applier.apply(entry) {
      case .applied, .passedOver: break
      case .refused: report.refusedCount += 1
      case .unreadable: report.unknownCount += 1
      }
    } catch {
      throw .content(path: source.databasePath, error)
    }
    report.appliedCount += 1
  }

  private func collectRows(after revision: Int64) throws(SourceError) {
    guard revision < .max else { return }
    do throws(MVCCError) {
      try keyspace.view().visitRows(from: revision + 1) { row throws(MVCCError) in
        rows.append(row)
        return true
      }
    } catch {
      throw .content(path: source.databasePath, error)
    }
  }

  private func next(of log: LogReplay) throws(SourceError) -> EntryView? {
    do { return try log.next() } catch { throw .log(error) }
  }

  // MARK: Where to begin

  /// Opens the log behind the newest snapshot that the database goes beyond, as etcd does; or from
  /// its beginning, if there is none.
  ///
  /// - Returns: The entries, and the members before the first of them.
  private static func open(
    _ directory: String,
    _ source: FileSource,
    _ position: LogPosition,
    in fileSystem: any FileSystem
  ) throws(SourceError) -> (LogReplay, MemberSet) {
    do throws(WALError) {
      for snapshot in snapshots(source, upTo: position.databaseIndex, in: fileSystem) {
        do throws(WALError) {
          let log = try LogReplay(directory, from: snapshot.record, in: fileSystem)
          return (log, MemberSet(snapshot.confState.voters))
        } catch {
          switch error {
          // The log does not know it: an older one may be the right one.
          case .snapshotNotFound, .snapshotMismatch, .beginsLater: continue
          default: throw error
          }
        }
      }
      let log = try LogReplay(directory, in: fileSystem)
      let isWhole = log.state.firstIndex.map { $0.rawValue == 1 } ?? true
      return (log, isWhole ? MemberSet([]) : .unknown)
    } catch {
      throw .log(error)
    }
  }

  /// The snapshots that can be read, the newest first.
  private static func snapshots(
    _ source: FileSource,
    upTo index: UInt64,
    in fileSystem: any FileSystem
  ) -> some Sequence<RaftSnapshot> {
    let directory = SnapshotDirectory(source.snapshotDirectory ?? "", in: fileSystem)
    let names = (try? directory.names()) ?? []
    return names.lazy.filter { $0.index.rawValue <= index }.compactMap { name in
      try? directory.read(name)
    }
  }
}

/// The voters of a cluster, as its log tells of them.
struct MemberSet {
  private var voters: Set<NodeID>?

  /// Members of which nothing is known.
  static let unknown = MemberSet(voters: nil)

  private init(voters: Set<NodeID>?) { self.voters = voters }

  /// These voters.
  init(_ voters: [NodeID]) { self.voters = Set(voters) }

  /// Whether a member is the only voter.
  func isOnly(_ member: NodeID?) -> Bool { member.map { voters == [$0] } ?? false }

  /// Takes note of what an entry changes.
  mutating func apply(_ entry: EntryView) {
    switch entry.type {
    case .normal: return
    case .confChange:
      guard let change = ConfChange(entry.data) else { return voters = nil }
      switch change.action {
      case .addNode: voters?.insert(change.nodeID)
      case .removeNode, .addLearnerNode: voters?.remove(change.nodeID)
      case .updateNode: return
      }
    // etcd never writes these.
    case .confChangeV2: voters = nil
    }
  }
}
