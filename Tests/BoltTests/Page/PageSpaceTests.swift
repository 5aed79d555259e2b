@testable import Bolt

import Testing

@Suite struct PageSpaceTests {
  /// A sound file of 8 pages: a root with a branch of two leaves on page 4 and an inline bucket.
  private func image() -> BoltImage {
    var image = BoltImage(pageCount: 8)
    image.setLeaf(3, [.inline("inline", [.pair("a", "1")]), .bucket("tree", root: 4)])
    image.setBranch(4, [("a", 5), ("m", 6)])
    image.setLeaf(5, [.pair("a", "1"), .pair("b", "2")])
    image.setLeaf(6, [.pair("m", "3")])
    image.setFreelist(2, [7])
    return image
  }

  /// Runs a body on the pages of a file.
  private func pages<Value>(
    of image: BoltImage,
    highWaterMark: UInt64? = nil,
    _ body: (PageSpace) throws -> Value
  ) throws -> Value {
    try image.bytes.withUnsafeBytes { bytes in
      let base = try #require(bytes.baseAddress)
      return try body(
        PageSpace(
          base: base,
          byteCount: bytes.count,
          pageByteCount: image.pageByteCount,
          highWaterMark: PageID(rawValue: highWaterMark ?? UInt64(image.pageCount))
        )
      )
    }
  }

  private func fault(of page: UInt64, in image: BoltImage) throws -> BoltError? {
    try pages(of: image) { pages in
      #expect(throws: BoltError.self) { _ = try pages.page(PageID(rawValue: page)) }
    }
  }

  @Test func pagesAreReadWhereTheyLie() throws {
    try pages(of: image()) { pages in
      let branch = try pages.page(PageID(rawValue: 4))
      #expect(!branch.isLeaf)
      #expect(branch.count == 2)
      #expect(branch.child(at: 1) == PageID(rawValue: 6))
      #expect(Array(try branch.key(at: 1)) == Array("m".utf8))
      let leaf = try pages.page(PageID(rawValue: 5))
      #expect(leaf.isLeaf)
      #expect(leaf.byteCount == 1024)
      #expect(Array(try leaf.element(at: 1).value) == Array("2".utf8))
    }
  }

  @Test func theSmallerOfHighWaterMarkAndFileIsTheLimit() throws {
    try pages(of: image(), highWaterMark: 5) { pages in
      #expect(pages.limit == 5)
      #expect(throws: BoltError.pageOutOfRange(page: PageID(rawValue: 5), limit: 5)) {
        _ = try pages.page(PageID(rawValue: 5))
      }
    }
    try pages(of: image(), highWaterMark: .max) { #expect($0.limit == 8) }
  }

  @Test(arguments: [UInt64(8), 9, 1 << 32, 1 << 54, 1 << 63, .max])
  func aPageBeyondTheFileIsRefused(page: UInt64) throws {
    #expect(
      try fault(of: page, in: image())
        == .pageOutOfRange(page: PageID(rawValue: page), limit: 8)
    )
  }

  @Test(arguments: [UInt64(0), 1]) func aMetaPageIsNoPageOfTheTree(page: UInt64) throws {
    var image = image()
    // Not even if it says so: it would be written anew once it is free.
    image.setLeaf(page, [])
    #expect(try fault(of: page, in: image) == .metaPageReached(page: PageID(rawValue: page)))
  }

  @Test func aPageThatSaysToBeAnotherIsRefused() throws {
    var image = image()
    image.set(5, 0, UInt64(6))
    #expect(
      try fault(of: 5, in: image)
        == .pageNumber(page: PageID(rawValue: 5), found: PageID(rawValue: 6))
    )
  }

  @Test(arguments: [UInt16(0), 3, 4, 0x10, 0x8001])
  func aPageOfAnotherKindIsRefused(flags: UInt16) throws {
    var image = image()
    image.set(5, 8, flags)
    #expect(
      try fault(of: 5, in: image)
        == .pageKind(
          page: PageID(rawValue: 5),
          found: PageFlags(rawValue: flags),
          expected: "branch or leaf"
        )
    )
  }

  @Test(arguments: [UInt32(3), 4, 1 << 31, .max])
  func overflowBeyondTheFileIsRefused(overflow: UInt32) throws {
    var image = image()
    image.set(5, 12, overflow)
    #expect(
      try fault(of: 5, in: image)
        == .overflowOutOfRange(page: PageID(rawValue: 5), overflow: overflow, limit: 8)
    )
  }

  @Test func overflowPagesBelongToThePage() throws {
    var image = image()
    image.setLeaf(5, [.pair("key", String(repeating: "v", count: 3000))], overflow: 2)
    try pages(of: image) { pages in
      let page = try pages.page(PageID(rawValue: 5))
      #expect(page.byteCount == 3072)
      #expect(page.overflow == 2)
      #expect(try page.element(at: 0).value.count == 3000)
    }
  }

  @Test func aCountBeyondThePageIsRefused() throws {
    var image = image()
    image.set(5, 10, UInt16(63))
    let count = try pages(of: image) { try $0.page(PageID(rawValue: 5)).count }
    #expect(count == 63)
    image.set(5, 10, UInt16(64))
    #expect(
      try fault(of: 5, in: image)
        == .tooManyElements(page: PageID(rawValue: 5), count: 64, byteCount: 1024)
    )
    image.set(5, 10, UInt16.max)
    #expect(
      try fault(of: 5, in: image)
        == .tooManyElements(page: PageID(rawValue: 5), count: 65535, byteCount: 1024)
    )
  }

  @Test func aBranchWithoutChildrenIsRefusedAndALeafWithoutKeysIsNot() throws {
    var image = image()
    image.set(4, 10, UInt16(0))
    image.set(5, 10, UInt16(0))
    #expect(try fault(of: 4, in: image) == .emptyBranch(page: PageID(rawValue: 4)))
    let count = try pages(of: image) { try $0.page(PageID(rawValue: 5)).count }
    #expect(count == 0)
  }
}

@Suite struct BucketHeaderTests {
  private func header(_ value: [UInt8]) -> Result<BucketHeader, any Error> {
    value.withUnsafeBytes { value in
      Result { try BucketHeader(value, on: PageID(rawValue: 9)) }
    }
  }

  private func fault(_ value: [UInt8]) throws -> BoltError? {
    if case .failure(let error) = header(value) { error as? BoltError } else { nil }
  }

  /// Reads the elements of an inline page.
  private func readAll(_ value: [UInt8]) throws {
    try value.withUnsafeBytes { value in
      let page = try #require(try BucketHeader(value, on: PageID(rawValue: 9)).inline)
      for slot in 0..<page.count { _ = try page.element(at: slot) }
    }
  }

  private let inline = BoltImage.Item.inline("name", [.pair("a", "1"), .pair("b", "2")]).value

  @Test func aRootOnAPageHasItsSequenceBehindIt() throws {
    let header = try header(littleEndian(UInt64(5)) + littleEndian(UInt64(77))).get()
    #expect(header.root == PageID(rawValue: 5))
    #expect(header.sequence == 77)
    #expect(header.inline == nil)
  }

  @Test func anInlinePageIsReadFromAnyAddress() throws {
    for shift in 0..<8 {
      let shifted = [UInt8](repeating: 0xEE, count: shift) + inline
      try shifted.withUnsafeBytes { bytes in
        let value = UnsafeRawBufferPointer(rebasing: bytes[shift...])
        let page = try #require(try BucketHeader(value, on: PageID(rawValue: 9)).inline)
        #expect(page.count == 2)
        #expect(page.id == PageID(rawValue: 0))
        #expect(Array(try page.element(at: 1).key) == Array("b".utf8))
      }
    }
  }

  @Test func everyShorterValueIsRefused() throws {
    for count in inline.indices {
      // Its first page header and elements are there: only reading the last one fails.
      let end = 16 + 16 + 32
      if count < 32 {
        #expect(
          try fault(Array(inline[..<count]))
            == .bucketTooShort(page: PageID(rawValue: 9), byteCount: count)
        )
      } else if count < end {
        #expect(
          try fault(Array(inline[..<count]))
            == .tooManyElements(page: PageID(rawValue: 9), count: 2, byteCount: count - 16)
        )
      } else {
        let short = Array(inline[..<count])
        #expect(throws: BoltError.self) { try readAll(short) }
      }
    }
  }

  @Test func anInlineBranchIsRefused() throws {
    var value = inline
    value[16 + 8] = 1
    #expect(
      try fault(value)
        == .pageKind(page: PageID(rawValue: 9), found: .branch, expected: "an inline leaf")
    )
  }

  @Test func elementsThatShareTheirBytesAreRefused() throws {
    var value = inline
    // The first element takes the bytes of the second one as well.
    value[16 + 16 + 12] = 3
    #expect(
      try fault(value) == .elementsOverlap(page: PageID(rawValue: 9), byteCount: 54, limit: 52)
    )
  }
}
