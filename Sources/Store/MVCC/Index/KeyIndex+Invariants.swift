extension KeyIndex {
  /// Checks everything now and then: the larger the index, the less often, so that a change costs
  /// about the same.
  @inline(__always)
  func checkSomeInvariants() {
    #if STORE_CHECKS
    changeCount += 1
    if changeCount.isMultiple(of: max(1, (count + revisionCount) / 32)) { checkInvariants() }
    #endif
  }

  /// Stops the program if something in the index is not as it must be.
  func checkInvariants() {
    #if STORE_CHECKS
    var found = Found()
    check(tree.root, above: nil, below: nil, &found)
    precondition(found.count == tree.count, "every card is counted once")
    precondition(found.revisionCount == revisionCount, "every revision is counted once")
    precondition(found.leaf?.next == nil, "the last leaf has none after it")
    #endif
  }

  #if STORE_CHECKS
  /// What was met so far on a walk over all cards.
  private struct Found {
    var count = 0
    var revisionCount = 0
    var previous: Slot = 0
    var leaf: TreeNode?
  }

  private func check(
    _ node: TreeNode,
    above low: Slot?,
    below high: Slot?,
    _ found: inout Found
  ) {
    precondition(node.count <= TreeNode.capacity, "a node has room")
    precondition(node.count > 0 || node == tree.root, "only an empty tree has an empty node")
    checkHeads(node)
    var totals = Totals()
    if node.isLeaf {
      precondition(node.previous == found.leaf, "leaves know the ones beside them")
      precondition(found.leaf == nil || found.leaf?.next == node, "leaves are linked in order")
      found.leaf = node
      for place in 0..<node.count {
        let slot = node.slots[place]
        let card = tree.card(slot)
        check(card)
        totals += tree.totals(of: card)
        if found.previous != 0 {
          let order = compareKeys(tree.key(found.previous), card.key)
          precondition(order < 0, "keys ascend")
        }
        if let low { precondition(compareKeys(tree.key(low), card.key) <= 0, "not below") }
        if let high { precondition(compareKeys(card.key, tree.key(high)) < 0, "not above") }
        found.previous = slot
        found.count += 1
        found.revisionCount += card.history == 0 ? 1 : History(arena[card.history]).count + 1
      }
      if let low, node.count > 0 { precondition(node.slots[0] == low, "separators are exact") }
    } else {
      for place in 0..<node.count {
        let child = node.child(place)
        precondition(child.level == node.level - 1, "all leaves are equally deep")
        check(
          child,
          above: place > 0 ? node.slots[place] : low,
          below: place + 1 < node.count ? node.slots[place + 1] : high,
          &found
        )
        totals += child.totals
      }
    }
    precondition(node.totals.liveCount == totals.liveCount, "live keys are counted")
    precondition(node.totals.compactableCount == totals.compactableCount, "history is counted")
    precondition(node.totals.latestMain >= totals.latestMain, "no card passes its node")
  }

  private func checkHeads(_ node: TreeNode) {
    for place in Array(0..<node.firstPlace) + Array(node.count..<TreeNode.capacity) {
      precondition(node.heads[place] == .max, "heads that are not in use are all ones")
    }
    guard node.firstPlace < node.count else { return }
    let first = tree.key(node.slots[node.firstPlace])
    let last = tree.key(node.slots[node.count - 1])
    let prefix = node.prefixByteCount
    precondition(commonByteCount(first, last) >= prefix, "all keys have the prefix")
    if !node.isLeaf {
      let common = UnsafeRawBufferPointer(node.branchPrefix)
      precondition(commonByteCount(common, first) == prefix, "a branch knows the prefix")
    }
    for place in node.firstPlace..<node.count {
      let head = KeyTree.head(of: tree.key(node.slots[place]), after: prefix)
      precondition(node.heads[place] == head, "heads are those of their keys")
    }
  }

  private func check(_ card: KeyCard) {
    guard card.history != 0 else { return }
    let history = History(arena[card.history])
    precondition(history.count > 0, "a history has something in it")
    var start = 0
    for place in 0..<history.count {
      let next = place + 1 < history.count ? history[place + 1] : card.latest
      let this = history[place]
      precondition(this.revision < next.revision, "revisions ascend")
      precondition(!(this.isTombstone && next.isTombstone), "what is deleted is live")
      if this.isTombstone { start = place + 1 }
    }
    precondition(history.latestStart == start, "the latest generation begins after a tombstone")
    if start == history.count {
      precondition(card.createRevision == card.latest.main, "a generation begins with itself")
    }
  }
  #endif
}
