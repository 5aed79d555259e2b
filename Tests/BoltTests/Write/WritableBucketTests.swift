@testable import Bolt

import TestSupport
import Testing

@Suite struct WritableBucketTests {
  private let database: Database
  private let name = Array("bucket".utf8)

  init() throws {
    database = try Database("/db", .writing(pageByteCount: 1024), in: SimulatedDisk())
  }

  /// The keys of the bucket, as a reader sees them after the last commit, in a file without faults.
  private func keys() throws -> [String] {
    let reader = database.read()
    #expect(reader.check().faults == [])
    return try reader.bucket(name)?.keys() ?? []
  }

  // MARK: Values

  @Test func whatWasPutIsSeenInTheTransactionAndAfterIt() throws {
    let transaction = try database.write()
    let bucket = try transaction.bucketOrNew(name)
    try bucket.put("1", for: "a")
    try bucket.put("", for: "b")
    #expect(try bucket.text("a") == "1")
    #expect(try bucket.text("b") == "")
    #expect(try bucket.text("c") == nil)
    try bucket.put("2", for: "a")
    #expect(try bucket.text("a") == "2")
    try bucket.delete(Array("b".utf8))
    #expect(try bucket.text("b") == nil)
    #expect(try keys() == [])
    try transaction.commit()
    #expect(try keys() == ["a"])
    #expect(try database.read().bucket(name)?.text("a") == "2")
  }

  @Test func whatTheCallerChangesLaterIsNotStored() throws {
    try database.update { transaction in
      let bucket = try transaction.bucketOrNew(name)
      var (key, value): ([UInt8], [UInt8]) = ([1, 1], [2, 2])
      try key.withUnsafeMutableBytes { key in
        try value.withUnsafeMutableBytes { value in
          try bucket.put(UnsafeRawBufferPointer(value), for: UnsafeRawBufferPointer(key))
          key[0] = 9
          value[0] = 9
        }
      }
    }
    let bucket = try #require(try database.read().bucket(name))
    #expect(try bucket.copy(of: [1, 1]) == [2, 2])
    #expect(try bucket.keys().count == 1)
  }

  @Test func aKeyWithoutBytesIsRefused() throws {
    try database.update { transaction in
      let bucket = try transaction.bucketOrNew(name)
      #expect(throws: BoltError.keyEmpty) { try bucket.put([1], for: []) }
      #expect(throws: BoltError.keyEmpty) { try bucket.bucketOrNew([]) }
      #expect(throws: BoltError.keyEmpty) { try transaction.bucketOrNew([]) }
      #expect(try bucket.value(for: []) == nil)
      #expect(try bucket.bucket([]) == nil)
      try bucket.delete([])
      #expect(throws: BoltError.bucketMissing(name: [])) { try bucket.deleteBucket([]) }
    }
    #expect(try keys() == [])
    #expect(try database.read().root.keys() == ["bucket"])
  }

  @Test func keysAreAsLongAsBboltAllows() throws {
    let longest = [UInt8](repeating: 0x6B, count: 32768)
    try database.update { transaction in
      let bucket = try transaction.bucketOrNew(name)
      try bucket.put([1], for: longest)
      _ = try bucket.bucketOrNew([UInt8](repeating: 0x6C, count: 32768))
      let error = BoltError.tooLarge(byteCount: 32769, limit: 32768)
      #expect(throws: error) { try bucket.put([1], for: longest + [0]) }
      #expect(throws: error) { try bucket.bucketOrNew(longest + [0]) }
    }
    let bucket = try #require(try database.read().bucket(name))
    #expect(try bucket.copy(of: longest) == [1])
    #expect(try bucket.keys().map(\.utf8.count) == [32768, 32768])
    #expect(try keys().count == 2)
  }

  @Test func aValueBeyondTheLimitIsRefused() throws {
    let transaction = try database.write()
    let bucket = try transaction.bucketOrNew(name)
    let error = BoltError.tooLarge(byteCount: (1 << 31) - 1, limit: (1 << 31) - 2)
    // Its length is looked at before its bytes are: there need be none.
    let place = try #require(UnsafeRawPointer(bitPattern: 4096))
    let value = UnsafeRawBufferPointer(start: place, count: (1 << 31) - 1)
    #expect(throws: error) {
      try [UInt8(1)].withUnsafeBytes { try bucket.put(value, for: $0) }
    }
  }

  @Test(arguments: [0, 1, 200, 979, 980, 981, 1024, 2000, 5000, 100_000])
  func valuesOfEverySizeAreStored(byteCount: Int) throws {
    let value = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for number in 0..<6 {
      try database.update { try $0.bucketOrNew(name).put(value, for: [UInt8(number), 1]) }
    }
    let reader = database.read()
    #expect(reader.check().faults == [])
    for number in 0..<6 {
      #expect(try reader.bucket(name)?.copy(of: [UInt8(number), 1]) == value)
    }
  }

  // MARK: Buckets and values do not mix

  @Test func aValueIsNoBucketAndABucketIsNoValue() throws {
    try database.update { transaction in
      let bucket = try transaction.bucketOrNew(name)
      try bucket.put("1", for: "value")
      _ = try bucket.bucketOrNew(Array("inner".utf8))
    }
    try database.update { transaction in
      let bucket = try transaction.bucketOrNew(name)
      let (value, inner) = (Array("value".utf8), Array("inner".utf8))
      #expect(throws: BoltError.bucketAndValue(key: value)) { try bucket.bucket(value) }
      #expect(throws: BoltError.bucketAndValue(key: value)) { try bucket.bucketOrNew(value) }
      #expect(throws: BoltError.bucketAndValue(key: value)) { try bucket.deleteBucket(value) }
      #expect(throws: BoltError.bucketAndValue(key: inner)) { try bucket.put([1], for: inner) }
      #expect(throws: BoltError.bucketAndValue(key: inner)) { try bucket.delete(inner) }
      #expect(try bucket.value(for: inner) == nil)
    }
    #expect(try keys() == ["inner", "value"])
    #expect(try database.read().bucket(name)?.text("value") == "1")
  }

  @Test func theRootTakesNoValues() throws {
    let transaction = try database.write()
    #expect(throws: BoltError.bucketAndValue(key: [1])) { try transaction.root.put([2], for: [1]) }
  }

  // MARK: What lies between

  private func after(_ key: String, orEqual: Bool, in bucket: WritableBucket) throws -> String? {
    try Array(key.utf8).withUnsafeBytes { bytes in
      try bucket.element(after: bytes, orEqual: orEqual).map {
        String(decoding: $0.key, as: UTF8.self)
      }
    }
  }

  @Test func theNextElementIsFoundAmongPagesAndChanges() throws {
    var keys = Set((1000..<1400).map { "\($0)" })
    try database.update { transaction in
      let bucket = try transaction.bucketOrNew(name)
      for key in keys { try bucket.put(key, for: key) }
    }
    let transaction = try database.write()
    let bucket = try transaction.bucketOrNew(name)
    var generator = SeededGenerator(seed: 3)
    for round in 0..<400 {
      let number = Int.random(in: 990..<1410, using: &generator)
      let key = "\(number)"
      if Bool.random(using: &generator) {
        try bucket.put(key, for: key)
        keys.insert(key)
      } else {
        try bucket.delete(Array(key.utf8))
        keys.remove(key)
      }
      if round == 200 {
        // Whole leaves are empty now, and the transaction has not yet merged them.
        for number in 1100..<1300 {
          try bucket.delete(Array("\(number)".utf8))
          keys.remove("\(number)")
        }
      }
      let sought = "\(Int.random(in: 980..<1420, using: &generator))"
      #expect(
        try after(sought, orEqual: true, in: bucket) == keys.filter { $0 >= sought }.min()
      )
      #expect(
        try after(sought, orEqual: false, in: bucket) == keys.filter { $0 > sought }.min()
      )
    }
    #expect(try after("", orEqual: true, in: bucket) == keys.min())
  }

  @Test func theNextElementSaysWhetherItIsABucket() throws {
    try database.update { transaction in
      let bucket = try transaction.bucketOrNew(name)
      _ = try bucket.bucketOrNew(Array("b".utf8))
      let found = try [UInt8(0)].withUnsafeBytes { try bucket.element(after: $0, orEqual: true) }
      #expect(found?.isBucket == true)
    }
    let transaction = try database.write()
    let bucket = try transaction.bucketOrNew(name)
    let found = try [UInt8(0)].withUnsafeBytes { try bucket.element(after: $0, orEqual: true) }
    #expect(found?.isBucket == true)
  }

  // MARK: Buckets

  @Test func aSmallBucketLiesInlineUpToAQuarterOfAPage() throws {
    // A page header, an element, a key of one byte, and values up to 256 bytes in all.
    for (byteCount, isInline) in [(0, true), (223, true), (224, false), (500, false), (10, true)] {
      try database.update { transaction in
        let value = [UInt8](repeating: 7, count: byteCount)
        try transaction.bucketOrNew(name).put(value, for: [1])
      }
      let reader = database.read()
      #expect(try reader.bucket(name)?.isInline == isInline, "\(byteCount)")
      #expect(try reader.bucket(name)?.copy(of: [1])?.count == byteCount)
      #expect(reader.check().faults == [])
    }
  }

  @Test func aBucketWithBucketsInItIsNeverInline() throws {
    try database.update { _ = try $0.bucketOrNew(name).bucketOrNew([1]) }
    let bucket = try #require(try database.read().bucket(name))
    #expect(!bucket.isInline)
    #expect(try bucket.bucket([1])?.isInline == true)
  }

  @Test func theSequenceIsKept() throws {
    try database.update { transaction in
      #expect(try transaction.bucketOrNew(name).sequence == 0)
      try transaction.bucketOrNew(name).setSequence(77)
      try transaction.root.setSequence(88)
      #expect(try transaction.bucketOrNew(name).sequence == 77)
    }
    #expect(try database.read().bucket(name)?.sequence == 77)
    #expect(database.read().root.sequence == 88)
    // Still so when something else is changed, inline and not.
    for byteCount in [10, 1000] {
      try database.update { transaction in
        let value = [UInt8](repeating: 7, count: byteCount)
        try transaction.bucketOrNew(name).put(value, for: [1])
      }
      #expect(try database.read().bucket(name)?.sequence == 77)
      #expect(database.read().root.sequence == 88)
    }
  }

  @Test func bucketsAreMadeAndFoundInEachOther() throws {
    try database.update { transaction in
      var bucket = transaction.root
      for level in 1...20 {
        bucket = try bucket.bucketOrNew([UInt8(level)])
        try bucket.put([UInt8(level)], for: [100])
      }
    }
    try database.update { transaction in
      var bucket = transaction.root
      for level in 1...20 {
        bucket = try #require(try bucket.bucket([UInt8(level)]))
        #expect(try bucket.value(for: [100]).map { Array($0) } == [UInt8(level)])
      }
      try bucket.put([0], for: [100])
    }
    let reader = database.read()
    #expect(reader.check().faults == [])
    var bucket = reader.root
    for level in 1...20 {
      bucket = try #require(try bucket.bucket([UInt8(level)]))
      #expect(try bucket.copy(of: [100]) == [level == 20 ? 0 : UInt8(level)])
    }
  }

  @Test func bucketsInBucketsEndWhereReadersEnd() throws {
    try database.update { transaction in
      var bucket = transaction.root
      for _ in 0..<Limits.nesting { bucket = try bucket.bucketOrNew([1]) }
      #expect(throws: BoltError.bucketsTooDeep(limit: 64)) { try bucket.bucketOrNew([1]) }
    }
    #expect(database.read().check().faults == [])
  }

  // MARK: Deleting buckets

  /// A bucket on several pages, with two in it, of which one is inline.
  private func fill() throws {
    try database.update { transaction in
      let bucket = try transaction.bucketOrNew(name)
      for number in 100..<200 { try bucket.put([UInt8](repeating: 1, count: 50), for: "\(number)") }
      let inner = try bucket.bucketOrNew(Array("inner".utf8))
      for number in 100..<200 { try inner.put([UInt8](repeating: 2, count: 50), for: "\(number)") }
      try bucket.bucketOrNew(Array("inline".utf8)).put("1", for: "a")
    }
  }

  private func deleteAndCheck(_ change: (WriteTransaction) throws -> Void) throws {
    try fill()
    try database.update(change)
    let reader = database.read()
    #expect(reader.check().faults == [])
    // Only metas and an empty root are in use.
    #expect(reader.check().usedPageCount == 3)
    #expect(reader.check().freePageCount == Int(reader.highWaterMark.rawValue) - 3)
    #expect(database.freeByteCount == reader.check().freePageCount * 1024)
    #expect(try reader.bucket(name) == nil)
  }

  @Test func aDeletedBucketGivesAllItsPagesBack() throws {
    try deleteAndCheck { try $0.deleteBucket(name) }
  }

  @Test func aChangedBucketIsDeletedWithItsChanges() throws {
    try deleteAndCheck { transaction in
      let bucket = try transaction.bucketOrNew(name)
      for number in 50..<150 { try bucket.put([UInt8](repeating: 3, count: 90), for: "\(number)") }
      for number in 150..<190 { try bucket.delete(Array("\(number)".utf8)) }
      let inner = try bucket.bucketOrNew(Array("inner".utf8))
      for number in 100..<300 { try inner.put([UInt8](repeating: 4, count: 90), for: "\(number)") }
      try bucket.bucketOrNew(Array("inline".utf8)).put("2", for: "b")
      _ = try bucket.bucketOrNew(Array("new".utf8)).bucketOrNew(Array("newer".utf8))
      try transaction.deleteBucket(name)
    }
  }

  @Test func bucketsDeletedBeforeTheirParentGiveTheirPagesBackOnce() throws {
    try deleteAndCheck { transaction in
      let bucket = try transaction.bucketOrNew(name)
      try bucket.deleteBucket(Array("inner".utf8))
      // Its name has a new meaning now: a bucket, or a value.
      try bucket.bucketOrNew(Array("inner".utf8)).put("1", for: "a")
      try bucket.deleteBucket(Array("inline".utf8))
      try bucket.put("1", for: "inline")
      try transaction.deleteBucket(name)
    }
  }

  @Test func aBucketDeletedAndMadeAgainIsNew() throws {
    try fill()
    try database.update { transaction in
      try transaction.deleteBucket(name)
      #expect(try transaction.bucket(name) == nil)
      let bucket = try transaction.bucketOrNew(name)
      #expect(try bucket.text("100") == nil)
      try bucket.put("new", for: "key")
    }
    #expect(try keys() == ["key"])
    #expect(database.read().check().usedPageCount == 3)
  }

  @Test func aBucketThatIsNotThereCannotBeDeleted() throws {
    let transaction = try database.write()
    #expect(throws: BoltError.bucketMissing(name: name)) { try transaction.deleteBucket(name) }
    _ = try transaction.bucketOrNew(name)
    try transaction.deleteBucket(name)
    #expect(throws: BoltError.bucketMissing(name: name)) { try transaction.deleteBucket(name) }
    try transaction.commit()
    #expect(try database.read().root.keys() == [])
  }

  // MARK: Shape

  @Test func aBucketThatLosesAllKeysIsAnEmptyLeafAgain() throws {
    try fill()
    try database.update { transaction in
      let bucket = try transaction.bucketOrNew(name)
      for number in 100..<200 { try bucket.delete(Array("\(number)".utf8)) }
      try bucket.deleteBucket(Array("inner".utf8))
      try bucket.deleteBucket(Array("inline".utf8))
    }
    #expect(try keys() == [])
    #expect(try database.read().bucket(name)?.isInline == true)
    #expect(database.read().check().usedPageCount == 3)
  }

  @Test(arguments: [true, false]) func keysDeletedFromOneEndLeaveNoEmptyPages(fromStart: Bool)
    throws
  {
    try fill()
    let numbers = fromStart ? Array(100..<200) : (100..<200).reversed()
    for (position, number) in numbers.enumerated() {
      try database.update { transaction in
        try transaction.bucketOrNew(name).bucketOrNew(Array("inner".utf8))
          .delete(Array("\(number)".utf8))
      }
      let reader = database.read()
      #expect(reader.check().faults == [])
      let inner = try #require(try reader.bucket(name)?.bucket(Array("inner".utf8)))
      #expect(try inner.keys().count == 99 - position)
      for page in try inner.leafPages() {
        #expect(try reader.pages.page(page).count > 0 || position == 99)
      }
    }
  }

  @Test func ascendingKeysFillPagesAsTheyAreTold() throws {
    var leafCounts: [Int] = []
    for fillPercent in [0.5, 0.9] {
      let name = Array("fill \(fillPercent)".utf8)
      for start in 0..<50 {
        try database.update { transaction in
          let bucket = try transaction.bucketOrNew(name)
          bucket.fillPercent = fillPercent
          for number in 0..<20 {
            try bucket.put(
              [UInt8](repeating: 1, count: 20),
              for: "\(100_000 + start * 20 + number)"
            )
          }
        }
      }
      leafCounts.append(try #require(try database.read().bucket(name)).leafPages().count)
    }
    // 42 bytes an element: 11 and 21 of them on a page.
    #expect(leafCounts == [90, 48])
  }

  @Test func aLeafWithMoreThanItsElementsCanSayIsNotWritten() throws {
    let transaction = try database.write()
    let bucket = try transaction.bucketOrNew(name)
    try bucket.put([1], for: [1])
    let node = try bucket.leafNode(for: UnsafeRawBufferPointer(start: nil, count: 0))
    // Three values of almost 2 GiB, of which there is no byte: they are not looked at before.
    let place = try #require(UnsafeRawPointer(bitPattern: 4096))
    let value = UnsafeRawBufferPointer(start: place, count: Limits.valueByteCount)
    node.elements = (0..<3).map { _ in
      NodeElement(key: node.elements[0].key, value: value, isBucket: false)
    }
    let byteCount = 16 + 3 * (17 + Limits.valueByteCount)
    #expect(throws: BoltError.tooLarge(byteCount: byteCount, limit: Int(UInt32.max))) {
      try transaction.commit()
    }
    #expect(try keys() == [])
  }
}
