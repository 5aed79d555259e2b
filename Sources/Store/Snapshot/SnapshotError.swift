public import Bolt
public import FileIO
public import WAL

/// Why a snapshot was not verified or restored.
public enum SnapshotError: Error, Equatable, Sendable {
  /// The system refused.
  case file(FileIOError)

  /// The database in the snapshot is damaged, or could not be changed; the path is the snapshot's.
  case database(path: String, BoltError)

  /// The log could not be written.
  case log(WALError)

  /// The file became shorter while it was read, or was shorter than it said.
  case endedEarly(path: String, offset: Int, expected: Int)

  /// No hash follows the database: it was copied from a data directory, or is cut off.
  case hashMissing(path: String, byteCount: Int)

  /// The database is not the one that the hash behind it is of; both in hexadecimal.
  case hashMismatch(path: String, found: String, expected: String)

  /// A bolt database that has no such bucket, and so is not etcd's.
  case notEtcd(path: String, missingBucket: String)

  /// A row of the bucket `key` that is not named by a revision.
  case notARevision(path: String, key: [UInt8])

  /// A revision that cannot be raised so far.
  case revisionTooLarge(path: String, revision: Int64, bump: UInt64)

  /// A revision is to be raised without marking what is below it as compacted.
  case bumpWithoutMark

  /// Revisions are to be marked as compacted without raising the revision.
  case markWithoutBump

  /// Something lies in the data directory already, or it is not a directory.
  case dataDirectoryInUse(path: String, found: String?)

  /// Something lies where the log is to be made.
  case walDirectoryExists(path: String)

  /// A peer URL that is none.
  case peerURL(String, PeerURLFault)

  /// The initial cluster does not have the member that is to be restored.
  case nameNotInCluster(String)

  /// The initial cluster gives the member URLs that it does not advertise.
  case notAdvertised(name: String, urls: [String], advertised: [String])

  /// The member advertises URLs that the initial cluster does not give it.
  case notInCluster(urls: [String], name: String, cluster: [String])

  /// A URL that stands in the initial cluster twice, or is advertised twice.
  case duplicateURL(String)

  /// Members that cannot be told apart.
  case sameID(NodeID, names: [String])
}

extension SnapshotError: CustomStringConvertible {
  /// One line: what is wrong, and where.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .database(let path, let error): "\(path): \(error)"
    case .log(let error): error.description
    case .endedEarly(let path, let offset, let expected):
      "\(path): ends at byte \(offset), expected \(expected)"
    case .hashMissing(let path, let byteCount):
      "\(path): no hash behind its \(byteCount) bytes, and the hash check is not to be skipped"
    case .hashMismatch(let path, let found, let expected):
      "\(path): hash mismatch, found sha256 \(found), expected \(expected)"
    case .notEtcd(let path, let bucket): "\(path): not a database of etcd, no bucket \"\(bucket)\""
    case .notARevision(let path, let key):
      "\(path): a row of bucket \"key\" is not named by a revision, but by \(key.count) bytes"
    case .revisionTooLarge(let path, let revision, let bump):
      "\(path): revision \(revision) cannot be raised by \(bump)"
    case .bumpWithoutMark: "bump-revision: needs mark-compacted"
    case .markWithoutBump: "mark-compacted: needs a bump-revision above 0"
    case .dataDirectoryInUse(let path, let found):
      "data directory \(path): "
        + (found.map { "not empty, found \"\($0)\"" } ?? "not a directory")
    case .walDirectoryExists(let path): "WAL directory \(path): exists"
    case .peerURL(let text, let fault): "peer URL \"\(text)\": \(fault)"
    case .nameNotInCluster(let name): "initial cluster: no member has the name \"\(name)\""
    case .notAdvertised(let name, let urls, let advertised):
      "initial cluster: has \(pairs(name, urls)), missing from the advertised peer URLs "
        + advertised.joined(separator: ",")
    case .notInCluster(let urls, let name, let cluster):
      "advertised peer URLs: have \(urls.joined(separator: ",")), missing from the initial cluster "
        + pairs(name, cluster)
    case .duplicateURL(let url): "initial cluster: duplicate URL \(url)"
    case .sameID(let id, let names):
      "initial cluster: members \(names.map { "\"\($0)\"" }.joined(separator: " and ")) "
        + "have the same id \(id.hexadecimal)"
    }
  }

  private func pairs(_ name: String, _ urls: [String]) -> String {
    urls.map { "\(name)=\($0)" }.joined(separator: ",")
  }
}
