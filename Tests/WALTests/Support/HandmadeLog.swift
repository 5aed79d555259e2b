import Checksum
import TestSupport
import WAL

/// A segment put together by hand, so that reading is tested without writing.
struct HandmadeLog {
  /// The file so far.
  private(set) var bytes: [UInt8] = []

  /// The checksum of all records so far.
  private(set) var checksum: CRC32C

  /// Where each record begins.
  private(set) var offsets: [Int] = []

  static let metadata = WALMetadata(
    nodeID: NodeID(rawValue: 0x8e9e_05c5_2164_694d),
    clusterID: ClusterID(rawValue: 0xcdf8_1819_4e3a_8c32)
  )

  /// Nothing, behind records with this checksum.
  init(continuing checksum: UInt32 = 0) {
    self.checksum = CRC32C(continuing: checksum)
  }

  /// The head of a first segment.
  static func first() -> HandmadeLog {
    var log = HandmadeLog()
    log.addHead()
    log.add(5, numbers(0, 0))
    return log
  }

  /// A message whose fields, from 1 on, are these numbers.
  static func numbers(_ values: UInt64...) -> [UInt8] {
    values.enumerated().flatMap { Wire.field(UInt32($0) + 1, varint: $1) }
  }

  mutating func addHead(_ metadata: WALMetadata = metadata) {
    addFrame(Wire.field(1, varint: 4) + Wire.field(2, varint: UInt64(checksum.value)))
    add(1, Self.numbers(metadata.nodeID.rawValue, metadata.clusterID.rawValue))
  }

  mutating func addEntry(_ index: UInt64, term: UInt64 = 1, _ data: [UInt8] = [], type: UInt64 = 0)
  {
    add(2, Self.numbers(type, term, index) + (data.isEmpty ? [] : Wire.field(4, data)))
  }

  mutating func addState(term: UInt64 = 1, vote: UInt64 = 0, commit: UInt64) {
    add(3, Self.numbers(term, vote, commit))
  }

  mutating func addSnapshot(_ index: UInt64, term: UInt64 = 1) {
    add(5, Self.numbers(index, term))
  }

  mutating func add(_ type: UInt64, _ data: [UInt8]) {
    checksum.update(data)
    addFrame(
      Wire.field(1, varint: type) + Wire.field(2, varint: UInt64(checksum.value))
        + Wire.field(3, data)
    )
  }

  /// Adds any record in a frame of the right length.
  mutating func addFrame(_ record: [UInt8]) {
    offsets.append(bytes.count)
    let padding = (8 - record.count % 8) % 8
    let word = UInt64(record.count) | (padding == 0 ? 0 : UInt64(0x80 | padding) << 56)
    addBytes(withUnsafeBytes(of: word.littleEndian, Array.init))
    addBytes(record + [UInt8](repeating: 0, count: padding))
  }

  mutating func addBytes(_ more: [UInt8]) { bytes += more }

  /// Zeros, as the allocated rest of a segment has them.
  mutating func addZeros(upTo byteCount: Int) {
    bytes += [UInt8](repeating: 0, count: max(0, byteCount - bytes.count))
  }
}
