extension KeyTree {
  /// Takes what the way stands on at a depth out of its node, and sets right what stands above it.
  ///
  /// - Parameter depth: Where on the way: the leaf's at first, then those of nodes that became
  ///   empty.
  func remove(depth: Int) {
    let step = step(depth)
    let node = step.node
    node.close(step.place)
    guard node.count > 0 || depth == 0 else {
      if node.isLeaf {
        node.previous?.next = node.next
        node.next?.previous = node.previous
      }
      drop(node)
      remove(depth: depth - 1)
      return
    }
    // An empty root is a leaf again.
    if node.count == 0, !node.isLeaf {
      drop(node)
      replaceRoot(newNode(level: 0))
      return
    }
    // The card with the lowest key is gone: it may be a separator further up.
    if step.place == 0 { renewSeparator(above: depth) }
    join(depth: depth)
    while !root.isLeaf, root.count == 1 {
      let child = root.child(0)
      drop(root)
      replaceRoot(child)
    }
  }

  /// Gives the lowest key below the way's node at a depth to the branch that separates it from
  /// smaller keys, if there is one.
  private func renewSeparator(above depth: Int) {
    for level in (0..<depth).reversed() where step(level).place > 0 {
      let (node, place) = (step(level).node, step(level).place)
      node.slots[place] = lowestSlot(node.child(place))
      setHead(place, in: node)
      return
    }
  }

  private func lowestSlot(_ node: TreeNode) -> Slot {
    var node = node
    while !node.isLeaf { node = node.child(0) }
    return node.slots[0]
  }

  /// Joins the node at a depth with a neighbour if both are small, and so on up to the root.
  private func join(depth: Int) {
    var depth = depth
    while depth > 0 {
      let node = step(depth).node
      let (parent, place) = (step(depth - 1).node, step(depth - 1).place)
      guard node.count < TreeNode.minimumCount, parent.count > 1 else { return }
      let left = place + 1 < parent.count ? place : place - 1
      guard
        parent.child(left).count + parent.child(left + 1).count <= TreeNode.joinedCapacity
      else { return }
      join(left, in: parent)
      depth -= 1
    }
  }

  /// Moves what a child of a branch has into the child before it.
  private func join(_ place: Int, in parent: TreeNode) {
    let (left, right) = (parent.child(place), parent.child(place + 1))
    // The first child of a branch has no separator of its own: it stands in the parent.
    if !right.isLeaf { right.slots[0] = parent.slots[place + 1] }
    right.move(from: 0, toEndOf: left)
    if left.isLeaf {
      left.next = right.next
      right.next?.previous = left
    }
    drop(right)
    parent.close(place + 1)
    setHeads(left)
    setTotals(left)
  }
}
