/// What is wrong at one place of a segment or a `.snap` file.
public enum WALDamage: Error, Equatable, Sendable {
  /// A message of the log that can be malformed.
  public enum Message: String, Sendable {
    case record
    case metadata
    case entry
    case hardState = "hard state"
    case snapshot
  }

  /// No writer writes such a length word.
  case malformedFrame(found: UInt64)

  /// A length word of zero in front of a record: what it told of, and all that follows, would be
  /// lost without notice.
  case lengthLost

  /// The file ends before the frame does; bytes from the start of the frame.
  case cutOff(found: Int, expected: Int)

  /// More bytes than are believed.
  case tooLong(found: Int, limit: Int)

  /// A message makes no sense; `byte` counts from its start.
  case malformed(Message, byte: Int)

  /// Nothing that etcd writes.
  case unknownRecordType(found: Int64)

  /// The data is not what was written.
  case checksumMismatch(found: UInt32, expected: UInt32)

  /// Each segment begins with a checksum and with metadata; nothing was found where it ends.
  case headMissing(found: RecordType?, expected: RecordType)

  /// A segment of another member's log.
  case metadataMismatch(found: WALMetadata, expected: WALMetadata)

  /// Entries are missing.
  case entriesMissing(found: LogIndex, expected: LogIndex)

  /// A later entry, or a later hard state, has an earlier term.
  case termWentBack(found: Term, before: Term)

  /// The commit index became smaller.
  case commitWentBack(found: LogIndex, before: LogIndex)

  /// An entry was replaced although it was known to be committed.
  case committedEntryOverwritten(found: LogIndex, commit: LogIndex)

  /// More is committed than there is.
  case commitBeyondEnd(found: LogIndex, last: LogIndex)

  /// More records of one kind than any log has.
  case tooMany(RecordType, limit: Int)

  /// A `.snap` file has nothing in it.
  case empty
}

extension WALDamage: CustomStringConvertible {
  /// One line, subject first.
  public var description: String {
    switch self {
    case .malformedFrame(let found): "malformed length word \(hexadecimal(found))"
    case .lengthLost: "a length word of zero in front of a record"
    case .cutOff(let found, let expected):
      "the file ends within a frame, found \(found) bytes, expected \(expected)"
    case .tooLong(let found, let limit): "found \(found) bytes, expected \(limit) at most"
    case .malformed(let message, let byte): "malformed \(message.rawValue) at its byte \(byte)"
    case .unknownRecordType(let found): "unknown record type \(found)"
    case .checksumMismatch(let found, let expected):
      "checksum mismatch, found \(hexadecimal(found)), expected \(hexadecimal(expected))"
    case .headMissing(let found, let expected):
      "the head of the segment is missing, found \(found.map(name) ?? "nothing"), "
        + "expected \(name(expected))"
    case .metadataMismatch(let found, let expected):
      "metadata mismatch, found \(text(found)), expected \(text(expected))"
    case .entriesMissing(let found, let expected):
      "entries are missing, found index \(found.rawValue), expected \(expected.rawValue)"
    case .termWentBack(let found, let before):
      "the term went back, found \(found.rawValue) after \(before.rawValue)"
    case .commitWentBack(let found, let before):
      "the commit index went back, found \(found.rawValue) after \(before.rawValue)"
    case .committedEntryOverwritten(let found, let commit):
      "a committed entry was overwritten, found index \(found.rawValue), "
        + "committed up to \(commit.rawValue)"
    case .commitBeyondEnd(let found, let last):
      "the commit index is beyond the end, found \(found.rawValue), last entry \(last.rawValue)"
    case .tooMany(let type, let limit):
      "more \(name(type)) records than \(limit)"
    case .empty: "nothing in it"
    }
  }

  private func name(_ type: RecordType) -> String {
    switch type {
    case .metadata: "metadata"
    case .entry: "entry"
    case .hardState: "hard state"
    case .checksum: "checksum"
    case .snapshot: "snapshot"
    }
  }

  private func text(_ metadata: WALMetadata) -> String {
    let node = String(metadata.nodeID.rawValue, radix: 16)
    return "node \(node) of cluster \(String(metadata.clusterID.rawValue, radix: 16))"
  }

  private func hexadecimal(_ number: some BinaryInteger) -> String {
    "0x" + String(number, radix: 16)
  }
}
