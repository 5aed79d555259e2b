public import FileIO
public import WAL

/// Makes the data directory of a member of a new cluster from a snapshot of another one.
///
/// The keys, their history, leases, users, roles and alarms are those of the snapshot; the cluster
/// and its members are new. Every member is restored from the same snapshot with the same initial
/// cluster and token, each with its own name, and then all are started.
///
/// The directory is there as a whole or not at all: it gets the name that etcd looks for when
/// everything in it is durable. If restoring fails, what it made is removed. What a killed process
/// leaves behind is `member.restoring` in the data directory.
///
/// Source: etcd 3.5, `etcdutl/snapshot/v3_snapshot.go`, `Restore`.
public struct SnapshotRestore: Sendable {
  /// The term that all the first entries have.
  private static let term = Term(rawValue: 1)

  /// The member that is restored.
  public let member: Member

  /// All members of the cluster, their ids ascending.
  public let members: [Member]

  /// The id of the cluster.
  public let clusterID: ClusterID

  private let path: String
  private let options: RestoreOptions
  private let paths: RestorePaths
  private let fileSystem: any FileSystem

  /// Checks what is asked for; looks at no file yet.
  ///
  /// - Parameters:
  ///   - path: The snapshot: what `etcdctl snapshot save` wrote; or, if the hash check is skipped, a
  ///     database.
  ///   - options: What is asked for.
  ///   - fileSystem: Where the snapshot and the directories lie.
  ///   - resolver: What finds addresses of hosts.
  /// - Throws: ``SnapshotError/bumpWithoutMark``, ``SnapshotError/markWithoutBump``, and what
  ///   ``InitialCluster`` and ``PeerURL`` throw.
  public init(
    from path: String,
    _ options: RestoreOptions,
    in fileSystem: any FileSystem = LocalFileSystem(),
    resolver: HostResolver = .system
  ) throws(SnapshotError) {
    guard options.marksCompacted || options.revisionBump == 0 else { throw .bumpWithoutMark }
    guard !options.marksCompacted || options.revisionBump > 0 else { throw .markWithoutBump }
    var advertised: [PeerURL] = []
    let texts = options.advertisedPeerURLs.split(separator: ",", omittingEmptySubsequences: false)
    for text in texts { advertised.append(try PeerURL(String(text))) }
    let cluster = try InitialCluster(options.initialCluster)
    try cluster.check(name: options.name, advertised: advertised, resolver: resolver)
    let members = try cluster.members(token: options.initialClusterToken)
    let own = members.first { $0.name.utf8.elementsEqual(options.name.utf8) }
    guard let own else { throw .nameNotInCluster(options.name) }
    self.path = path
    self.options = options
    self.fileSystem = fileSystem
    self.members = members
    member = own
    clusterID = ClusterID(of: members.map(\.id))
    let directory = options.dataDirectory
    paths = RestorePaths(
      dataDirectory: directory.isEmpty ? "\(options.name).etcd" : directory,
      walDirectory: options.walDirectory
    )
  }

  /// Where the log will lie.
  public var walDirectory: String { paths.log }

  /// Makes the directory.
  ///
  /// - Parameter onProgress: Is told how many bytes of the database have been copied, and how many
  ///   there are.
  /// - Returns: The newest revision of the restored database.
  /// - Throws: Why not; see ``SnapshotError``.
  public func run(
    onProgress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(SnapshotError) -> Int64 {
    try checkTargets()
    let snapshot = try SnapshotFile(path, in: fileSystem)
    guard snapshot.hasTrailer || options.skipsHashCheck else {
      throw .hashMissing(path: path, byteCount: snapshot.byteCount)
    }
    var made: [String] = []
    do throws(SnapshotError) {
      let revision = try build(from: snapshot, made: &made, onProgress: onProgress)
      try asSnapshotError { () throws(FileIOError) in try publish(made: made) }
      return revision
    } catch {
      takeBack(made)
      throw error
    }
  }

  /// Refuses to touch what is there.
  private func checkTargets() throws(SnapshotError) {
    let names = try asSnapshotError { () throws(FileIOError) -> [String]? in
      switch try fileSystem.kind(of: paths.data) {
      case .directory: try fileSystem.list(paths.data)
      case .file, .other: nil
      case nil: []
      }
    }
    guard let names, names.isEmpty else {
      throw .dataDirectoryInUse(path: paths.data, found: names?.first)
    }
    guard let log = paths.separateLog else { return }
    for path in [log, paths.stagedLog] {
      let kind = try asSnapshotError { () throws(FileIOError) in try fileSystem.kind(of: path) }
      guard kind == nil else { throw .walDirectoryExists(path: path) }
    }
  }

  /// Makes everything, durable, under names that etcd does not look for.
  private func build(
    from snapshot: SnapshotFile,
    made: inout [String],
    onProgress: (Int, Int) -> Void
  ) throws(SnapshotError) -> Int64 {
    try asSnapshotError { () throws(FileIOError) in
      try fileSystem.makeDirectories(paths.data, made: &made)
      try fileSystem.makeDirectory(paths.staging)
      made.append(paths.staging)
      try fileSystem.makeDirectory(paths.stagedSnap)
      try fileSystem.makeDirectories(parentDirectory(of: paths.stagedLog), made: &made)
    }
    try copyDatabase(from: snapshot, onProgress: onProgress)
    let index = LogIndex(rawValue: UInt64(members.count))
    let database = RestoredDatabase(
      members: members,
      index: index,
      term: Self.term,
      revisionBump: options.revisionBump,
      sourcePath: path
    )
    let revision = try database.write(at: paths.stagedDatabase, in: fileSystem)
    do throws(WALError) {
      try writeLog(upTo: index)
    } catch {
      if case .file(let error) = error { throw .file(error) }
      throw .log(error)
    }
    try asSnapshotError { () throws(FileIOError) in try fileSystem.syncDirectory(paths.staging) }
    return revision
  }

  private func copyDatabase(
    from snapshot: SnapshotFile,
    onProgress: (Int, Int) -> Void
  ) throws(SnapshotError) {
    let total = snapshot.imageByteCount
    let file = try asSnapshotError { () throws(FileIOError) in
      try File(paths.stagedDatabase, .create, in: fileSystem)
    }
    try snapshot.copyImage(to: file, checksHash: !options.skipsHashCheck) { done in
      onProgress(done, total)
    }
    try asSnapshotError { () throws(FileIOError) in try file.sync() }
  }

  /// Writes the log of a cluster that has agreed on nothing but its members, and the `.snap` file
  /// that it may be begun behind.
  private func writeLog(upTo index: LogIndex) throws(WALError) {
    var options = WALWriter.Options()
    options.preparesNextSegment = false
    let log = try WALWriter.create(
      paths.stagedLog,
      metadata: WALMetadata(nodeID: member.id, clusterID: clusterID),
      options: options,
      in: fileSystem
    )
    let entries = members.enumerated().map { slot, member in
      let change = ConfChange(
        action: .addNode,
        nodeID: member.id,
        context: Array(member.json.utf8)
      )
      let index = LogIndex(rawValue: UInt64(slot) + 1)
      return LogEntry(type: .confChange, term: Self.term, index: index, data: change.data)
    }
    // etcd votes for the first member too, whichever is restored.
    let vote = members.first?.id ?? member.id
    try log.append(entries, hardState: HardState(term: Self.term, vote: vote, commit: index))
    let snapshot = RaftSnapshot(
      index: index,
      term: Self.term,
      confState: ConfState(voters: members.map(\.id)),
      data: Array(SecondStore.json(members: members).utf8)
    )
    // The log must know no snapshot that is not there.
    try SnapshotDirectory(paths.stagedSnap, in: fileSystem).write(snapshot)
    try log.append(snapshot.record)
    try log.close()
  }

  /// Gives everything the names that etcd looks for; the member's directory comes last.
  ///
  /// If this throws, the names have been taken back.
  private func publish(made: [String]) throws(FileIOError) {
    for directory in made.reversed() {
      try fileSystem.syncDirectory(parentDirectory(of: directory))
    }
    guard let log = paths.separateLog else {
      return try rename(paths.staging, to: paths.member) { () throws(FileIOError) in }
    }
    try rename(paths.stagedLog, to: log) { () throws(FileIOError) in
      try rename(paths.staging, to: paths.member) { () throws(FileIOError) in }
    }
  }

  /// Gives a directory another name, durably, and goes on; takes the name back if that throws.
  private func rename(
    _ path: String,
    to name: String,
    andThen body: () throws(FileIOError) -> Void
  ) throws(FileIOError) {
    try fileSystem.rename(path, to: name)
    do throws(FileIOError) {
      try fileSystem.syncDirectory(parentDirectory(of: name))
      try body()
    } catch {
      try? fileSystem.rename(name, to: path)
      throw error
    }
  }

  /// Removes what was made, as far as it can be removed.
  private func takeBack(_ made: [String]) {
    // Without the directory of our own, another restore may be at work.
    if made.contains(paths.staging) {
      for log in [paths.stagedLog, "\(paths.stagedLog).tmp"] {
        fileSystem.removeTree(log, depth: 1)
      }
      fileSystem.removeTree(paths.staging, depth: 2)
    }
    for directory in made.reversed() { try? fileSystem.remove(directory) }
  }
}

/// Runs what asks the file system, and says what it threw in the words of this module.
func asSnapshotError<Result>(
  _ body: () throws(FileIOError) -> Result
) throws(SnapshotError) -> Result {
  do throws(FileIOError) {
    return try body()
  } catch {
    throw .file(error)
  }
}
