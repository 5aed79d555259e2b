public import Bolt
public import FileIO
public import MVCC
internal import Synchronization

/// The keys and values of a file: a database of etcd, a snapshot, or a data directory.
///
/// The file is mapped and read in place; nothing is ever written to it. All that is asked of a source
/// is answered from the one state that was committed last when it was opened. It may be used from
/// several threads.
public final class FileSource: @unchecked Sendable {
  // What can change is set while the source is made, and never again.

  /// How a file is opened.
  public struct Options: Sendable {
    /// Whether a file is read that a running process holds.
    public var ignoresLock = false

    /// Whether what is damaged is passed over, and noted in ``FileSource/foundLosses``.
    public var salvages = false

    /// Whether a data directory is read as if its member had been started and had replayed its log.
    public var replaysLog = false

    /// Whether that goes on to the end of the log, where it is not known that all of it is
    /// committed.
    public var replaysUncommitted = false

    /// A file that must be whole, and that nobody else writes.
    public init() {}
  }

  /// What kind of file it is.
  public enum Form: Sendable {
    /// A bolt file, as it lies in a data directory.
    case database

    /// A bolt file with 32 bytes of checksum behind it, as a snapshot is saved.
    case snapshot

    /// A member's data directory.
    case dataDirectory
  }

  /// The path as it was given.
  public let path: String

  /// The bolt file.
  public let databasePath: String

  /// What kind of file it is.
  public let form: Form

  /// The database, open for reading.
  public let database: Database

  /// The state that is read.
  public let transaction: ReadTransaction

  /// The revision of the newest row, or of the last compaction: what etcd would start with.
  public private(set) var currentRevision: Int64

  /// The main revision of the newest row in the file; 0 without rows.
  let newestRowRevision: Int64

  /// The revision that was compacted last; nothing if none was.
  public private(set) var compactRevision: Int64?

  /// What was replayed; nothing unless that was asked for.
  public private(set) var replay: ReplayReport?

  /// The rows that the log adds to those of the file.
  private var replayed: ReplayedRows?

  /// The keyspace that the log was replayed over.
  private var replayedKeyspace: Keyspace?

  /// Whether what is damaged is passed over.
  public let salvages: Bool

  /// The leaves of bucket `key`, in the order of revisions.
  let leaves: [PageID]

  /// Leaves that are read as well because parts of the tree are lost, in no order.
  let strayLeaves: [PageID]

  /// The revisions of the rows that count on those leaves.
  let gaps: RevisionGaps

  /// The leaf of bucket `key` where the bucket is small enough to lie inline.
  nonisolated(unsafe) let inlineLeaf: PageView?

  let losses: LossLog

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: A bolt file, a snapshot, or a data directory.
  ///   - options: How.
  ///   - fileSystem: Where it lies.
  /// - Throws: Why it cannot be read.
  public init(
    _ path: String,
    _ options: Options = Options(),
    in fileSystem: any FileSystem = LocalFileSystem()
  ) throws(SourceError) {
    self.path = path
    salvages = options.salvages
    let found = try FileSource.find(path, in: fileSystem)
    databasePath = found.path
    database = try FileSource.open(found.path, options, in: fileSystem)
    let isSnapshot = (try? database.hasSnapshotTrailer()) ?? false
    form = found.isInDirectory ? .dataDirectory : isSnapshot ? .snapshot : .database
    transaction = database.read()
    losses = LossLog()
    let tree =
      options.salvages
      ? try RowTree(salvaging: (database, transaction), losses: losses)
      : try RowTree(transaction, path: found.path)
    leaves = tree.leaves
    strayLeaves = tree.strayLeaves
    gaps = tree.gaps
    inlineLeaf = tree.inlineLeaf
    let compaction =
      database.metaFault != nil
      ? CompactionState()
      : try CompactionState(transaction, path: found.path, losses: options.salvages ? losses : nil)
    newestRowRevision = tree.newestRevision
    compactRevision = compaction.compactRevision
    currentRevision = max(tree.newestRevision, compaction.newestRevision, 1)
    if options.replaysLog { try replayLog(options, in: fileSystem) }
  }

  /// Adds what the log says after the database was written.
  private func replayLog(
    _ options: Options,
    in fileSystem: any FileSystem
  ) throws(SourceError) {
    guard let logDirectory, let position = try logPosition(in: fileSystem) else {
      throw .noLog(path: path)
    }
    let replaying = try LogReplaying(
      logDirectory,
      over: self,
      position: position,
      includesUncommitted: options.replaysUncommitted,
      in: fileSystem
    )
    replayed = replaying.rows
    replayedKeyspace = replaying.keyspace
    replay = replaying.report
    currentRevision = max(currentRevision, replaying.report.revision)
    compactRevision = replaying.compactRevision
  }

  /// The hash that etcd's HashKV answers.
  ///
  /// - Parameters:
  ///   - revision: The last main revision that counts; 0 for the current one.
  ///   - progress: Is told now and then how many of how many bytes are done: the pages are read once
  ///     for the index, and once for the hash.
  /// - Returns: The hash.
  /// - Throws: ``SourceError/content(path:_:)`` with the reason.
  public func hash(
    at revision: Int64 = 0,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(SourceError) -> KeyspaceHash {
    let byteCount = transaction.byteCount
    do throws(MVCCError) {
      if let replayedKeyspace {
        return try replayedKeyspace.view().hash(at: revision) { progress($0, byteCount) }
      }
      let keyspace = try Keyspace(
        database,
        isReadOnly: true,
        onProgress: { done, total in
          // Pages that overflow count to the leaf that they belong to.
          let share = Double(done) / Double(max(total, 1))
          progress(Int(share * Double(byteCount)), 2 * byteCount)
        }
      )
      return try keyspace.view().hash(at: revision) { progress(byteCount + $0, 2 * byteCount) }
    } catch {
      throw .content(path: databasePath, error)
    }
  }

  /// The hash that etcd's Hash answers: over all buckets of the file, as it is.
  ///
  /// - Parameter progress: Is told now and then how many of how many bytes are done.
  /// - Returns: The hash.
  /// - Throws: ``SourceError/content(path:_:)`` with the reason.
  public func databaseHash(
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(SourceError) -> UInt32 {
    do {
      return try Keyspace.hash(of: transaction) { progress($0, transaction.byteCount) }
    } catch {
      throw .content(path: databasePath, error)
    }
  }

  /// The rows that the log adds to those of the file, the oldest first.
  var replayedRows: [StoredRow] { replayed?.rows ?? [] }

  /// What was passed over so far because it is damaged; nothing unless the source salvages.
  public var foundLosses: (first: [SourceError], count: Int) { losses.found }

  /// Whether rows are read that the tree does not lead to any more: of keys that were deleted long ago,
  /// too, if a compaction had removed those rows from it.
  public var readsStrayRows: Bool { !strayLeaves.isEmpty }

  /// Finds the database that a path stands for.
  private static func find(
    _ path: String,
    in fileSystem: any FileSystem
  ) throws(SourceError) -> (path: String, isInDirectory: Bool) {
    var looked: [String] = []
    do throws(FileIOError) {
      switch try fileSystem.kind(of: path) {
      case nil: break
      case .directory:
        let base = path.hasSuffix("/") ? String(path.dropLast()) : path
        let places = ["\(base)/member/snap/db", "\(base)/snap/db", "\(base)/db"]
        for place in places where try fileSystem.kind(of: place) == .file { return (place, true) }
        looked = places
      case .file, .other: return (path, false)
      }
    } catch {
      throw .database(path: path, .file(error))
    }
    throw .noDatabase(path: path, looked: looked)
  }

  private static func open(
    _ path: String,
    _ options: Options,
    in fileSystem: any FileSystem
  ) throws(SourceError) -> Database {
    var reading = Database.Options.reading
    reading.takesLock = !options.ignoresLock
    reading.acceptsTruncation = options.salvages
    reading.acceptsLostMeta = options.salvages
    do {
      return try Database(path, reading, in: fileSystem)
    } catch {
      if case .file(.locked) = error { throw .heldByProcess(path: path) }
      throw .database(path: path, error)
    }
  }
}
