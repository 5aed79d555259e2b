@testable import Bolt

import FileIO
import TestSupport
import Testing

/// What a file can lead a writer into.
///
/// The danger: a page is given back that is in use elsewhere, is written anew, and what was left of the
/// data is gone; or the writer's own recursion has no end. Such a file is not opened for writing; but
/// another program may write into one that is open, and ignore its lock.
@Suite struct HostileWriterTests {
  private func page(_ number: UInt64) -> PageID { PageID(rawValue: number) }

  /// Opens a sound file, into which another program then writes.
  private func open(_ damaged: BoltImage) throws -> Database {
    let disk = try SmallDatabase.image().disk()
    let options = Database.Options.writing(pageByteCount: 1024, storesFreelist: true)
    let database = try Database("/db", options, in: disk)
    try File("/db", .update, in: disk).write(damaged.bytes, at: 0)
    return database
  }

  private func put(_ bucket: String, _ key: String, in transaction: WriteTransaction) throws {
    try transaction.bucketOrNew(Array(bucket.utf8)).put("changed", for: key)
  }

  // MARK: What is not opened

  @Test(arguments: [true, false]) func aFaultyTreeIsNotOpened(storesFreelist: Bool) throws {
    let options = Database.Options.writing(pageByteCount: 1024)
    let sound = SmallDatabase.image(storesFreelist: storesFreelist)
    var image = sound
    image.setBranch(4, [("a", 5), ("m", 5)])
    #expect(throws: BoltError.pageReachedTwice(page: page(5))) { try image.open(options) }
    image = sound
    image.setLeaf(7, [.bucket("self", root: 7)])
    #expect(throws: BoltError.pageReachedTwice(page: page(7))) { try image.open(options) }
    image = sound
    image.setLeaf(7, [.bucket("meta", root: 1)])
    #expect(throws: BoltError.metaPageReached(page: page(1))) { try image.open(options) }
    image = sound
    image.setBranch(4, [("a", 5), ("m", 11)])
    #expect(throws: BoltError.pageOutOfRange(page: page(11), limit: 11)) {
      try image.open(options)
    }
  }

  @Test func aFreelistThatIsNoneIsNotOpened() throws {
    let options = Database.Options.writing(pageByteCount: 1024)
    var image = SmallDatabase.image()
    image.setLeaf(2, [])
    #expect(throws: BoltError.pageKind(page: page(2), found: .leaf, expected: "freelist")) {
      try image.open(options)
    }
    image = SmallDatabase.image()
    image.set(2, 12, UInt32(1))
    #expect(throws: BoltError.pageReachedTwice(page: page(3))) { try image.open(options) }
  }

  /// Whatever the stored freelist says, nothing that is in use is written over.
  @Test(
    arguments: [[], [2], [3, 4], [4, 5, 6, 7, 8, 9], [10, 10], [0, 1], [11, .max]] as [[UInt64]]
  )
  func aFreelistThatIsWrongDoesNoHarm(pages: [UInt64]) throws {
    var image = SmallDatabase.image()
    image.setFreelist(2, pages)
    #expect(try image.open().read().check().faults != [])
    let disk = try image.disk()
    let options = Database.Options.writing(pageByteCount: 1024, storesFreelist: true)
    let database = try Database("/db", options, in: disk)
    for number in 0..<10 {
      try database.update { try put("large", "b\(number)", in: $0) }
      #expect(database.read().check().faults == [])
    }
    #expect(try database.read().bucket("tree")?.text("a") == "value of a")
    #expect(try database.read().bucket("tree")?.text("n") == "value of n")
  }

  // MARK: What another program writes

  @Test func aPageOfTwoBucketsIsNotGivenBackTwice() throws {
    var image = SmallDatabase.image()
    image.setLeaf(3, [.bucket("first", root: 7), .bucket("second", root: 7)])
    let database = try open(image)
    let before = try database.read().root.bucket(Array("first".utf8))?.keys()
    let transaction = try database.write()
    try put("first", "a", in: transaction)
    try put("second", "b", in: transaction)
    #expect(throws: BoltError.pageInUseIsFree(page: page(7))) { try transaction.commit() }
    // Nothing has happened.
    #expect(try database.read().root.bucket(Array("first".utf8))?.keys() == before)
    #expect(database.read().id == TransactionID(rawValue: 7))
    // Nor when both go.
    let deletion = try database.write()
    try deletion.deleteBucket(Array("first".utf8))
    #expect(throws: BoltError.pageInUseIsFree(page: page(7))) {
      try deletion.deleteBucket(Array("second".utf8))
    }
    #expect(throws: BoltError.pageInUseIsFree(page: page(7))) { try deletion.commit() }
    #expect(try database.read().root.bucket(Array("first".utf8))?.keys() == before)
  }

  @Test func aPageOfTwoBranchesIsNotWrittenTwice() throws {
    var image = SmallDatabase.image()
    image.setBranch(4, [("a", 6), ("m", 6)])
    let database = try open(image)
    let transaction = try database.write()
    try put("tree", "a", in: transaction)
    try put("tree", "n", in: transaction)
    #expect(throws: BoltError.pageReachedTwice(page: page(6))) { try transaction.commit() }
  }

  @Test func aFreePageInUseIsNotRead() throws {
    var image = SmallDatabase.image()
    image.setBranch(4, [("a", 5), ("m", 10)])
    image.setLeaf(10, [.pair("m", "")])
    let database = try open(image)
    let transaction = try database.write()
    let error = BoltError.pageInUseIsFree(page: page(10))
    #expect(throws: error) { try put("tree", "n", in: transaction) }
    #expect(throws: error) { try transaction.commit() }
    #expect(database.read().id == TransactionID(rawValue: 7))
  }

  @Test func anOverflowPageThatIsFreeIsNotRead() throws {
    var image = SmallDatabase.image()
    image.set(8, 12, UInt32(2))
    let database = try open(image)
    let transaction = try database.write()
    let error = BoltError.pageInUseIsFree(page: page(10))
    #expect(throws: error) { try put("large", "n", in: transaction) }
    #expect(throws: error) { try transaction.commit() }
  }

  @Test func aBranchThatIsItsOwnChildEnds() throws {
    for children in [[4, 6], [5, 4], [4, 4]] as [[UInt64]] {
      var image = SmallDatabase.image()
      image.setBranch(4, [("a", children[0]), ("m", children[1])])
      let database = try open(image)
      let transaction = try database.write()
      for key in ["a", "b", "m", "n"] {
        try? put("tree", key, in: transaction)
        try? transaction.bucketOrNew(Array("tree".utf8)).delete(Array(key.utf8))
      }
      #expect(throws: BoltError.self) { try transaction.commit() }
      #expect(throws: BoltError.self) { try database.write().deleteBucket(Array("tree".utf8)) }
      #expect(database.read().id == TransactionID(rawValue: 7))
    }
  }

  @Test func aBucketInItselfIsNotDeleted() throws {
    var image = SmallDatabase.image()
    image.setLeaf(7, (10..<38).map { .bucket("\($0)", root: 7) })
    let database = try open(image)
    let transaction = try database.write()
    // By itself, and with the bucket around it.
    let error = BoltError.pageReachedTwice(page: page(7))
    let tree = try transaction.bucketOrNew(Array("tree".utf8))
    #expect(throws: error) { try tree.deleteBucket(Array("bucket".utf8)) }
    #expect(throws: error) { try transaction.deleteBucket(Array("tree".utf8)) }
    // What could not be deleted is still there, and the rest can be committed.
    try put("large", "a", in: transaction)
    try transaction.commit()
    #expect(try database.read().bucket("tree")?.bucket(Array("bucket".utf8))?.keys().count == 28)
    #expect(try database.read().bucket("large")?.text("a") == "changed")
  }

  @Test func aBucketWithALostPageIsNotHalfDeleted() throws {
    var image = SmallDatabase.image()
    image.set(6, 0, UInt64(60))
    let database = try open(image)
    let transaction = try database.write()
    #expect(throws: BoltError.pageNumber(page: page(6), found: page(60))) {
      try transaction.deleteBucket(Array("tree".utf8))
    }
    try put("large", "a", in: transaction)
    try transaction.commit()
    for byte in 0..<20 {
      try database.update { try put("large", "b\(byte)", in: $0) }
    }
    // Its pages were not free: they hold what they held.
    #expect(try database.read().bucket("tree")?.text("a") == "value of a")
    #expect(try database.read().bucket("tree")?.bucket(Array("bucket".utf8))?.keys().count == 2)
  }

  @Test func separatorsThatDoNotAscendLeadNobodyRound() throws {
    var image = SmallDatabase.image()
    for (page, keys) in [(UInt64(5), ["a", "b"]), (6, ["a", "b"])] {
      image.setLeaf(page, keys.map { .pair($0, "") })
    }
    for keys in [["m", "a"], ["m", "m"], ["a", "a"], ["", ""]] {
      image.setBranch(4, [(keys[0], 5), (keys[1], 6)])
      let database = try open(image)
      let transaction = try database.write()
      let tree = try transaction.bucketOrNew(Array("tree".utf8))
      for start in ["", "a", "b", "m", "z"] {
        _ = try? Array(start.utf8).withUnsafeBytes { try tree.element(after: $0, orEqual: false) }
      }
      transaction.rollback()
    }
  }

  @Test func elementsThatShareTheirBytesAreNotWrittenOneByOne() throws {
    // Sixty elements of almost a page each: 60 times the file, and a million times with a large one.
    var image = SmallDatabase.image()
    image.setLeaf(7, (10..<40).map { .pair("\($0)", "") })
    for slot in 0..<30 { image.set(7, 16 + 16 * slot + 12, UInt32(400)) }
    let database = try open(image)
    let transaction = try database.write()
    let tree = try transaction.bucketOrNew(Array("tree".utf8))
    let bucket = try #require(try tree.bucket(Array("bucket".utf8)))
    let error = BoltError.elementsOverlap(page: page(7), byteCount: 16 + 30 * 418, limit: 1024)
    #expect(throws: error) { try bucket.put("changed", for: "10") }
  }

  /// A file whose length says more than the disk holds.
  @Test func aFileOfHolesTakesNoMemoryOfItsLength() throws {
    let folder = try TemporaryFolder()
    var image = SmallDatabase.image(storesFreelist: false)
    let path = folder.path("db")
    for byteCount in [1 << 40, 1 << 42, 1 << 43] as [UInt64] {
      image.setMeta(freelist: nil, highWaterMark: byteCount / 1024)
      let fileSystem = LocalFileSystem()
      try fileSystem.setContents(of: path, to: image.bytes)
      do {
        // Not every file system has files so long; what it says then is as good.
        try File(path, .update, in: fileSystem).truncate(to: Int(byteCount))
      } catch {
        continue
      }
      let error = BoltError.tooManyPages(count: byteCount / 1024, limit: 1 << 32)
      if byteCount / 1024 > Limits.pageCount {
        #expect(throws: error) { try Database(path, .reading) }
        #expect(throws: error) { try Database(path) }
      } else if byteCount == 1 << 40 {
        let database = try Database(path)
        #expect(try database.read().bucket("tree")?.text("a") == "value of a")
        try database.update { try $0.bucketOrNew([1]).put([2], for: [3]) }
        #expect(database.read().check().faults == [])
      }
    }
  }
}
