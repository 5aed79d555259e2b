import FileIO
import TestSupport
import Testing

@testable import WAL

/// Reading a log that another process is writing.
///
/// The danger: what is seen in part is taken for damage. What must hold: what is read is a beginning of
/// what is written, and nothing is changed.
@Suite struct LiveReadingTests {
  private let disk = SimulatedDisk()
  private let first = ThreeSegments.names[0]

  /// What is being written is seen in part: first the length word, then the rest.
  @Test func whatIsHalfWrittenIsLookedAtAgain() throws {
    var log = HandmadeLog.first()
    log.addEntry(1, [1])
    let offset = log.bytes.count
    log.addEntry(2, [UInt8](repeating: 7, count: 100))
    let whole = log.bytes
    let half = Array(whole[..<(offset + 40)]) + [UInt8](repeating: 0, count: 200)
    try disk.setContents(of: "/log", to: half)
    let faulty = FaultyFileSystem(disk)
    let disk = disk
    faulty.observe { operation, _ in
      // The first look reads the half.
      if operation == .read && faulty.count(of: .read) == 2 {
        try? disk.setContents(of: "/log", to: whole)
      }
    }
    let reader = try WALReader("/log", in: faulty)
    var count = 0
    while try reader.next() != nil { count += 1 }
    #expect(count == 5)
    #expect(reader.end?.isTorn == false)
  }

  @Test func aSegmentRemovedBetweenListingAndOpeningIsNoError() throws {
    _ = try ThreeSegments.make(on: disk)
    let faulty = FaultyFileSystem(disk)
    let disk = disk
    let path = "/wal/\(first)"
    faulty.observe { operation, opened in
      if operation == .open && opened == path { try? disk.remove(path) }
    }
    #expect(try WALReader("/wal", in: faulty).paths.count == 2)
  }

  @Test func entriesAppendedMeanwhileDoNotComeInTheSecondReading() throws {
    var log = HandmadeLog.first()
    log.addEntry(1)
    try disk.setContents(of: "/log", to: log.bytes)
    let replay = try LogReplay("/log", in: disk)
    log.addEntry(2)
    try disk.setContents(of: "/log", to: log.bytes)
    #expect(try Contents(replay).indices == [1])
    try replay.rewind()
    #expect(try replay.next()?.index.rawValue == 1)
    #expect(try replay.next() == nil)
  }

  @Test func readingTakesNoLockAndChangesNothing() throws {
    let logs = try ThreeSegments.make(on: disk)
    let (writer, _) = try WALWriter.open("/wal", options: .test, in: disk)
    let before = disk.operationCount
    _ = try Contents(of: "/wal", in: disk)
    #expect(disk.operationCount == before)
    try writer.close()
    #expect(try disk.contents(of: "/wal/\(first)") == logs[0].bytes)
  }

  /// Real files, two threads: what is read is always a beginning of what is written.
  @Test func aLogIsReadWhileItIsWritten() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path("wal")
    let fileSystem = LocalFileSystem()
    let count: UInt64 = 400
    let options = WALWriter.Options.with(segmentByteCount: 32_768)
    let writing = Task.detached {
      let writer = try WALWriter.create(
        path,
        metadata: HandmadeLog.metadata,
        options: options,
        in: LocalFileSystem()
      )
      for index in 1...count {
        let entry = LogEntry(index, [UInt8](repeating: UInt8(index % 255) + 1, count: 600))
        try writer.append([entry], hardState: HardState(term: 1, commit: index))
      }
      try writer.close()
    }
    var last = 0
    var readingCount = 0
    while last < Int(count) {
      guard try fileSystem.kind(of: path) != nil else { continue }
      let contents = try Contents(of: path, in: fileSystem)
      #expect(contents.entries.count >= last)
      #expect(contents.indices == (0..<UInt64(contents.entries.count)).map { $0 + 1 })
      last = contents.entries.count
      readingCount += 1
    }
    try await writing.value
    #expect(readingCount > 1)
  }

  @Test func aFileThatIsCutOffWhileItIsReadEndsThere() throws {
    var log = HandmadeLog.first()
    for _ in 1...3 { log.addNextEntry(WALLimits.readByteCount) }
    try disk.setContents(of: "/log", to: log.bytes)
    for byteCount in [0, 100, log.offsets[4], log.offsets[5] + 100] {
      try disk.setContents(of: "/log", to: log.bytes)
      let reader = try WALReader("/log", in: disk)
      for _ in 0..<5 { _ = try reader.next() }
      try File("/log", .update, in: disk).truncate(to: byteCount)
      #expect(try reader.next() == nil)
      #expect(reader.end?.offset == log.offsets[5])
    }
  }
}
