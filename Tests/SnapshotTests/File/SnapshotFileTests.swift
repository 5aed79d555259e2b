import FileIO
import Snapshot
import TestSupport
import Testing

/// A backup that has changed since it was made, and is restored all the same, is worse than none.
@Suite struct SnapshotFileTests {
  let disk = SimulatedDisk()

  func open(_ bytes: [UInt8]) throws -> SnapshotFile {
    try disk.setContents(of: "/s.db", to: bytes)
    return try SnapshotFile("/s.db", in: disk)
  }

  @Test func aWholeSnapshotIsVerified() throws {
    let bytes = try SampleSnapshot.bytes()
    let file = try open(bytes)
    #expect(file.hasTrailer)
    #expect(file.byteCount == bytes.count)
    #expect(file.imageByteCount == bytes.count - 32)
    try file.verify()
    #expect(try disk.contents(of: "/s.db") == bytes)
  }

  @Test func aLongSnapshotIsReadInPieces() throws {
    let image =
      (0..<3 << 20).map { UInt8(truncatingIfNeeded: $0 / 7) } + [UInt8](repeating: 1, count: 512)
    var steps: [Int] = []
    try open(SampleSnapshot.withHash(image)).verify { steps.append($0) }
    #expect(steps == [1 << 20, 2 << 20, 3 << 20, image.count])
  }

  @Test func everyFlippedBitIsFound() throws {
    let bytes = SampleSnapshot.withHash((0..<512).map { UInt8(truncatingIfNeeded: $0) })
    for damaged in Damage.bitFlips(of: bytes) {
      let file = try open(damaged)
      let error = #expect(throws: SnapshotError.self) { try file.verify() }
      guard case .hashMismatch("/s.db", let found, let expected) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(found != expected)
    }
  }

  @Test func everyTruncationIsFound() throws {
    let bytes = SampleSnapshot.withHash([UInt8](repeating: 7, count: 1024))
    for damaged in Damage.truncations(of: bytes) {
      let file = try open(damaged)
      let error = #expect(throws: SnapshotError.self) { try file.verify() }
      let isMissing = error == .hashMissing(path: "/s.db", byteCount: damaged.count)
      #expect(isMissing == (damaged.count % 512 != 32))
    }
  }

  @Test func aDatabaseWithoutAHashIsNamed() throws {
    let image = try SampleSnapshot.image()
    let file = try open(image)
    #expect(!file.hasTrailer)
    #expect(file.imageByteCount == image.count)
    let error = #expect(throws: SnapshotError.self) { try file.verify() }
    #expect(
      error?.description
        == "/s.db: no hash behind its \(image.count) bytes, and the hash check is not to be skipped"
    )
  }

  @Test func bothHashesAreTold() throws {
    let file = try open([UInt8](repeating: 0, count: 32))
    let error = #expect(throws: SnapshotError.self) { try file.verify() }
    #expect(
      error?.description
        == "/s.db: hash mismatch, found sha256 "
        + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, expected "
        + String(repeating: "0", count: 64)
    )
  }

  @Test func aDatabaseThatIsWrittenToIsRefused() throws {
    try disk.setContents(of: "/s.db", to: try SampleSnapshot.image())
    let writer = try File("/s.db", .update, in: disk)
    try writer.lock(.exclusiveWithoutWaiting)
    #expect(throws: SnapshotError.file(.locked(path: "/s.db"))) {
      try SnapshotFile("/s.db", in: disk)
    }
    withExtendedLifetime(writer) {}
  }

  @Test func aFileThatGetsShorterMeanwhileIsReported() throws {
    let bytes = try SampleSnapshot.bytes()
    let file = try open(bytes)
    try File("/s.db", .update, in: disk).truncate(to: 100)
    #expect(throws: SnapshotError.endedEarly(path: "/s.db", offset: 100, expected: bytes.count)) {
      try file.verify()
    }
  }

  @Test func whatIsNoFileIsReported() throws {
    try disk.makeDirectory("/folder")
    let directory = #expect(throws: SnapshotError.self) { try SnapshotFile("/folder", in: disk) }
    #expect(directory?.description == "/folder: cannot open: Is a directory")
    let nothing = #expect(throws: SnapshotError.self) { try SnapshotFile("/none", in: disk) }
    #expect(nothing?.description == "/none: cannot open: No such file or directory")
  }
}
