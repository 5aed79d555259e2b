/// Where a restore puts what, at first and in the end.
struct RestorePaths {
  /// The data directory.
  let data: String

  /// What becomes ``member`` when all is in it.
  ///
  /// It lies in the data directory, so that a rename suffices wherever that is mounted. etcd does
  /// not look into it.
  var staging: String { "\(data)/member.restoring" }

  /// Where etcd looks.
  var member: String { "\(data)/member" }

  /// The directory of the database and the `.snap` file, before it has its name.
  var stagedSnap: String { "\(staging)/snap" }

  /// The database, before it has its name.
  var stagedDatabase: String { "\(stagedSnap)/db" }

  /// The log outside of ``member``; nil if it lies within.
  let separateLog: String?

  /// The log, before it has its name.
  let stagedLog: String

  /// The log.
  var log: String { separateLog ?? "\(member)/\(stagedLog.dropFirst(staging.count + 1))" }

  init(dataDirectory: String, walDirectory: String?) {
    let data = Self.normal(dataDirectory)
    let given = walDirectory.flatMap { $0.isEmpty ? nil : Self.normal($0) }
    let log = given ?? "\(data)/member/wal"
    self.data = data
    if log.hasPrefix("\(data)/member/") {
      separateLog = nil
      stagedLog = "\(data)/member.restoring/\(log.dropFirst("\(data)/member/".count))"
    } else {
      separateLog = log
      stagedLog = "\(log).restoring"
    }
  }

  /// The path without `.`, and without slashes that say nothing.
  ///
  /// What `..` and symbolic links lead to is not looked up.
  private static func normal(_ path: String) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." }
    let text = parts.joined(separator: "/")
    if path.hasPrefix("/") { return "/" + text }
    return text.isEmpty ? "." : text
  }
}
