/// What a record is about.
///
/// Source: etcd 3.4, `wal/wal.go`, `metadataType` and the constants below it.
public enum RecordType: Int64, Sendable {
  /// Whose log it is.
  case metadata = 1

  /// An entry of raft's log.
  case entry = 2

  /// Raft's hard state.
  case hardState = 3

  /// The checksum of everything before, at the head of each segment.
  case checksum = 4

  /// Up to where the log is in a snapshot.
  case snapshot = 5
}

/// A record of the log, checked and decoded.
public struct Record {
  /// What it says.
  public enum Content {
    /// Whose log it is.
    case metadata(WALMetadata)

    /// An entry of raft's log; its data lies where the record's does.
    case entry(EntryView)

    /// Raft's hard state from here on.
    case hardState(HardState)

    /// The checksum of everything before.
    case checksum

    /// Up to where the log is in a snapshot.
    case snapshot(WALSnapshot)
  }

  /// What it says.
  public let content: Content

  /// The message as it lies in the file, which nothing is left out of: valid until the reader goes
  /// on, or goes; empty in a record of type ``RecordType/checksum``.
  public let data: UnsafeRawBufferPointer

  /// The CRC-32C of the data of all records so far, in all segments, this one's included.
  public let checksum: UInt32

  /// Where it lies.
  public let place: RecordPlace

  /// What it is about.
  public var type: RecordType {
    switch content {
    case .metadata: .metadata
    case .entry: .entry
    case .hardState: .hardState
    case .checksum: .checksum
    case .snapshot: .snapshot
    }
  }
}

/// Where a record lies.
public struct RecordPlace: Hashable, Sendable {
  /// Which of the reader's segments.
  public var segmentSlot: Int

  /// Where its length word is, in bytes from the start of the segment.
  public var offset: Int

  /// How many bytes it takes, with its length word and its padding.
  public var byteCount: Int

  /// Where the next record would be.
  public var end: Int { offset + byteCount }
}

/// A record's own fields, before anything is known about its data.
///
/// Format: protobuf, 1 type and 2 checksum, varints and always there, 3 data, unless there is none.
///
/// Source: etcd 3.4, `wal/walpb/record.proto`, `Record`.
struct RawRecord {
  /// The most bytes that come before the data: three tags, a type below 128, a checksum and a
  /// length below 2^35.
  static let headByteCount = 3 + 1 + 5 + 5

  let type: RecordType
  let checksum: UInt32
  let data: UnsafeRawBufferPointer

  /// Reads a record.
  ///
  /// No checksum covers the type; so what is missing, or is there although it never is with this
  /// type, is damage.
  init(decoding bytes: UnsafeRawBufferPointer) throws(WALDamage) {
    var type: Int64?
    var checksum: UInt64?
    var data = UnsafeRawBufferPointer(start: nil, count: 0)
    var reader = ProtoReader(bytes)
    do throws(ProtoFault) {
      while let tag = try reader.nextTag() {
        switch tag {
        case .varint(1): type = Int64(bitPattern: try reader.varint())
        case .varint(2): checksum = try reader.varint()
        case .bytes(3): data = try reader.bytes()
        default: try reader.skip(tag, known: 1...3)
        }
      }
    } catch {
      throw .malformed(.record, byte: error.offset)
    }
    guard let type, let checksum, checksum <= UInt32.max else {
      throw .malformed(.record, byte: bytes.count)
    }
    guard let type = RecordType(rawValue: type) else { throw .unknownRecordType(found: type) }
    guard (type == .checksum) == data.isEmpty else {
      throw .malformed(.record, byte: bytes.count)
    }
    self.type = type
    self.checksum = UInt32(truncatingIfNeeded: checksum)
    self.data = data
  }
}

extension RawRecord {
  /// What the record says.
  func content() throws(WALDamage) -> Record.Content {
    switch type {
    case .metadata: .metadata(try decode(.metadata, WALMetadata.init(decoding:)))
    case .entry: .entry(try decode(.entry, EntryView.init(decoding:)))
    case .hardState: .hardState(try decode(.hardState, HardState.init(decoding:)))
    case .checksum: .checksum
    case .snapshot: .snapshot(try decode(.snapshot, WALSnapshot.init(decoding:)))
    }
  }

  @inline(__always)
  private func decode<Message>(
    _ message: WALDamage.Message,
    _ decoding: (UnsafeRawBufferPointer) throws(ProtoFault) -> Message
  ) throws(WALDamage) -> Message {
    do throws(ProtoFault) {
      return try decoding(data)
    } catch {
      throw .malformed(message, byte: error.offset)
    }
  }
}
