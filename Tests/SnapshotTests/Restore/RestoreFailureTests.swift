import FileIO
import Snapshot
import TestSupport
import Testing
import WAL

private import Glibc

/// Half a directory that looks whole is started by somebody: what is missing is then gone for good.
@Suite struct RestoreFailureTests {
  static func disk() throws -> SimulatedDisk {
    let disk = SimulatedDisk()
    try disk.setContents(of: "/s.db", to: try SampleSnapshot.bytes())
    disk.syncAll()
    return disk
  }

  static func options(log: String?) -> RestoreOptions {
    var options = RestoreOptions(dataDirectory: "/new/data")
    options.walDirectory = log
    return options
  }

  /// The directory is one that a member starts from.
  static func expectWhole(
    log: String?,
    in disk: SimulatedDisk,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let rows = try SampleSnapshot.rows(of: "/new/data/member/snap/db", in: disk)
    #expect(rows["key"] == SampleSnapshot.rows["key"], sourceLocation: sourceLocation)
    #expect(
      rows["meta"]?[Array("consistent_index".utf8)] == [0, 0, 0, 0, 0, 0, 0, 1],
      sourceLocation: sourceLocation
    )
    let found = try SnapshotDirectory("/new/data/member/snap", in: disk).newest()
    let snapshot = try #require(found.snapshot, sourceLocation: sourceLocation)
    let replay = try LogReplay(log ?? "/new/data/member/wal", from: snapshot.record, in: disk)
    #expect(replay.state.hardState.commit == snapshot.index, sourceLocation: sourceLocation)
    #expect(replay.state.validSnapshots.contains(snapshot.record), sourceLocation: sourceLocation)
  }

  static let logs: [String?] = [nil, "/new/log"]

  static let operations: [FileOperation] = [
    .open, .read, .write, .sync, .truncate, .allocate, .lock, .map, .rename, .examine,
    .makeDirectory,
  ]

  @Test(arguments: logs, operations)
  func whateverFailsNothingIsLeft(log: String?, operation: FileOperation) throws {
    let counter = FaultyFileSystem(try Self.disk())
    _ = try SnapshotRestore(from: "/s.db", Self.options(log: log), in: counter).run()
    let total = counter.count(of: operation)
    #expect(total > 0)
    for number in 0..<total {
      let disk = try Self.disk()
      let faulty = FaultyFileSystem(disk)
      faulty.fail(operation, number + 1, code: EIO)
      let restore = try SnapshotRestore(from: "/s.db", Self.options(log: log), in: faulty)
      let error = #expect(throws: SnapshotError.self) { try restore.run() }
      guard case .file(.failed(operation, _, EIO)) = error else {
        Issue.record("\(operation) \(number): \(String(describing: error))")
        return
      }
      #expect(try disk.list("/") == ["s.db"], "\(operation) \(number)")
      // What failed once can be tried again.
      _ = try restore.run()
      try Self.expectWhole(log: log, in: disk)
    }
  }

  @Test(arguments: logs)
  func aFullDiskLeavesNothingThatLooksWhole(log: String?) throws {
    let counter = FaultyFileSystem(try Self.disk())
    _ = try SnapshotRestore(from: "/s.db", Self.options(log: log), in: counter).run()
    for number in 1...counter.count(of: .write) {
      let disk = try Self.disk()
      let faulty = FaultyFileSystem(disk)
      faulty.fail(.write, number, code: ENOSPC, isLasting: true)
      let restore = try SnapshotRestore(from: "/s.db", Self.options(log: log), in: faulty)
      #expect(throws: SnapshotError.self) { try restore.run() }
      #expect(try disk.list("/") == ["s.db"])
    }
  }

  @Test(arguments: logs)
  func whenThePowerFailsTheDirectoryIsWholeOrNotThere(log: String?) throws {
    let whole = try Self.disk()
    _ = try SnapshotRestore(from: "/s.db", Self.options(log: log), in: whole).run()
    let models: [CrashModel] = [
      .losingUnsynced, .keepingUnsynced, .scattering(seed: 1), .scattering(seed: 2),
    ]
    var wholeCount = 0
    for number in 1...whole.operationCount {
      let disk = try Self.disk()
      disk.cutPower(.afterOperation(number))
      let restore = try SnapshotRestore(from: "/s.db", Self.options(log: log), in: disk)
      let isDone = (try? restore.run()) != nil
      for model in models {
        let found = try disk.crashed(model)
        let isThere = try found.kind(of: "/new/data/member") != nil
        #expect(isThere || !isDone)
        if isThere {
          wholeCount += 1
          try Self.expectWhole(log: log, in: found)
        }
        #expect(try found.contents(of: "/s.db") == SampleSnapshot.bytes())
      }
    }
    #expect(wholeCount > 0)
  }

  @Test func whatAnotherRestoreIsMakingIsLeftAlone() throws {
    let disk = try Self.disk()
    let faulty = FaultyFileSystem(disk)
    // The other one begins after the directory has been seen empty.
    faulty.observe { operation, path in
      guard operation == .makeDirectory, path == "/new/data" else { return }
      try? disk.makeDirectory("/new/data")
      try? disk.makeDirectory("/new/data/member.restoring")
      try? disk.setContents(of: "/new/data/member.restoring/x", to: [1])
    }
    let restore = try SnapshotRestore(from: "/s.db", Self.options(log: nil), in: faulty)
    #expect(throws: SnapshotError.self) { try restore.run() }
    #expect(try disk.contents(of: "/new/data/member.restoring/x") == [1])
    faulty.observe(nil)
    #expect(
      throws: SnapshotError.dataDirectoryInUse(path: "/new/data", found: "member.restoring")
    ) {
      try restore.run()
    }
  }

  @Test func aMemberThatHasStartedMeanwhileIsLeftAlone() throws {
    let disk = try Self.disk()
    let faulty = FaultyFileSystem(disk)
    faulty.observe { operation, path in
      guard operation == .rename, path == "/new/data/member.restoring" else { return }
      try? disk.makeDirectory("/new/data/member")
      try? disk.setContents(of: "/new/data/member/x", to: [1])
    }
    let restore = try SnapshotRestore(from: "/s.db", Self.options(log: nil), in: faulty)
    #expect(throws: SnapshotError.self) { try restore.run() }
    #expect(try disk.contents(of: "/new/data/member/x") == [1])
    #expect(try disk.list("/new/data") == ["member"])
  }
}
