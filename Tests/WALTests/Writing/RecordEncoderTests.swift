import Checksum
import TestSupport
import Testing

@testable import WAL

@Suite struct RecordEncoderTests {
  /// What etcd writes for these records, one behind the other.
  static let vectors = """
    04000000000000840804100000000000
    2000000000000000080110bb81c7fc051a1608cdd2918bd2b881cf8e0110b298eaf1948386fccd01
    0e0000000000008208051094bbc7ed0e1a04080010000000
    1000000000000000080210c6e6cac5061a06080010021802
    1900000000000087080310f2d5c285051a0f080210cdd2918bd2b881cf8e01180200000000000000
    """

  @Test func recordsAreThoseOfEtcdByteForByte() {
    let encoder = RecordEncoder(continuing: CRC32C())
    encoder.appendChecksum()
    encoder.append(.metadata, HandmadeLog.metadata)
    encoder.append(.snapshot, WALSnapshot.beginning)
    encoder.append(LogEntry(2, term: 2))
    encoder.append(.hardState, HardState(term: 2, vote: 0x8e9e_05c5_2164_694d, commit: 2))
    let expected = [UInt8](hexadecimal: Self.vectors)
    #expect(encoder.batch.array.hexadecimal == expected.hexadecimal)
  }

  @Test func recordsOfEtcdAreReadAsWhatTheyAre() throws {
    let disk = SimulatedDisk()
    try disk.setContents(of: "/log", to: [UInt8](hexadecimal: Self.vectors))
    let reader = try WALReader("/log", in: disk)
    var types: [RecordType] = []
    while let record = try reader.next() {
      types.append(record.type)
      switch record.content {
      case .metadata(let metadata): #expect(metadata == HandmadeLog.metadata)
      case .snapshot(let snapshot): #expect(snapshot == .beginning)
      case .entry(let entry): #expect(LogEntry(copying: entry) == LogEntry(2, term: 2))
      case .hardState(let state):
        #expect(state == HardState(term: 2, vote: 0x8e9e_05c5_2164_694d, commit: 2))
      case .checksum: #expect(record.checksum == 0)
      }
    }
    #expect(types == [.checksum, .metadata, .snapshot, .entry, .hardState])
  }

  /// The checksum takes one to five bytes, so the data begins at five places.
  @Test func checksumsOfEveryLengthAreEncoded() {
    var lengths: Set<Int> = []
    var handmade = HandmadeLog.first()
    let encoder = RecordEncoder(continuing: handmade.checksum)
    var index: UInt64 = 0
    // A checksum below 2^14 comes once in 262144 records, and is not waited for.
    while lengths.count < 3 {
      index += 1
      let data = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: Int(index % 40))
      handmade.addEntry(index, data)
      encoder.append(LogEntry(index, data))
      lengths.insert(ByteBuffer.varintByteCount(UInt64(encoder.checksum.value)))
    }
    #expect(encoder.checksum == handmade.checksum)
    #expect(encoder.batch.array == Array(handmade.bytes[handmade.offsets[3]...]))
  }

  @Test(arguments: [0, 1, 100, 127, 128, 200, 16_383, 16_384, 1 << 20])
  func dataOfEveryLengthIsEncoded(_ count: Int) {
    let data = [UInt8](repeating: 0xA5, count: count)
    var handmade = HandmadeLog()
    handmade.addEntry(1 << 40, term: 300, data)
    let encoder = RecordEncoder(continuing: CRC32C())
    encoder.append(LogEntry(1 << 40, term: 300, data))
    #expect(encoder.batch.array == handmade.bytes)
  }

  @Test func theBufferShrinksAfterALargeBatch() {
    let encoder = RecordEncoder(continuing: CRC32C())
    encoder.append(LogEntry(1, [UInt8](repeating: 1, count: WALLimits.retainedByteCount)))
    #expect(encoder.batch.count > WALLimits.retainedByteCount)
    encoder.batch.removeAll()
    #expect(encoder.batch.count == 0)
    encoder.append(LogEntry(2, [2]))
    #expect(encoder.batch.count == 32)
  }
}

extension RecordEncoder {
  /// Adds an entry that owns its data.
  func append(_ entry: LogEntry) {
    entry.data.withUnsafeBytes {
      append(EntryView(type: entry.type, term: entry.term, index: entry.index, data: $0))
    }
  }
}
