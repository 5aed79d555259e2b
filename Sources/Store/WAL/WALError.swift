public import FileIO

/// What went wrong with a log or a `.snap` file, and where.
public enum WALError: Error, Equatable, Sendable {
  /// The system refused an operation, or another process holds a file.
  case file(FileIOError)

  /// Nothing lies there, or a directory without a segment in it.
  case noSegments(path: String)

  /// A log was to be created where there is one.
  case alreadyExists(path: String)

  /// A segment between two others is not there, or there twice.
  case sequenceBroken(path: String, found: UInt64, expected: UInt64)

  /// The oldest segment begins behind the entries that were asked for.
  case beginsLater(path: String, found: LogIndex, wanted: LogIndex)

  /// Something is wrong at an offset, in bytes from the start of the file.
  case damaged(path: String, offset: Int, WALDamage)

  /// The last segment ends in a write that was interrupted. Nothing of it was acknowledged;
  /// ``WALRepair`` cuts it off.
  case torn(path: String, offset: Int)

  /// The log does not know the snapshot that it was to be read from.
  case snapshotNotFound(path: String, WALSnapshot)

  /// The log knows a snapshot at that index, of another term.
  case snapshotMismatch(path: String, index: LogIndex, found: Term, expected: Term)

  /// An earlier append failed: what the log holds behind the last acknowledged entry is unknown,
  /// and nothing is written any more until it has been opened anew.
  case failedBefore(path: String, cause: FileIOError)
}

extension WALError: CustomStringConvertible {
  /// One line: the path, the place, and what is wrong there.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .noSegments(let path): "\(path): no segment of a log"
    case .alreadyExists(let path): "\(path): there is a log already"
    case .sequenceBroken(let path, let found, let expected):
      "\(path): the segments are not contiguous, found \(FileName.digits(found)), "
        + "expected \(FileName.digits(expected))"
    case .beginsLater(let path, let found, let wanted):
      "\(path): the log begins later, found index \(found.rawValue), wanted \(wanted.rawValue)"
    case .damaged(let path, let offset, let damage): "\(path): offset \(offset): \(damage)"
    case .torn(let path, let offset):
      "\(path): offset \(offset): a write that was interrupted; repair cuts it off"
    case .snapshotNotFound(let path, let snapshot):
      "\(path): no record of the snapshot at index \(snapshot.index.rawValue), "
        + "term \(snapshot.term.rawValue)"
    case .snapshotMismatch(let path, let index, let found, let expected):
      "\(path): the snapshot at index \(index.rawValue) has another term, "
        + "found \(found.rawValue), expected \(expected.rawValue)"
    case .failedBefore(let path, let cause):
      "\(path): not written, since an earlier write failed: \(cause)"
    }
  }
}

/// Runs what asks the file system, and says what it threw in the words of this module.
@inline(__always)
func throwingWALError<Result>(
  _ body: () throws(FileIOError) -> Result
) throws(WALError) -> Result {
  do throws(FileIOError) {
    return try body()
  } catch {
    throw .file(error)
  }
}
