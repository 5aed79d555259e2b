// Giving the tree its shape.
extension WritableBucket {
  /// Merges nodes that have become too small with their neighbours.
  ///
  /// Source: bbolt `node.go`, `rebalance`.
  func rebalance() throws(BoltError) {
    lastLeaf = nil
    var unbalanced = nodes.values.filter(\.isUnbalanced).sorted { $0.page < $1.page }
    if let rootNode, rootNode.page.rawValue == 0, rootNode.isUnbalanced {
      unbalanced.append(rootNode)
    }
    for node in unbalanced { try rebalance(node) }
    for bucket in buckets.values { try bucket.rebalance() }
  }

  private func rebalance(_ unbalanced: Node) throws(BoltError) {
    var node = unbalanced
    while node.isUnbalanced && !node.isRemoved {
      node.isUnbalanced = false
      let pageByteCount = transaction.pages.pageByteCount
      guard node.byteCount <= pageByteCount / 4 || node.elements.count <= node.minimumCount else {
        return
      }
      guard let parent = node.parent else { return try collapse(node) }
      guard let slot = parent.slot(of: node.page) else { return }
      if node.elements.isEmpty {
        parent.elements.remove(at: slot)
        try drop(node)
      } else {
        guard parent.elements.count > 1 else { return }
        try merge(node, at: slot, of: parent)
      }
      parent.isUnbalanced = true
      node = parent
    }
  }

  /// Makes one node of a node and its neighbour: the one before it, if there is one.
  private func merge(_ node: Node, at slot: Int, of parent: Node) throws(BoltError) {
    let isFirst = slot == 0
    let sibling = try read(parent.elements[isFirst ? 1 : slot - 1].child, parent: parent)
    guard sibling !== node else { throw .pageReachedTwice(page: node.page) }
    guard sibling.isLeaf == node.isLeaf else {
      throw .pageKind(
        page: sibling.page,
        found: sibling.isLeaf ? .leaf : .branch,
        expected: "the kind of page \(node.page)"
      )
    }
    let (left, right) = isFirst ? (node, sibling) : (sibling, node)
    left.elements += right.elements
    adopt(right.elements, by: left)
    parent.elements.remove(at: isFirst ? 1 : slot)
    try drop(right)
  }

  /// Takes levels away from the top that lead to one child only.
  private func collapse(_ root: Node) throws(BoltError) {
    var root = root
    while !root.isLeaf && root.elements.count == 1 {
      let child = try read(root.elements[0].child, parent: root)
      try drop(root)
      child.parent = nil
      root = child
    }
    if !root.isLeaf && root.elements.isEmpty {
      try drop(root)
      root = Node(isLeaf: true, parent: nil, elements: [])
    }
    rootNode = root
  }

  /// Makes a node the parent of those of its new children that are nodes.
  private func adopt(_ elements: [NodeElement], by parent: Node) {
    guard !parent.isLeaf else { return }
    for element in elements { nodes[element.child]?.parent = parent }
  }

  /// Takes a node out of the tree.
  private func drop(_ node: Node) throws(BoltError) {
    node.isRemoved = true
    droppedNodes.append(node)
    guard node.page.rawValue != 0 else { return }
    nodes[node.page] = nil
    try transaction.release(node.page, overflow: node.overflow)
  }

  /// Writes what was changed to new pages.
  ///
  /// - Returns: The page of the root, if the tree was changed.
  /// - Throws: The fault of a page on the way.
  func spill() throws(BoltError) -> PageID? {
    for (name, bucket) in buckets.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) })
    where bucket.isChanged {
      let value = try bucket.spilledValue()
      try withBytes(of: name) { name throws(BoltError) in try putBucket(value, for: name) }
    }
    guard let rootNode else { return nil }
    var level = try spill(rootNode, depth: 0)
    if level.isEmpty {
      level = try write(Node(isLeaf: true, parent: nil, elements: []))
    }
    while level.count > 1 {
      level = try write(Node(isLeaf: false, parent: nil, elements: level))
    }
    return level[0].child
  }

  /// Writes a node and those below it.
  ///
  /// - Returns: What its parent holds from now on: the pages that it became, with their first keys.
  private func spill(_ node: Node, depth: Int) throws(BoltError) -> [NodeElement] {
    guard depth < Limits.depth else { throw .treeTooDeep(page: node.page, limit: Limits.depth) }
    guard !node.isSpilled else { throw .pageReachedTwice(page: node.page) }
    node.isSpilled = true
    if !node.isLeaf {
      var elements: [NodeElement] = []
      elements.reserveCapacity(node.elements.count)
      for element in node.elements {
        if let child = nodes[element.child] {
          elements.append(contentsOf: try spill(child, depth: depth + 1))
        } else {
          elements.append(element)
        }
      }
      node.elements = elements
    }
    if node.page.rawValue != 0 { try transaction.release(node.page, overflow: node.overflow) }
    return node.elements.isEmpty ? [] : try write(node)
  }

  private func write(_ node: Node) throws(BoltError) -> [NodeElement] {
    var written: [NodeElement] = []
    for run in node.split(
      pageByteCount: transaction.pages.pageByteCount,
      fillPercent: fillPercent
    ) {
      let byteCount = node.elements[run].reduce(PageView.headerByteCount) { $0 + $1.byteCount }
      guard byteCount <= Limits.contentByteCount else {
        throw .tooLarge(byteCount: byteCount, limit: Limits.contentByteCount)
      }
      let (page, memory, overflow) = transaction.allocate(byteCount)
      node.write(run, to: memory, as: page, overflow: overflow)
      let key =
        run.isEmpty
        ? UnsafeRawBufferPointer(start: nil, count: 0) : node.elements[run.lowerBound].key
      written.append(NodeElement(key: key, child: page))
    }
    return written
  }

  /// The value that the bucket's element has from now on: where its root is, or all of it.
  ///
  /// A small bucket without others in it lies inline, as bbolt keeps it: up to a quarter of a page.
  private func spilledValue() throws(BoltError) -> UnsafeRawBufferPointer {
    let root = try readRoot()
    let isInline =
      root.isLeaf && root.byteCount <= transaction.pages.pageByteCount / 4
      && !root.elements.contains(where: \.isBucket)
    let byteCount = BucketHeader.byteCount + (isInline ? root.byteCount : 0)
    let value = transaction.memory.zeros(byteCount)
    if isInline {
      if root.page.rawValue != 0 { try transaction.release(root.page, overflow: root.overflow) }
      root.write(
        root.elements.indices,
        to: value + BucketHeader.byteCount,
        as: PageID(rawValue: 0),
        overflow: 0
      )
    } else if let page = try spill() {
      value.store(page.rawValue, at: 0)
    }
    value.store(sequence, at: 8)
    return UnsafeRawBufferPointer(start: value, count: byteCount)
  }
}
