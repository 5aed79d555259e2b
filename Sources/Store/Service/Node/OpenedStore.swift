internal import Apply
internal import FileIO
internal import MVCC
internal import Snapshot
internal import WAL

/// A data directory that was opened to be served; all of it belongs to the writer's thread.
struct OpenedStore {
  /// Where it lies.
  let directory: DataDirectory

  /// What the directory lies in.
  let fileSystem: any FileSystem

  /// The log, behind whose last entry the next one goes.
  let log: WALWriter

  /// The keys, at the log's last entry.
  let keyspace: Keyspace

  /// Applies the entries that come.
  let applier: Applier

  /// The one member.
  let member: Member

  /// The members in raft's form.
  let membership: Membership

  /// The last entry that a snapshot of the members contains.
  let snapshotIndex: LogIndex

  /// How many entries of the log the database did not have.
  let replayedCount: Int

  /// What may be chosen.
  struct Options: Sendable {
    /// What the member is called.
    var name = "default"

    /// Where clients are told to reach it.
    var clientURLs: [String] = []

    /// Where other members are told to reach it.
    var peerURLs = ["http://localhost:2380"]

    /// The members of a cluster that does not exist yet.
    var initialCluster = "default=http://localhost:2380"

    /// Makes clusters differ that have the same members.
    var initialClusterToken = "etcd-cluster"

    /// Whether the other members of a cluster are given up.
    var forcesNewCluster = false

    /// The least TTL of a lease, in seconds.
    var minimumTTLSeconds: Int64 = 2

    /// How long changes wait to be committed to the database, at most.
    var commitInterval: Duration = MVCC.Limits.commitInterval

    /// How many changes wait to be committed, about.
    var operationsPerCommit = MVCC.Limits.operationsPerCommit

    /// How many rows one step of a compaction deletes.
    var rowsPerCompactionStep = MVCC.Limits.rowsPerCompactionStep

    /// Whether all pages and all rows of the database are read and checked.
    var checksDatabase = false

    /// Makes of a password what is stored.
    var hashesPassword: (@Sendable (String) -> [UInt8])?

    /// Keeps the tokens of users.
    var tokens: (any AuthTokens)?

    /// How the log is written.
    var log = WALWriter.Options()
  }

  /// Opens a data directory, or begins one.
  ///
  /// This is what etcd does when it starts: a log that was cut off in mid-write is repaired, the
  /// entries that the database lacks are applied, and a new term begins. A member that is alone
  /// commits all that is in its log.
  ///
  /// - Parameters:
  ///   - directory: Where the data lies.
  ///   - options: What may be chosen.
  ///   - fileSystem: What the directory lies in.
  ///   - warn: Takes what somebody should know of.
  /// - Returns: The store, ready to be served.
  /// - Throws: ``NodeError``; nothing has been changed then but what a repair or a new term changes.
  ///
  /// Source: etcd 3.5, `server/etcdserver/server.go`, `NewServer`; `server/etcdserver/raft.go`.
  static func open(
    _ directory: DataDirectory,
    _ options: Options,
    in fileSystem: any FileSystem = LocalFileSystem(),
    warn: @escaping (String) -> Void = { _ in }
  ) throws(NodeError) -> OpenedStore {
    do {
      return try StoreOpening(
        directory: directory,
        options: options,
        fileSystem: fileSystem,
        warn: warn
      ).open()
    } catch {
      throw NodeError(error, in: directory)
    }
  }
}
