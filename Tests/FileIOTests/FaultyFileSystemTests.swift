import FileIO
import Glibc
import Synchronization
import TestSupport
import Testing

/// The danger: a failure that was asked for and does not happen lets a test pass that proves
/// nothing.
@Suite struct FaultyFileSystemTests {
  private let disk = SimulatedDisk()
  private let faulty: FaultyFileSystem

  init() { faulty = FaultyFileSystem(disk) }

  /// Everything once, and what of it failed.
  private func attemptAll() throws -> [FileOperation] {
    let path = "/a"
    let file = try? File(path, .updateOrCreate, in: faulty)
    let spare = try File(path, .updateOrCreate, in: disk)
    let attempts: [() throws -> Void] = [
      { _ = try file?.bytes(1, at: 0) }, { try file?.write([1, 2, 3, 4], at: 0) },
      { try file?.syncData() }, { try file?.truncate(to: 9) }, { try file?.allocate(9) },
      { try file?.lock(.sharedWithoutWaiting) }, { _ = try file?.map(1) },
      { _ = try file?.byteCount() }, { _ = try faulty.list("/") },
      { try faulty.makeDirectory("/d") }, { try faulty.rename("/d", to: "/e") },
      { try faulty.remove("/e") },
    ]
    var failed: [FileOperation] = file == nil ? [.open] : []
    for attempt in attempts {
      do {
        try attempt()
      } catch {
        guard case .failed(let operation, _, EDQUOT) = error as? FileIOError else { continue }
        failed.append(operation)
      }
    }
    withExtendedLifetime(spare) {}
    return failed
  }

  private static let operations: [FileOperation] = [
    .open, .read, .write, .sync, .truncate, .allocate, .lock, .map, .rename, .remove, .list,
    .examine, .makeDirectory,
  ]

  @Test(arguments: operations)
  func everyKindIsCountedAndFails(operation: FileOperation) throws {
    #expect(try attemptAll() == [])
    #expect(faulty.count(of: operation) == 1)
    faulty.fail(operation, code: EDQUOT)
    #expect(try attemptAll() == [operation])
    #expect(try attemptAll() == [])
    #expect(faulty.count(of: operation) == 3)
  }

  @Test func theOneThatWasAskedForFails() throws {
    let file = try File("/a", .create, in: faulty)
    faulty.fail(.truncate, 3, code: EFBIG)
    let outcomes = (0..<5).map { _ in (try? file.truncate(to: 1)) != nil }
    #expect(outcomes == [true, true, false, true, true])
  }

  @Test func lastingFailuresLastUntilTheyAreHealed() throws {
    let file = try File("/a", .create, in: faulty)
    faulty.fail(.truncate, 2, code: EFBIG, isLasting: true)
    #expect((0..<4).map { _ in (try? file.truncate(to: 1)) != nil } == [true, false, false, false])
    faulty.heal()
    try file.truncate(to: 1)
  }

  @Test func failuresAreOfPathsThatWereNamed() throws {
    let (log, database) = (
      try File("/0-0.wal", .create, in: faulty), try File("/db", .create, in: faulty)
    )
    faulty.fail(.sync, code: EIO, onPathsWith: ".wal")
    try database.sync()
    #expect(throws: FileIOError.failed(operation: .sync, path: "/0-0.wal", code: EIO)) {
      try log.sync()
    }
  }

  @Test func failedOperationsHaveNoEffectButWritesHaveHalf() throws {
    let file = try File("/a", .create, in: faulty)
    try file.write([1, 1, 1, 1], at: 0)
    for operation in [FileOperation.truncate, .write, .remove, .sync] {
      faulty.fail(operation, code: EIO, isLasting: true)
    }
    #expect(throws: FileIOError.self) { try file.truncate(to: 0) }
    #expect(throws: FileIOError.self) { try file.write([2, 2, 2], at: 1) }
    #expect(throws: FileIOError.self) { try faulty.remove("/a") }
    #expect(throws: FileIOError.self) { try faulty.syncDirectory("/") }
    #expect(throws: FileIOError.self) { try file.sync() }
    #expect(try disk.contents(of: "/a") == [1, 2, 1, 1])
    #expect(disk.syncCount == 0)
  }

  @Test func observersAreCalledBeforeTheOperation() throws {
    let seen = Mutex<[String]>([])
    faulty.observe { [disk] operation, path in
      seen.withLock { $0.append("\(operation) \(path) \(disk.operationCount)") }
    }
    let file = try File("/a", .create, in: faulty)
    try file.sync()
    faulty.observe(nil)
    try file.sync()
    #expect(seen.withLock { $0 } == ["open /a 0", "sync /a 1"])
  }
}
