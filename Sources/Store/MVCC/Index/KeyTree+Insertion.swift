extension KeyTree {
  /// Puts a card into a leaf, or a child and its separator into a branch, and splits what is full
  /// from there up to the root.
  ///
  /// - Parameters:
  ///   - slot: The card, or the separator of the child.
  ///   - child: The child; nil for a leaf.
  ///   - place: Where in the node.
  ///   - node: The node.
  ///   - depth: Where the node stands on the way.
  func insert(_ slot: Slot, child: TreeNode?, at place: Int, in node: TreeNode, depth: Int) {
    guard node.count == TreeNode.capacity else {
      fill(slot, child: child, at: place, in: node)
      return
    }
    // At the end of all keys, as when they ascend, a full node stays full, and the new one has room.
    let isAtEnd = place == node.count && isLast(depth: depth)
    let middle = isAtEnd ? node.count : node.count / 2
    let right = newNode(level: node.level)
    if place > middle || isAtEnd {
      let separator = isAtEnd ? slot : node.slots[middle]
      node.move(from: middle, toEndOf: right)
      fill(slot, child: child, at: place - middle, in: right, isBare: true)
      finishSplit(of: node, right, separator: separator, depth: depth)
    } else {
      let separator = node.slots[middle]
      node.move(from: middle, toEndOf: right)
      fill(slot, child: child, at: place, in: node, isBare: true)
      finishSplit(of: node, right, separator: separator, depth: depth)
    }
  }

  /// Whether the way to a node goes along the last child everywhere.
  private func isLast(depth: Int) -> Bool {
    for level in 0..<depth where step(level).place != step(level).node.count - 1 { return false }
    return true
  }

  /// Puts a slot into a node that has room; if it is bare, heads will be made anew afterwards.
  private func fill(
    _ slot: Slot,
    child: TreeNode?,
    at place: Int,
    in node: TreeNode,
    isBare: Bool = false
  ) {
    node.open(place)
    node.slots[place] = slot
    if let child { node.setChild(place, child) }
    if !isBare { setHead(place, in: node) }
  }

  private func finishSplit(of node: TreeNode, _ right: TreeNode, separator: Slot, depth: Int) {
    if node.isLeaf {
      right.next = node.next
      right.previous = node
      node.next?.previous = right
      node.next = right
    }
    for half in [node, right] {
      setHeads(half)
      setTotals(half)
    }
    if depth > 0 {
      let step = step(depth - 1)
      insert(separator, child: right, at: step.place + 1, in: step.node, depth: depth - 1)
    } else {
      let top = newNode(level: node.level + 1)
      top.open(0)
      top.setChild(0, node)
      fill(separator, child: right, at: 1, in: top)
      setTotals(top)
      replaceRoot(top)
    }
  }

  /// Makes the head of what was just put at a place, and all heads anew if it has less in common with
  /// the others than they had.
  func setHead(_ place: Int, in node: TreeNode) {
    let first = node.firstPlace
    guard node.count - first > 1 else {
      setHeads(node)
      return
    }
    guard place >= first else { return }
    let key = key(node.slots[place])
    let other = self.key(node.slots[place > first ? place - 1 : place + 1])
    let prefix = node.prefixByteCount
    let common = commonByteCount(key, other, limit: prefix)
    if common < prefix {
      setHeads(node, prefix: common)
    } else {
      node.heads[place] = KeyTree.head(of: key, after: prefix)
    }
  }

  /// Finds what the keys of a node have in common, and makes all heads.
  func setHeads(_ node: TreeNode) {
    let first = node.firstPlace
    guard first < node.count else {
      node.prefixByteCount = 0
      return
    }
    // What the first and the last key have in common, all between have.
    let limit = node.isLeaf ? Int.max : TreeNode.branchPrefixByteCount
    let lowest = key(node.slots[first])
    let prefix = commonByteCount(lowest, key(node.slots[node.count - 1]), limit: limit)
    setHeads(node, prefix: prefix)
    if !node.isLeaf, let source = lowest.baseAddress {
      node.branchPrefix.baseAddress?.copyMemory(from: source, byteCount: prefix)
    }
  }

  private func setHeads(_ node: TreeNode, prefix: Int) {
    node.prefixByteCount = prefix
    for place in node.firstPlace..<node.count {
      node.heads[place] = KeyTree.head(of: key(node.slots[place]), after: prefix)
    }
  }

  /// Adds up what is below a node.
  func setTotals(_ node: TreeNode) {
    var totals = Totals()
    if node.isLeaf {
      for place in 0..<node.count { totals += self.totals(of: card(node.slots[place])) }
    } else {
      for place in 0..<node.count { totals += node.child(place).totals }
    }
    node.totals = totals
  }

  func totals(of card: KeyCard) -> Totals {
    Totals(
      liveCount: card.isLive ? 1 : 0,
      compactableCount: card.isCompactable ? 1 : 0,
      latestMain: card.latest.main
    )
  }
}
