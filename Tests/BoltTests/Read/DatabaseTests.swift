@testable import Bolt

import FileIO
import TestSupport
import Testing

@Suite struct DatabaseTests {
  private let disk = SimulatedDisk()

  private func open(_ options: Database.Options = Database.Options()) throws -> Database {
    try Database("/db", options, in: disk)
  }

  private func put(_ key: String, _ value: String = "value", in database: Database) throws {
    try database.update { try $0.bucketOrNew(Array("bucket".utf8)).put(value, for: key) }
  }

  // MARK: A new file

  @Test(arguments: [1024, 4096, 65536]) func aNewFileIsTheOneThatBboltMakes(size: Int) throws {
    _ = try open(.writing(pageByteCount: size))
    let bytes = try disk.contents(of: "/db")
    #expect(bytes.count == 4 * size)
    for number in 0..<4 {
      let page = Array(bytes[number * size..<(number + 1) * size])
      let flags: PageFlags = number < 2 ? .meta : number == 2 ? .freelist : .leaf
      #expect(Array(page[..<8]) == littleEndian(UInt64(number)))
      #expect(Array(page[8..<16]) == littleEndian(UInt64(flags.rawValue)))
      if number > 1 {
        #expect(page[16...].allSatisfy { $0 == 0 })
        continue
      }
      let meta = try page.withUnsafeBytes { try Meta.read($0).get() }
      #expect(meta.root == PageID(rawValue: 3))
      #expect(meta.freelist == PageID(rawValue: 2))
      #expect(meta.highWaterMark == PageID(rawValue: 4))
      #expect(meta.transaction == TransactionID(rawValue: UInt64(number)))
      #expect(meta.pageByteCount == size)
    }
    #expect(disk.operations.last == .syncData("/db"))
  }

  @Test func aFileThatIsNotThereIsNotMadeForReading() throws {
    let error = #expect(throws: BoltError.self) { try open(.reading) }
    guard case .file(let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.isNotFound)
    #expect(try disk.kind(of: "/db") == nil)
  }

  @Test func aDirectoryIsRefused() throws {
    try disk.makeDirectory("/db")
    for options in [Database.Options(), .reading] {
      let error = #expect(throws: BoltError.self) { try open(options) }
      guard case .file(.failed(.open, "/db", _)) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  // MARK: What is opened again

  @Test func whatWasCommittedIsThereWhenItIsOpenedAgain() throws {
    do {
      let database = try open()
      try put("a", in: database)
      try put("b", in: database)
    }
    let bucket = try #require(try open().read().bucket("bucket"))
    #expect(try bucket.keys() == ["a", "b"])
  }

  @Test func readingWritesNothing() throws {
    try put("a", in: try open())
    let before = try disk.contents(of: "/db")
    let count = disk.operationCount
    do {
      let database = try open(.reading)
      let reader = database.read()
      #expect(reader.check().faults == [])
      #expect(try reader.bucket("bucket")?.keys() == ["a"])
      #expect(throws: BoltError.openedForReading) { try database.write() }
    }
    #expect(disk.operationCount == count)
    #expect(try disk.contents(of: "/db") == before)
  }

  @Test func theStoredPageSizeIsTakenAndNotTheOptions() throws {
    try put("a", in: try open(.writing(pageByteCount: 1024)))
    let database = try open(.writing(pageByteCount: 16384))
    #expect(database.pageByteCount == 1024)
    try put("b", in: database)
    #expect(try database.read().bucket("bucket")?.keys() == ["a", "b"])
  }

  @Test func transactionsAreCountedOn() throws {
    var database = try open()
    #expect(database.read().id == TransactionID(rawValue: 1))
    try put("a", in: database)
    #expect(database.read().id == TransactionID(rawValue: 2))
    let transaction = try database.write()
    #expect(transaction.id == TransactionID(rawValue: 3))
    transaction.rollback()
    database = try Database("/copy", in: try disk.copy(of: "/db", to: "/copy"))
    #expect(database.read().id == TransactionID(rawValue: 2))
  }

  // MARK: Meta pages

  /// A file of two commits after the first, and what each state holds.
  private func twoStates(pageByteCount: Int) throws -> BoltImage {
    let database = try open(.writing(pageByteCount: pageByteCount))
    try put("old", in: database)
    try put("new", in: database)
    return BoltImage(try disk.contents(of: "/db"), pageByteCount: pageByteCount)
  }

  @Test(arguments: (10...16).map { 1 << $0 }, 0...1)
  func withOneMetaPageLostTheOtherIsTaken(size: Int, lost: Int) throws {
    var image = try twoStates(pageByteCount: size)
    // Every field is guarded; the last byte is one of the checksum.
    image.bytes[lost * size + 79] ^= 1
    let database = try image.open()
    #expect(database.pageByteCount == size)
    let reader = database.read()
    // Transaction 3 is on page 1, and transaction 2 on page 0.
    #expect(reader.id == TransactionID(rawValue: lost == 0 ? 3 : 2))
    #expect(try reader.bucket("bucket")?.keys() == (lost == 0 ? ["new", "old"] : ["old"]))
    #expect(reader.check().faults == [])
    // And goes on from there.
    let writer = try image.open(.writing())
    try put("newer", in: writer)
    #expect(try writer.read().bucket("bucket")?.text("newer") == "value")
    #expect(writer.read().check().faults == [])
  }

  @Test func theMetaPageWithTheLargerTransactionIsTaken() throws {
    for (first, second, taken) in [(UInt64(8), UInt64(7), UInt64(8)), (8, 9, 9), (5, 5, 5)] {
      var image = BoltImage(pageCount: 4)
      image.setLeaf(3, [])
      image.setMeta(transaction: first)
      let meta = try image.bytes.withUnsafeBytes { try Meta.read($0).get() }
      for (page, transaction) in [(0, first), (1, second)] {
        var changed = meta
        changed.transaction.rawValue = transaction
        image.setMeta(page, changed)
      }
      #expect(try image.open().read().id == TransactionID(rawValue: taken))
    }
  }

  @Test func withoutAMetaPageTheFileIsNone() throws {
    var image = try twoStates(pageByteCount: 4096)
    image.bytes[16] = 0
    image.bytes[4096 + 20] = 9
    let error = BoltError.noMeta(
      first: .magic(found: 0xED0C_DA00),
      second: .version(found: 9)
    )
    #expect(throws: error) { try image.open() }
    #expect(throws: error) { try image.open(.writing()) }
    #expect(
      "\(error)"
        == "not a bolt database: meta page 0: magic 0xed0cda00, expected 0xed0cdaed; "
        + "meta page 1: version 9, expected 2"
    )
  }

  @Test func aMetaPageOfAnotherPageSizeIsNotTheSecondOne() throws {
    // Page 1 of pages of 4096 bytes says that pages have 8192: a file in a file.
    var image = BoltImage(pageCount: 4, pageByteCount: 4096)
    image.setLeaf(3, [])
    let meta = try image.bytes.withUnsafeBytes { try Meta.read($0).get() }
    var other = meta
    other.pageByteCount = 8192
    other.transaction.rawValue = 100
    image.setMeta(1, other)
    #expect(try image.open().read().id == meta.transaction)
    image.bytes[16] = 0
    #expect(throws: BoltError.self) { try image.open() }
  }

  @Test func aRootOrFreelistThatCannotBeIsRefused() throws {
    for (root, freelist, error) in [
      (UInt64(0), UInt64(2), BoltError.metaPageReached(page: PageID(rawValue: 0))),
      (1, 2, .metaPageReached(page: PageID(rawValue: 1))),
      (4, 2, .pageOutOfRange(page: PageID(rawValue: 4), limit: 4)),
      (.max, 2, .pageOutOfRange(page: PageID(rawValue: .max), limit: 4)),
      (3, 0, .metaPageReached(page: PageID(rawValue: 0))),
      (3, 1, .metaPageReached(page: PageID(rawValue: 1))),
      (3, 4, .pageOutOfRange(page: PageID(rawValue: 4), limit: 4)),
      (3, .max - 1, .pageOutOfRange(page: PageID(rawValue: .max - 1), limit: 4)),
    ] {
      var image = BoltImage(pageCount: 4)
      image.setLeaf(3, [])
      image.setMeta(root: root, freelist: freelist)
      // A meta page that says to be what is looked for is none the less one.
      if root < 2 { image.set(root, 8, UInt16(2)) }
      if freelist < 2 { image.set(freelist, 8, UInt16(0x10)) }
      if root == .max { continue }
      #expect(throws: error) { try image.open() }
      #expect(throws: error) { try image.open(.writing()) }
    }
  }

  @Test(arguments: [UInt64(1) << 32, 1 << 33, 1 << 52, 1 << 54, 1 << 62, 1 << 63, .max])
  func aHighWaterMarkThatCannotBeIsRefused(mark: UInt64) throws {
    var image = BoltImage(pageCount: 4)
    image.setLeaf(3, [])
    image.setMeta(highWaterMark: mark)
    let error =
      mark > Limits.pageCount
      ? BoltError.tooManyPages(count: mark, limit: 1 << 32)
      : .fileTooShort(byteCount: 4096, expected: mark * 1024)
    #expect(throws: error) { try image.open() }
    #expect(throws: error) { try image.open(.writing()) }
  }

  @Test(arguments: [UInt64(0), 1, 2, 3]) func aHighWaterMarkBelowTheRootIsRefused(mark: UInt64)
    throws
  {
    var image = BoltImage(pageCount: 4)
    image.setLeaf(3, [])
    image.setMeta(freelist: nil, highWaterMark: mark)
    let error = BoltError.pageOutOfRange(page: PageID(rawValue: 3), limit: mark)
    #expect(throws: error) { try image.open() }
    #expect(throws: error) { try image.open(.writing()) }
  }

  // MARK: Files that were cut off

  @Test func aFileThatWasCutOffIsReadOnlyOnRequest() throws {
    var image = BoltImage(pageCount: 8)
    image.setLeaf(3, [.bucket("bucket", root: 4)])
    image.setBranch(4, [("a", 5), ("m", 7)])
    image.setLeaf(5, [.pair("a", "1")])
    image.setLeaf(7, [.pair("m", "2")])
    image.setMeta(freelist: nil)
    image.bytes.removeLast(1024)
    let error = BoltError.fileTooShort(byteCount: 7168, expected: 8192)
    #expect(throws: error) { try image.open() }
    #expect(throws: error) { try image.open(.writing()) }
    var options = Database.Options.reading
    options.acceptsTruncation = true
    let reader = try image.open(options).read()
    let bucket = try #require(try reader.bucket("bucket"))
    #expect(try bucket.text("a") == "1")
    let fault = BoltError.pageOutOfRange(page: PageID(rawValue: 7), limit: 7)
    #expect(throws: fault) { try bucket.text("m") }
    #expect(reader.check().faults == [fault])
    // Writing to it would make the loss complete.
    options.isReadOnly = false
    #expect(throws: error) { try image.open(options) }
  }

  // MARK: Locks

  @Test func writersAndReadersOfOtherProcessesAreLockedOut() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("db")
    do {
      let writer = try Database(path)
      for options in [Database.Options(), .reading] {
        #expect(throws: BoltError.file(.locked(path: path))) { try Database(path, options) }
      }
      var options = Database.Options.reading
      options.takesLock = false
      let reader = try Database(path, options)
      #expect(!reader.hasChangedOnDisk())
      try put("a", in: writer)
      #expect(reader.hasChangedOnDisk())
      #expect(try reader.read().bucket("bucket") == nil)
    }
    let first = try Database(path, .reading)
    let second = try Database(path, .reading)
    #expect(try first.read().bucket("bucket")?.keys() == ["a"])
    #expect(try second.read().bucket("bucket")?.keys() == ["a"])
    #expect(throws: BoltError.file(.locked(path: path))) { try Database(path) }
  }

  // MARK: One writer, many readers

  @Test func thereIsOneWriterAtATime() throws {
    let database = try open()
    do {
      let first = try database.write()
      #expect(throws: BoltError.writerActive) { try database.write() }
      first.rollback()
      let second = try database.write()
      #expect(throws: BoltError.writerActive) { try database.write() }
      try second.commit()
    }
    do {
      // One that is neither committed nor rolled back ends with its last reference.
      let third = try database.write()
      _ = try third.bucketOrNew(Array("bucket".utf8))
    }
    _ = try database.write()
    #expect(try database.read().bucket("bucket") == nil)
  }

  @Test func theLastTransactionIsTheLast() throws {
    var image = BoltImage(pageCount: 4)
    image.setLeaf(3, [])
    image.setMeta(transaction: .max - 1)
    let database = try image.open(.writing())
    try put("a", in: database)
    #expect(database.read().id == TransactionID(rawValue: .max))
    #expect(throws: BoltError.lastTransaction(TransactionID(rawValue: .max))) {
      try database.write()
    }
    #expect(try database.read().bucket("bucket")?.keys() == ["a"])
  }

  @Test func sizesAreInBytes() throws {
    let database = try open()
    #expect(try database.byteCount() == 4 * 4096)
    #expect(database.read().byteCount == 4 * 4096)
    #expect(database.freeByteCount == 0)
    try put("a", String(repeating: "v", count: 100_000), in: database)
    let reader = database.read()
    #expect(reader.byteCount == Int(reader.highWaterMark.rawValue) * 4096)
    #expect(try database.byteCount() >= reader.byteCount)
    // The first root and the first freelist.
    #expect(database.freeByteCount == 2 * 4096)
    #expect(reader.check().freePageCount == 2)
  }
}

extension SimulatedDisk {
  /// Copies a file on the disk.
  func copy(of path: String, to target: String) throws -> SimulatedDisk {
    try setContents(of: target, to: try contents(of: path))
    return self
  }
}
