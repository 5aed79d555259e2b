import FileIO
import TestSupport
import Testing

@testable import WAL

@Suite struct WALWriterSegmentTests {
  private let disk = SimulatedDisk()

  init() throws {
    try disk.makeDirectory("/data")
    disk.syncAll()
  }

  private func create(_ options: WALWriter.Options = .test) throws -> WALWriter {
    try WALWriter.create(
      "/data/wal",
      metadata: HandmadeLog.metadata,
      options: options,
      in: disk
    )
  }

  @Test func segmentsAreCutAndChained() throws {
    let writer = try create()
    var all: [LogEntry] = []
    while writer.heldSegments.count < 5 {
      let entry = LogEntry(UInt64(all.count + 1), term: 4, [UInt8](repeating: 5, count: 300))
      all.append(entry)
      let commit = UInt64(all.count)
      try writer.append([entry], hardState: HardState(term: 4, vote: 9, commit: commit))
    }
    let segments = writer.heldSegments
    #expect(segments.map(\.sequence) == [0, 1, 2, 3, 4])
    for segment in segments.dropLast() {
      // Nothing that was allocated ahead stays.
      let bytes = try disk.contents(of: "/data/wal/\(segment.name)")
      #expect((4096...4800).contains(bytes.count))
      let contents = try Contents(of: "/data/wal/\(segment.name)", in: disk)
      #expect(contents.indices.first == max(1, segment.index.rawValue))
    }
    #expect(try Contents(of: "/data/wal", in: disk).entries == all)
    // The head of a later segment.
    let reader = try WALReader("/data/wal/\(segments[4].name)", in: disk)
    var types: [RecordType] = []
    while let record = try reader.next() { types.append(record.type) }
    #expect(types == [.checksum, .metadata, .hardState])
  }

  @Test func aSegmentWithoutAHardStateHasNoneInItsHead() throws {
    let writer = try create()
    try writer.append([LogEntry(1, [UInt8](repeating: 1, count: 5000))])
    #expect(writer.heldSegments.last?.index.rawValue == 2)
    let bytes = try disk.contents(of: "/data/wal/0000000000000001-0000000000000002.wal")
    #expect(bytes.dropFirst(writer.offset).allSatisfy { $0 == 0 })
    #expect(bytes.count == 4096)
    #expect(writer.offset == 56)
  }

  @Test func releasedSegmentsAreRemoved() throws {
    let writer = try create()
    for index in 1...60 {
      let entry = LogEntry(UInt64(index), [UInt8](repeating: 1, count: 400))
      try writer.append([entry], hardState: HardState(term: 1, commit: UInt64(index)))
    }
    let all = writer.heldSegments
    try #require(all.count == 7)
    #expect(try writer.purge(keeping: 1).isEmpty, "all are held")
    // Entries behind this index may begin in the segment before the one named after it.
    writer.release(upTo: all[4].index)
    #expect(writer.heldSegments == Array(all[3...]))
    #expect(try writer.purge(keeping: 6) == [all[0]])
    #expect(try writer.purge(keeping: 6).isEmpty)
    #expect(try writer.purge(keeping: 0) == Array(all[1..<3]))
    #expect(try disk.list("/data/wal") == all[3...].map(\.name))
    // Durably so, and the rest still opens.
    #expect(try disk.crashed(.losingUnsynced).list("/data/wal") == all[3...].map(\.name))
    writer.release(upTo: LogIndex(rawValue: .max))
    #expect(writer.heldSegments == [all[6]])
    writer.release(upTo: .zero)
    #expect(writer.heldSegments == [all[6]])
    try writer.append([LogEntry(61)])
    try writer.close()
    #expect(try Contents(of: "/data/wal", in: disk).indices.last == 61)
  }

  @Test func segmentsThatAnotherProcessHoldsStay() throws {
    let writer = try create()
    for index in 1...40 {
      try writer.append([LogEntry(UInt64(index), [UInt8](repeating: 1, count: 400))])
    }
    let all = writer.heldSegments
    try #require(all.count >= 4)
    writer.release(upTo: LogIndex(rawValue: .max))
    let other = try File("/data/wal/\(all[1].name)", .read, in: disk)
    try other.lock(.sharedWithoutWaiting)
    #expect(try writer.purge(keeping: 0) == [all[0]])
    #expect(try disk.list("/data/wal").count == all.count - 1)
  }

  @Test func aLogIsOpenedFromASnapshotInALaterSegment() throws {
    let writer = try create()
    for index in 1...40 {
      let entry = LogEntry(UInt64(index), [UInt8](repeating: 1, count: 400))
      try writer.append([entry], hardState: HardState(term: 1, commit: UInt64(index)))
    }
    let snapshot = WALSnapshot(index: 30, term: 1, voters: [7])
    try writer.append(snapshot)
    try writer.close()
    let (again, replay) = try WALWriter.open(
      "/data/wal",
      from: snapshot,
      options: .test,
      in: disk
    )
    #expect(try Contents(replay).indices == Array(31...40))
    #expect(again.heldSegments.count < 4)
    try again.append([LogEntry(41)])
    #expect(try Contents(of: "/data/wal", in: disk).indices == Array(1...41))
  }

  @Test func theNextSegmentIsMadeAhead() async throws {
    var options = WALWriter.Options.test
    options.preparesNextSegment = true
    let folder = try TemporaryFolder()
    let fileSystem = LocalFileSystem()
    let directory = folder.path("wal")
    let writer = try WALWriter.create(
      directory,
      metadata: HandmadeLog.metadata,
      options: options,
      in: fileSystem
    )
    var all: [LogEntry] = []
    for name in ["0.tmp", "1.tmp", "0.tmp"] {
      // It comes by itself; asking for it waits for whoever makes it.
      try writer.nextSegment.prepare()
      #expect(try fileSystem.kind(of: "\(directory)/\(name)") == .file)
      let held = writer.heldSegments.count
      while writer.heldSegments.count == held {
        all.append(LogEntry(UInt64(all.count + 1), [UInt8](repeating: 1, count: 500)))
        try writer.append([all[all.count - 1]])
      }
    }
    try writer.close()
    #expect(try fileSystem.list(directory).allSatisfy { $0.hasSuffix(".wal") })
    #expect(try Contents(of: directory, in: fileSystem).entries == all)
  }

  @Test func whatAnotherProcessLeftOfANextSegmentIsOverwritten() throws {
    let writer = try create()
    try disk.setContents(of: "/data/wal/0.tmp", to: [UInt8](repeating: 0xFF, count: 9000))
    try writer.append([LogEntry(1, [UInt8](repeating: 1, count: 5000))])
    let bytes = try disk.contents(of: "/data/wal/0000000000000001-0000000000000002.wal")
    #expect(bytes.count == 4096)
    #expect(bytes.dropFirst(writer.offset).allSatisfy { $0 == 0 })
  }
}
