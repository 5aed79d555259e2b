/// A place among the keys of a bucket, from which to go either way.
///
/// A cursor stands on one element, or before the first or after the last one. It never goes round
/// in circles: a tree with a loop in it ends with an error after as many leaves as the file has
/// pages. After the fault of a page it goes on beside what could not be read.
public struct Cursor {
  private struct Frame {
    let page: PageView
    var slot: Int
  }

  private let bucket: Bucket
  private var stack: [Frame] = []

  /// How many leaves it has come to without a turn or an end: in a tree, as many as it has at most.
  private var leafCount = 0
  private var goesBackward = false

  /// How many children could not be read: more than the file has room for are met in circles.
  private var faultCount = 0

  init(_ bucket: Bucket) { self.bucket = bucket }

  /// The number of the page that the cursor stands on, also if what it stands on is inline there; 0
  /// before it has been put anywhere.
  public var page: PageID { stack.last?.page.place ?? PageID(rawValue: 0) }

  /// Goes to the first key.
  public mutating func first() throws(BoltError) -> Element? {
    leafCount = 0
    try restart()
    try descend(toLast: false)
    return try skipForward()
  }

  /// Goes to the last key.
  public mutating func last() throws(BoltError) -> Element? {
    leafCount = 0
    try restart()
    try descend(toLast: true)
    return try skipBackward()
  }

  /// Goes to a key, or to the first one after it.
  ///
  /// - Parameter key: The key; need not be there.
  /// - Returns: The element, or nothing if all keys are below `key`.
  /// - Throws: The fault of a page on the way.
  /// - Complexity: O(log n).
  public mutating func seek(_ key: UnsafeRawBufferPointer) throws(BoltError) -> Element? {
    leafCount = 0
    try restart()
    while let frame = stack.last, !frame.page.isLeaf {
      stack[stack.count - 1].slot = try frame.page.childSlot(for: key)
      try push()
    }
    if let frame = stack.last {
      stack[stack.count - 1].slot = try frame.page.search(key).slot
    }
    return try skipForward()
  }

  /// Goes to a key, or to the first one after it.
  public mutating func seek(_ key: [UInt8]) throws(BoltError) -> Element? {
    try key.withUnsafeBytes { bytes in
      Result { () throws(BoltError) in try seek(bytes) }
    }.get()
  }

  /// Goes to the next key.
  ///
  /// - Returns: Its element, or nothing if there is none.
  public mutating func next() throws(BoltError) -> Element? {
    guard !stack.isEmpty else { return nil }
    let top = stack.count - 1
    stack[top].slot = min(stack[top].slot + 1, stack[top].page.count)
    // The common case: another element on the same leaf.
    if stack[top].page.isLeaf && stack[top].slot < stack[top].page.count {
      return try stack[top].page.element(at: stack[top].slot)
    }
    return try skipForward()
  }

  /// Goes to the key before.
  ///
  /// - Returns: Its element, or nothing if there is none.
  public mutating func previous() throws(BoltError) -> Element? {
    guard !stack.isEmpty else { return nil }
    let top = stack.count - 1
    stack[top].slot = max(stack[top].slot - 1, -1)
    if stack[top].page.isLeaf && stack[top].slot >= 0 {
      return try stack[top].page.element(at: stack[top].slot)
    }
    return try skipBackward()
  }

  private mutating func restart() throws(BoltError) {
    stack.removeAll(keepingCapacity: true)
    stack.append(Frame(page: try bucket.rootPage(), slot: 0))
  }

  /// Takes the child that the top of the stack stands on.
  private mutating func push() throws(BoltError) {
    guard let frame = stack.last else { return }
    guard stack.count < Limits.depth else {
      throw .treeTooDeep(page: frame.page.place, limit: Limits.depth)
    }
    let pages = bucket.transaction.pages
    stack.append(Frame(page: try pages.page(frame.page.child(at: frame.slot)), slot: 0))
  }

  private mutating func descend(toLast: Bool) throws(BoltError) {
    while let frame = stack.last {
      if toLast { stack[stack.count - 1].slot = frame.page.count - 1 }
      if frame.page.isLeaf { break }
      try push()
    }
    if goesBackward != toLast {
      goesBackward = toLast
      leafCount = 0
    }
    leafCount += 1
    guard leafCount <= bucket.transaction.pages.limit else {
      let page = page
      stack.removeAll()
      throw .pageReachedTwice(page: page)
    }
  }

  /// Goes down from a branch to a leaf; after a fault, the branch whose child it is is on top.
  private mutating func enterChild(toLast: Bool) throws(BoltError) {
    do throws(BoltError) {
      try push()
      try descend(toLast: toLast)
    } catch {
      faultCount += 1
      let pages = bucket.transaction.pages
      let childLimit = pages.limit * UInt64(pages.pageByteCount / PageView.elementByteCount)
      if faultCount > childLimit { stack.removeAll() }
      throw error
    }
  }

  /// From a slot that may be behind the end of its leaf to the next one with an element.
  private mutating func skipForward() throws(BoltError) -> Element? {
    while let frame = stack.last {
      if frame.slot < frame.page.count {
        if frame.page.isLeaf { return try frame.page.element(at: frame.slot) }
        try enterChild(toLast: false)
      } else if stack.count == 1 {
        // Behind the last one: `previous` comes back to it.
        stack[0].slot = frame.page.count
        leafCount = 0
        return nil
      } else {
        stack.removeLast()
        stack[stack.count - 1].slot += 1
      }
    }
    return nil
  }

  private mutating func skipBackward() throws(BoltError) -> Element? {
    while let frame = stack.last {
      if frame.slot >= 0 && frame.slot < frame.page.count {
        if frame.page.isLeaf { return try frame.page.element(at: frame.slot) }
        try enterChild(toLast: true)
      } else if stack.count == 1 {
        stack[0].slot = -1
        leafCount = 0
        return nil
      } else {
        stack.removeLast()
        stack[stack.count - 1].slot -= 1
      }
    }
    return nil
  }
}
