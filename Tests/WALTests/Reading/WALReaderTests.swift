import Checksum
import FileIO
import TestSupport
import Testing

@testable import WAL

@Suite struct WALReaderTests {
  private let disk = SimulatedDisk()
  private let first = ThreeSegments.names[0]
  private let second = ThreeSegments.names[1]
  private let third = ThreeSegments.names[2]

  @Test func segmentsAreReadInOrderAndRecordsHavePlaces() throws {
    let logs = try ThreeSegments.make(on: disk)
    try disk.setContents(of: "/wal/0.tmp", to: [1, 2, 3])
    try disk.setContents(of: "/wal/\(first).broken", to: [1, 2, 3])
    let reader = try WALReader("/wal", in: disk)
    #expect(reader.paths == ThreeSegments.names.map { "/wal/\($0)" })
    var places: [[Int]] = [[], [], []]
    while let record = try reader.next() {
      places[record.place.segmentSlot].append(record.place.offset)
      #expect(record.place.byteCount % 8 == 0)
    }
    #expect(places == logs.map(\.offsets))
    let lastOffset = try #require(logs[2].offsets.last)
    #expect(reader.end == WALReader.End(segmentSlot: 2, offset: lastOffset + 24, isTorn: false))
    #expect(try reader.next() == nil)
  }

  @Test func segmentsBeforeTheIndexAreLeftOut() throws {
    _ = try ThreeSegments.make(on: disk)
    for (index, name) in [(0, first), (2, first), (3, second), (4, second), (5, third), (9, third)]
    {
      let reader = try WALReader("/wal", from: LogIndex(rawValue: UInt64(index)), in: disk)
      #expect(reader.paths.first == "/wal/\(name)", "from \(index)")
      while try reader.next() != nil {}
    }
  }

  @Test func aLaterSegmentIsReadByItself() throws {
    _ = try ThreeSegments.make(on: disk)
    #expect(try Contents(of: "/wal/\(second)", in: disk).indices == [3, 4])
    try disk.rename("/wal/\(second)", to: "/copy")
    #expect(try Contents(of: "/copy", in: disk).indices == [3, 4])
  }

  @Test func aLogWhoseOldSegmentsWereRemovedIsRead() throws {
    _ = try ThreeSegments.make(on: disk)
    try disk.remove("/wal/\(first)")
    #expect(try Contents(of: "/wal", in: disk).indices == [3, 4, 5, 6])
    let error = #expect(throws: WALError.self) {
      try WALReader("/wal", from: LogIndex(rawValue: 2), in: disk)
    }
    let index = LogIndex(rawValue: 3)
    #expect(
      error == .beginsLater(path: "/wal", found: index, wanted: LogIndex(rawValue: 2))
    )
  }

  @Test func aMissingSegmentIsReported() throws {
    _ = try ThreeSegments.make(on: disk)
    try disk.remove("/wal/\(second)")
    let error = #expect(throws: WALError.self) { try WALReader("/wal", in: disk) }
    #expect(error == .sequenceBroken(path: "/wal", found: 2, expected: 1))
    // What comes behind the gap is whole.
    #expect(try WALReader("/wal", from: LogIndex(rawValue: 5), in: disk).paths.count == 1)
  }

  @Test func aSegmentThatIsThereTwiceIsReported() throws {
    let logs = try ThreeSegments.make(on: disk)
    try disk.setContents(
      of: "/wal/0000000000000001-0000000000000004.wal",
      to: logs[1].bytes
    )
    let error = #expect(throws: WALError.self) { try WALReader("/wal", in: disk) }
    #expect(error == .sequenceBroken(path: "/wal", found: 1, expected: 2))
  }

  @Test func aSegmentOfAnotherLogIsReported() throws {
    _ = try ThreeSegments.make(on: disk)
    var foreign = HandmadeLog(continuing: 7)
    foreign.addHead()
    try disk.setContents(of: "/wal/\(second)", to: foreign.bytes)
    let error = #expect(throws: WALError.self) { try Contents(of: "/wal", in: disk) }
    #expect(offset(error) == 0)
    guard case .checksumMismatch(7, _) = damage(error) else {
      Issue.record("not a checksum mismatch: \(String(describing: error))")
      return
    }
  }

  @Test func metadataOfAnotherMemberIsReported() throws {
    let logs = try ThreeSegments.make(on: disk)
    var other = HandmadeLog.metadata
    other.nodeID = NodeID(rawValue: 1)
    var foreign = HandmadeLog(continuing: logs[0].checksum.value)
    foreign.addHead(other)
    try disk.setContents(of: "/wal/\(second)", to: foreign.bytes)
    let error = #expect(throws: WALError.self) { try Contents(of: "/wal", in: disk) }
    #expect(damage(error) == .metadataMismatch(found: other, expected: HandmadeLog.metadata))
    #expect(offset(error) == 16)
  }

  @Test func recordsLostAtTheEndOfAnEarlierSegmentAreReported() throws {
    let logs = try ThreeSegments.make(on: disk)
    let offset = try #require(logs[0].offsets.last)
    try disk.setContents(of: "/wal/\(first)", to: Array(logs[0].bytes[..<offset]))
    let error = #expect(throws: WALError.self) { try Contents(of: "/wal", in: disk) }
    guard case .damaged("/wal/\(second)", 0, .checksumMismatch) = error else {
      Issue.record("not the next segment's checksum: \(String(describing: error))")
      return
    }
  }

  /// Where a write can be interrupted is the last segment alone: the others were synced.
  @Test func anEarlierSegmentIsNeverTorn() throws {
    let logs = try ThreeSegments.make(on: disk)
    let bytes = logs[0].bytes
    for count in bytes.indices.dropFirst(1) {
      try disk.setContents(of: "/wal/\(first)", to: Array(bytes[..<count]))
      #expect(throws: WALError.self) { try Contents(of: "/wal", in: disk) }
    }
  }

  @Test func aSegmentNeedsItsHead() throws {
    var withoutMetadata = HandmadeLog()
    withoutMetadata.addFrame(Wire.field(1, varint: 4) + Wire.field(2, varint: 0))
    let zeros = [UInt8](repeating: 0, count: 4096)
    for (bytes, found, expected) in [
      ([], nil, .checksum), (zeros, nil, .checksum),
      (withoutMetadata.bytes, nil, .metadata), (withoutMetadata.bytes + zeros, nil, .metadata),
      (Array(HandmadeLog.first().bytes.dropFirst(16)), .metadata, .checksum),
      (withoutMetadata.bytes + withoutMetadata.bytes, .checksum, .metadata),
    ] as [([UInt8], RecordType?, RecordType)] {
      let error = #expect(throws: WALError.self) { try Contents(of: bytes) }
      #expect(damage(error) == .headMissing(found: found, expected: expected))
    }
  }

  @Test func aHeadAloneIsALogWithoutEntries() throws {
    let contents = try Contents(of: HandmadeLog.first().bytes)
    #expect(contents.entries.isEmpty)
    #expect(contents.hardState.isEmpty)
    #expect(contents.snapshots == [.beginning])
    #expect(contents.lastIndex == .zero)
  }

  @Test func framesOfEtcd2WithoutPaddingAreRead() throws {
    var log = HandmadeLog.first()
    var state = log.checksum
    let message = HandmadeLog.numbers(0, 1, 1) + Wire.field(4, [7])
    state.update(message)
    let record =
      Wire.field(1, varint: 2) + Wire.field(2, varint: UInt64(state.value)) + Wire.field(3, message)
    try #require(record.count % 8 != 0)
    log.addBytes(withUnsafeBytes(of: UInt64(record.count).littleEndian, Array.init) + record)
    #expect(try Contents(of: log.bytes).indices == [1])
  }

  @Test func fieldsThatNewerWritersMayAddArePassedOver() throws {
    var log = HandmadeLog.first()
    let more = Wire.field(9, "more") + Wire.field(10, varint: 1)
    let fixed =
      Wire.tag(11, wireType: 5) + [1, 2, 3, 4] + Wire.tag(12, wireType: 1) + [
        1, 2, 3, 4, 5, 6, 7, 8,
      ]
    log.add(2, HandmadeLog.numbers(0, 1, 1) + more + fixed)
    log.add(3, HandmadeLog.numbers(1, 2, 1) + more)
    log.add(5, HandmadeLog.numbers(1, 1) + more)
    let contents = try Contents(of: log.bytes)
    #expect(contents.indices == [1])
    #expect(contents.hardState == HardState(term: 1, vote: 2, commit: 1))
    #expect(contents.snapshots == [.beginning, WALSnapshot(index: 1, term: 1)])
  }

  @Test func numbersThatAreZeroMayBeLeftOut() throws {
    var log = HandmadeLog.first()
    log.add(2, Wire.field(2, varint: 1) + Wire.field(3, varint: 1))
    log.add(3, Wire.field(1, varint: 1) + Wire.field(3, varint: 1))
    let contents = try Contents(of: log.bytes)
    #expect(contents.entries == [LogEntry(1)])
    #expect(contents.hardState == HardState(term: 1, commit: 1))
  }

  @Test func aRecordLargerThanTheWindowIsRead() throws {
    let large = [UInt8](repeating: 0x5A, count: 3 << 20)
    var log = HandmadeLog.first()
    log.addEntry(1, [1])
    log.addEntry(2, large)
    log.addEntry(3, [3])
    let contents = try Contents(of: log.bytes)
    #expect(contents.entries == [LogEntry(1, [1]), LogEntry(2, large), LogEntry(3, [3])])
  }

  @Test func aLongLogIsReadThroughASmallWindow() throws {
    var log = HandmadeLog.first()
    for index in 1...UInt64(3000) {
      log.addEntry(index, [UInt8](repeating: UInt8(index % 251), count: Int(index % 1500)))
    }
    #expect(log.bytes.count > 2 * WALLimits.readByteCount)
    let contents = try Contents(of: log.bytes)
    #expect(contents.indices == Array(1...3000))
    #expect(
      contents.entries.allSatisfy { entry in
        entry.data.allSatisfy { $0 == UInt8(entry.index.rawValue % 251) }
      }
    )
  }

  @Test func howFarItIsIsKnown() throws {
    let logs = try ThreeSegments.make(on: disk)
    let reader = try WALReader("/wal", in: disk)
    #expect(try reader.byteCount() == logs.map(\.bytes.count).reduce(0, +))
    #expect(reader.readByteCount == 0)
    var before = 0
    while try reader.next() != nil {
      #expect(reader.readByteCount > before)
      before = reader.readByteCount
    }
    #expect(before <= (try reader.byteCount()))
    #expect(before > logs[0].bytes.count + logs[1].bytes.count)
  }

  // MARK: What is no log

  @Test func whatLiesThereMayBeAnything() throws {
    try disk.makeDirectory("/empty")
    #expect(throws: WALError.noSegments(path: "/empty")) { try WALReader("/empty", in: disk) }
    let error = #expect(throws: WALError.self) { try WALReader("/nothing", in: disk) }
    guard case .file(let cause) = error else {
      Issue.record("not refused by the file system: \(String(describing: error))")
      return
    }
    #expect(cause.isNotFound)
    for text in ["#!/bin/sh\nexit 0\n", "SQLite format 3\0", "\u{7f}ELF", "x"] {
      #expect(throws: WALError.self) { try Contents(of: Array(text.utf8)) }
    }
  }

  @Test func devicesAreNoLogs() {
    #expect(throws: WALError.self) { try Contents(of: "/dev/zero", in: LocalFileSystem()) }
    #expect(throws: WALError.self) { try Contents(of: "/dev/null", in: LocalFileSystem()) }
  }

  @Test func aReadThatFailsIsReported() throws {
    _ = try ThreeSegments.make(on: disk)
    let faulty = FaultyFileSystem(disk)
    faulty.fail(.read, code: 5, onPathsWith: second)
    let error = #expect(throws: WALError.self) { try Contents(of: "/wal", in: faulty) }
    #expect(error == .file(.failed(operation: .read, path: "/wal/\(second)", code: 5)))
  }
}
