import FileIO
import TestSupport
import Testing

@testable import WAL

/// A disk that is going.
///
/// The danger: entries that were acknowledged go, or are replaced by others, and nobody notices; or
/// a trap. What must hold: any damage is reported with its place, or makes no difference; and what is
/// damaged is never taken for a write that was interrupted, which may be cut off.
@Suite struct DamageTests {
  /// Every type of record, frames with and without padding, records in one sector and in several.
  static let log: HandmadeLog = {
    var log = HandmadeLog.first()
    log.addEntry(1, Wire.field(1, varint: 9) + Wire.field(4, "{\"id\":1}"), type: 1)
    log.addState(commit: 1)
    log.addEntry(2, term: 2)
    log.addState(term: 2, vote: 0x8e9e_05c5_2164_694d, commit: 2)
    log.addEntry(3, term: 2, Array("k1".utf8))
    log.addEntry(4, term: 2, [UInt8](repeating: 0x33, count: 700))
    log.addState(term: 2, vote: 0x8e9e_05c5_2164_694d, commit: 4)
    log.addSnapshot(3, term: 2)
    log.addEntry(5, term: 2, [1] + [UInt8](repeating: 0, count: 300) + [1])
    log.addEntry(6, term: 2, [6])
    log.addState(term: 2, vote: 0x8e9e_05c5_2164_694d, commit: 6)
    return log
  }()

  private let disk = SimulatedDisk()

  @Test func everySingleBitFlipIsReportedOrMakesNoDifference() throws {
    var log = Self.log
    log.addZeros(upTo: log.bytes.count + 600)
    let whole = try Contents(of: log.bytes)
    var reportedCount = 0
    for (bit, damaged) in Damage.bitFlips(of: log.bytes).enumerated() {
      try disk.setContents(of: "/log", to: damaged)
      do throws(WALError) {
        let contents = try Contents(of: "/log", in: disk)
        var expected = whole
        // A bit in what was never written: it may pass for the beginning of a write.
        expected.isTorn = contents.isTorn && bit / 8 >= Self.log.bytes.count
        if contents != expected { Issue.record("bit \(bit % 8) of byte \(bit / 8)") }
      } catch {
        reportedCount += 1
        #expect(offset(error) != nil, "\(error)")
      }
    }
    // All bits but those of the padding and of the zeros.
    #expect(reportedCount > Self.log.bytes.count * 8 * 9 / 10)
  }

  @Test func everyTruncationLeavesAPrefix() throws {
    let bytes = Self.log.bytes
    let whole = try Contents(of: bytes)
    for (count, truncated) in Damage.truncations(of: bytes).enumerated() {
      try disk.setContents(of: "/log", to: truncated)
      do throws(WALError) {
        let contents = try Contents(of: "/log", in: disk)
        #expect(whole.entries.starts(with: contents.entries))
        #expect(contents.isTorn == !Self.log.offsets.contains(count))
      } catch {
        // A segment without its head is none.
        #expect(count < Self.log.offsets[2], "\(count): \(error)")
      }
    }
  }

  /// A part that became shorter is torn; a part that was damaged is not, wherever the file ends.
  @Test func everyFlippedLengthIsReported() throws {
    for offset in Self.log.offsets {
      for bit in 0..<64 {
        var bytes = Self.log.bytes + [UInt8](repeating: 0, count: 8192)
        bytes[offset + bit / 8] ^= 1 << (bit % 8)
        try disk.setContents(of: "/log", to: bytes)
        let error = #expect(throws: WALError.self, "bit \(bit) at \(offset)") {
          try Contents(of: "/log", in: disk)
        }
        #expect(WALTests.offset(error) == offset)
      }
    }
  }

  // Of a sector that is to be zeros nobody can tell whether it was written: what was damaged beside
  // it passes for an interrupted write, as it does with etcd. Nothing is lost unless somebody asks
  // for a repair, which keeps a copy.
  @Test func damageInARecordWithSectorsOfZerosPassesForTorn() throws {
    var log = HandmadeLog.first()
    log.addEntry(1)
    let offset = log.bytes.count
    log.addEntry(2, [1] + [UInt8](repeating: 0, count: 1200) + [1])
    var bytes = log.bytes
    bytes[offset + 30] ^= 1
    #expect(try Contents(of: bytes).isTorn)
    bytes[offset + 30] ^= 1
    #expect(try Contents(of: bytes).indices == [1, 2])
  }

  // MARK: What claims to be more than it is

  @Test(arguments: [17, 4096, 1 << 20, 1 << 30, 1 << 40, 1 << 56 - 1] as [UInt64])
  func lengthsThatLieTakeNoMemory(_ length: UInt64) throws {
    var log = HandmadeLog.first()
    log.addEntry(1)
    let offset = log.bytes.count
    let padding = (8 - length % 8) % 8
    let word = length | (padding == 0 ? 0 : (0x80 | padding) << 56)
    log.addBytes(withUnsafeBytes(of: word.littleEndian, Array.init))
    // What the file ends in is torn; the same in front of a record that is another's is damage.
    try disk.setContents(of: "/log", to: log.bytes)
    let contents = try Contents(of: "/log", in: disk)
    #expect(contents.isTorn)
    #expect(contents.indices == [1])
    log.addEntry(2)
    try disk.setContents(
      of: "/log",
      to: Array(log.bytes[..<(offset + 8)] + log.bytes[(offset + 16)...])
    )
    let error = #expect(throws: WALError.self) { try Contents(of: "/log", in: disk) }
    #expect(WALTests.offset(error) == offset)
  }

  /// A file that takes no space may be as long as it likes.
  @Test func aLongFrameInASparseFileIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("log")
    let fileSystem = LocalFileSystem()
    var log = HandmadeLog.first()
    let offset = log.bytes.count
    log.addBytes(withUnsafeBytes(of: UInt64(1 << 38).littleEndian, Array.init))
    log.addBytes([0x08, 0x02])
    try fileSystem.setContents(of: path, to: log.bytes)
    try File(path, .update, in: fileSystem).truncate(to: 1 << 40)
    let error = #expect(throws: WALError.self) { try Contents(of: path, in: fileSystem) }
    #expect(WALTests.offset(error) == offset)
    #expect(damage(error) == .tooLong(found: 1 << 38, limit: WALLimits.recordByteCount))
  }

  @Test func lengthsInsideRecordsThatLieAreRefused() throws {
    for length: UInt64 in [1, 0x7F, 1 << 20, 1 << 31, 1 << 32, 1 << 62, .max] {
      var log = HandmadeLog.first()
      log.addFrame(
        Wire.field(1, varint: 2) + Wire.field(2, varint: 0) + Wire.tag(3, wireType: 2)
          + Wire.varint(length)
      )
      #expect(throws: WALError.self) { try Contents(of: log.bytes) }
      log = HandmadeLog.first()
      let head = HandmadeLog.numbers(0, 1, 1)
      log.add(2, head + Wire.tag(4, wireType: 2) + Wire.varint(length))
      let error = #expect(throws: WALError.self) { try Contents(of: log.bytes) }
      #expect(damage(error) == .malformed(.entry, byte: head.count + 1))
    }
  }

  @Test func recordsThatMakeNoSenseAreRefused() throws {
    let crc = Wire.field(2, varint: 0)
    for record in [
      [], crc, Wire.field(1, varint: 4), Wire.field(1, varint: 2) + crc,
      Wire.field(1, varint: 4) + crc + Wire.field(3, [1]),
      Wire.field(1, varint: 4) + Wire.field(2, varint: 1 << 32),
      Wire.field(1, varint: 0) + crc, Wire.field(1, varint: 6) + crc, Wire.field(1, [1]) + crc,
      Wire.field(1, varint: .max) + crc, [0x0B],
      [UInt8](repeating: 0xFF, count: 11),
    ] {
      var log = HandmadeLog.first()
      log.addFrame(record.isEmpty ? [0x07] : record)
      #expect(throws: WALError.self, "\(record)") { try Contents(of: log.bytes) }
    }
  }

  @Test func messagesThatMakeNoSenseAreRefused() throws {
    for (type, message) in [
      (1, Wire.field(1, [1])), (2, Wire.field(1, varint: 3)), (2, [0x08]),
      (2, HandmadeLog.numbers(1, 1, 1)), (2, HandmadeLog.numbers(2, 1, 1)),
      (3, Wire.field(3, [1])), (5, Wire.field(3, varint: 1)), (5, Wire.field(3, [0x08])),
      (5, Wire.field(3, Wire.field(1, [0x80]))),
    ] as [(UInt64, [UInt8])] {
      var log = HandmadeLog.first()
      log.add(type, message)
      let error = #expect(throws: WALError.self) { try Contents(of: log.bytes) }
      guard case .malformed = damage(error) else {
        Issue.record("\(message): \(String(describing: error))")
        continue
      }
    }
  }

  @Test func aConfigurationOfTooManyMembersIsRefused() throws {
    let members = [UInt8](repeating: 1, count: WALLimits.memberCount + 1)
    let unpacked = Array(members.map { [0x10, $0] as [UInt8] }.joined())
    for configuration in [Wire.field(1, members), unpacked] {
      var log = HandmadeLog.first()
      log.add(5, HandmadeLog.numbers(1, 1) + Wire.field(3, configuration))
      let error = #expect(throws: WALError.self) { try Contents(of: log.bytes) }
      guard case .malformed(.snapshot, _) = damage(error) else {
        Issue.record("not refused: \(String(describing: error))")
        continue
      }
    }
  }

  @Test func everyErrorIsOneLine() {
    let index = LogIndex(rawValue: 1)
    let term = Term(rawValue: 2)
    let damages: [WALDamage] = [
      .malformedFrame(found: 1 << 63), .lengthLost, .cutOff(found: 1, expected: 2),
      .tooLong(found: 2, limit: 1), .malformed(.hardState, byte: 3), .unknownRecordType(found: 9),
      .checksumMismatch(found: 1, expected: 0x1f), .headMissing(found: nil, expected: .checksum),
      .headMissing(found: .entry, expected: .metadata),
      .metadataMismatch(found: HandmadeLog.metadata, expected: HandmadeLog.metadata),
      .entriesMissing(found: index, expected: index), .termWentBack(found: term, before: term),
      .commitWentBack(found: index, before: index),
      .committedEntryOverwritten(found: index, commit: index),
      .commitBeyondEnd(found: index, last: index), .tooMany(.snapshot, limit: 1), .empty,
    ]
    let errors: [WALError] =
      damages.map { .damaged(path: "/wal", offset: 24, $0) } + [
        .file(.locked(path: "/wal")), .noSegments(path: "/wal"), .alreadyExists(path: "/wal"),
        .sequenceBroken(path: "/wal", found: 3, expected: 2),
        .beginsLater(path: "/wal", found: index, wanted: index),
        .torn(path: "/wal", offset: 24), .snapshotNotFound(path: "/wal", .beginning),
        .snapshotMismatch(path: "/wal", index: index, found: term, expected: term),
        .failedBefore(path: "/wal", cause: .locked(path: "/wal")),
      ]
    for error in errors {
      #expect(error.description.hasPrefix("/wal: "))
      #expect(!error.description.contains("\n"))
      #expect(!error.description.hasSuffix("."))
    }
    #expect(
      errors[6].description == "/wal: offset 24: checksum mismatch, found 0x1, expected 0x1f"
    )
  }
}
