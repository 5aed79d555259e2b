public import Bolt
public import FileIO
public import MVCC
public import Snapshot
public import WAL

/// Why a node does not start.
public enum NodeError: Error, Equatable, Sendable {
  /// The system refused.
  case file(FileIOError)

  /// The log cannot be read or written.
  case log(WALError)

  /// The database is damaged, or held by another process.
  case database(path: String, BoltError)

  /// What is in the database is damaged.
  case content(path: String, MVCCError)

  /// The cluster that the node is to begin is none.
  case cluster(SnapshotError)

  /// The cluster that the node is to begin has other members.
  case initialClusterTooLarge(count: Int)

  /// The data directory belongs to a member of a cluster with others.
  case otherMembers(path: String, own: NodeID, voters: [NodeID])

  /// There is a database, but no log that tells what is missing in it.
  case databaseWithoutLog(path: String)

  /// The database lacks what the log does not have any more.
  case databaseBehindLog(path: String, index: UInt64, firstIndex: UInt64)

  /// The database goes beyond the end of its log: the log is another one, or cut off.
  case databaseBeyondLog(path: String, index: UInt64, lastIndex: UInt64)

  /// An entry of the log that no request is known for.
  case unknownEntry(path: String, index: UInt64)

  /// The cluster's version is later than what this program knows to read.
  case clusterVersion(path: String, found: String, limit: String)
}

extension NodeError: CustomStringConvertible {
  /// One line: what, and what is wrong with it, and what can be done.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .log(let error): error.description
    case .database(let path, let error): "\(path): \(error)"
    case .content(let path, let error): "\(path): \(error)"
    case .cluster(let error): error.description
    case .initialClusterTooLarge(let count):
      "--initial-cluster names \(count) members: this node serves alone"
    case .otherMembers(let path, let own, let voters):
      "\(path): member \(own.hexadecimal) is one of \(voters.count) voters; this node serves alone: give it a "
        + "snapshot of the cluster by `explorer snapshot restore`, or start it once with "
        + "--force-new-cluster"
    case .databaseWithoutLog(let path):
      "\(path): a database without its log; `explorer snapshot restore --skip-hash-check` makes a "
        + "data directory of it"
    case .databaseBehindLog(let path, let index, let firstIndex):
      "\(path): goes up to entry \(index), but the log begins with entry \(firstIndex)"
    case .databaseBeyondLog(let path, let index, let lastIndex):
      "\(path): goes up to entry \(index), but the log ends with entry \(lastIndex)"
    case .unknownEntry(let path, let index):
      "\(path): entry \(index) is of a kind that is not known"
    case .clusterVersion(let path, let found, let limit):
      "\(path): the cluster's version is \(found), but what is known here ends with \(limit)"
    }
  }
}

extension NodeError {
  /// What a layer below has thrown while a directory was opened.
  init(_ error: any Error, in directory: DataDirectory) {
    switch error {
    case let error as NodeError: self = error
    case let error as FileIOError: self = .file(error)
    case let error as WALError: self = .log(error)
    case let error as BoltError: self = .database(path: directory.database, error)
    case let error as MVCCError: self = .content(path: directory.database, error)
    case let error as SnapshotError: self = .cluster(error)
    default: preconditionFailure("a layer below throws its own errors only: \(error)")
    }
  }
}
