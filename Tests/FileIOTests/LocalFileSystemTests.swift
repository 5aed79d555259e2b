import FileIO
import Glibc
import TestSupport
import Testing

/// What only a real folder has; the rest is in ``FileSystemTests``.
@Suite struct LocalFileSystemTests {
  private let folder: TemporaryFolder
  private let fileSystem = LocalFileSystem()

  init() throws { folder = try TemporaryFolder() }

  private func mode(_ name: String) throws -> mode_t {
    var status = stat()
    try #require(stat(folder.path(name), &status) == 0)
    return status.st_mode & 0o777
  }

  /// How often this process has a file open.
  private func openCount(of path: String) throws -> Int {
    try fileSystem.list("/proc/self/fd").count { descriptor in
      var target = [CChar](repeating: 0, count: 4_096)
      let count = readlink("/proc/self/fd/\(descriptor)", &target, target.count)
      return count > 0 && target.prefix(count).elementsEqual(path.utf8.map(CChar.init))
    }
  }

  @Test func whatIsMadeIsOnlyForItsOwner() throws {
    _ = try fileSystem.open(folder.path("a"), .create)
    _ = try fileSystem.open(folder.path("b"), .updateOrCreate)
    try fileSystem.makeDirectory(folder.path("d"))
    #expect(try mode("a") == 0o600)
    #expect(try mode("b") == 0o600)
    #expect(try mode("d") == 0o700)
  }

  /// bbolt locks with `flock`, etcd its log with a lock of the open file description; neither sees
  /// the other's kind.
  @Test func aLockHoldsAgainstBothKindsOfLocks() throws {
    let path = folder.path("a")
    func otherLocks() -> (flock: Bool, description: Bool) {
      let descriptor = open(path, O_RDWR)
      defer { close(descriptor) }
      var lock = flock()
      lock.l_type = Int16(F_WRLCK)
      let isFlocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
      // F_OFD_SETLK, which the module of glibc lacks.
      return (isFlocked, fcntl(descriptor, 37, &lock) == 0)
    }
    var file: File? = try File(path, .create, in: fileSystem)
    #expect(otherLocks() == (true, true))
    for mode in [LockMode.exclusiveWithoutWaiting, .sharedWithoutWaiting] {
      try file?.lock(mode)
      #expect(otherLocks() == (false, false))
    }
    file = nil
    #expect(otherLocks() == (true, true))
  }

  @Test func aLockThatIsRefusedLeavesNeitherKindBehind() throws {
    let path = folder.path("a")
    let file = try File(path, .create, in: fileSystem)
    let other = open(path, O_RDWR)
    defer { close(other) }
    try #require(flock(other, LOCK_EX | LOCK_NB) == 0)
    #expect(throws: FileIOError.locked(path: path)) { try file.lock(.exclusiveWithoutWaiting) }
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    #expect(fcntl(other, 37, &lock) == 0)
    flock(other, LOCK_UN)
    #expect(throws: FileIOError.locked(path: path)) { try file.lock(.sharedWithoutWaiting) }
    #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
  }

  @Test func symbolicLinksAreFollowed() throws {
    try fileSystem.setContents(of: folder.path("a"), to: [1, 2])
    try #require(symlink(folder.path("a"), folder.path("link")) == 0)
    try #require(symlink(folder.path("nowhere"), folder.path("dangling")) == 0)
    try #require(symlink(folder.path("circle"), folder.path("circle")) == 0)
    #expect(try fileSystem.contents(of: folder.path("link")) == [1, 2])
    #expect(try fileSystem.kind(of: folder.path("link")) == .file)
    #expect(try fileSystem.kind(of: folder.path("dangling")) == nil)
    let circle = folder.path("circle")
    #expect(throws: FileIOError.failed(operation: .examine, path: circle, code: ELOOP)) {
      try fileSystem.kind(of: circle)
    }
    #expect(try fileSystem.list(folder.path) == ["a", "circle", "dangling", "link"])
  }

  /// Opening a pipe that nobody writes to would wait for ever.
  @Test func pipesHoldNobodyUp() throws {
    let path = folder.path("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    #expect(try fileSystem.kind(of: path) == .other)
    let pipe = try File(path, .read, in: fileSystem)
    #expect(try pipe.byteCount() == 0)
    #expect(throws: FileIOError.failed(operation: .read, path: path, code: ESPIPE)) {
      try pipe.bytes(1, at: 0)
    }
  }

  @Test func theEmptyPathIsAbsent() throws {
    #expect(throws: FileIOError.failed(operation: .open, path: "", code: ENOENT)) {
      try fileSystem.open("", .read)
    }
    #expect(try fileSystem.kind(of: "") == nil)
  }

  @Test func filesAreClosedWithTheirLastReference() throws {
    let path = folder.path("a")
    var file: File? = try File(path, .create, in: fileSystem)
    var handle: (any FileHandle)? = try fileSystem.open(path, .read)
    #expect(try openCount(of: path) == 2)
    file = nil
    handle = nil
    #expect(try openCount(of: path) == 0)
    #expect(file == nil && handle == nil)
    // Nor is what was opened and refused left open.
    #expect(throws: FileIOError.self) { try fileSystem.open(folder.path, .read) }
    #expect(try openCount(of: folder.path) == 0)
  }

  @Test func temporaryFoldersGoWithAllThatIsInThem() throws {
    var temporary: TemporaryFolder? = try TemporaryFolder()
    let path = try #require(temporary?.path)
    try fileSystem.makeDirectory("\(path)/d")
    try fileSystem.setContents(of: "\(path)/d/a", to: [1])
    temporary = nil
    #expect(try fileSystem.kind(of: path) == nil)
  }
}
