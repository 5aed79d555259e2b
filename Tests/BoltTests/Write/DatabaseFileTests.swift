@testable import Bolt

import FileIO
import TestSupport
import Testing

/// What a power failure leaves of a file that was being made, and what looks like it.
@Suite struct DatabaseFileTests {
  private func new(pageByteCount: Int = 1024) throws -> BoltImage {
    let disk = SimulatedDisk()
    _ = try Database("/db", .writing(pageByteCount: pageByteCount), in: disk)
    return BoltImage(try disk.contents(of: "/db"), pageByteCount: pageByteCount)
  }

  /// Opens a file for writing, and gives what then lies there.
  private func opened(_ image: BoltImage, pageByteCount: Int = 1024) throws -> [UInt8] {
    let disk = try image.disk()
    let database = try Database("/db", .writing(pageByteCount: pageByteCount), in: disk)
    #expect(database.read().check().faults == [])
    return try disk.contents(of: "/db")
  }

  @Test func whicheverSectorsOfANewFileWereWrittenItIsMadeAnew() throws {
    let new = try new()
    // Eight sectors: all ways of losing some of them.
    for lost in 0..<256 {
      var image = new
      for sector in 0..<8 where lost >> sector & 1 != 0 {
        image.bytes.replaceSubrange(
          sector * 512..<(sector + 1) * 512,
          with: [UInt8](repeating: 0, count: 512)
        )
      }
      #expect(try opened(image) == new.bytes)
    }
  }

  @Test func aWholeNewFileIsLeftAlone() throws {
    let new = try new()
    let disk = try new.disk()
    let count = disk.operationCount
    _ = try Database("/db", .writing(pageByteCount: 1024), in: disk)
    #expect(disk.operationCount == count)
  }

  @Test func aFileWithAnythingElseInItIsNotMadeAnew() throws {
    let new = try new()
    for place in [0, 16, 100, 1024 + 72, 2048, 2048 + 512, 3072 + 10, 4095] {
      var image = new
      // One sector is lost as well.
      image.bytes.replaceSubrange(512..<1024, with: [UInt8](repeating: 0, count: 512))
      image.bytes.replaceSubrange(1536..<2048, with: [UInt8](repeating: 0, count: 512))
      image.bytes[place] ^= 0x40
      let disk = try image.disk()
      let before = disk.operationCount
      _ = try? Database("/db", .writing(pageByteCount: 1024), in: disk)
      #expect(disk.operationCount == before)
      #expect(try disk.contents(of: "/db") == image.bytes)
    }
  }

  @Test func aFileOfZerosOfAnotherLengthIsNoDatabase() throws {
    for byteCount in [1, 1024, 4095, 4097, 8192, 1 << 20] {
      let image = BoltImage([UInt8](repeating: 0, count: byteCount), pageByteCount: 1024)
      for options in [Database.Options.writing(pageByteCount: 1024), .reading] {
        let error = #expect(throws: BoltError.self) { try image.open(options) }
        guard case .noMeta = error else {
          Issue.record("\(String(describing: error))")
          return
        }
      }
    }
  }

  @Test func aFileThatHoldsACommitIsNotMadeAnew() throws {
    let disk = SimulatedDisk()
    do {
      let database = try Database("/db", .writing(pageByteCount: 1024), in: disk)
      try database.update { try $0.bucketOrNew([1]).put([2], for: [3]) }
    }
    let database = try Database("/db", .writing(pageByteCount: 1024), in: disk)
    #expect(try database.read().bucket([1])?.copy(of: [3]) == [2])
  }

  /// The power fails at every moment while a file is made, in every way.
  @Test func aFileThatWasBeingMadeOpens() throws {
    let models =
      [CrashModel.losingUnsynced, .keepingUnsynced]
      + (UInt64(0)..<40).map { CrashModel.scattering(seed: $0) }
    for operation in 1...3 {
      for model in models {
        let disk = SimulatedDisk()
        disk.cutPower(.beforeOperation(operation))
        _ = try? Database("/db", .writing(pageByteCount: 4096), in: disk)
        let found = try disk.crashed(model)
        let database = try Database("/db", .writing(pageByteCount: 4096), in: found)
        try database.update { try $0.bucketOrNew([1]).put([2], for: [3]) }
        #expect(database.read().check().faults == [])
      }
    }
  }
}
