import Checksum
import FileIO
import TestSupport
import Testing

@testable import WAL

@Suite struct SnapshotDirectoryTests {
  private let disk = SimulatedDisk()
  private let directory: SnapshotDirectory

  static let snapshot = RaftSnapshot(
    index: LogIndex(rawValue: 0x2710),
    term: Term(rawValue: 2),
    confState: ConfState(
      voters: [NodeID(rawValue: 0x8e9e_05c5_2164_694d)],
      learners: [NodeID(rawValue: 3)]
    ),
    data: Array("{\"Root\":{}}".utf8)
  )

  static let name = SnapshotDirectory.Name(
    term: Term(rawValue: 2),
    index: LogIndex(rawValue: 0x2710)
  )

  init() throws {
    try disk.makeDirectory("/snap")
    disk.syncAll()
    directory = SnapshotDirectory("/snap", in: disk)
  }

  private func snapshot(_ index: UInt64, term: UInt64 = 1) -> RaftSnapshot {
    var snapshot = Self.snapshot
    snapshot.index = LogIndex(rawValue: index)
    snapshot.term = Term(rawValue: term)
    return snapshot
  }

  @Test func aFileIsWhatEtcdWrites() throws {
    try directory.write(Self.snapshot)
    #expect(try disk.list("/snap") == ["0000000000000002-0000000000002710.snap"])
    let configuration =
      Wire.field(1, varint: 0x8e9e_05c5_2164_694d) + Wire.field(2, varint: 3)
      + Wire.field(5, varint: 0)
    let metadata =
      Wire.field(1, configuration) + Wire.field(2, varint: 0x2710) + Wire.field(3, varint: 2)
    let data = Wire.field(1, "{\"Root\":{}}") + Wire.field(2, metadata)
    var checksum = CRC32C()
    checksum.update(data)
    let expected = Wire.field(1, varint: UInt64(checksum.value)) + Wire.field(2, data)
    let bytes = try disk.contents(of: "/snap/\(Self.name.string)")
    #expect(bytes.hexadecimal == expected.hexadecimal)
    #expect(try directory.read(Self.name) == Self.snapshot)
  }

  @Test func aWrittenFileIsDurable() throws {
    try directory.write(Self.snapshot)
    let found = SnapshotDirectory("/snap", in: try disk.crashed(.losingUnsynced))
    #expect(try found.read(Self.name) == Self.snapshot)
  }

  /// Written in place, a snapshot that the log knows could be lost.
  @Test func aFileIsReplacedAsAWhole() throws {
    try directory.write(Self.snapshot)
    let before = disk.operationCount
    try directory.write(Self.snapshot)
    for number in before + 1...disk.operationCount {
      let disk = SimulatedDisk()
      try disk.makeDirectory("/snap")
      let directory = SnapshotDirectory("/snap", in: disk)
      try directory.write(Self.snapshot)
      disk.syncAll()
      disk.cutPower(.afterOperation(number))
      try? directory.write(Self.snapshot)
      for seed in 0..<8 {
        let found = try disk.crashed(.scattering(seed: UInt64(seed)))
        #expect(try SnapshotDirectory("/snap", in: found).newest().snapshot == Self.snapshot)
      }
    }
  }

  @Test func namesAreOrderedNewestFirst() throws {
    for (index, term) in [(9, 1), (16, 1), (3, 2)] {
      try directory.write(snapshot(UInt64(index), term: UInt64(term)))
    }
    for name in ["db", "0000000000000009.snap.db", "x.snap", "0000000000000001-01.snap"] {
      try disk.setContents(of: "/snap/\(name)", to: [1])
    }
    #expect(try directory.names().map(\.index.rawValue) == [3, 16, 9])
  }

  @Test func theNewestThatIsReadableAndWantedIsTaken() throws {
    for index in 1...4 { try directory.write(snapshot(UInt64(index))) }
    let broken = try directory.names()[0]
    try disk.setContents(of: "/snap/\(broken.string)", to: [1, 2, 3])
    let before = disk.operationCount
    let (found, unreadable) = try directory.newest { $0.index.rawValue != 3 }
    #expect(found == snapshot(2))
    #expect(unreadable.map(\.name) == [broken])
    #expect(disk.operationCount == before, "reading changes nothing")
    try directory.setAside(broken)
    #expect(try directory.newest().unreadable.isEmpty)
    #expect(try disk.contents(of: "/snap/\(broken.string).broken") == [1, 2, 3])
    #expect(try directory.newest { _ in false }.snapshot == nil)
  }

  @Test func oldFilesAreRemoved() throws {
    for index in 1...4 { try directory.write(snapshot(UInt64(index))) }
    #expect(try directory.purge(keeping: 2).map(\.index.rawValue) == [2, 1])
    #expect(try directory.names().map(\.index.rawValue) == [4, 3])
    #expect(try directory.purge(keeping: 2).isEmpty)
  }

  @Test func aDirectoryThatIsNotThereIsReported() {
    #expect(throws: WALError.self) { try SnapshotDirectory("/none", in: disk).newest() }
  }

  @Test func aFileThatCannotBeWrittenIsNotThere() throws {
    try directory.write(snapshot(1))
    for operation in [FileOperation.open, .write, .sync, .rename, .truncate] {
      let faulty = FaultyFileSystem(disk)
      faulty.fail(operation, code: 28)
      #expect(throws: WALError.self) {
        try SnapshotDirectory("/snap", in: faulty).write(snapshot(2))
      }
      #expect(try disk.list("/snap").count == 1)
    }
  }

  // MARK: Hostile files

  @Test func everyTruncationAndEveryBitFlipIsRefused() throws {
    let bytes = SnapshotDirectory.encode(Self.snapshot).array
    for damaged in Damage.truncations(of: bytes) { refuse(damaged) }
    for damaged in Damage.bitFlips(of: bytes) { refuse(damaged) }
  }

  private func refuse(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { bytes in
      _ = #expect(throws: WALDamage.self) { try SnapshotDirectory.decode(bytes) }
    }
  }

  @Test func whatIsNoSnapshotIsRefused() throws {
    let path = "/snap/\(Self.name.string)"
    try disk.setContents(of: path, to: [])
    #expect(throws: WALError.damaged(path: path, offset: 0, .empty)) {
      try directory.read(Self.name)
    }
    for bytes in [
      [UInt8](repeating: 0, count: 4096), Array("SQLite format 3".utf8), Wire.field(1, varint: 0),
      Wire.field(1, varint: 0) + Wire.field(2, ""), Wire.field(2, "x"),
      Wire.field(1, varint: 1 << 32) + Wire.field(2, "x"),
    ] {
      try disk.setContents(of: path, to: bytes)
      #expect(throws: WALError.self) { try directory.read(Self.name) }
    }
    try disk.remove(path)
    try disk.makeDirectory(path)
    #expect(throws: WALError.self) { try directory.read(Self.name) }
  }

  @Test func aFileThatIsTooLongIsRefused() throws {
    let folder = try TemporaryFolder()
    let fileSystem = LocalFileSystem()
    let file = try File(folder.path(Self.name.string), .create, in: fileSystem)
    try file.truncate(to: 1 << 40)
    let error = #expect(throws: WALError.self) {
      try SnapshotDirectory(folder.path, in: fileSystem).read(Self.name)
    }
    #expect(damage(error) == .tooLong(found: 1 << 40, limit: WALLimits.snapshotFileByteCount))
  }
}
