@testable import Bolt

import Testing

@Suite struct PageViewTests {
  private func leaf(_ keys: [String]) -> BoltImage {
    var image = BoltImage(pageCount: 4)
    image.setLeaf(3, keys.map { .pair($0, "value of \($0)") })
    return image
  }

  private func view<Value>(
    of image: BoltImage,
    _ body: (PageView) throws -> Value
  ) throws -> Value {
    try image.bytes.withUnsafeBytes { bytes in
      let pages = PageSpace(
        base: try #require(bytes.baseAddress),
        byteCount: bytes.count,
        pageByteCount: 1024,
        highWaterMark: PageID(rawValue: 4)
      )
      return try body(try pages.page(PageID(rawValue: 3)))
    }
  }

  @Test func elementsAreReadInPlace() throws {
    var image = leaf(["a", "bb"])
    image.set(3, 16 + 16, UInt32(1))
    try view(of: image) { page in
      let first = try page.element(at: 0)
      #expect(Array(first.key) == Array("a".utf8))
      #expect(Array(first.value) == Array("value of a".utf8))
      #expect(!first.isBucket)
      #expect(try page.element(at: 1).isBucket)
      #expect(Array(try page.key(at: 1)) == Array("bb".utf8))
    }
  }

  @Test(arguments: 0..<8) func searchFindsTheFirstKeyNotBelow(count: Int) throws {
    // The keys b, d, f ...; every letter is looked for.
    let keys = (0..<count).map { String(UnicodeScalar(UInt8(98 + 2 * $0))) }
    try view(of: leaf(keys)) { page in
      for letter in UInt8(97)..<UInt8(98 + 2 * count + 2) {
        let key = [letter]
        let found = try withBytes(of: key) { bytes throws(BoltError) in try page.search(bytes) }
        let expected = keys.firstIndex { Array($0.utf8)[0] >= letter } ?? count
        #expect(found.slot == expected)
        #expect(found.isEqual == keys.contains(String(UnicodeScalar(letter))))
      }
    }
  }

  @Test func theChildOfAKeyIsTheLastOneNotAboveIt() throws {
    var image = BoltImage(pageCount: 4)
    image.setBranch(3, [("b", 10), ("d", 11), ("f", 12)])
    try view(of: image) { page in
      for (key, slot) in [("a", 0), ("b", 0), ("c", 0), ("d", 1), ("e", 1), ("f", 2), ("zz", 2)] {
        let found = try withBytes(of: Array(key.utf8)) { bytes throws(BoltError) in
          try page.childSlot(for: bytes)
        }
        #expect(found == slot, "\(key)")
      }
    }
  }

  @Test(arguments: [(4, UInt32(1000)), (4, .max), (8, 1000), (8, .max), (12, 1000), (12, .max)])
  func anElementBeyondItsPageIsRefused(offset: Int, number: UInt32) throws {
    var image = leaf(["a", "b"])
    image.set(3, 16 + 16 + offset, number)
    try view(of: image) { page in
      let error = #expect(throws: BoltError.self) { _ = try page.element(at: 1) }
      guard case .elementOutsidePage(let id, 1, let end, 1024) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(id == PageID(rawValue: 3))
      #expect(end > 1024)
      let sound = try page.element(at: 0)
      #expect(sound.value.count == 10)
    }
  }

  @Test func threeFieldsNearTheirEndDoNotOverflow() throws {
    var image = leaf(["a"])
    for offset in [4, 8, 12] { image.set(3, 16 + offset, UInt32.max) }
    try view(of: image) { page in
      let error = BoltError.elementOutsidePage(
        page: PageID(rawValue: 3),
        slot: 0,
        end: 16 + 3 * Int(UInt32.max),
        byteCount: 1024
      )
      #expect(throws: error) { _ = try page.element(at: 0) }
      #expect(throws: BoltError.self) { _ = try page.key(at: 0) }
    }
  }

  @Test func elementsThatShareTheirBytesAreTold() throws {
    var image = leaf(["a", "b", "c"])
    try view(of: image) { try $0.checkRoom() }
    // Each of them takes almost all of the page.
    for slot in 0..<3 { image.set(3, 16 + 16 * slot + 12, UInt32(900)) }
    try view(of: image) { page in
      let error = BoltError.elementsOverlap(page: page.id, byteCount: 64 + 3 * 901, limit: 1024)
      #expect(throws: error) { try page.checkRoom() }
    }
    // What lies outside the page is found when it is read.
    image = leaf(["a", "b", "c"])
    image.set(3, 16 + 12, UInt32(5000))
    try view(of: image) { try $0.checkRoom() }
  }

  @Test func kindsHaveNames() {
    #expect("\(PageFlags.branch) \(PageFlags.leaf)" == "branch leaf")
    #expect("\(PageFlags.meta) \(PageFlags.freelist)" == "meta freelist")
    #expect("\(PageFlags(rawValue: 0x23))" == "0x23")
  }
}
