internal import FileIO

/// Where a member keeps what it knows.
///
///     DATA/member/snap/db          the database
///     DATA/member/snap/*.snap      snapshots of the members
///     DATA/member/wal/             the log, unless it lies elsewhere
///
/// Source: etcd 3.5, `server/storage/datadir/datadir.go`.
struct DataDirectory: Sendable {
  /// The directory.
  let path: String

  /// The directory of the log, if it is not in this one.
  let separateLog: String?

  /// The directory that the database and the snapshots lie in.
  var snapshots: String { "\(path)/member/snap" }

  /// The database.
  var database: String { "\(snapshots)/db" }

  /// The directory of the log.
  var log: String { separateLog ?? "\(path)/member/wal" }

  /// What is in it.
  enum Content: Equatable {
    /// No log and no database.
    case nothing

    /// A database without a log.
    case databaseOnly

    /// A log.
    case member
  }

  /// A directory by its paths.
  init(_ path: String, log: String? = nil) {
    self.path = path
    separateLog = log
  }

  /// Looks at what is in it.
  ///
  /// - Throws: What the system refuses.
  func content(in fileSystem: any FileSystem) throws(FileIOError) -> Content {
    if try fileSystem.kind(of: log) == .directory {
      let names = try fileSystem.list(log)
      if names.contains(where: { $0.hasSuffix(".wal") }) { return .member }
    }
    return try fileSystem.kind(of: database) == nil ? .nothing : .databaseOnly
  }

  /// Makes the directories that are missing, but for the log's own, which comes into being with it.
  ///
  /// - Throws: What the system refuses.
  func makeDirectories(in fileSystem: any FileSystem) throws(FileIOError) {
    var missing: [String] = []
    for var directory in [snapshots, DataDirectory.parent(of: log)] {
      while !missing.contains(directory), try fileSystem.kind(of: directory) == nil {
        missing.append(directory)
        directory = DataDirectory.parent(of: directory)
      }
    }
    // Those that lie in others have longer paths.
    for directory in missing.sorted(by: { $0.utf8.count < $1.utf8.count }) {
      try fileSystem.makeDirectory(directory)
      try fileSystem.syncDirectory(DataDirectory.parent(of: directory))
    }
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
