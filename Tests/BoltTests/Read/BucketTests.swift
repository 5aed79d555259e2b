@testable import Bolt

import TestSupport
import Testing

@Suite struct BucketTests {
  /// A value, an inline bucket with one in it, and a tree with a bucket in it.
  private func image() -> BoltImage {
    var image = BoltImage(pageCount: 8)
    image.setMeta(freelist: nil, sequence: 99)
    image.setLeaf(
      3,
      [
        .inline("inline", [.inline("inner", [.pair("deep", "1")]), .pair("key", "2")]),
        .bucket("tree", root: 4, sequence: 12),
      ]
    )
    image.setBranch(4, [("a", 5), ("m", 6)])
    image.setLeaf(5, [.pair("a", ""), .bucket("b", root: 7), .pair("c", "3")])
    image.setLeaf(6, [.pair("m", "4")])
    image.setLeaf(7, [.pair("x", "5")])
    return image
  }

  @Test func valuesAreFoundOnEveryLeaf() throws {
    let reader = try image().open().read()
    let tree = try #require(try reader.bucket("tree"))
    #expect(try tree.text("a") == "")
    #expect(try tree.text("c") == "3")
    #expect(try tree.text("m") == "4")
    for absent in ["", "0", "aa", "d", "l", "n"] { #expect(try tree.text(absent) == nil) }
    #expect(!tree.isInline)
    #expect(tree.sequence == 12)
    #expect(reader.root.sequence == 99)
  }

  @Test func aBucketIsNoValue() throws {
    let reader = try image().open().read()
    #expect(try reader.root.text("tree") == nil)
    #expect(try #require(try reader.bucket("tree")).text("b") == nil)
  }

  @Test func bucketsAreFoundInBuckets() throws {
    let reader = try image().open().read()
    let tree = try #require(try reader.bucket("tree"))
    let inner = try #require(try tree.bucket(Array("b".utf8)))
    #expect(try inner.text("x") == "5")
    let inline = try #require(try reader.bucket("inline"))
    #expect(inline.isInline)
    #expect(try inline.text("key") == "2")
    #expect(try inline.bucket(Array("inner".utf8))?.text("deep") == "1")
    #expect(try reader.bucket("absent") == nil)
    #expect(try inner.bucket(Array("absent".utf8)) == nil)
  }

  @Test func aValueIsNoBucket() throws {
    let reader = try image().open().read()
    let tree = try #require(try reader.bucket("tree"))
    #expect(throws: BoltError.bucketAndValue(key: Array("c".utf8))) {
      try tree.bucket(Array("c".utf8))
    }
  }

  @Test func aFaultOnTheWayIsThrownAndNoOther() throws {
    var image = image()
    image.set(6, 8, UInt16(0x10))
    let reader = try image.open().read()
    let tree = try #require(try reader.bucket("tree"))
    #expect(try tree.text("a") == "")
    let fault = BoltError.pageKind(
      page: PageID(rawValue: 6),
      found: .freelist,
      expected: "branch or leaf"
    )
    #expect(throws: fault) { try tree.value(for: Array("m".utf8)) }
  }

  @Test func aBucketOfNoRoomIsRefusedWithItsPage() throws {
    var image = image()
    image.setLeaf(7, [.init(key: Array("short".utf8), value: [1, 2, 3], isBucket: true)])
    let reader = try image.open().read()
    let inner = try #require(try reader.bucket("tree")?.bucket(Array("b".utf8)))
    #expect(throws: BoltError.bucketTooShort(page: PageID(rawValue: 7), byteCount: 3)) {
      try inner.bucket(Array("short".utf8))
    }
  }
}

@Suite struct BucketLeavesTests {
  private func image() -> BoltImage {
    var image = BoltImage(pageCount: 12)
    image.setMeta(root: 11, freelist: nil)
    image.setLeaf(11, [.inline("inline", [.pair("a", "")]), .bucket("tree", root: 3)])
    image.setBranch(3, [("a", 4), ("m", 5)])
    image.setBranch(4, [("a", 6), ("c", 7)])
    image.setBranch(5, [("m", 8), ("n", 9), ("o", 10)])
    for page in UInt64(6)...10 {
      image.setLeaf(page, [.pair(["a", "c", "m", "n", "o"][Int(page) - 6], "")])
    }
    return image
  }

  private func leaves(
    _ image: BoltImage,
    onFault: (BoltError) -> Void = { Issue.record("\($0)") }
  ) throws -> [UInt64] {
    let reader = try image.open().read()
    let tree = try #require(try reader.bucket("tree"))
    return try tree.leafPages { fault throws(BoltError) in onFault(fault) }.map(\.rawValue)
  }

  @Test func leavesAreFoundInTheOrderOfTheirKeys() throws {
    #expect(try leaves(image()) == [6, 7, 8, 9, 10])
  }

  @Test func aBucketOfOneLeafHasThatOne() throws {
    var image = image()
    image.setLeaf(3, [.pair("a", "")])
    #expect(try leaves(image) == [3])
  }

  @Test func anInlineBucketHasItsPage() throws {
    let reader = try image().open().read()
    let inline = try #require(try reader.bucket("inline"))
    #expect(try inline.leafPages() == [])
    let page = try #require(inline.inlineLeaf)
    #expect(try String(decoding: page.element(at: 0).key, as: UTF8.self) == "a")
    #expect(try #require(try reader.bucket("tree")).inlineLeaf == nil)
  }

  @Test func whatIsLostWithABranchIsLeftOut() throws {
    var image = image()
    image.set(4, 0, UInt64(40))
    var faults: [BoltError] = []
    #expect(try leaves(image) { faults.append($0) } == [8, 9, 10])
    #expect(faults == [.pageNumber(page: PageID(rawValue: 4), found: PageID(rawValue: 40))])
    let reader = try image.open().read()
    let tree = try #require(try reader.bucket("tree"))
    #expect(throws: faults[0]) { try tree.leafPages() }
  }

  @Test func aLeafInTwoPlacesIsListedOnce() throws {
    var image = image()
    image.setBranch(5, [("m", 8), ("n", 7), ("o", 8)])
    var faults: [BoltError] = []
    #expect(try leaves(image) { faults.append($0) } == [6, 7, 8])
    #expect(faults == [7, 8].map { .pageReachedTwice(page: PageID(rawValue: $0)) })
  }

  @Test func aLoopEnds() throws {
    var image = image()
    image.setBranch(4, [("a", 3), ("b", 4), ("c", 5)])
    var faults: [BoltError] = []
    #expect(try leaves(image) { faults.append($0) } == [8, 9, 10])
    let expected = [3, 4].map { BoltError.pageReachedTwice(page: PageID(rawValue: $0)) }
    #expect(Array(faults[..<2]) == expected)
  }

  @Test func pagesBeyondTheFileAreLeftOut() throws {
    var image = image()
    image.setBranch(5, [("m", 8), ("n", 12), ("o", .max)])
    var faults: [BoltError] = []
    #expect(try leaves(image) { faults.append($0) } == [6, 7, 8])
    #expect(faults == [12, .max].map { .pageOutOfRange(page: PageID(rawValue: $0), limit: 12) })
  }
}
