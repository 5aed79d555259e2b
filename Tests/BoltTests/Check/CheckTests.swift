@testable import Bolt

import TestSupport
import Testing

/// What goes wrong: a check that finds nothing because it does not look.
///
/// Every finding is made here on purpose, in a file that has no other fault.
@Suite struct CheckTests {
  /// A sound file: pages 3 to 10 hold two buckets, one of three levels, one on overflow pages, and an
  /// inline one; 11 is free.
  private func image(storesFreelist: Bool = true) -> BoltImage {
    var image = BoltImage(pageCount: 12)
    if !storesFreelist {
      image.setMeta(freelist: nil)
      image.set(2, 8, UInt64(0))
    }
    image.setFreelist(2, [11])
    image.setLeaf(
      3,
      [
        .inline("inline", [.pair("a", "1"), .pair("b", "2")]), .bucket("large", root: 9),
        .bucket("tree", root: 4),
      ]
    )
    image.setBranch(4, [("a", 5), ("m", 6)])
    image.setBranch(5, [("a", 7), ("f", 8)])
    image.setBranch(6, [("m", 10)])
    image.setLeaf(7, [.pair("a", "1"), .pair("b", "2")])
    image.setLeaf(8, [.pair("f", "3"), .pair("g", "4")])
    image.setLeaf(10, [.pair("m", "5"), .pair("n", "6")])
    image.setLeaf(9, [.pair("key", "value")])
    return image
  }

  private func report(of image: BoltImage) throws -> CheckReport { try image.open().read().check() }

  private func faults(_ change: (inout BoltImage) -> Void) throws -> [BoltError] {
    var image = image()
    change(&image)
    return try report(of: image).faults
  }

  private func page(_ number: UInt64) -> PageID { PageID(rawValue: number) }

  @Test func aSoundFileHasNoFaultsAndItsPagesAreCounted() throws {
    var report = try report(of: image())
    #expect(report.faults == [])
    #expect(report.faultCount == 0)
    #expect(report.usedPageCount == 11)
    #expect(report.freePageCount == 1)
    report = try self.report(of: image(storesFreelist: false))
    #expect(report.faults == [])
    #expect(report.usedPageCount == 10)
    #expect(report.freePageCount == 2)
  }

  @Test func everyLeafIsSeenOnce() throws {
    var keys: [String] = []
    _ = try image().open().read().check { leaf in
      for slot in 0..<leaf.count {
        if let element = try? leaf.element(at: slot) {
          keys.append(String(decoding: element.key, as: UTF8.self))
        }
      }
    }
    #expect(
      keys.sorted() == ["a", "a", "b", "b", "f", "g", "inline", "key", "large", "m", "n", "tree"]
    )
  }

  @Test func aPageReachedTwiceIsReported() throws {
    // By two branches, by two buckets, by a branch and a bucket.
    #expect(try faults { $0.setBranch(6, [("m", 8)]) }.contains(.pageReachedTwice(page: page(8))))
    let faults = try faults {
      $0.setLeaf(
        3,
        [.bucket("large", root: 9), .bucket("large2", root: 9), .bucket("tree", root: 4)]
      )
    }
    #expect(faults == [.pageReachedTwice(page: page(9))])
  }

  @Test func aCycleIsReported() throws {
    let faults = try faults { $0.setBranch(5, [("a", 4), ("f", 8)]) }
    #expect(faults == [.pageReachedTwice(page: page(4)), .pageLost(page: page(7))])
  }

  @Test func aBucketThatBeginsAtItsOwnPageIsReported() throws {
    let faults = try faults { $0.setLeaf(9, [.bucket("self", root: 9)]) }
    #expect(faults == [.pageReachedTwice(page: page(9))])
  }

  @Test func overflowPagesThatSomebodyElseUsesAreReported() throws {
    let faults = try faults { $0.set(9, 12, UInt32(1)) }
    // Whichever of the two is met second; here it is the tree's last leaf.
    #expect(faults == [.pageReachedTwice(page: page(10))])
  }

  /// The checksum of a meta page does not cover its header, and bbolt looks at both pages.
  @Test(arguments: [UInt64(0), 1]) func aMetaPageWithAnotherHeaderIsReported(meta: UInt64) throws {
    #expect(
      try faults { $0.set(meta, 0, UInt64(5)) } == [.pageNumber(page: page(meta), found: page(5))]
    )
    let faults = try faults { $0.set(meta, 8, UInt16(0)) }
    #expect(
      faults == [.pageKind(page: page(meta), found: PageFlags(rawValue: 0), expected: "meta")]
    )
  }

  @Test func aMetaPageInTheTreeIsReported() throws {
    let faults = try faults {
      $0.setLeaf(3, [.bucket("large", root: 9), .bucket("odd", root: 1), .bucket("tree", root: 4)])
    }
    #expect(faults == [.metaPageReached(page: page(1))])
  }

  @Test func aLostPageIsReported() throws {
    #expect(try faults { $0.setFreelist(2, []) } == [.pageLost(page: page(11))])
    let faults = try faults { $0.setBranch(5, [("a", 7)]) }
    #expect(faults == [.pageLost(page: page(8))])
  }

  @Test func withoutAStoredFreelistNoPageIsLost() throws {
    var image = image(storesFreelist: false)
    image.setBranch(5, [("a", 7)])
    let report = try report(of: image)
    #expect(report.faults == [])
    #expect(report.freePageCount == 3)
  }

  @Test func aFreePageInUseIsReported() throws {
    let faults = try faults { $0.setFreelist(2, [8, 11]) }
    #expect(faults == [.freePage(page: page(8), on: page(2))])
    #expect(
      try self.faults { $0.setFreelist(2, [2, 11]) } == [.freePage(page: page(2), on: page(2))]
    )
    #expect(
      try self.faults { $0.setFreelist(2, [0, 11]) } == [.freePage(page: page(0), on: page(2))]
    )
  }

  @Test func aPageThatIsFreeTwiceIsReported() throws {
    #expect(
      try faults { $0.setFreelist(2, [11, 11]) } == [.freePage(page: page(11), on: page(2))]
    )
  }

  @Test(arguments: [UInt64(12), 1 << 40, .max]) func aFreePageBeyondTheFileIsReported(free: UInt64)
    throws
  {
    #expect(
      try faults { $0.setFreelist(2, [11, free]) } == [.freePage(page: page(free), on: page(2))]
    )
  }

  @Test func aFreelistOfAnotherKindIsReported() throws {
    let faults = try faults { $0.setLeaf(2, []) }
    #expect(faults == [.pageKind(page: page(2), found: .leaf, expected: "freelist")])
  }

  @Test func aFreelistWithMorePagesThanRoomIsReported() throws {
    #expect(
      try faults { $0.set(2, 10, UInt16(127)) }
        == [.tooManyElements(page: page(2), count: 127, byteCount: 1024)]
    )
    // The count of a long list is a number of 64 bits behind the header.
    for count in [UInt64(126), 127, 1 << 60, 1 << 61, 1 << 63, .max] {
      let faults = try faults {
        $0.set(2, 10, UInt16(0xFFFF))
        $0.set(2, 16, count)
      }
      let expected = BoltError.tooManyElements(
        page: page(2),
        count: Int(clamping: count),
        byteCount: 1024
      )
      #expect(faults.first == expected)
    }
  }

  @Test func aLongFreelistIsRead() throws {
    var image = image()
    image.set(2, 10, UInt16(0xFFFF))
    image.set(2, 16, UInt64(1))
    image.set(2, 24, UInt64(11))
    #expect(try report(of: image).faults == [])
  }

  @Test func aFreelistThatTheTreeReachesIsReported() throws {
    let faults = try faults { $0.setBranch(6, [("m", 10), ("o", 2)]) }
    #expect(
      faults == [
        .pageKind(page: page(2), found: .freelist, expected: "branch or leaf"),
        .pageReachedTwice(page: page(2)),
      ]
    )
  }

  @Test func keysThatDoNotAscendAreReported() throws {
    #expect(
      try faults { $0.setLeaf(8, [.pair("g", ""), .pair("f", "")]) }
        == [.keyOrder(page: page(8), slot: 1)]
    )
    #expect(
      try faults { $0.setLeaf(8, [.pair("f", ""), .pair("f", "")]) }
        == [.keyOrder(page: page(8), slot: 1)]
    )
    let inline = try faults {
      $0.setLeaf(
        3,
        [
          .inline("inline", [.pair("b", ""), .pair("a", "")]), .bucket("large", root: 9),
          .bucket("tree", root: 4),
        ]
      )
    }
    #expect(inline == [.keyOrder(page: page(3), slot: 1)])
    let branch = try faults { $0.setBranch(5, [("f", 8), ("a", 7)]) }
    #expect(branch.contains(.keyOrder(page: page(5), slot: 1)))
  }

  @Test func keysOutsideTheirParentsAreReported() throws {
    // Below the branch's key, and at the next one's key.
    #expect(
      try faults { $0.setLeaf(8, [.pair("e", ""), .pair("f", "")]) }
        == [.keyOutsideParent(page: page(8), slot: 0)]
    )
    #expect(
      try faults { $0.setLeaf(8, [.pair("f", ""), .pair("m", "")]) }
        == [.keyOutsideParent(page: page(8), slot: 1)]
    )
    // The bound is that of the level above.
    #expect(
      try faults { $0.setLeaf(7, [.pair("A", ""), .pair("b", "")]) }
        == [.keyOutsideParent(page: page(7), slot: 0)]
    )
    #expect(
      try faults { $0.setBranch(5, [("a", 7), ("n", 8)]) }.contains(
        .keyOutsideParent(page: page(5), slot: 1)
      )
    )
  }

  @Test func aPageThatSaysToBeAnotherIsReported() throws {
    let faults = try faults { $0.set(10, 0, UInt64(7)) }
    #expect(faults == [.pageNumber(page: page(10), found: page(7)), .pageLost(page: page(10))])
  }

  @Test func aPageOfAnotherKindIsReported() throws {
    let faults = try faults { $0.set(10, 8, UInt16(4)) }
    #expect(faults == [.pageKind(page: page(10), found: .meta, expected: "branch or leaf")])
  }

  @Test func aBranchWithoutElementsIsReported() throws {
    let faults = try faults { $0.setBranch(6, []) }
    #expect(faults == [.emptyBranch(page: page(6)), .pageLost(page: page(10))])
  }

  @Test func pagesOutOfRangeAreReported() throws {
    let faults = try faults { $0.setBranch(6, [("m", 10), ("o", 12), ("p", .max)]) }
    #expect(
      faults == [
        .pageOutOfRange(page: page(12), limit: 12), .pageOutOfRange(page: page(.max), limit: 12),
      ]
    )
    #expect(
      try self.faults { $0.set(10, 12, UInt32(2)) }.first
        == .overflowOutOfRange(page: page(10), overflow: 2, limit: 12)
    )
  }

  @Test func countsAndElementsThatLieAreReported() throws {
    #expect(
      try faults { $0.set(10, 10, UInt16(1000)) }.first
        == .tooManyElements(page: page(10), count: 1000, byteCount: 1024)
    )
    let outside = try faults { $0.set(10, 16 + 16 + 12, UInt32(5000)) }
    #expect(
      outside == [.elementOutsidePage(page: page(10), slot: 1, end: 5051, byteCount: 1024)]
    )
    let overlap = try faults {
      for slot in 0..<2 { $0.set(10, 16 + 16 * slot + 12, UInt32(600)) }
    }
    #expect(overlap == [.elementsOverlap(page: page(10), byteCount: 1250, limit: 1024)])
  }

  @Test func bucketsWithoutRoomAreReported() throws {
    for value in [[], [UInt8](repeating: 1, count: 15), [UInt8](repeating: 0, count: 31)] {
      let faults = try faults {
        $0.setLeaf(9, [.init(key: [1], value: value, isBucket: true)])
      }
      #expect(faults == [.bucketTooShort(page: page(9), byteCount: value.count)])
    }
  }

  @Test func aTreeTooDeepIsReported() throws {
    // A chain of branches, each with one child.
    var image = BoltImage(pageCount: 80)
    image.setMeta(freelist: nil)
    for number in UInt64(3)..<78 { image.setBranch(number, [("a", number + 1)]) }
    image.setLeaf(78, [.pair("a", "")])
    #expect(try report(of: image).faults == [.treeTooDeep(page: page(67), limit: 64)])
    #expect(throws: BoltError.treeTooDeep(page: page(67), limit: 64)) { try image.open(.writing()) }
  }

  @Test func bucketsTooDeepAreReported() throws {
    var image = BoltImage(pageCount: 80)
    image.setMeta(freelist: nil)
    for number in UInt64(3)..<67 { image.setLeaf(number, [.bucket("b", root: number + 1)]) }
    image.setLeaf(67, [])
    #expect(try report(of: image).faults == [])
    image.setLeaf(67, [.bucket("b", root: 68)])
    image.setLeaf(68, [])
    #expect(try report(of: image).faults == [.bucketsTooDeep(limit: 64)])
    #expect(throws: BoltError.bucketsTooDeep(limit: 64)) { try image.open(.writing()) }
  }

  @Test func moreFaultsThanAreKeptAreCounted() throws {
    var image = BoltImage(pageCount: 5000)
    image.setLeaf(3, [])
    let report = try report(of: image)
    #expect(report.faultCount == 4996)
    #expect(report.faults.count == CheckReport.faultLimit)
    #expect(report.faults.last == .pageLost(page: page(4 + 999)))
  }

  /// Buckets inline in each other, all of whose elements are the same bytes: one walk would take 10^9
  /// steps, if it went into them.
  @Test func inlineBucketsThatShareTheirBytesAreNotFollowed() throws {
    var bytes = [UInt8](repeating: 0, count: 16)
    for _ in 0..<9 {
      // Ten elements that all are the bucket so far.
      var page = littleEndian(UInt64(0)) + littleEndian(UInt16(2)) + littleEndian(UInt16(10))
      page += littleEndian(UInt32(0))
      for slot in 0..<10 {
        page += littleEndian(UInt32(1)) + littleEndian(UInt32(160 - 16 * slot))
        page += littleEndian(UInt32(1)) + littleEndian(UInt32(bytes.count))
      }
      bytes = [UInt8](repeating: 0, count: 16) + page + Array("k".utf8) + bytes
    }
    var image = BoltImage(pageCount: 4, pageByteCount: 4096)
    image.setLeaf(3, [.init(key: Array("a".utf8), value: bytes, isBucket: true)])
    let faults = try report(of: image).faults
    #expect(faults.count == 1)
    guard case .elementsOverlap(let id, _, _) = faults.first else {
      Issue.record("\(faults)")
      return
    }
    #expect(id == page(3))
    #expect(throws: BoltError.self) { try image.open().read().bucket("a") }
  }

  @Test func everyFaultIsOneLineWithItsPage() {
    let faults: [BoltError] = [
      .pageOutOfRange(page: page(12), limit: 10), .metaPageReached(page: page(1)),
      .pageNumber(page: page(12), found: page(13)),
      .pageKind(page: page(12), found: .leaf, expected: "freelist"),
      .overflowOutOfRange(page: page(12), overflow: 3, limit: 10),
      .tooManyElements(page: page(12), count: 3, byteCount: 10),
      .elementOutsidePage(page: page(12), slot: 3, end: 20, byteCount: 10),
      .elementsOverlap(page: page(12), byteCount: 20, limit: 10),
      .keyOrder(page: page(12), slot: 3),
      .keyOutsideParent(page: page(12), slot: 3), .emptyBranch(page: page(12)),
      .pageReachedTwice(page: page(12)), .treeTooDeep(page: page(12), limit: 64),
      .bucketTooShort(page: page(12), byteCount: 3), .freePage(page: page(12), on: page(2)),
      .pageInUseIsFree(page: page(12)), .pageLost(page: page(12)),
    ]
    for fault in faults {
      let text = "\(fault)"
      #expect(text.hasPrefix("page 1"), "\(text)")
      #expect(!text.contains("\n") && !text.hasSuffix("."), "\(text)")
    }
    #expect("\(faults[2])" == "page 12: says to be page 13")
    #expect("\(faults[3])" == "page 12: kind leaf, expected freelist")
    #expect("\(faults[7])" == "page 12: elements of 20 bytes, the page has 10")
    #expect("\(BoltError.bucketMissing(name: [0x61, 0]))" == "no bucket 0x6100")
    #expect("\(BoltError.bucketMissing(name: [0x61]))" == "no bucket \"a\"")
  }
}
