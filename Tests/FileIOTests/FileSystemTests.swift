import FileIO
import Glibc
import TestSupport
import Testing

/// What every file system promises; the simulated one as the real one, or tests on it prove nothing.
@Suite struct FileSystemTests {
  typealias Kind = PlacedFileSystem.Kind

  @Test(arguments: Kind.allCases)
  func absentFilesAreMadeOnlyWhereThatIsAskedFor(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    for access in [FileAccess.read, .update] {
      let error = #expect(throws: FileIOError.self) { try place.open("a", access) }
      #expect(error == .failed(operation: .open, path: "a", code: ENOENT))
      #expect(error?.isNotFound == true)
    }
    #expect(try place.list("") == [])
    _ = try place.open("a", .create)
    _ = try place.open("b", .updateOrCreate)
    #expect(try place.list("") == ["a", "b"])
  }

  @Test(arguments: Kind.allCases)
  func filesThatAreThereAreKeptOrRefused(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    try place.setContents(of: "a", to: [1, 2, 3])
    #expect(throws: FileIOError.failed(operation: .open, path: "a", code: EEXIST)) {
      try place.open("a", .create)
    }
    for access in [FileAccess.read, .update, .updateOrCreate] {
      #expect(try place.open("a", access).byteCount() == 3)
    }
  }

  @Test(arguments: Kind.allCases)
  func directoriesAreNotOpenedAsFiles(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    try place.makeDirectory("d")
    for access in [FileAccess.read, .update, .updateOrCreate] {
      #expect(throws: FileIOError.failed(operation: .open, path: "d", code: EISDIR)) {
        try place.open("d", access)
      }
    }
    #expect(throws: FileIOError.failed(operation: .open, path: "d", code: EEXIST)) {
      try place.open("d", .create)
    }
  }

  @Test(arguments: Kind.allCases)
  func readingStopsAtTheEnd(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    try place.setContents(of: "a", to: Array(0..<10))
    let file = try File("a", .read, in: place)
    #expect(try file.bytes(4, at: 0) == [0, 1, 2, 3])
    #expect(try file.bytes(4, at: 8) == [8, 9])
    #expect(try file.bytes(4, at: 10) == [])
    #expect(try file.bytes(4, at: 1 << 40) == [])
    #expect(try file.bytes(4, at: .max - 4) == [])
    #expect(try file.bytes(0, at: 3) == [])
    #expect(throws: FileIOError.failed(operation: .read, path: "a", code: EINVAL)) {
      try file.bytes(4, at: -1)
    }
  }

  @Test(arguments: Kind.allCases)
  func writesPastTheEndLeaveZerosBetween(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    let file = try File("a", .create, in: place)
    try file.write([1, 2], at: 0)
    try file.write([3], at: 10_000)
    #expect(try file.byteCount() == 10_001)
    #expect(
      try place.contents(of: "a") == [1, 2] + [UInt8](repeating: 0, count: 9_998) + [3]
    )
    try file.write([], at: 20_000)
    #expect(try file.byteCount() == 10_001)
    #expect(throws: FileIOError.failed(operation: .write, path: "a", code: EINVAL)) {
      try file.write([1], at: -1)
    }
  }

  @Test(arguments: Kind.allCases)
  func writesBeyondWhatAFileCanBeAreRefused(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    let file = try File("a", .create, in: place)
    let error = #expect(throws: FileIOError.self) { try file.write([1, 2], at: .max) }
    guard case .failed(.write, "a", let code) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(code == EFBIG || code == EINVAL)
    #expect(try file.byteCount() == 0)
  }

  @Test(arguments: Kind.allCases)
  func filesOpenedForReadingAreNotChanged(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    try place.setContents(of: "a", to: [1, 2, 3])
    let file = try File("a", .read, in: place)
    #expect(throws: FileIOError.failed(operation: .write, path: "a", code: EBADF)) {
      try file.write([9], at: 0)
    }
    #expect(throws: FileIOError.failed(operation: .truncate, path: "a", code: EINVAL)) {
      try file.truncate(to: 0)
    }
    #expect(throws: FileIOError.failed(operation: .allocate, path: "a", code: EBADF)) {
      try file.allocate(100)
    }
    #expect(try place.contents(of: "a") == [1, 2, 3])
  }

  @Test(arguments: Kind.allCases)
  func truncationCutsAndLengthens(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    try place.setContents(of: "a", to: [1, 2, 3, 4])
    let file = try File("a", .update, in: place)
    try file.truncate(to: 2)
    #expect(try place.contents(of: "a") == [1, 2])
    try file.truncate(to: 5)
    #expect(try place.contents(of: "a") == [1, 2, 0, 0, 0])
    #expect(throws: FileIOError.failed(operation: .truncate, path: "a", code: EINVAL)) {
      try file.truncate(to: -1)
    }
  }

  @Test(arguments: Kind.allCases)
  func allocationLengthensAndNeverCuts(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    try place.setContents(of: "a", to: [1, 2])
    let file = try File("a", .update, in: place)
    try file.allocate(9_000)
    #expect(try place.contents(of: "a") == [1, 2] + [UInt8](repeating: 0, count: 8_998))
    try file.allocate(1)
    try file.allocate(0)
    #expect(try file.byteCount() == 9_000)
    #expect(throws: FileIOError.failed(operation: .allocate, path: "a", code: EINVAL)) {
      try file.allocate(-1)
    }
  }

  @Test(arguments: Kind.allCases)
  func namesAreListedInOrder(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    for name in ["b", "a", "10", "9", "B", "0000000000000001-0000000000000000.wal"] {
      _ = try place.open(name, .create)
    }
    try place.makeDirectory("d")
    _ = try place.open("d/below", .create)
    let expected = ["0000000000000001-0000000000000000.wal", "10", "9", "B", "a", "b", "d"]
    #expect(try place.list("") == expected)
    #expect(try place.list("d") == ["below"])
    #expect(throws: FileIOError.failed(operation: .list, path: "x", code: ENOENT)) {
      try place.list("x")
    }
    #expect(throws: FileIOError.failed(operation: .list, path: "a", code: ENOTDIR)) {
      try place.list("a")
    }
  }

  @Test(arguments: Kind.allCases)
  func kindsAreTold(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    try place.makeDirectory("d")
    _ = try place.open("a", .create)
    #expect(try place.kind(of: "d") == .directory)
    #expect(try place.kind(of: "a") == .file)
    #expect(try place.kind(of: "x") == nil)
    #expect(try place.kind(of: "x/y") == nil)
    #expect(try place.kind(of: "a/y") == nil)
  }

  @Test(arguments: Kind.allCases)
  func renamingReplacesWhatIsThere(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    try place.setContents(of: "new", to: [2])
    try place.setContents(of: "old", to: [1])
    let replaced = try File("old", .update, in: place)
    try place.rename("new", to: "old")
    #expect(try place.list("") == ["old"])
    #expect(try place.contents(of: "old") == [2])
    // Whoever has the replaced file open keeps it.
    try replaced.write([7], at: 1)
    #expect(try replaced.bytes(10, at: 0) == [1, 7])
    #expect(try place.contents(of: "old") == [2])
  }

  @Test(arguments: Kind.allCases)
  func directoriesAreRenamedWithWhatIsInThem(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    try place.makeDirectory("wal.tmp")
    try place.setContents(of: "wal.tmp/a", to: [1])
    let open = try File("wal.tmp/a", .update, in: place)
    try place.rename("wal.tmp", to: "wal")
    try open.write([2], at: 1)
    #expect(try place.list("") == ["wal"])
    #expect(try place.contents(of: "wal/a") == [1, 2])
    #expect(throws: FileIOError.failed(operation: .rename, path: "wal", code: EINVAL)) {
      try place.rename("wal", to: "wal/below")
    }
    #expect(throws: FileIOError.failed(operation: .rename, path: "x", code: ENOENT)) {
      try place.rename("x", to: "y")
    }
  }

  @Test(arguments: Kind.allCases)
  func onlyEmptyDirectoriesAreRemoved(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    try place.makeDirectory("d")
    _ = try place.open("d/a", .create)
    #expect(throws: FileIOError.failed(operation: .makeDirectory, path: "d", code: EEXIST)) {
      try place.makeDirectory("d")
    }
    #expect(throws: FileIOError.failed(operation: .remove, path: "d", code: ENOTEMPTY)) {
      try place.remove("d")
    }
    try place.remove("d/a")
    try place.remove("d")
    #expect(throws: FileIOError.failed(operation: .remove, path: "d", code: ENOENT)) {
      try place.remove("d")
    }
    #expect(try place.list("") == [])
  }

  @Test(arguments: Kind.allCases)
  func directoriesAreSynced(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    _ = try place.open("a", .create)
    try place.syncDirectory("")
    #expect(throws: FileIOError.failed(operation: .open, path: "x", code: ENOENT)) {
      try place.syncDirectory("x")
    }
    #expect(throws: FileIOError.failed(operation: .open, path: "a", code: ENOTDIR)) {
      try place.syncDirectory("a")
    }
  }

  @Test(arguments: Kind.allCases)
  func locksHoldBetweenOpenFiles(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    var first: File? = try File("a", .create, in: place)
    let second = try File("a", .update, in: place)
    let reader = try File("a", .read, in: place)
    try first?.lock(.exclusiveWithoutWaiting)
    for mode in [LockMode.sharedWithoutWaiting, .exclusiveWithoutWaiting] {
      #expect(throws: FileIOError.locked(path: "a")) { try second.lock(mode) }
    }
    // Taken again, it is the same lock; given up for a shared one, others may read.
    try first?.lock(.exclusiveWithoutWaiting)
    try first?.lock(.sharedWithoutWaiting)
    try reader.lock(.sharedWithoutWaiting)
    #expect(throws: FileIOError.locked(path: "a")) { try second.lock(.exclusiveWithoutWaiting) }
    first = nil
    #expect(throws: FileIOError.locked(path: "a")) { try second.lock(.exclusiveWithoutWaiting) }
    try second.lock(.sharedWithoutWaiting)
    // A change of mode that fails has given up the old lock.
    #expect(throws: FileIOError.locked(path: "a")) { try second.lock(.exclusiveWithoutWaiting) }
    try reader.lock(.exclusiveWithoutWaiting)
  }

  @Test(arguments: Kind.allCases)
  func mappingsShowWhatIsWrittenLater(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    var file: File? = try File("a", .create, in: place)
    try file?.write([1, 2, 3], at: 0)
    let mapping = try #require(try file?.map(16_384))
    #expect(mapping.bytes.count == 16_384)
    #expect(mapping.bytes.prefix(4).elementsEqual([1, 2, 3, 0]))
    try file?.write([9], at: 1)
    try file?.write([7], at: 10_000)
    #expect(mapping.bytes.prefix(4).elementsEqual([1, 9, 3, 0]))
    #expect(mapping.bytes[10_000] == 7)
    // The mapping outlives the open file, and the file its name.
    try place.remove("a")
    file = nil
    withExtendedLifetime(mapping) { #expect($0.bytes[10_000] == 7) }
  }

  @Test(arguments: Kind.allCases)
  func mappingsOfNothingAreEmpty(kind: Kind) throws {
    let place = try PlacedFileSystem(kind)
    let file = try File("a", .create, in: place)
    #expect(try file.map(0).bytes.isEmpty)
    #expect(try file.map(-1).bytes.isEmpty)
    #expect(throws: FileIOError.failed(operation: .map, path: "a", code: ENOMEM)) {
      try file.map(.max)
    }
  }
}

extension File {
  /// The bytes at an offset, fewer at the end.
  func bytes(_ count: Int, at offset: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0xee, count: count)
    let read = try bytes.withUnsafeMutableBytes { try self.read(into: $0, at: offset) }
    #expect(bytes[read...].allSatisfy { $0 == 0xee })
    return Array(bytes[..<read])
  }
}
