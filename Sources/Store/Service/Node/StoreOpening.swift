internal import Apply
internal import Bolt
internal import FileIO
internal import MVCC
internal import Snapshot
internal import WAL

/// The steps of opening a data directory; each throws what the layer below it throws.
struct StoreOpening {
  let directory: DataDirectory
  let options: OpenedStore.Options
  let fileSystem: any FileSystem
  let warn: (String) -> Void

  func open() throws -> OpenedStore {
    switch try directory.content(in: fileSystem) {
    case .nothing: try beginCluster()
    case .databaseOnly: throw NodeError.databaseWithoutLog(path: directory.database)
    case .member: break
    }
    let start = try openLog()
    let log = start.log
    let database = try Database(directory.database, in: fileSystem)
    if options.checksDatabase { try check(database) }
    try makeBuckets(in: database)
    let keyspace = try Keyspace(database)
    keyspace.commitInterval = options.commitInterval
    keyspace.operationsPerCommit = options.operationsPerCommit
    keyspace.rowsPerCompactionStep = options.rowsPerCompactionStep
    var replay = StoreReplay(
      of: start.replay,
      over: keyspace,
      membership: start.snapshot.map { Membership($0.confState) } ?? Membership(),
      directory: directory
    )
    try replay.run(
      upTo: options.forcesNewCluster ? log.hardState.commit : log.lastIndex,
      minimumTTLSeconds: options.minimumTTLSeconds
    )
    let membership = try settle(replay.membership, in: log)
    let member = try member(log.metadata.nodeID, replay.peerURLs, in: database)
    try beginTerm(log, keyspace, membership)
    try write(member, to: keyspace, database)
    try keyspace.commit()
    // All rows were read; what clients ask for is a part of them.
    keyspace.forgetPages()
    var applying = Applier.Options()
    applying.minimumTTLSeconds = options.minimumTTLSeconds
    applying.hashesPassword = options.hashesPassword
    applying.tokens = options.tokens
    return OpenedStore(
      directory: directory,
      fileSystem: fileSystem,
      log: log,
      keyspace: keyspace,
      applier: try Applier(keyspace, in: database.read(), options: applying),
      member: member,
      membership: membership,
      snapshotIndex: start.snapshot?.index ?? .zero,
      replayedCount: replay.appliedCount
    )
  }

  /// Reads the whole database.
  ///
  /// etcd compares the hash of its keys with those of other members. Where there are none, what can
  /// be known is whether the file is whole and whether all its rows can be read.
  private func check(_ database: Database) throws {
    let report = database.read().check()
    if let fault = report.faults.first { throw fault }
  }

  // MARK: A new cluster

  /// Makes a log that adds the one member, and nothing else.
  private func beginCluster() throws {
    let member = try firstMember()
    try directory.makeDirectories(in: fileSystem)
    let metadata = WALMetadata(nodeID: member.id, clusterID: ClusterID(of: [member.id]))
    let log = try WALWriter.create(
      directory.log,
      metadata: metadata,
      options: options.log,
      in: fileSystem
    )
    try writeFirstEntry(to: log, for: member)
    try log.close()
  }

  private func firstMember() throws -> Member {
    let cluster = try InitialCluster(options.initialCluster)
    guard cluster.peers.count <= 1 else {
      throw NodeError.initialClusterTooLarge(count: cluster.peers.count)
    }
    try cluster.check(
      name: options.name,
      advertised: try options.peerURLs.map { try PeerURL($0) }
    )
    guard let member = try cluster.members(token: options.initialClusterToken).first else {
      throw SnapshotError.nameNotInCluster(options.name)
    }
    return member
  }

  private func writeFirstEntry(to log: WALWriter, for member: Member) throws {
    let change = ConfChange(
      action: .addNode,
      nodeID: member.id,
      context: Array(member.json.utf8)
    )
    let first = LogIndex.zero.next
    let term = Term(rawValue: 1)
    try log.append(
      [LogEntry(type: .confChange, term: term, index: first, data: change.data)],
      hardState: HardState(term: term, vote: member.id, commit: first)
    )
  }

  // MARK: The log

  /// A log that was opened behind a snapshot of the members.
  private struct LogStart {
    let log: WALWriter
    let replay: LogReplay
    let snapshot: RaftSnapshot?
  }

  private func openLog() throws -> LogStart {
    let start = try openLogAsItIs()
    let isEmpty = start.snapshot == nil && start.log.lastIndex == .zero
    guard isEmpty else { return start }
    // The process ended between making the log and writing what a cluster begins with.
    let member = try firstMember()
    guard member.id == start.log.metadata.nodeID else {
      throw NodeError.otherMembers(
        path: directory.path,
        own: start.log.metadata.nodeID,
        voters: []
      )
    }
    try writeFirstEntry(to: start.log, for: member)
    try start.log.close()
    return try openLogAsItIs()
  }

  /// Opens the log behind the newest snapshot that it knows of, as etcd does.
  private func openLogAsItIs() throws -> LogStart {
    let snapshots = SnapshotDirectory(directory.snapshots, in: fileSystem)
    for name in try snapshots.names() {
      let snapshot: RaftSnapshot
      do throws(WALError) {
        snapshot = try snapshots.read(name)
      } catch {
        warn("\(error); an older snapshot is tried")
        try snapshots.setAside(name)
        continue
      }
      do throws(WALError) {
        let opened = try open(from: snapshot.record)
        // A snapshot beyond the commit index was never made use of.
        guard snapshot.index <= opened.log.hardState.commit else {
          try opened.log.close()
          continue
        }
        return LogStart(log: opened.log, replay: opened.replay, snapshot: snapshot)
      } catch {
        switch error {
        // The process ended before the log was told of it.
        case .snapshotNotFound, .snapshotMismatch: continue
        default: throw error
        }
      }
    }
    let opened = try open(from: .beginning)
    return LogStart(log: opened.log, replay: opened.replay, snapshot: nil)
  }

  private func open(
    from snapshot: WALSnapshot
  ) throws(WALError) -> (log: WALWriter, replay: LogReplay) {
    func attempt() throws(WALError) -> (log: WALWriter, replay: LogReplay) {
      let opened = try WALWriter.open(
        directory.log,
        from: snapshot,
        options: options.log,
        in: fileSystem
      )
      return (opened.writer, opened.replay)
    }
    do throws(WALError) {
      return try attempt()
    } catch {
      guard case .torn = error else { throw error }
    }
    // The write that was interrupted was not answered.
    if let cut = try WALRepair.repair(directory.log, in: fileSystem) {
      warn("\(cut.path): cut off at \(cut.offset), behind the last whole record")
    }
    return try attempt()
  }

  // MARK: The database

  /// Makes the buckets that etcd makes.
  private func makeBuckets(in database: Database) throws(BoltError) {
    let names: [BucketName] = [
      .alarm, .auth, .authRoles, .authUsers, .cluster, .key, .lease, .members, .membersRemoved,
      .meta,
    ]
    let present = database.read()
    var isComplete = true
    for name in names where try present.bucket(name.bytes) == nil { isComplete = false }
    guard !isComplete else { return }
    let transaction = try database.write()
    for name in names { _ = try transaction.bucketOrNew(name.bytes) }
    try transaction.commit()
  }

  /// The member itself, with the peer URLs that it was added with.
  private func member(
    _ id: NodeID,
    _ replayed: [String]?,
    in database: Database
  ) throws -> Member {
    let row = try database.read().bucket(BucketName.members.bytes)?
      .copy(of: Array(id.hexadecimal.utf8))
    return Member(
      id: id,
      name: options.name,
      peerURLs: replayed ?? row.flatMap { Member.peerURLs(inJSON: $0) } ?? options.peerURLs,
      clientURLs: options.clientURLs
    )
  }

  /// Writes who is a member: nobody else is.
  private func write(_ member: Member, to keyspace: Keyspace, _ database: Database) throws {
    let own = Array(member.id.hexadecimal.utf8)
    if var cursor = try database.read().bucket(BucketName.members.bytes)?.cursor() {
      var next = try cursor.first()
      while let element = next {
        if Array(element.key) != own { keyspace.deleteRow(Array(element.key), in: .members) }
        next = try cursor.next()
      }
    }
    keyspace.putRow(Array(member.json.utf8), for: own, in: .members)
  }

  // MARK: Being alone

  /// Sees to it that the node is the only member.
  ///
  /// - Returns: The members from now on.
  private func settle(_ membership: Membership, in log: WALWriter) throws -> Membership {
    let own = log.metadata.nodeID
    if membership.isOnly(own) { return membership }
    let state = membership.confState
    guard options.forcesNewCluster else {
      throw NodeError.otherMembers(path: directory.path, own: own, voters: state.voters)
    }
    var changes = (state.voters + state.learners).filter { $0 != own }.map {
      ConfChange(action: .removeNode, nodeID: $0)
    }
    if !state.voters.contains(own) {
      changes.append(ConfChange(action: .addNode, nodeID: own))
    }
    var settled = membership
    var entries: [LogEntry] = []
    var index = log.hardState.commit
    for change in changes {
      index = index.next
      entries.append(
        LogEntry(
          type: .confChange,
          term: max(log.hardState.term, log.lastTerm),
          index: index,
          data: change.data
        )
      )
      settled.apply(change)
    }
    let term = max(log.hardState.term, log.lastTerm)
    try log.append(entries, hardState: HardState(term: term, vote: own, commit: index))
    warn("the other members were given up: \(changes.count) changes were added to the log")
    return settled
  }

  /// Begins a term, as a member does that has elected itself.
  private func beginTerm(
    _ log: WALWriter,
    _ keyspace: Keyspace,
    _ membership: Membership
  ) throws {
    let term = max(log.hardState.term, log.lastTerm).next
    let index = log.lastIndex.next
    try log.append(
      [LogEntry(term: term, index: index)],
      hardState: HardState(term: term, vote: log.metadata.nodeID, commit: index)
    )
    keyspace.setConsistentIndex(
      ConsistentIndex(index: index.rawValue, term: term.rawValue),
      confState: membership.confStateJSON
    )
  }
}
