internal import Checksum

/// Puts records into frames, one behind the other in one buffer.
///
/// The data of an entry is copied once, from where its proposer has it into the buffer, and nothing
/// is allocated for it.
final class RecordEncoder {
  /// The frames that have not been written yet.
  let batch = ByteBuffer()

  /// The checksum of all records so far, those in the batch included.
  private(set) var checksum: CRC32C

  private let message = ByteBuffer()

  /// Goes on behind the records that have this checksum.
  init(continuing checksum: CRC32C) {
    self.checksum = checksum
  }

  /// Adds the record that a segment begins with.
  func appendChecksum() {
    message.removeAll()
    appendRecord(.checksum)
  }

  func append(_ type: RecordType, _ content: some ProtoMessage) {
    message.removeAll()
    content.encode(into: message)
    appendRecord(type)
  }

  func append(_ entry: EntryView) {
    message.removeAll()
    entry.encodeHead(into: message)
    appendRecord(.entry, andThen: entry.data)
  }

  /// Adds a record whose data is the message so far and what is behind it.
  private func appendRecord(
    _ type: RecordType,
    andThen rest: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
  ) {
    let dataByteCount = message.count + rest.count
    message.withBytes { checksum.update($0) }
    checksum.update(rest)
    let value = UInt64(checksum.value)
    var recordByteCount = 3 + ByteBuffer.varintByteCount(value)
    if dataByteCount > 0 {
      recordByteCount += 1 + ByteBuffer.varintByteCount(UInt64(dataByteCount)) + dataByteCount
    }
    let frame = RecordFrame(recordByteCount: recordByteCount)
    batch.reserve(frame.byteCount)
    batch.append(littleEndian: frame.word)
    batch.append(field: 1, varint: UInt64(bitPattern: type.rawValue))
    batch.append(field: 2, varint: value)
    if dataByteCount > 0 {
      batch.append(field: 3, byteCount: dataByteCount)
      message.withBytes { batch.append($0) }
      batch.append(rest)
    }
    batch.append(repeating: 0, count: frame.paddingByteCount)
  }
}
