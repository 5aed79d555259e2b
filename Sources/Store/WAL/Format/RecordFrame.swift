/// What stands in front of a record, and what stands behind it.
///
/// Format: little-endian, a multiple of 8 bytes:
///
///     OFFSET  SIZE  FIELD
///          0     8  length word: bits 0-55 the record's bytes n; bits 56-63 are 0 without padding,
///                   else 0x80 plus the bytes of padding (1-7)
///          8     n  the record
///      8 + n   0-7  padding: zeros
///
/// A length word of 0 is the end: what follows was allocated ahead and never written. Since frames
/// begin at multiples of 8, a length word lies in one sector of the disk, and is there as a whole
/// or not at all. Frames of etcd 2 have no padding and may begin anywhere.
///
/// Source: etcd 3.4, `wal/encoder.go`, `encodeFrameSize`.
struct RecordFrame: Equatable {
  static let wordByteCount = 8

  let recordByteCount: Int
  let paddingByteCount: Int

  /// The frame that a record is written in.
  init(recordByteCount: Int) {
    self.recordByteCount = recordByteCount
    paddingByteCount = (8 - recordByteCount % 8) % 8
  }

  /// The frame that a length word tells of; nil if no writer writes such a word.
  init?(word: UInt64) {
    let padding = Int(word >> 56)
    recordByteCount = Int(word & 0x00FF_FFFF_FFFF_FFFF)
    paddingByteCount = padding & 7
    guard padding == 0 || (0x81...0x87).contains(padding) else { return nil }
    guard padding == 0 || (recordByteCount + paddingByteCount) % 8 == 0 else { return nil }
    guard recordByteCount > 0 else { return nil }
  }

  var word: UInt64 {
    let padding = paddingByteCount == 0 ? 0 : 0x80 | UInt64(paddingByteCount)
    return UInt64(recordByteCount) | padding << 56
  }

  /// Length word, record and padding.
  var byteCount: Int { Self.wordByteCount + recordByteCount + paddingByteCount }
}
