@testable import Bolt

import TestSupport
import Testing

@Suite struct WriteTransactionTests {
  private let disk = SimulatedDisk()
  private let name = Array("bucket".utf8)

  private func open(_ options: Database.Options = .writing(pageByteCount: 1024)) throws -> Database
  {
    try Database("/db", options, in: disk)
  }

  /// Puts the numbers of a range, each with a value of 100 bytes.
  private func put(_ numbers: Range<Int>, _ byte: UInt8 = 1, in database: Database) throws {
    try database.update { transaction in
      let bucket = try transaction.bucketOrNew(name)
      for number in numbers {
        try bucket.put([UInt8](repeating: byte, count: 100), for: "\(number)")
      }
    }
  }

  private func values(_ reader: ReadTransaction) throws -> Set<[UInt8]> {
    let bucket = try #require(try reader.bucket(name))
    return Set(try bucket.keys().map { try #require(try bucket.copy(of: Array($0.utf8))) })
  }

  // MARK: All at once, or not at all

  @Test func aRollbackLeavesEverythingAsItWas() throws {
    let database = try open()
    try put(100..<200, in: database)
    let before = try disk.contents(of: "/db")
    let free = database.freeByteCount
    for way in 0..<3 {
      let transaction = try database.write()
      let bucket = try transaction.bucketOrNew(name)
      for number in 150..<300 { try bucket.put("changed", for: "\(number)") }
      for number in 100..<120 { try bucket.delete(Array("\(number)".utf8)) }
      _ = try transaction.bucketOrNew([1]).bucketOrNew([2])
      switch way {
      case 0: transaction.rollback()
      case 1:
        try transaction.deleteBucket(name)
        transaction.rollback()
        transaction.rollback()
      default: break
      }
    }
    #expect(try disk.contents(of: "/db") == before)
    #expect(database.freeByteCount == free)
    // What the transactions took is free again, and what they freed is in use.
    try put(300..<301, in: database)
    let reader = database.read()
    #expect(reader.check().faults == [])
    #expect(reader.id == TransactionID(rawValue: 3))
    #expect(try reader.bucket(name)?.keys().count == 101)
    #expect(reader.check().freePageCount * 1024 == database.freeByteCount)
  }

  @Test func readersSeeTheStateTheyBeganWith() throws {
    let database = try open()
    var readers: [ReadTransaction] = []
    for byte in UInt8(1)...10 {
      try put(100..<200, byte, in: database)
      readers.append(database.read())
    }
    for (index, reader) in readers.enumerated() {
      #expect(try values(reader) == [[UInt8](repeating: UInt8(index + 1), count: 100)])
      #expect(reader.check().faults == [])
    }
  }

  @Test func anEmptyCommitIsAState() throws {
    let database = try open()
    try put(100..<200, in: database)
    try database.write().commit()
    let reader = database.read()
    #expect(reader.id == TransactionID(rawValue: 3))
    #expect(reader.check().faults == [])
    #expect(try reader.bucket(name)?.keys().count == 100)
  }

  // MARK: Pages

  @Test func pagesAreUsedAgainOnceNoReaderNeedsThem() throws {
    let database = try open()
    try put(100..<200, 1, in: database)
    var reader: ReadTransaction? = database.read()
    let start = database.read().highWaterMark.rawValue
    for byte in UInt8(2)..<12 { try put(100..<200, byte, in: database) }
    let grown = database.read().highWaterMark.rawValue
    // The reader's own pages are kept, and all that were in use since.
    #expect(grown > start * 5)
    if let reader { #expect(try values(reader) == [[UInt8](repeating: 1, count: 100)]) }
    reader = nil
    for byte in UInt8(12)..<30 { try put(100..<200, byte, in: database) }
    #expect(database.read().highWaterMark.rawValue == grown)
    #expect(try values(database.read()) == [[UInt8](repeating: 29, count: 100)])
  }

  @Test func withoutReadersTwoStatesAreEnough() throws {
    let database = try open()
    for byte in UInt8(1)..<100 { try put(100..<200, byte, in: database) }
    // About 15 pages each, the one before and the one that is written.
    #expect(database.read().highWaterMark.rawValue < 60)
  }

  /// Pages that another reader of the same state needs are kept until the last of them has ended.
  @Test func everyReaderOfAStateCounts() throws {
    let database = try open()
    try put(100..<200, 1, in: database)
    var readers = (0..<3).map { _ in database.read() }
    while !readers.isEmpty {
      try put(100..<200, 2, in: database)
      #expect(try values(try #require(readers.last)) == [[UInt8](repeating: 1, count: 100)])
      readers.removeLast()
    }
  }

  // MARK: The freelist

  @Test func theFreelistIsStoredOrNotAsEachOpeningSays() throws {
    var model: [Int] = []
    for opening in 0..<8 {
      let stores = opening % 4 < 2
      let database = try open(.writing(pageByteCount: 1024, storesFreelist: stores))
      try put(opening * 50..<opening * 50 + 100, in: database)
      model += opening * 50..<opening * 50 + 100
      let reader = database.read()
      #expect((reader.meta.freelist == Meta.freelistNotStored) == !stores)
      #expect(reader.check().faults == [])
      #expect(reader.check().freePageCount * 1024 == database.freeByteCount)
      #expect(try reader.bucket(name)?.keys().count == Set(model).count)
    }
  }

  @Test func pendingPagesAreWrittenDownAsFree() throws {
    do {
      let database = try open(.writing(pageByteCount: 1024, storesFreelist: true))
      try put(100..<200, 1, in: database)
      let reader = database.read()
      try put(100..<200, 2, in: database)
      try put(100..<200, 3, in: database)
      #expect(reader.check().usedPageCount > 0)
      #expect(database.read().check().faults == [])
    }
    // Whoever opens the file has no readers.
    let database = try open(.writing(pageByteCount: 1024, storesFreelist: true))
    let mark = database.read().highWaterMark
    try put(100..<200, 4, in: database)
    #expect(database.read().highWaterMark == mark)
    #expect(database.read().check().faults == [])
  }

  @Test func aFreelistLongerThanItsCountCanSayIsStored() throws {
    let options = Database.Options.writing(pageByteCount: 1024, storesFreelist: true)
    let count: Int
    do {
      let database = try open(options)
      try database.update {
        try $0.bucketOrNew(name).put([UInt8](repeating: 1, count: 70_000 * 1024), for: [1])
      }
      try database.update { try $0.deleteBucket(name) }
      let report = database.read().check()
      #expect(report.faults == [])
      #expect(report.freePageCount > 70_000)
      count = report.freePageCount
    }
    let database = try open(options)
    #expect(database.freeByteCount == count * 1024)
    try put(100..<200, in: database)
    #expect(database.read().check().faults == [])
  }

  // MARK: The file

  @Test func theFileGrowsByPowersOfTwoAndThenBySixteenMebibytes() {
    for (needed, grown) in [
      (1, 32 << 10), (32 << 10, 32 << 10), ((32 << 10) + 1, 64 << 10), (5 << 20, 8 << 20),
      (16 << 20, 16 << 20), ((16 << 20) + 1, (32 << 20) + 1), (100 << 20, 116 << 20),
    ] {
      #expect(Database.grownByteCount(for: needed) == grown)
    }
  }

  @Test func moreIsMappedThanTheFileHas() {
    #expect(Database.mappedByteCount(for: 0) == 32 << 20)
    #expect(Database.mappedByteCount(for: 16 << 20) == 32 << 20)
    #expect(Database.mappedByteCount(for: 1 << 30) == 2 << 30)
    #expect(Database.mappedByteCount(for: .max) == .max)
  }

  @Test func theFileIsNeverShorterThanItsPages() throws {
    let database = try open()
    for number in 1..<60 {
      try put(number * 20..<number * 40, in: database)
      let reader = database.read()
      #expect(try database.byteCount() >= reader.byteCount + 1024)
    }
  }

  @Test func aReaderKeepsTheMappingThatItBeganWith() throws {
    let database = try open(.writing())
    try put(100..<200, 1, in: database)
    let old = database.read()
    let mapped = Database.mappedByteCount(for: 0)
    // More than is mapped, in pieces.
    for number in UInt8(0)..<9 {
      try database.update {
        try $0.bucketOrNew(name).put([UInt8](repeating: number, count: 5 << 20), for: [number])
      }
    }
    let new = database.read()
    #expect(new.byteCount > mapped)
    #expect(new.check().faults == [])
    #expect(old.check().faults == [])
    #expect(try values(old) == [[UInt8](repeating: 1, count: 100)])
    for number in UInt8(0)..<9 {
      let value = try #require(try new.bucket(name)?.copy(of: [number]))
      #expect(value.count == 5 << 20 && value.first == number && value.last == number)
    }
    try put(100..<200, 2, in: database)
    #expect(try values(old) == [[UInt8](repeating: 1, count: 100)])
  }

  // MARK: What is written

  @Test func pagesAreSyncedBeforeTheMetaPageThatLeadsToThem() throws {
    let database = try open()
    try put(100..<200, in: database)
    let start = disk.operationCount
    try put(150..<250, in: database)
    let operations = Array(disk.operations[start...])
    let meta = SimulatedDisk.Operation.write("/db", offset: 1024, byteCount: 1024)
    #expect(operations.suffix(3) == [.syncData("/db"), meta, .syncData("/db")])
    var end = 0
    for operation in operations.dropLast(3) {
      switch operation {
      case .write(_, let offset, let byteCount):
        #expect(offset >= end && offset >= 2048)
        end = offset + byteCount
      case .truncate, .sync: break
      default: Issue.record("\(operation)")
      }
    }
    #expect(end > 0)
  }

  @Test func noPageOfTheCurrentStateIsOverwritten() throws {
    let database = try open()
    var generator = SeededGenerator(seed: 9)
    var model = BoltModel()
    for _ in 0..<60 {
      let reader = database.read()
      var used: Set<UInt64> = []
      var walk = TreeWalk(reader, comparesKeys: false)
      try walk.run(from: reader.meta.root) { fault throws(BoltError) in throw fault }
      used.formUnion(walk.reached.ascending)
      used.subtract([0, 1])
      let start = disk.operationCount
      try database.update { transaction in
        for _ in 0..<30 { try model.change(transaction, using: &generator) }
      }
      for case .write(_, let offset, let byteCount) in disk.operations[start...] {
        let pages = UInt64(offset / 1024)..<UInt64((offset + byteCount) / 1024)
        #expect(used.isDisjoint(with: pages))
        if pages.contains(0) || pages.contains(1) {
          #expect(byteCount == 1024 && pages.contains((reader.id.rawValue + 1) % 2))
        }
      }
    }
  }
}
