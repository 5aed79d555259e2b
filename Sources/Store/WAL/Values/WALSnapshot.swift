/// A record that says: up to here the log is in a snapshot.
///
/// Format: protobuf, 1 index, 2 term, both varints and always there, 3 configuration, which etcd
/// 3.4 does not write.
///
/// Source: etcd 3.5, `server/wal/walpb/record.proto`, `Snapshot`.
public struct WALSnapshot: Hashable, Sendable {
  /// The last entry that the snapshot contains.
  public var index: LogIndex

  /// The term of that entry.
  public var term: Term

  /// The members at that entry; etcd 3.6 requires it where the index is not 0.
  public var confState: ConfState?

  /// A snapshot's place.
  public init(index: LogIndex, term: Term, confState: ConfState? = nil) {
    self.index = index
    self.term = term
    self.confState = confState
  }

  /// What every log begins with: nothing is in a snapshot yet.
  public static let beginning = WALSnapshot(index: .zero, term: .zero)
}

extension WALSnapshot: ProtoMessage {
  init(decoding bytes: UnsafeRawBufferPointer) throws(ProtoFault) {
    var reader = ProtoReader(bytes)
    self = .beginning
    while let tag = try reader.nextTag() {
      switch tag {
      case .varint(1): index = LogIndex(rawValue: try reader.varint())
      case .varint(2): term = Term(rawValue: try reader.varint())
      case .bytes(3):
        let message = try reader.bytes()
        confState = try reader.nested(message) as ConfState
      default: try reader.skip(tag, known: 1...3)
      }
    }
  }

  func encode(into buffer: ByteBuffer) {
    buffer.append(field: 1, varint: index.rawValue)
    buffer.append(field: 2, varint: term.rawValue)
    if let confState { buffer.append(field: 3, confState) }
  }
}
