@testable import Bolt

import TestSupport
import Testing

@Suite struct NodeTests {
  private let memory = TransactionMemory()

  private func bytes(_ text: String) -> UnsafeRawBufferPointer {
    Array(text.utf8).withUnsafeBytes { memory.copy($0) }
  }

  /// A leaf with values of some lengths, under keys of two bytes.
  private func leaf(_ lengths: [Int]) -> Node {
    Node(
      isLeaf: true,
      parent: nil,
      elements: lengths.enumerated().map { number, length in
        NodeElement(
          key: bytes(String(number + 10)),
          value: UnsafeRawBufferPointer(start: memory.zeros(length), count: length),
          isBucket: false
        )
      }
    )
  }

  private func split(
    _ lengths: [Int],
    pageByteCount: Int = 1024,
    fillPercent: Double = 0.5
  ) -> [Range<Int>] {
    leaf(lengths).split(pageByteCount: pageByteCount, fillPercent: fillPercent)
  }

  @Test func aNodeThatFitsIsNotSplit() {
    #expect(split([]) == [0..<0])
    #expect(split([10]) == [0..<1])
    #expect(split([10, 10, 10, 10, 10]) == [0..<5])
    // A page is to be left with a byte to spare, as bbolt does it: 16 + 5 * 18 + 917 bytes are 1023.
    #expect(split([917, 0, 0, 0, 0]) == [0..<5])
    #expect(split([918, 0, 0, 0, 0]) == [0..<2, 2..<5])
  }

  @Test func fourElementsStayTogetherHoweverLargeTheyAre() {
    #expect(split([5000, 5000, 5000, 5000]) == [0..<4])
    #expect(split([5000, 5000, 5000, 5000, 5000]) == [0..<2, 2..<5])
    #expect(split([5000, 5000, 5000, 5000, 5000, 5000, 5000]) == [0..<2, 2..<4, 4..<7])
  }

  @Test func runsAreFilledToThePercentage() {
    // Elements of 100 bytes: 4 of them are within half of 1024 bytes, 9 within 0.9.
    let lengths = [Int](repeating: 82, count: 40)
    #expect(split(lengths).map(\.count) == [4, 4, 4, 4, 4, 4, 4, 4, 8])
    #expect(split(lengths, fillPercent: 0.9).map(\.count) == [9, 9, 9, 9, 4])
    #expect(split(lengths, fillPercent: 1).map(\.count) == [10, 10, 10, 10])
  }

  @Test func theFillPercentageIsKeptBetweenATenthAndTheWhole() {
    let lengths = [Int](repeating: 32, count: 60)
    for (given, taken) in [(-1.0, 0.1), (0, 0.1), (0.05, 0.1), (2, 1), (.infinity, 1)] {
      #expect(split(lengths, fillPercent: given) == split(lengths, fillPercent: taken))
    }
    #expect(split(lengths, fillPercent: 0.1).dropLast().allSatisfy { $0.count == 2 })
    #expect(split(lengths, fillPercent: .nan).last?.upperBound == 60)
  }

  @Test(arguments: 0..<60) func runsFollowEachOtherAndCoverAll(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let lengths = (0..<Int.random(in: 0..<80, using: &generator)).map { _ in
      Int.random(in: 0..<(Bool.random(using: &generator) ? 2000 : 50), using: &generator)
    }
    let fillPercent = Double.random(in: 0...1.2, using: &generator)
    let runs = split(lengths, fillPercent: fillPercent)
    #expect(runs.first?.lowerBound == 0)
    #expect(runs.last?.upperBound == lengths.count)
    for (run, next) in zip(runs, runs.dropFirst()) { #expect(run.upperBound == next.lowerBound) }
    if runs.count > 1 { #expect(runs.allSatisfy { $0.count >= 2 }) }
  }

  @Test func moreElementsThanACountCanSayAreSplit() {
    let key = bytes("key")
    let elements = (UInt64(0)..<150_000).map { NodeElement(key: key, child: PageID(rawValue: $0)) }
    let node = Node(isLeaf: false, parent: nil, elements: elements)
    let runs = node.split(pageByteCount: 1 << 24, fillPercent: 1)
    #expect(runs.map(\.count) == [65534, 65534, 18932])
  }

  @Test func searchFindsTheFirstKeyNotBelow() throws {
    let keys = ["b", "d", "f"]
    let node = Node(
      isLeaf: false,
      parent: nil,
      elements: keys.map { NodeElement(key: bytes($0), child: PageID(rawValue: 9)) }
    )
    for (key, slot, isEqual, child) in [
      ("a", 0, false, 0), ("b", 0, true, 0), ("c", 1, false, 0), ("d", 1, true, 1),
      ("e", 2, false, 1), ("f", 2, true, 2), ("g", 3, false, 2),
    ] {
      let found = node.search(bytes(key))
      #expect(found.slot == slot && found.isEqual == isEqual, "\(key)")
      #expect(try node.childSlot(for: bytes(key)) == child, "\(key)")
    }
  }

  @Test func aBranchWithoutChildrenLeadsNowhere() {
    let node = Node(isLeaf: false, page: PageID(rawValue: 9), parent: nil, elements: [])
    #expect(throws: BoltError.emptyBranch(page: PageID(rawValue: 9))) {
      _ = try node.childSlot(for: bytes("a"))
    }
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let node = leaf([0, 5, 3000])
    node.elements[1].isBucket = true
    let page = memory.zeros(4096)
    node.write(0..<3, to: page, as: PageID(rawValue: 2), overflow: 3)
    let pages = PageSpace(
      base: UnsafeRawPointer(page) - 2048,
      byteCount: 2048 + 4096,
      pageByteCount: 1024,
      highWaterMark: PageID(rawValue: 6)
    )
    let view = try pages.page(PageID(rawValue: 2))
    #expect(view.byteCount == 4096)
    let read = try Node(view, parent: nil)
    #expect(read.isLeaf && read.page == PageID(rawValue: 2) && read.overflow == 3)
    #expect(read.elements.count == 3)
    for (left, right) in zip(read.elements, node.elements) {
      #expect(left.key.elementsEqual(right.key))
      #expect(left.value.elementsEqual(right.value))
      #expect(left.isBucket == right.isBucket)
    }
    #expect(read.byteCount == node.byteCount)
  }

  @Test func branchesAreWrittenWithTheirChildren() throws {
    let keys = ["", "b", "cc"]
    let node = Node(
      isLeaf: false,
      parent: nil,
      elements: keys.enumerated().map { number, key in
        NodeElement(key: bytes(key), child: PageID(rawValue: UInt64.max - UInt64(number)))
      }
    )
    let page = memory.zeros(1024)
    node.write(1..<3, to: page, as: PageID(rawValue: 2), overflow: 0)
    let pages = PageSpace(
      base: UnsafeRawPointer(page) - 2048,
      byteCount: 3072,
      pageByteCount: 1024,
      highWaterMark: PageID(rawValue: 3)
    )
    let read = try Node(try pages.page(PageID(rawValue: 2)), parent: nil)
    #expect(!read.isLeaf)
    #expect(read.elements.map { String(decoding: $0.key, as: UTF8.self) } == ["b", "cc"])
    #expect(read.elements.map(\.child.rawValue) == [.max - 1, .max - 2])
  }
}
