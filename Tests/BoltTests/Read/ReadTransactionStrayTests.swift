import FileIO
import TestSupport
import Testing

@testable import Bolt

/// What can still be found where branches, roots or meta pages are lost.
@Suite struct ReadTransactionStrayTests {
  /// A bucket of five leaves under two branches.
  private func image(pageByteCount: Int = 1024) -> BoltImage {
    var image = BoltImage(pageCount: 12, pageByteCount: pageByteCount)
    image.setLeaf(11, [.inline("inline", [.pair("a", "1")]), .bucket("tree", root: 3)])
    image.setMeta(root: 11, freelist: nil)
    image.setBranch(3, [("a", 4), ("m", 5)])
    image.setBranch(4, [("a", 6), ("c", 7)])
    image.setBranch(5, [("m", 8), ("n", 9), ("o", 10)])
    for page in UInt64(6)...10 {
      image.setLeaf(page, [.pair(["a", "c", "m", "n", "o"][Int(page) - 6], "")])
    }
    return image
  }

  private func reachable(
    _ image: BoltImage
  ) throws -> (leaves: [UInt64], gaps: [Int], faults: [BoltError]) {
    let reader = try image.open().read()
    var faults: [BoltError] = []
    let found = try #require(try reader.bucket("tree")).reachableLeafPages { faults.append($0) }
    return (found.pages.map(\.rawValue), found.gaps, faults)
  }

  // MARK: Leaves that are reached

  @Test func aSoundTreeHasNoGaps() throws {
    let found = try reachable(image())
    #expect(found.leaves == [6, 7, 8, 9, 10])
    #expect(found.gaps == [])
    #expect(found.faults == [])
    let reader = try image().open().read()
    let inline = try #require(try reader.bucket("inline"))
    #expect(inline.reachableLeafPages { _ in Issue.record("no page is read") } == ReachableLeaves())
  }

  @Test func aLostPageLeavesAGap() throws {
    for (page, leaves, gap) in [
      (6, [7, 8, 9, 10], 0), (8, [6, 7, 9, 10], 2), (10, [6, 7, 8, 9], 4), (4, [8, 9, 10], 0),
      (5, [6, 7], 2), (3, [], 0),
    ] as [(UInt64, [UInt64], Int)] {
      var image = image()
      image.set(page, 0, UInt64(99))
      let found = try reachable(image)
      #expect(found.leaves == leaves)
      #expect(found.gaps == [gap])
      #expect(
        found.faults == [.pageNumber(page: PageID(rawValue: page), found: PageID(rawValue: 99))]
      )
    }
  }

  @Test func severalLostPagesNextToEachOtherLeaveOneGap() throws {
    var image = image()
    for page in [7, 8, 10] as [UInt64] { image.set(page, 8, UInt16(0x40)) }
    let found = try reachable(image)
    #expect(found.leaves == [6, 9])
    #expect(found.gaps == [1, 2])
    #expect(found.faults.count == 3)
  }

  @Test func aBranchThatPassesForALeafLeavesAGap() throws {
    var image = image()
    image.set(4, 8, PageFlags.leaf.rawValue)
    let found = try reachable(image)
    #expect(found.leaves == [8, 9, 10])
    #expect(found.gaps == [0])
  }

  @Test func aLeafThatPassesForABranchLeavesAGap() throws {
    var image = image()
    image.set(9, 8, PageFlags.branch.rawValue)
    let found = try reachable(image)
    #expect(found.leaves == [6, 7, 8, 10])
    #expect(found.gaps == [3])
    #expect(found.faults.count == 1)
  }

  @Test func circlesEnd() throws {
    var image = image()
    image.setBranch(4, [("a", 3), ("b", 4), ("c", 7)])
    let found = try reachable(image)
    #expect(found.leaves == [7, 8, 9, 10])
    #expect(found.gaps == [0])
    #expect(found.faults.count == 2)
  }

  // MARK: Leaves that are not

  @Test func leavesThatNoBranchLeadsToAreStray() throws {
    let reader = try image().open().read()
    func stray(_ known: [UInt64]) -> [UInt64] {
      reader.strayLeaves(besides: known.map { PageID(rawValue: $0) }).map(\.rawValue)
    }
    #expect(stray([6, 7, 8, 9, 10]) == [11])
    #expect(stray([8, 11]) == [6, 7, 9, 10])
    #expect(stray([]) == [6, 7, 8, 9, 10, 11])
  }

  // MARK: Without meta pages

  private static let lenient: Database.Options = {
    var options = Database.Options.reading
    options.acceptsLostMeta = true
    return options
  }()

  @Test(arguments: [1024, 2048, 4096, 16384, 65536])
  func withoutMetaPagesTheSizeOfPagesIsGuessed(pageByteCount: Int) throws {
    var image = image(pageByteCount: pageByteCount)
    for offset in 0..<2 * pageByteCount { image.bytes[offset] = 0 }
    let fault = BoltError.noMeta(first: .magic(found: 0), second: .magic(found: 0))
    #expect(throws: BoltError.self) { try image.open() }
    let database = try image.open(Self.lenient)
    #expect(database.pageByteCount == pageByteCount)
    if pageByteCount >= 4096 { #expect(database.metaFault == fault) }
    #expect(database.metaFault != nil)
    #expect(!database.hasChangedOnDisk())
    let reader = database.read()
    #expect(throws: BoltError.metaPageReached(page: PageID(rawValue: 0))) {
      try reader.bucket("tree")
    }
    #expect(reader.strayLeaves(besides: []).map(\.rawValue) == [6, 7, 8, 9, 10, 11])
    #expect(try reader.leaf(PageID(rawValue: 8)).element(at: 0).key.first == UInt8(ascii: "m"))
    withExtendedLifetime(reader) {}
  }

  @Test func aMetaThatLeadsNowhereIsAsGoodAsLost() throws {
    var image = image()
    image.setMeta(root: 12, freelist: nil)
    let fault = BoltError.pageOutOfRange(page: PageID(rawValue: 12), limit: 12)
    #expect(throws: fault) { try image.open() }
    let database = try image.open(Self.lenient)
    #expect(database.metaFault == fault)
    #expect(database.read().strayLeaves(besides: []).count == 6)
  }

  @Test func aSoundMetaIsUsed() throws {
    let database = try image().open(Self.lenient)
    #expect(database.metaFault == nil)
    #expect(try database.read().bucket("tree")?.keys() == ["a", "c", "m", "n", "o"])
  }

  @Test func aFileWithoutAPageIsNoDatabase() throws {
    for bytes in [[], [UInt8](repeating: 0, count: 100_000), Array("SQLite format 3".utf8)] {
      let image = BoltImage(bytes, pageByteCount: 4096)
      #expect(throws: BoltError.self) { try image.open(Self.lenient) }
    }
  }

  @Test func nothingIsWrittenWithoutMetaPages() throws {
    var image = image()
    for offset in 0..<2048 { image.bytes[offset] = 0 }
    var options = Self.lenient
    options.isReadOnly = false
    #expect(throws: BoltError.self) { try image.open(options) }
  }
}
