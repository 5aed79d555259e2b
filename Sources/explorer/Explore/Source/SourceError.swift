public import Bolt
internal import Decode
public import EtcdClient
internal import FileIO
public import MVCC
public import WAL

/// Why a file cannot be read, or a question cannot be answered from it.
public enum SourceError: Error, Equatable, Sendable {
  /// Nothing lies at the path, or nothing that is a database.
  case noDatabase(path: String, looked: [String])

  /// A running process, most likely etcd, holds the file's lock.
  case heldByProcess(path: String)

  /// The file is no sound bolt database.
  case database(path: String, BoltError)

  /// The database is one of another program: the bucket is not there.
  case notEtcd(path: String, missingBucket: String)

  /// A row of bucket `key` is no row.
  case row(path: String, page: PageID, slot: Int, fault: String)

  /// What lies in a row or bucket is not what etcd writes.
  case content(path: String, MVCCError)

  /// The log of a data directory is damaged, or cannot be read.
  case log(WALError)

  /// The log begins later than the database ends.
  case logGap(path: String, found: UInt64, expected: UInt64)

  /// The log ends before the entry that the database was written at.
  case logEndsEarly(path: String, found: UInt64, expected: UInt64)

  /// There is no log beside the file.
  case noLog(path: String)

  /// A call to a server failed.
  case call(EtcdClientError)

  /// An answer of a server is not what the protocol says.
  case answer(source: String, fault: String)

  /// A server does not watch any longer.
  case watchCancelled(source: String, reason: String)

  /// The revision that was being read was compacted before all keys had been.
  case compactedMeanwhile(revision: Int64, after: [UInt8])

  /// A revision that has been compacted; without the oldest that is left where it is not known.
  case compacted(revision: Int64, compactRevision: Int64?)

  /// A revision that is still to come.
  case future(revision: Int64, currentRevision: Int64)
}

extension SourceError: CustomStringConvertible {
  /// One line: the file, the page, what was found and what was expected.
  public var description: String {
    switch self {
    case .noDatabase(let path, let looked):
      looked.isEmpty
        ? "\(path): no such file or directory"
        : "\(path): no database, looked for \(looked.joined(separator: ", "))"
    case .heldByProcess(let path):
      "\(path): held by a running process, most likely etcd: ask that at its endpoint, "
        + "or read the state committed last with --unlocked"
    case .database(_, .file(let error)): error.description
    case .database(let path, let error): "\(path): \(error)"
    case .notEtcd(let path, let bucket):
      "\(path): not a database of etcd, it has no bucket \(bucket)"
    case .row(let path, let page, let slot, let fault):
      "\(path): page \(page): row \(slot): \(fault)"
    case .content(let path, let error): "\(path): \(error)"
    case .log(let error): error.description
    case .logGap(let path, let found, let expected):
      "\(path): entry \(found) follows, the database needs entry \(expected) next"
    case .logEndsEarly(let path, let found, let expected):
      "\(path): ends at entry \(found), the database was written at entry \(expected)"
    case .noLog(let path): "\(path): no log beside it: only a data directory has one"
    case .call(let error): error.description
    case .answer(let source, let fault): "\(source): answer: \(fault)"
    case .watchCancelled(let source, ""): "\(source): watch cancelled"
    case .watchCancelled(let source, let reason): "\(source): watch cancelled: \(reason)"
    case .compactedMeanwhile(let revision, let key):
      "revision \(revision) was compacted while it was read: nothing is known of the keys after "
        + OneLine.escaped(String(decoding: key, as: UTF8.self))
    case .compacted(let revision, let compactRevision?):
      "revision \(revision) has been compacted, the oldest is \(compactRevision)"
    case .compacted(let revision, nil): "revision \(revision) has been compacted"
    case .future(let revision, let currentRevision):
      "revision \(revision) is a future revision, the current one is \(currentRevision)"
    }
  }
}
