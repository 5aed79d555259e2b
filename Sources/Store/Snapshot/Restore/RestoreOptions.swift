/// What `snapshot restore` is told: the flags of etcdutl, with its defaults.
public struct RestoreOptions: Sendable {
  /// What people call the member: `--name`.
  public var name = "default"

  /// The members of the new cluster, `name=url,name=url`: `--initial-cluster`.
  public var initialCluster = "default=http://localhost:2380"

  /// What tells clusters apart that have the same URLs: `--initial-cluster-token`.
  public var initialClusterToken = "etcd-cluster"

  /// Where this member says that it listens for the others, separated by commas:
  /// `--initial-advertise-peer-urls`.
  public var advertisedPeerURLs = "http://localhost:2380"

  /// Where the member's files will lie: `--data-dir`.
  ///
  /// Nothing, or an empty directory, lies there. If this is empty, it is `NAME.etcd`.
  public var dataDirectory: String

  /// Where its log will lie: `--wal-dir`.
  ///
  /// Nothing lies there. Nil for `member/wal` in the data directory.
  public var walDirectory: String?

  /// Whether the hash behind the database may be absent or wrong: `--skip-hash-check`.
  public var skipsHashCheck = false

  /// By how much the newest revision is raised: `--bump-revision`.
  ///
  /// Clients that knew the old cluster then never see the revision go back.
  public var revisionBump: UInt64 = 0

  /// Whether everything up to the raised revision is marked as compacted: `--mark-compacted`.
  ///
  /// Watchers then begin anew. It goes with ``revisionBump``, and only with it.
  public var marksCompacted = false

  /// What etcdutl does unless told otherwise.
  public init(dataDirectory: String) { self.dataDirectory = dataDirectory }
}
