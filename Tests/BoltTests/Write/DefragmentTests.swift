@testable import Bolt

import TestSupport
import Testing

@Suite struct DefragmentTests {
  private let disk = SimulatedDisk()

  private func open(_ path: String) throws -> Database {
    try Database(path, .writing(pageByteCount: 1024), in: disk)
  }

  @Test(arguments: [UInt64(1), 2, 3]) func aCopyHoldsWhatTheOriginalHoldsAndNoFreePages(
    seed: UInt64
  ) throws {
    let database = try open("/db")
    var model = BoltModel()
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<20 {
      try database.update { transaction in
        for _ in 0..<100 { try model.change(transaction, using: &generator) }
      }
    }
    try database.update { transaction in
      for (number, path) in model.buckets.keys.sorted(by: { $0.count < $1.count }).enumerated() {
        var bucket = transaction.root
        for name in path { bucket = try bucket.bucketOrNew(name) }
        try bucket.setSequence(UInt64(number))
      }
      try transaction.root.setSequence(1000)
    }
    let copy = try open("/copy")
    try database.copy(into: copy)
    let reader = copy.read()
    #expect(try BoltModel(reader) == model)
    #expect(reader.check().faults == [])
    #expect(try sequences(reader.root) == sequences(database.read().root))
    // What is free are a root and a freelist of the new file, and roots that were replaced.
    #expect(reader.byteCount < database.read().byteCount)
    #expect(reader.check().freePageCount < 20)
  }

  private func sequences(_ bucket: Bucket) throws -> [UInt64] {
    var sequences = [bucket.sequence]
    var cursor = bucket.cursor()
    var next = try cursor.first()
    while let element = next {
      if element.isBucket {
        sequences += try self.sequences(bucket.bucket(of: element, on: cursor.page))
      }
      next = try cursor.next()
    }
    return sequences
  }

  @Test func aCopyIsCommittedInParts() throws {
    let database = try open("/db")
    try database.update { transaction in
      let outer = try transaction.bucketOrNew([1])
      for number in 0..<25_000 { try outer.put("value", for: "\(100_000 + number)") }
      let inner = try outer.bucketOrNew(Array("105000 inner".utf8))
      for number in 0..<12_000 { try inner.put("value", for: "\(100_000 + number)") }
    }
    let copy = try open("/copy")
    var steps: [Int] = []
    try database.copy(into: copy) { steps.append($0) }
    #expect(copy.read().id.rawValue > 3)
    #expect(steps == steps.sorted() && steps.count == 4)
    #expect(steps.last == 37_000 * 11)
    #expect(try BoltModel(copy.read()) == BoltModel(database.read()))
    #expect(copy.read().check().faults == [])
  }

  @Test func emptyBucketsAreCopied() throws {
    let database = try open("/db")
    try database.update { transaction in
      _ = try transaction.bucketOrNew([1])
      _ = try transaction.bucketOrNew([2]).bucketOrNew([3])
    }
    let copy = try open("/copy")
    try database.copy(into: copy)
    #expect(try BoltModel(copy.read()) == BoltModel(database.read()))
    #expect(try copy.read().bucket([2])?.bucket([3]) != nil)
  }

  @Test func aCopyShowsTheStateItBeganWith() throws {
    let database = try open("/db")
    try database.update { transaction in
      let bucket = try transaction.bucketOrNew([1])
      for number in 0..<25_000 { try bucket.put("old", for: "\(100_000 + number)") }
    }
    let copy = try open("/copy")
    var round = 0
    try database.copy(into: copy) { _ in
      round += 1
      try? database.update { transaction in
        let bucket = try transaction.bucketOrNew([1])
        for number in 0..<25_000 { try bucket.put("new \(round)", for: "\(100_000 + number)") }
      }
    }
    #expect(round > 1)
    let bucket = try #require(try copy.read().bucket([1]))
    #expect(try bucket.keys().allSatisfy { try bucket.text($0) == "old" })
    #expect(try database.read().bucket([1])?.text("100000") == "new \(round)")
  }

  @Test func bucketsInCirclesEnd() throws {
    // 28 buckets on one leaf, each of which begins at that leaf.
    var image = BoltImage(pageCount: 5)
    image.setMeta(freelist: nil)
    image.setLeaf(3, [.bucket("start", root: 4)])
    image.setLeaf(4, (10..<38).map { .bucket("\($0)", root: 4) })
    let source = try image.open()
    let copy = try open("/copy")
    #expect(throws: BoltError.bucketsTooDeep(limit: 64)) { try source.copy(into: copy) }
    #expect(copy.read().check().faults == [])
  }

  @Test func aBucketInManyPlacesEnds() throws {
    var image = BoltImage(pageCount: 6)
    image.setMeta(freelist: nil)
    image.setLeaf(3, [.bucket("start", root: 4)])
    image.setLeaf(4, (10..<38).map { .bucket("\($0)", root: 5) })
    image.setLeaf(5, [.pair("key", String(repeating: "v", count: 900))])
    let source = try image.open()
    let copy = try open("/copy")
    // Seven times, with their names and elements, are more than six pages.
    #expect(throws: BoltError.copyTooLarge(byteCount: 21 + 7 * (18 + 919), limit: 6144)) {
      try source.copy(into: copy)
    }
    #expect(copy.read().check().faults == [])
  }

  @Test func valuesThatShareTheirBytesEnd() throws {
    // Thirty elements, each with the rest of the page as its value.
    var image = BoltImage(pageCount: 5)
    image.setMeta(freelist: nil)
    image.setLeaf(3, [.bucket("start", root: 4)])
    image.setLeaf(4, (10..<40).map { .pair("\($0)", "") })
    for slot in 0..<30 { image.set(4, 16 + 16 * slot + 12, UInt32(400)) }
    let source = try image.open()
    let copy = try open("/copy")
    #expect(throws: BoltError.self) { try source.copy(into: copy) }
  }
}
