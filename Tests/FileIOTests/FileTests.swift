import Dispatch
import FileIO
import Glibc
import Synchronization
import TestSupport
import Testing

/// The danger: a sync fails, the system forgets the pages it could not write, and the next sync
/// reports success for bytes that are on no disk.
@Suite struct FileTests {
  private let faulty = FaultyFileSystem(SimulatedDisk())

  private func expectRefusal(_ path: String, _ operation: () throws -> Void) {
    #expect(throws: FileIOError.syncFailedBefore(path: path), performing: operation)
  }

  @Test(arguments: [false, true])
  func nothingIsChangedAfterAFailedSync(isDataSync: Bool) throws {
    let file = try File("/a", .create, in: faulty)
    try file.write([1, 2, 3], at: 0)
    try file.syncData()
    try file.sync()
    #expect(!file.isReadOnlyAfterFailedSync)
    faulty.fail(.sync, code: EIO)
    #expect(throws: FileIOError.failed(operation: .sync, path: "/a", code: EIO)) {
      if isDataSync { try file.syncData() } else { try file.sync() }
    }
    #expect(file.isReadOnlyAfterFailedSync)
    let syncCount = faulty.count(of: .sync)
    expectRefusal("/a") { try file.write([9], at: 0) }
    expectRefusal("/a") { try file.truncate(to: 0) }
    expectRefusal("/a") { try file.allocate(100) }
    expectRefusal("/a") { try file.syncData() }
    expectRefusal("/a") { try file.sync() }
    #expect(faulty.count(of: .write) == 1)
    #expect(faulty.count(of: .truncate) == 0)
    #expect(faulty.count(of: .allocate) == 0)
    #expect(faulty.count(of: .sync) == syncCount)
  }

  @Test func readingGoesOnAfterAFailedSync() throws {
    let file = try File("/a", .create, in: faulty)
    try file.write([1, 2, 3], at: 0)
    faulty.fail(.sync, code: EIO)
    #expect(throws: FileIOError.self) { try file.syncData() }
    #expect(try file.byteCount() == 3)
    #expect(try file.bytes(3, at: 0) == [1, 2, 3])
    let mapping = try file.map(3)
    withExtendedLifetime(mapping) { #expect($0.bytes.elementsEqual([1, 2, 3])) }
    try file.lock(.exclusiveWithoutWaiting)
  }

  @Test func filesOpenedAnewAreWritten() throws {
    let file = try File("/a", .create, in: faulty)
    faulty.fail(.sync, code: EIO)
    #expect(throws: FileIOError.self) { try file.sync() }
    let again = try File("/a", .update, in: faulty)
    try again.write([1], at: 0)
    try again.syncData()
    #expect(!again.isReadOnlyAfterFailedSync)
  }

  /// The system tells one of several threads that wait for a sync; the others must not be content.
  @Test func syncsBesideAFailedOneDoNotSucceed() throws {
    let file = try File("/a", .create, in: faulty)
    try file.write([1], at: 0)
    faulty.fail(.sync, code: EIO)
    faulty.observe { [faulty] operation, _ in
      // Time for the other to come by, if nothing held it up.
      for _ in 0..<100 where operation == .sync && faulty.count(of: .sync) < 2 { usleep(1_000) }
    }
    let outcomes = Mutex<[FileIOError?]>([])
    // Threads of their own, for they wait for each other.
    DispatchQueue.concurrentPerform(iterations: 2) { _ in
      var found: FileIOError?
      do throws(FileIOError) { try file.syncData() } catch { found = error }
      outcomes.withLock { $0.append(found) }
    }
    let failed = FileIOError.failed(operation: .sync, path: "/a", code: EIO)
    let found = outcomes.withLock { $0 }
    #expect(found.count == 2)
    #expect(found.contains(failed))
    #expect(found.contains(.syncFailedBefore(path: "/a")))
    #expect(faulty.count(of: .sync) == 1)
  }

  @Test func failuresOtherThanOfSyncsAreNotRemembered() throws {
    let file = try File("/a", .create, in: faulty)
    faulty.fail(.write, code: ENOSPC)
    #expect(throws: FileIOError.failed(operation: .write, path: "/a", code: ENOSPC)) {
      try file.write([1, 2], at: 0)
    }
    try file.write([3, 4], at: 0)
    try file.syncData()
    #expect(try faulty.contents(of: "/a") == [3, 4])
  }

  @Test func pathsAreThoseTheyWereOpenedBy() throws {
    #expect(try File("/./a", .create, in: faulty).path == "/./a")
    #expect(throws: FileIOError.failed(operation: .open, path: "/b", code: ENOENT)) {
      try File("/b", .read, in: faulty)
    }
  }
}
