@testable import Bolt

import TestSupport
import Testing

@Suite struct CursorTests {
  private let keeper = Keeper()

  /// A bucket of two levels on pages of 1024 bytes, and in memory its keys.
  private func open(_ numbers: some Sequence<Int>) throws -> (bucket: Bucket, keys: [[UInt8]]) {
    let database = try Database("/db", .writing(pageByteCount: 1024), in: SimulatedDisk())
    var keys: [[UInt8]] = []
    try database.update { transaction in
      let bucket = try transaction.bucketOrNew(Array("bucket".utf8))
      for number in numbers {
        let key = Array(String(1000 + number).utf8)
        try bucket.put(key + key, for: key)
        keys.append(key)
      }
    }
    let bucket = try #require(try keeper.keep(database.read()).bucket("bucket"))
    return (bucket, keys)
  }

  @Test(arguments: [0, 1, 2, 50, 51, 52, 100, 1000])
  func bothWaysAllKeysAreMet(count: Int) throws {
    let (bucket, keys) = try open(0..<count)
    var cursor = bucket.cursor()
    var found: [[UInt8]] = []
    var next = try cursor.first()
    while let element = next {
      #expect(Array(element.value) == Array(element.key) + Array(element.key))
      found.append(Array(element.key))
      next = try cursor.next()
    }
    #expect(found == keys)
    found = []
    next = try cursor.last()
    while let element = next {
      found.append(Array(element.key))
      next = try cursor.previous()
    }
    #expect(found == keys.reversed())
  }

  @Test func pastAnEndTheCursorStaysAndComesBack() throws {
    for count in [1, 5, 500] {
      let (bucket, keys) = try open(0..<count)
      var cursor = bucket.cursor()
      _ = try cursor.last()
      for _ in 0..<3 {
        let next = try cursor.next()
        #expect(next == nil)
      }
      var back = try cursor.previous()
      #expect(back.map { Array($0.key) } == keys.last)
      _ = try cursor.first()
      for _ in 0..<3 {
        back = try cursor.previous()
        #expect(back == nil)
      }
      let next = try cursor.next()
      #expect(next.map { Array($0.key) } == keys.first)
    }
  }

  @Test func aCursorThatWasPutNowhereFindsNothing() throws {
    let (bucket, _) = try open(0..<10)
    var cursor = bucket.cursor()
    let next = try cursor.next()
    let previous = try cursor.previous()
    #expect(next == nil && previous == nil)
    #expect(cursor.page == PageID(rawValue: 0))
  }

  @Test func anEmptyBucketHasNoElementInAnyDirection() throws {
    let (bucket, _) = try open([])
    var cursor = bucket.cursor()
    #expect(try keys(&cursor, { try $0.first() }, { try $0.next() }) == [])
    #expect(try keys(&cursor, { try $0.last() }, { try $0.previous() }) == [])
    #expect(try keys(&cursor, { try $0.seek([1]) }, { try $0.next() }) == [])
  }

  private func keys(
    _ cursor: inout Cursor,
    _ start: (inout Cursor) throws -> Element?,
    _ step: (inout Cursor) throws -> Element?
  ) throws -> [[UInt8]] {
    var keys: [[UInt8]] = []
    var next = try start(&cursor)
    while let element = next {
      keys.append(Array(element.key))
      next = try step(&cursor)
    }
    return keys
  }

  @Test func seekFindsTheFirstKeyNotBelow() throws {
    let (bucket, keys) = try open(stride(from: 0, to: 2000, by: 2))
    var cursor = bucket.cursor()
    for number in -1...2000 {
      let sought = Array(String(1000 + number).utf8)
      let found = try cursor.seek(sought).map { Array($0.key) }
      let expected = keys.first { !$0.lexicographicallyPrecedes(sought) }
      guard found == expected else {
        Issue.record("seek \(number)")
        return
      }
    }
    let beforeAll = try cursor.seek([]).map { Array($0.key) }
    #expect(beforeAll == keys.first)
    let afterAll = try cursor.seek([0xFF])
    #expect(afterAll == nil)
    let last = try cursor.previous().map { Array($0.key) }
    #expect(last == keys.last)
  }

  @Test(arguments: 0..<8) func aRandomWalkGoesWhereAnArrayGoes(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let count = [0, 1, 3, 40, 60, 300, 1500, 4000][seed]
    let (bucket, keys) = try open(0..<count)
    var cursor = bucket.cursor()
    // Where the cursor stands: from -1, before the first, to the count, after the last.
    var place: Int?
    for step in 0..<5000 {
      let found: [UInt8]?
      switch Int.random(in: 0..<100, using: &generator) {
      case 0:
        found = try cursor.first().map { Array($0.key) }
        place = 0
      case 1:
        found = try cursor.last().map { Array($0.key) }
        place = count - 1
      case 2:
        let number = Int.random(in: 0...max(count, 1), using: &generator)
        found = try cursor.seek(Array(String(1000 + number).utf8)).map { Array($0.key) }
        place =
          keys.firstIndex { !$0.lexicographicallyPrecedes(Array(String(1000 + number).utf8)) }
          ?? count
      case 3..<52:
        found = try cursor.next().map { Array($0.key) }
        place = place.map { min($0 + 1, count) }
      default:
        found = try cursor.previous().map { Array($0.key) }
        place = place.map { max($0 - 1, -1) }
      }
      let expected = place.flatMap { keys.indices.contains($0) ? keys[$0] : nil }
      guard found == expected else {
        Issue.record("seed \(seed), step \(step)")
        return
      }
    }
  }

  @Test func goingToAndFroOverALeafsEndIsNoLoop() throws {
    let (bucket, keys) = try open(0..<200)
    var cursor = bucket.cursor()
    _ = try cursor.first()
    let page = cursor.page
    while cursor.page == page { _ = try cursor.next() }
    for _ in 0..<500 {
      let back = try cursor.previous()
      #expect(back != nil && cursor.page == page)
      _ = try cursor.next()
      guard cursor.page != page else {
        Issue.record("the cursor did not leave the page")
        return
      }
    }
    #expect(keys.count == 200)
  }

  /// Leaves on pages 4 to 8 below a branch on page 3, of which some are empty: no writer leaves any.
  private func image(emptyLeaves: Set<UInt64>) -> BoltImage {
    var image = BoltImage(pageCount: 10)
    image.setMeta(freelist: nil)
    image.setLeaf(9, [.bucket("bucket", root: 3)])
    image.setMeta(root: 9, freelist: nil)
    image.setBranch(3, (UInt64(4)...8).map { ("\($0)", $0) })
    for page in UInt64(4)...8 {
      image.setLeaf(
        page,
        emptyLeaves.contains(page) ? [] : [.pair("\(page)", ""), .pair("\(page)b", "")]
      )
    }
    return image
  }

  @Test(arguments: [[], [4], [8], [6], [4, 5], [7, 8], [5, 6, 7], [4, 6, 8], [4, 5, 6, 7, 8]])
  func emptyLeavesArePassedOver(pages: [UInt64]) throws {
    let reader = keeper.keep(try image(emptyLeaves: Set(pages)).open().read())
    let bucket = try #require(try reader.bucket("bucket"))
    let expected = (4...8).filter { !pages.contains($0) }.flatMap { ["\($0)", "\($0)b"] }
    #expect(try bucket.keys() == expected)
    var cursor = bucket.cursor()
    let backwards = try keys(&cursor, { try $0.last() }, { try $0.previous() })
    #expect(backwards == expected.reversed().map { Array($0.utf8) })
    for sought in ["0", "4", "5a", "6", "7z", "8b", "9"] {
      let found = try cursor.seek(Array(sought.utf8)).map {
        String(decoding: $0.key, as: UTF8.self)
      }
      #expect(found == expected.first { $0 >= sought })
    }
  }

  @Test func afterAFaultTheCursorGoesOnBesideIt() throws {
    var image = image(emptyLeaves: [])
    image.set(6, 0, UInt64(60))
    let reader = keeper.keep(try image.open().read())
    let bucket = try #require(try reader.bucket("bucket"))
    let fault = BoltError.pageNumber(page: PageID(rawValue: 6), found: PageID(rawValue: 60))
    for isForward in [true, false] {
      var cursor = bucket.cursor()
      var found: [String] = []
      var faults: [BoltError] = []
      var isFirst = true
      for _ in 0..<20 {
        let step = Result { () throws(BoltError) -> Element? in
          defer { isFirst = false }
          if isFirst { return isForward ? try cursor.first() : try cursor.last() }
          return isForward ? try cursor.next() : try cursor.previous()
        }
        switch step {
        case .success(let element?): found.append(String(decoding: element.key, as: UTF8.self))
        case .success(nil): break
        case .failure(let error): faults.append(error)
        }
      }
      let expected = ["4", "4b", "5", "5b", "7", "7b", "8", "8b"]
      #expect(found == (isForward ? expected : expected.reversed()))
      #expect(faults == [fault])
    }
  }

  @Test(arguments: [true, false]) func aLoopOfBranchesEnds(isForward: Bool) throws {
    var image = BoltImage(pageCount: 10)
    image.setMeta(root: 9, freelist: nil)
    image.setLeaf(9, [.bucket("bucket", root: 3)])
    image.setBranch(3, [("a", 4), ("b", 4)])
    image.setBranch(4, [("a", 5), ("b", 3)])
    image.setLeaf(5, [.pair("a", "")])
    let reader = keeper.keep(try image.open().read())
    let bucket = try #require(try reader.bucket("bucket"))
    var cursor = bucket.cursor()
    var (elementCount, faults) = (0, [BoltError]())
    var isFirst = true
    for _ in 0..<5000 {
      let step = Result { () throws(BoltError) -> Element? in
        defer { isFirst = false }
        if isFirst { return isForward ? try cursor.first() : try cursor.last() }
        return isForward ? try cursor.next() : try cursor.previous()
      }
      switch step {
      case .success(let element): if element != nil { elementCount += 1 }
      case .failure(let error): faults.append(error)
      }
    }
    // As many leaves as there are pages, or as many faults as there is room for children.
    #expect(elementCount <= 10)
    #expect(faults.count <= 641)
    #expect(!faults.isEmpty)
    #expect(
      faults.allSatisfy { fault in
        switch fault {
        case .pageReachedTwice, .treeTooDeep: true
        default: false
        }
      }
    )
    let next = try cursor.next()
    #expect(next == nil)
  }

  @Test func thePageIsTheOneThatTheElementLiesOn() throws {
    let reader = keeper.keep(try image(emptyLeaves: []).open().read())
    let bucket = try #require(try reader.bucket("bucket"))
    var cursor = bucket.cursor()
    _ = try cursor.seek(Array("7b".utf8))
    #expect(cursor.page == PageID(rawValue: 7))
  }
}
