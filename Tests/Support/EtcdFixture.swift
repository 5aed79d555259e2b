/// What a real etcd wrote, and what it said about it: `fixtures/etcd`.
///
/// The files are unpacked into a folder of its own, which goes with this object: a test may change,
/// damage and remove them.
public final class EtcdFixture: Sendable {
  /// One of the archives.
  public struct Name: Hashable, Sendable, CustomStringConvertible {
    /// The release of etcd that made it.
    public let version: EtcdVersion

    /// What was done: such as `plain`.
    public let name: String

    /// One of the archives.
    public init(_ version: EtcdVersion, _ name: String) {
      self.version = version
      self.name = name
    }

    /// The release and the name.
    public var description: String { "\(version.rawValue)/\(name)" }
  }

  /// All of them: arguments for tests.
  public static let all: [Name] = EtcdVersion.allCases.flatMap { version in
    UnpackedArchive.names(in: "etcd/\(version.rawValue)").map { Name(version, $0) }
  }

  /// Which of them it is.
  public let name: Name

  /// The data directory, which has the folder `member`.
  public var dataDirectory: String { "\(archive.folder)/data" }

  /// The path of the database.
  public var databasePath: String { "\(dataDirectory)/member/snap/db" }

  /// The path of the folder with the write-ahead log.
  public var walDirectory: String { "\(dataDirectory)/member/wal" }

  /// The path of what `etcdctl snapshot save` wrote; nil if the server was killed.
  public var snapshotPath: String? {
    snapshotStatus == nil ? nil : "\(archive.folder)/snapshot.db"
  }

  /// What the server said of itself.
  public let facts: Facts

  /// What HashKV answered at some revisions, in their order, by a server that started from the files.
  public let hashes: [HashKV]

  /// What HashKV answered before the server was stopped, where that was something else.
  public let runningHashes: [HashKV]

  /// What a range over all keys answered, by the revision that was asked for.
  public let keys: [Int64: [KeyValue]]

  /// The leases and their keys, by their ids.
  public let leases: [Lease]

  /// The alarms.
  public let alarms: [Alarm]

  /// The roles of the users, by the users' names.
  public let users: [String: [String]]

  /// The permissions of the roles, by the roles' names.
  public let roles: [String: [Permission]]

  /// The members.
  public let members: [Member]

  /// What `snapshot status` printed for the database.
  public let databaseStatus: SnapshotStatus

  /// What `snapshot status` printed for the snapshot; nil if the server was killed.
  public let snapshotStatus: SnapshotStatus?

  /// What etcd's own reader found in the write-ahead log.
  public let wal: WAL

  private let archive: UnpackedArchive

  /// What is wrong with a fixture: the file, and the row or field that is not as the README says.
  public struct Failure: Error {
    /// The path in the archive.
    public let path: String

    /// The row, or the name of the field.
    public let detail: String
  }

  /// Unpacks one.
  public convenience init(_ version: EtcdVersion, _ name: String) throws {
    try self.init(Name(version, name))
  }

  /// Unpacks one.
  public init(_ name: Name) throws {
    self.name = name
    let archive = try UnpackedArchive("etcd/\(name.version.rawValue)/\(name.name).tar.xz")
    self.archive = archive
    facts = try Facts(archive)
    hashes = try archive.rows("answers/hashkv.tsv").map { try HashKV($0) }
    runningHashes = try archive.rows("answers/hashkv-running.tsv").map { try HashKV($0) }
    var keys: [Int64: [KeyValue]] = [:]
    for file in try archive.names(in: "answers/keys") {
      let path = "answers/keys/\(file)"
      guard let revision = Int64(file.prefix { $0 != "." }) else {
        throw Failure(path: path, detail: "name")
      }
      keys[revision] = try KeyValue.list(archive, path)
    }
    self.keys = keys
    leases = try archive.rows("answers/leases.tsv").map { try Lease($0) }
    alarms = try Alarm.list(archive)
    users = try Self.users(archive)
    roles = try Permission.roles(archive)
    members = try Member.list(archive)
    databaseStatus = try SnapshotStatus(archive, "answers/db-status.json")
    // A server that was killed was asked for none.
    snapshotStatus =
      facts.acknowledgedRevision == nil && name.name != "compacting"
      ? try SnapshotStatus(archive, "answers/snapshot-status.json") : nil
    wal = try WAL(archive.rows("answers/wal.tsv"))
  }
}
