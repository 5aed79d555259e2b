/// The cards of a key index in the order of their keys: a B+tree over 32-bit slots.
///
/// The tree knows of each node how many live keys are below it and the latest revision of them, so
/// that keys are counted without being looked at.
///
/// Nothing here is guarded: readers may read beside each other, and whoever changes it is alone.
final class KeyTree {
  /// A step of the way to a leaf: a node and the place in it.
  struct Step {
    var node: TreeNode
    var place: Int
  }

  /// Levels of a tree whose nodes have two children: 2^32 cards have no more.
  static let depthLimit = 32

  let arena: IndexArena
  private(set) var root = TreeNode(level: 0)

  /// How many cards there are.
  private(set) var count = 0

  /// How many bytes the nodes take.
  private(set) var nodeByteCount = TreeNode.byteCount(isLeaf: true)

  /// The way to what was last looked for, from the root.
  private let way: UnsafeMutablePointer<Step>
  private var wayCount = 0

  init(_ arena: IndexArena) {
    self.arena = arena
    way = .allocate(capacity: KeyTree.depthLimit)
    way.initialize(repeating: Step(node: root, place: 0), count: KeyTree.depthLimit)
  }

  deinit {
    deallocate(root)
    way.deallocate()
  }

  private func deallocate(_ node: TreeNode) {
    if !node.isLeaf {
      for place in 0..<node.count { deallocate(node.child(place)) }
    }
    node.deallocate()
  }

  func replaceRoot(_ node: TreeNode) { root = node }

  func newNode(level: Int) -> TreeNode {
    nodeByteCount += TreeNode.byteCount(isLeaf: level == 0)
    return TreeNode(level: level)
  }

  func drop(_ node: TreeNode) {
    nodeByteCount -= TreeNode.byteCount(isLeaf: node.isLeaf)
    node.deallocate()
  }

  @inline(__always)
  func card(_ slot: Slot) -> KeyCard { KeyCard(arena[slot]) }

  @inline(__always)
  func key(_ slot: Slot) -> UnsafeRawBufferPointer { card(slot).key }
}

// Searching.
extension KeyTree {
  /// The four bytes of a key after its first ones, as a number.
  @inline(__always)
  static func head(of key: UnsafeRawBufferPointer, after prefix: Int) -> UInt32 {
    guard let base = key.baseAddress else { return 0 }
    if key.count >= prefix + 4 {
      return UInt32(bigEndian: base.loadUnaligned(fromByteOffset: prefix, as: UInt32.self))
    }
    var head: UInt32 = 0
    for offset in prefix..<prefix + 4 {
      head = head << 8 | (offset < key.count ? UInt32(key[offset]) : 0)
    }
    return head
  }

  /// Finds a key in a node.
  ///
  /// - Returns: The first place whose key is not below `key`, and whether it is that very key.
  @inline(__always)
  func search(_ node: TreeNode, for key: UnsafeRawBufferPointer) -> (place: Int, isEqual: Bool) {
    let first = node.firstPlace
    let end = node.count
    guard first < end else { return (end, false) }
    let prefix = node.prefixByteCount
    let head = KeyTree.head(of: key, after: prefix)
    var low = first + node.headCount(below: head)
    if prefix > 0 {
      // The heads mean something only if the key has the prefix, which any key of a leaf can tell.
      let common =
        node.isLeaf
        ? self.key(node.slots[min(low, end - 1)]) : UnsafeRawBufferPointer(node.branchPrefix)
      let order = compareKeys(key, common, first: min(prefix, key.count))
      if order != 0 { return (order < 0 ? first : end, false) }
      if key.count < prefix { return (first, false) }
    }
    guard low < end, node.heads[low] == head else { return (low, false) }
    // Several keys may have this head, one after the other.
    var high = low + 1
    while high < end, node.heads[high] == head { high += 1 }
    while low < high {
      let middle = (low + high) / 2
      let order = compareKeys(self.key(node.slots[middle]), key)
      if order == 0 { return (middle, true) }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return (low, false)
  }

  /// The child of a branch below which a key lies.
  @inline(__always)
  func childPlace(_ node: TreeNode, for key: UnsafeRawBufferPointer) -> Int {
    let found = search(node, for: key)
    return found.isEqual ? found.place : found.place - 1
  }

  /// The card of a key, or 0.
  ///
  /// - Complexity: O(log n).
  func find(_ key: UnsafeRawBufferPointer) -> Slot {
    var node = root
    while !node.isLeaf { node = node.child(childPlace(node, for: key)) }
    let found = search(node, for: key)
    return found.isEqual ? node.slots[found.place] : 0
  }

  /// Where the first card is whose key is not below `key`.
  ///
  /// - Returns: A leaf and a place in it, which may be behind its last one.
  func firstPlace(notBelow key: UnsafeRawBufferPointer) -> Step {
    var node = root
    while !node.isLeaf { node = node.child(childPlace(node, for: key)) }
    return Step(node: node, place: search(node, for: key).place)
  }

  /// Calls something with cards in the order of their keys.
  ///
  /// - Parameters:
  ///   - start: The lowest key.
  ///   - end: The first key that is not visited any more; nil for none.
  ///   - body: Takes a card's slot; returns false to end the visit.
  @inline(__always)
  func visit(
    from start: UnsafeRawBufferPointer,
    to end: UnsafeRawBufferPointer?,
    _ body: (Slot) -> Bool
  ) {
    var step = firstPlace(notBelow: start)
    while true {
      let node = step.node
      var stop = node.count
      var isLast = false
      if let end, stop > 0, compareKeys(key(node.slots[stop - 1]), end) >= 0 {
        stop = search(node, for: end).place
        isLast = true
      }
      while step.place < stop {
        guard body(node.slots[step.place]) else { return }
        step.place += 1
      }
      guard !isLast, let next = node.next else { return }
      step = Step(node: next, place: 0)
    }
  }
}

// Changing: first ``locate(_:)``, then one of the others for what was located.
extension KeyTree {
  /// Looks for a key and remembers the way.
  ///
  /// - Returns: Its card's slot, or 0.
  func locate(_ key: UnsafeRawBufferPointer) -> Slot {
    var node = root
    wayCount = 0
    while !node.isLeaf {
      let place = childPlace(node, for: key)
      note(Step(node: node, place: place))
      node = node.child(place)
    }
    let found = search(node, for: key)
    note(Step(node: node, place: found.place))
    return found.isEqual ? node.slots[found.place] : 0
  }

  @inline(__always)
  private func note(_ step: Step) {
    precondition(wayCount < KeyTree.depthLimit)
    way[wayCount] = step
    wayCount += 1
  }

  /// The steps of the way, the root's first; the last one is the leaf's.
  var depth: Int { wayCount }

  func step(_ level: Int) -> Step { way[level] }

  /// Tells all nodes on the way that a card below has changed.
  func noteChange(live: Int, compactable: Int, latestMain: Int64) {
    for level in 0..<wayCount {
      let node = way[level].node
      var totals = node.totals
      totals.liveCount = UInt32(Int(totals.liveCount) + live)
      totals.compactableCount = UInt32(Int(totals.compactableCount) + compactable)
      totals.latestMain = max(totals.latestMain, latestMain)
      node.totals = totals
    }
  }

  /// Puts a card where its key was located.
  func insertLocated(_ slot: Slot) {
    let card = card(slot)
    noteChange(
      live: card.isLive ? 1 : 0,
      compactable: card.isCompactable ? 1 : 0,
      latestMain: card.latest.main
    )
    count += 1
    let step = way[wayCount - 1]
    insert(slot, child: nil, at: step.place, in: step.node, depth: wayCount - 1)
  }

  /// Takes the card that was located out.
  ///
  /// What it was counted as must have been taken back before.
  func removeLocated() {
    count -= 1
    remove(depth: wayCount - 1)
  }
}
