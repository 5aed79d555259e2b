/// An element of a node: on a leaf a key with its value, on a branch a key with its child.
///
/// The bytes lie in the mapped file or in the transaction's memory; both outlive the node.
struct NodeElement {
  var key: UnsafeRawBufferPointer
  var value: UnsafeRawBufferPointer
  var child: PageID
  var isBucket: Bool

  init(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, isBucket: Bool) {
    self.key = key
    self.value = value
    child = PageID(rawValue: 0)
    self.isBucket = isBucket
  }

  init(key: UnsafeRawBufferPointer, child: PageID) {
    self.key = key
    value = UnsafeRawBufferPointer(start: nil, count: 0)
    self.child = child
    isBucket = false
  }

  /// What it takes on a page.
  var byteCount: Int { PageView.elementByteCount + key.count + value.count }
}

/// A page read into memory for change.
///
/// Source: bbolt `node.go`.
final class Node {
  let isLeaf: Bool

  /// The page that it was read from, or 0 if there is none: a new one, or one inline.
  let page: PageID

  /// How many pages follow that one.
  let overflow: UInt32

  /// The branch above, unless it is the root.
  ///
  /// The bucket holds every node until the transaction ends.
  unowned(unsafe) var parent: Node?

  var elements: [NodeElement]

  /// Whether a key was deleted, and the node may be too small now.
  var isUnbalanced = false

  /// Whether it was merged into another and is no part of the tree any more.
  var isRemoved = false

  /// Whether a commit has come to it: a node that it comes to twice hangs in two places.
  var isSpilled = false

  init(
    isLeaf: Bool,
    page: PageID = PageID(rawValue: 0),
    overflow: UInt32 = 0,
    parent: Node?,
    elements: [NodeElement]
  ) {
    self.isLeaf = isLeaf
    self.page = page
    self.overflow = overflow
    self.parent = parent
    self.elements = elements
  }

  /// Reads a page.
  convenience init(_ view: PageView, parent: Node?) throws(BoltError) {
    try view.checkRoom()
    var elements: [NodeElement] = []
    elements.reserveCapacity(view.count + 1)
    for slot in 0..<view.count {
      if view.isLeaf {
        let element = try view.element(at: slot)
        elements.append(
          NodeElement(key: element.key, value: element.value, isBucket: element.isBucket)
        )
      } else {
        elements.append(NodeElement(key: try view.key(at: slot), child: view.child(at: slot)))
      }
    }
    self.init(
      isLeaf: view.isLeaf,
      page: view.id,
      overflow: view.overflow,
      parent: parent,
      elements: elements
    )
  }

  /// What the node takes as a page.
  var byteCount: Int {
    elements.reduce(PageView.headerByteCount) { $0 + $1.byteCount }
  }

  /// The fewest elements it must have not to be merged into a neighbour.
  var minimumCount: Int { isLeaf ? 1 : 2 }

  /// The first slot whose key is not below `key`, and whether it is that key.
  func search(_ key: UnsafeRawBufferPointer) -> (slot: Int, isEqual: Bool) {
    // What is put in ascending order, as etcd does, belongs behind the last one.
    if let last = elements.last, compareBytes(last.key, key) < 0 { return (elements.count, false) }
    var low = 0
    var high = elements.count
    while low < high {
      let middle = (low + high) / 2
      let order = compareBytes(elements[middle].key, key)
      if order == 0 { return (middle, true) }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return (low, false)
  }

  /// The slot of a branch under which a key lies.
  func childSlot(for key: UnsafeRawBufferPointer) throws(BoltError) -> Int {
    guard !elements.isEmpty else { throw .emptyBranch(page: page) }
    let found = search(key)
    return found.isEqual ? found.slot : max(0, found.slot - 1)
  }

  /// The slot of a branch at which a child hangs.
  func slot(of child: PageID) -> Int? {
    elements.firstIndex { $0.child == child }
  }

  /// Cuts the elements into runs that each fill a page.
  ///
  /// A node of more than four elements that is larger than a page is split: each run takes elements
  /// until the next one would pass the fill percentage, but two at least.
  ///
  /// - Parameters:
  ///   - pageByteCount: The size of a page.
  ///   - fillPercent: How full a page is made where more follows, from 0.1 to 1.
  /// - Returns: Ranges of slots, which follow each other and cover all.
  func split(pageByteCount: Int, fillPercent: Double) -> [Range<Int>] {
    // What is no number counts as too small.
    let threshold = Int(Double(pageByteCount) * (fillPercent > 0.1 ? min(fillPercent, 1) : 0.1))
    var runs: [Range<Int>] = []
    var start = 0
    var restByteCount = byteCount - PageView.headerByteCount
    while true {
      let rest = elements.count - start
      let fits =
        PageView.headerByteCount + restByteCount < pageByteCount
        && rest <= Limits.elementsPerPage
      if rest <= Limits.minimumKeysPerPage * 2 || fits { break }
      var end = start
      var size = PageView.headerByteCount
      while end < elements.count - Limits.minimumKeysPerPage {
        let next = elements[end].byteCount
        if end - start >= Limits.minimumKeysPerPage && size + next > threshold { break }
        if end - start == Limits.elementsPerPage { break }
        size += next
        end += 1
      }
      runs.append(start..<end)
      restByteCount -= size - PageView.headerByteCount
      start = end
    }
    if start < elements.count || runs.isEmpty { runs.append(start..<elements.count) }
    return runs
  }

  /// Writes a run of elements as a page whose memory is zero.
  func write(_ run: Range<Int>, to page: UnsafeMutableRawPointer, as id: PageID, overflow: UInt32) {
    page.store(id.rawValue, at: 0)
    page.store((isLeaf ? PageFlags.leaf : .branch).rawValue, at: 8)
    page.store(UInt16(run.count), at: 10)
    page.store(overflow, at: 12)
    var header = PageView.headerByteCount
    var content = header + run.count * PageView.elementByteCount
    for element in elements[run] {
      let distance = UInt32(content - header)
      if isLeaf {
        page.store(UInt32(element.isBucket ? 1 : 0), at: header)
        page.store(distance, at: header + 4)
        page.store(UInt32(element.key.count), at: header + 8)
        page.store(UInt32(element.value.count), at: header + 12)
      } else {
        page.store(distance, at: header)
        page.store(UInt32(element.key.count), at: header + 4)
        page.store(element.child.rawValue, at: header + 8)
      }
      if let base = element.key.baseAddress {
        (page + content).copyMemory(from: base, byteCount: element.key.count)
      }
      content += element.key.count
      if let base = element.value.baseAddress {
        (page + content).copyMemory(from: base, byteCount: element.value.count)
      }
      content += element.value.count
      header += PageView.elementByteCount
    }
  }
}
