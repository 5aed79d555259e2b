import FileIO
import TestSupport
import Testing

@testable import WAL

/// Writes and syncs that fail while the process goes on.
///
/// The danger: an append that is acknowledged, and lost. What must hold: the append throws, and so
/// does every later one, until the log has been opened anew.
@Suite struct WALWriterFailureTests {
  private let disk = SimulatedDisk()
  private let first = "/data/wal/0000000000000000-0000000000000000.wal"

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

  @Test func afterAFailedSyncNothingIsWritten() throws {
    let writer = try create()
    try writer.append([LogEntry(1)])
    disk.failSync(disk.syncCount + 1)
    let cause = FileIOError.failed(operation: .sync, path: first, code: 5)
    #expect(throws: WALError.file(cause)) { try writer.append([LogEntry(2)]) }
    let before = disk.operationCount
    let refused = WALError.failedBefore(path: first, cause: cause)
    #expect(throws: refused) { try writer.append([LogEntry(3)]) }
    #expect(throws: refused) { try writer.append([], hardState: HardState(term: 9, commit: 0)) }
    #expect(throws: refused) { try writer.append(WALSnapshot(index: 1, term: 1, voters: [1])) }
    #expect(throws: refused) { try writer.sync() }
    #expect(throws: refused) { try writer.close() }
    #expect(disk.operationCount == before)
    #expect(try Contents(of: "/data/wal", in: disk.crashed(.losingUnsynced)).indices == [1])
    // Opened anew, the log goes on.
    let (again, _) = try WALWriter.open("/data/wal", options: .test, in: disk)
    #expect(again.lastIndex.rawValue >= 1)
    try again.append([LogEntry(again.lastIndex.rawValue + 1)])
  }

  @Test(arguments: [
    FileOperation.write, .sync, .truncate, .open, .lock, .allocate, .rename,
  ])
  func afterAFailureAtTheEndOfASegmentNothingIsWritten(_ operation: FileOperation) throws {
    let faulty = FaultyFileSystem(disk)
    let writer = try WALWriter.create(
      "/data/wal",
      metadata: HandmadeLog.metadata,
      options: .test,
      in: faulty
    )
    try writer.append([LogEntry(1)])
    // The first write is that of the batch, the first sync the one behind it.
    let number = operation == .write || operation == .sync ? 2 : 1
    faulty.fail(operation, number, code: 28)
    let large = LogEntry(2, [UInt8](repeating: 1, count: 5000))
    #expect(throws: WALError.self) { try writer.append([large]) }
    faulty.heal()
    let error = #expect(throws: WALError.self) { try writer.append([LogEntry(3)]) }
    guard case .failedBefore = error else {
      Issue.record("not refused: \(String(describing: error))")
      return
    }
    #expect(throws: WALError.self) { try writer.close() }
    let (again, replay) = try WALWriter.open("/data/wal", options: .test, in: disk)
    // It was durable, and nobody was told so.
    #expect(try Contents(replay).entries == [LogEntry(1), large])
    try again.append([LogEntry(3)])
    #expect(try Contents(of: "/data/wal", in: disk).indices == [1, 2, 3])
  }

  @Test func whatWasWrittenInPartIsCutOff() throws {
    let faulty = FaultyFileSystem(disk)
    let writer = try WALWriter.create(
      "/data/wal",
      metadata: HandmadeLog.metadata,
      options: .test,
      in: faulty
    )
    try writer.append([LogEntry(1)])
    faulty.fail(.write, code: 28)
    let large = LogEntry(2, [UInt8](repeating: 1, count: 2000))
    let cause = FileIOError.failed(operation: .write, path: first, code: 28)
    #expect(throws: WALError.file(cause)) { try writer.append([large]) }
    #expect(throws: WALError.failedBefore(path: first, cause: cause)) { try writer.close() }
    let (again, replay) = try WALWriter.open("/data/wal", options: .test, in: disk)
    #expect(try Contents(replay).entries == [LogEntry(1)])
    try again.append([large])
    #expect(try Contents(of: "/data/wal", in: disk).indices == [1, 2])
  }

  @Test(arguments: [
    FileOperation.makeDirectory, .open, .lock, .allocate, .write, .sync, .rename, .list,
  ])
  func aLogThatCannotBeMadeIsNotThere(_ operation: FileOperation) throws {
    let faulty = FaultyFileSystem(disk)
    if operation == .list { try disk.makeDirectory("/data/wal") }
    faulty.fail(operation, code: 28)
    #expect(throws: WALError.self) {
      try WALWriter.create(
        "/data/wal",
        metadata: HandmadeLog.metadata,
        options: .test,
        in: faulty
      )
    }
    let writer = try create()
    #expect(writer.lastIndex == .zero)
  }
}
