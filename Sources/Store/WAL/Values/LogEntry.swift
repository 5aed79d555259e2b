/// What an entry of the log is.
public enum EntryType: UInt64, Sendable {
  /// A request to the store, or nothing: a new leader begins its term with an empty entry.
  case normal = 0

  /// A ``ConfChange``.
  case confChange = 1

  /// A change of several members at once, which etcd reads and never writes.
  case confChangeV2 = 2
}

/// An entry of raft's log that owns its data.
public struct LogEntry: Hashable, Sendable {
  /// What the data is.
  public var type: EntryType

  /// The election in which it was proposed.
  public var term: Term

  /// Its place in the log.
  public var index: LogIndex

  /// What is to be applied; empty in a leader's first entry.
  public var data: [UInt8]

  /// An entry.
  public init(type: EntryType = .normal, term: Term, index: LogIndex, data: [UInt8] = []) {
    self.type = type
    self.term = term
    self.index = index
    self.data = data
  }

  /// An entry that outlives the buffer it was read into.
  public init(copying view: EntryView) {
    self.init(type: view.type, term: view.term, index: view.index, data: Array(view.data))
  }
}

/// An entry of raft's log that lies in the buffer of whoever read it.
///
/// Format: protobuf, 1 type, 2 term, 3 index, all varints and always there, 4 data, which is left
/// out when it is empty.
///
/// Source: etcd 3.4, `raft/raftpb/raft.proto`, `Entry`.
public struct EntryView {
  /// What the data is.
  public var type: EntryType

  /// The election in which it was proposed.
  public var term: Term

  /// Its place in the log.
  public var index: LogIndex

  /// What is to be applied: valid until the reader it came from goes on, or goes.
  public var data: UnsafeRawBufferPointer

  /// An entry over data that someone else holds.
  public init(type: EntryType, term: Term, index: LogIndex, data: UnsafeRawBufferPointer) {
    self.type = type
    self.term = term
    self.index = index
    self.data = data
  }
}

extension EntryView {
  /// The most bytes that an entry takes besides its data.
  static let headByteCount = 4 * 11

  init(decoding bytes: UnsafeRawBufferPointer) throws(ProtoFault) {
    var reader = ProtoReader(bytes)
    var type = EntryType.normal
    var term: UInt64 = 0
    var index: UInt64 = 0
    var data = UnsafeRawBufferPointer(start: nil, count: 0)
    while let tag = try reader.nextTag() {
      switch tag {
      case .varint(1):
        let start = reader.offset
        guard let known = EntryType(rawValue: try reader.varint()) else {
          throw ProtoFault(offset: start)
        }
        type = known
      case .varint(2): term = try reader.varint()
      case .varint(3): index = try reader.varint()
      case .bytes(4): data = try reader.bytes()
      default: try reader.skip(tag, known: 1...4)
      }
    }
    // A change of the members says which: without data this is not what it claims to be.
    guard type == .normal || !data.isEmpty else { throw ProtoFault(offset: bytes.count) }
    self.init(
      type: type,
      term: Term(rawValue: term),
      index: LogIndex(rawValue: index),
      data: data
    )
  }

  /// Writes all but the data itself, which follows.
  func encodeHead(into buffer: ByteBuffer) {
    buffer.append(field: 1, varint: type.rawValue)
    buffer.append(field: 2, varint: term.rawValue)
    buffer.append(field: 3, varint: index.rawValue)
    if !data.isEmpty { buffer.append(field: 4, byteCount: data.count) }
  }
}
