import FileIO
import TestSupport
import Testing

@testable import WAL

/// A power failure while records are being written.
///
/// The danger: the log does not open any more, or opens with half of what was being written. What
/// must hold: whichever sectors got to the disk, the log ends behind a whole record that is not
/// before the last synced one, and is opened after a repair at most.
@Suite struct TornTailTests {
  private let disk = SimulatedDisk()
  private let path = "/wal/0000000000000000-0000000000000000.wal"

  @Test func everySetOfSectorsAtEveryPlaceIsOpenedAgain() throws {
    try disk.makeDirectory("/wal")
    for offset in stride(from: 0, to: 512, by: 8) {
      var log = HandmadeLog.first()
      log.align(to: offset)
      let synced = log.bytes.count
      let syncedCount = log.offsets.count
      for size in [0, 700, 3, 480, 40] { log.addNextEntry(size) }
      let all = try Contents(of: log.bytes)
      let sectors = synced / 512...(log.bytes.count - 1) / 512
      for kept in 0..<(1 << sectors.count) {
        var bytes = log.bytes + [UInt8](repeating: 0, count: 4096)
        for (slot, sector) in sectors.enumerated() where kept & 1 << slot == 0 {
          for place in max(synced, sector * 512)..<(sector + 1) * 512 { bytes[place] = 0 }
        }
        try disk.setContents(of: path, to: bytes)
        let found = try Contents(of: "/wal", in: disk)
        #expect(all.entries.starts(with: found.entries))
        #expect(found.entries.count >= syncedCount - 3)
        if found.isTorn {
          #expect(throws: WALError.self) {
            try WALWriter.open("/wal", options: .test, in: disk)
          }
          #expect(try WALRepair.repair("/wal", in: disk) != nil)
        }
        #expect(try WALRepair.repair("/wal", in: disk) == nil)
        let (writer, replay) = try WALWriter.open("/wal", options: .test, in: disk)
        #expect(try Contents(replay).entries == found.entries)
        // What is left of the batch is not taken for records again.
        try writer.append([LogEntry(writer.lastIndex.rawValue + 1, term: 9)])
        try writer.close()
        let after = try Contents(of: "/wal", in: disk)
        #expect(after.entries.dropLast() == found.entries[...])
        #expect(after.entries.last?.term.rawValue == 9)
      }
    }
  }

  /// The last record cut off at every byte, and zeros from there to the end of its sector and the
  /// file: as a disk leaves it that had not yet got to the rest.
  @Test func theLastRecordCutOffAtEveryByte() throws {
    try disk.makeDirectory("/wal")
    var log = HandmadeLog.first()
    log.addNextEntry(50)
    let synced = log.bytes.count
    log.addNextEntry(1300)
    for count in synced..<log.bytes.count {
      // The file may end there, or go on with zeros from the next sector on.
      try disk.setContents(of: path, to: Array(log.bytes[..<count]))
      let cut = try Contents(of: "/wal", in: disk)
      #expect(cut.indices == [1])
      #expect(cut.isTorn == (count > synced))
      let sector = count / 512 * 512
      guard sector >= synced else { continue }
      let zeros = [UInt8](repeating: 0, count: 4096)
      try disk.setContents(of: path, to: Array(log.bytes[..<sector]) + zeros)
      #expect(try Contents(of: "/wal", in: disk).indices == [1])
      let repaired = try WALRepair.repair("/wal", in: disk)
      #expect(repaired?.offset == synced)
      #expect(try Contents(of: "/wal", in: disk).isTorn == false)
    }
  }

  @Test func aRecordWrittenPastTheEndOfTheFileMayBeTorn() throws {
    try disk.makeDirectory("/wal")
    var log = HandmadeLog.first()
    log.addNextEntry(50)
    let synced = log.bytes.count
    log.addNextEntry(2000)
    for byteCount in stride(from: (synced / 512 + 1) * 512, to: log.bytes.count, by: 512) {
      try disk.setContents(of: path, to: Array(log.bytes[..<byteCount]))
      #expect(try WALRepair.repair("/wal", in: disk)?.offset == synced)
      #expect(try Contents(of: "/wal", in: disk).indices == [1])
    }
  }

  // MARK: Repair

  @Test func aRepairKeepsACopy() throws {
    try disk.makeDirectory("/wal")
    var log = HandmadeLog.first()
    log.addNextEntry(1)
    let offset = log.bytes.count
    log.addNextEntry(100)
    let torn = Array(log.bytes.dropLast(8))
    try disk.setContents(of: path, to: torn)
    disk.syncAll()
    try disk.setContents(of: path + ".broken", to: [UInt8](repeating: 1, count: 5000))
    let cut = try WALRepair.repair("/wal", in: disk)
    #expect(cut == WALRepair.Cut(path: path, offset: offset, copyPath: path + ".broken"))
    #expect(try disk.contents(of: path + ".broken") == torn)
    #expect(try disk.contents(of: path) == Array(torn[..<offset]))
    // All of it is durable.
    let found = try disk.crashed(.losingUnsynced)
    #expect(try found.contents(of: path) == Array(torn[..<offset]))
    #expect(try found.contents(of: path + ".broken") == torn)
  }

  @Test func whatIsWholeIsNotTouched() throws {
    try disk.makeDirectory("/wal")
    try disk.setContents(of: path, to: DamageTests.log.bytes)
    let before = disk.operationCount
    #expect(try WALRepair.repair("/wal", in: disk) == nil)
    #expect(disk.operationCount == before)
  }

  @Test func damageIsNotRepaired() throws {
    try disk.makeDirectory("/wal")
    var bytes = DamageTests.log.bytes
    bytes[bytes.count - 20] ^= 1
    try disk.setContents(of: path, to: bytes)
    let before = disk.operationCount
    #expect(throws: WALError.self) { try WALRepair.repair("/wal", in: disk) }
    #expect(disk.operationCount == before)
    #expect(throws: WALError.noSegments(path: "/")) { try WALRepair.repair("/", in: disk) }
  }

  /// A segment whose head is torn never got its name: its head was synced before.
  @Test func aTornHeadIsDamage() throws {
    try disk.makeDirectory("/wal")
    let head = HandmadeLog.first().bytes
    for count in 0..<56 {
      for zeros in [0, 4096] {
        let bytes = Array(head[..<count]) + [UInt8](repeating: 0, count: zeros)
        try disk.setContents(of: path, to: bytes)
        #expect(throws: WALError.self) { try WALRepair.repair("/wal", in: disk) }
      }
    }
  }

  @Test func aLogThatIsBeingWrittenIsNotRepaired() throws {
    let writer = try WALWriter.create(
      "/wal",
      metadata: HandmadeLog.metadata,
      options: .test,
      in: disk
    )
    #expect(throws: WALError.file(.locked(path: path))) {
      try WALRepair.repair("/wal", in: disk)
    }
    try writer.close()
    #expect(try WALRepair.repair("/wal", in: disk) == nil)
  }
}

extension HandmadeLog {
  /// Adds an entry behind the last, with so many bytes that are not zeros.
  mutating func addNextEntry(_ byteCount: Int) {
    addEntry(UInt64(offsets.count - 2), [UInt8](repeating: 0xEE, count: byteCount))
  }

  /// Adds an entry, so that the next record begins at this offset from the start of a sector.
  mutating func align(to offset: Int) {
    for byteCount in 0...600 {
      var probe = self
      probe.addNextEntry(byteCount)
      if probe.bytes.count % 512 == offset {
        self = probe
        return
      }
    }
    preconditionFailure("no entry ends at \(offset)")
  }
}
