/// A tree of keys and values that a write transaction changes.
///
/// What is put is copied; what is read stays in place as long as the transaction.
///
/// Source: bbolt `bucket.go`.
public final class WritableBucket {
  /// How full pages are made when a full one is split, from 0.1 to 1; what is left free is room for
  /// keys in between. Where keys only ascend, as etcd's revisions do, 0.9 wastes least.
  public var fillPercent = 0.5

  /// The bucket's own counter.
  public private(set) var sequence: UInt64

  unowned let transaction: WriteTransaction
  private var origin: Bucket.Root

  /// The nodes that were read from pages, by their pages.
  private var nodes: [PageID: Node] = [:]
  private var rootNode: Node?

  /// The leaf with the highest keys, once it has been read: where ascending keys go.
  private var lastLeaf: Node?

  /// The buckets in this one that somebody has asked for.
  private var buckets: [[UInt8]: WritableBucket] = [:]

  init(in transaction: WriteTransaction, root: Bucket.Root, sequence: UInt64) {
    self.transaction = transaction
    origin = root
    self.sequence = sequence
  }

  private var isChanged: Bool { rootNode != nil || buckets.values.contains { $0.isChanged } }
}

// Reading and changing.
extension WritableBucket {
  /// The value of a key, as changed so far.
  public func value(
    for key: UnsafeRawBufferPointer
  ) throws(BoltError) -> UnsafeRawBufferPointer? {
    guard let element = try find(key), !element.isBucket else { return nil }
    return element.value
  }

  /// The value of a key, as changed so far.
  public func value(for key: [UInt8]) throws(BoltError) -> UnsafeRawBufferPointer? {
    try withBytes(of: key) { bytes throws(BoltError) in try value(for: bytes) }
  }

  /// The first element whose key is `key` or after it, as changed so far.
  ///
  /// - Parameters:
  ///   - key: Where to look.
  ///   - orEqual: Whether the key itself counts.
  /// - Returns: The element, in place, or nothing if there is none.
  /// - Throws: The fault of a page on the way.
  /// - Complexity: O(log n), but for empty leaves on the way.
  public func element(
    after key: UnsafeRawBufferPointer,
    orEqual: Bool
  ) throws(BoltError) -> Element? {
    var lower = TreeBound(key: key, isIncluded: orEqual)
    while true {
      let step = try leaf(for: lower.key)
      var slot = 0
      while slot < step.count {
        let order = compareBytes(try step.key(slot), lower.key)
        if order > 0 || (order == 0 && lower.isIncluded) { return try step.element(slot) }
        slot += 1
      }
      guard let next = step.upper else { return nil }
      lower = TreeBound(key: next, isIncluded: true)
    }
  }

  /// Puts a value, in place of what the key had.
  ///
  /// - Parameters:
  ///   - value: The value; copied.
  ///   - key: The key; copied.
  /// - Throws: ``BoltError/keyEmpty``, ``BoltError/tooLarge(byteCount:limit:)``,
  ///   ``BoltError/bucketAndValue(key:)`` if a bucket has that name, or the fault of a page.
  public func put(
    _ value: UnsafeRawBufferPointer,
    for key: UnsafeRawBufferPointer
  ) throws(BoltError) {
    try checkSizes(key: key, value: value)
    let node = try leafNode(for: key)
    let found = node.search(key)
    if found.isEqual {
      guard !node.elements[found.slot].isBucket else { throw .bucketAndValue(key: Array(key)) }
      node.elements[found.slot].value = transaction.memory.copy(value)
    } else {
      let element = NodeElement(
        key: transaction.memory.copy(key),
        value: transaction.memory.copy(value),
        isBucket: false
      )
      node.elements.insert(element, at: found.slot)
    }
  }

  /// Puts a value, in place of what the key had.
  public func put(_ value: [UInt8], for key: [UInt8]) throws(BoltError) {
    try withBytes(of: key) { key throws(BoltError) in
      try withBytes(of: value) { value throws(BoltError) in try put(value, for: key) }
    }
  }

  /// Takes a key and its value out, if it is there.
  ///
  /// - Throws: ``BoltError/bucketAndValue(key:)`` if it is a bucket's name, or the fault of a page.
  public func delete(_ key: UnsafeRawBufferPointer) throws(BoltError) {
    guard let element = try find(key) else { return }
    guard !element.isBucket else { throw .bucketAndValue(key: Array(key)) }
    try remove(key)
  }

  /// Takes a key and its value out, if it is there.
  public func delete(_ key: [UInt8]) throws(BoltError) {
    try withBytes(of: key) { bytes throws(BoltError) in try delete(bytes) }
  }

  /// Sets the bucket's own counter.
  public func setSequence(_ value: UInt64) throws(BoltError) {
    _ = try readRoot()
    sequence = value
  }

  /// A bucket in this one.
  ///
  /// - Returns: The bucket, or nothing if there is none of that name.
  /// - Throws: ``BoltError/bucketAndValue(key:)`` if a value has that name, or the fault of a page.
  public func bucket(_ name: [UInt8]) throws(BoltError) -> WritableBucket? {
    if let bucket = buckets[name] { return bucket }
    let found = try withBytes(of: name) { bytes throws(BoltError) in try find(bytes) }
    guard let found else { return nil }
    guard found.isBucket else { throw .bucketAndValue(key: name) }
    let header = try BucketHeader(found.value, on: PageID(rawValue: 0))
    let bucket = WritableBucket(
      in: transaction,
      root: header.inline.map { .inline($0) } ?? .page(header.root),
      sequence: header.sequence
    )
    buckets[name] = bucket
    return bucket
  }

  /// A bucket in this one, made if there is none.
  public func bucketOrNew(_ name: [UInt8]) throws(BoltError) -> WritableBucket {
    if let bucket = try bucket(name) { return bucket }
    let bucket = WritableBucket(in: transaction, root: .page(PageID(rawValue: 0)), sequence: 0)
    bucket.rootNode = Node(isLeaf: true, parent: nil, elements: [])
    buckets[name] = bucket
    try withBytes(of: name) { bytes throws(BoltError) in
      try checkSizes(key: bytes, value: UnsafeRawBufferPointer(start: nil, count: 0))
      // Its value is written when the bucket is spilled.
      try putBucket(UnsafeRawBufferPointer(start: nil, count: 0), for: bytes)
    }
    return bucket
  }

  /// Takes a bucket out, with all that is in it.
  ///
  /// - Throws: ``BoltError/bucketMissing(name:)`` if there is none of that name.
  public func deleteBucket(_ name: [UInt8]) throws(BoltError) {
    guard let bucket = try bucket(name) else { throw .bucketMissing(name: name) }
    try bucket.releaseAll(depth: 0)
    buckets[name] = nil
    try withBytes(of: name) { bytes throws(BoltError) in try remove(bytes) }
  }

  private func checkSizes(
    key: UnsafeRawBufferPointer,
    value: UnsafeRawBufferPointer
  ) throws(BoltError) {
    guard !key.isEmpty else { throw .keyEmpty }
    guard key.count <= Limits.keyByteCount else {
      throw .tooLarge(byteCount: key.count, limit: Limits.keyByteCount)
    }
    guard value.count <= Limits.valueByteCount else {
      throw .tooLarge(byteCount: value.count, limit: Limits.valueByteCount)
    }
  }

  private func putBucket(
    _ value: UnsafeRawBufferPointer,
    for name: UnsafeRawBufferPointer
  ) throws(BoltError) {
    let node = try leafNode(for: name)
    let found = node.search(name)
    if found.isEqual {
      node.elements[found.slot].value = value
    } else {
      let name = transaction.memory.copy(name)
      node.elements.insert(NodeElement(key: name, value: value, isBucket: true), at: found.slot)
    }
  }

  private func remove(_ key: UnsafeRawBufferPointer) throws(BoltError) {
    let node = try leafNode(for: key)
    let found = node.search(key)
    guard found.isEqual else { return }
    node.elements.remove(at: found.slot)
    node.isUnbalanced = true
  }
}

/// Where a search begins.
private struct TreeBound {
  let key: UnsafeRawBufferPointer
  let isIncluded: Bool
}

/// A leaf, read from its page or changed in memory.
private enum LeafView {
  case page(PageView)
  case node(Node)
}

/// A leaf, and the lowest key of the leaf after it.
private struct LeafStep {
  let leaf: LeafView
  let upper: UnsafeRawBufferPointer?

  var count: Int {
    switch leaf {
    case .page(let page): page.count
    case .node(let node): node.elements.count
    }
  }

  func key(_ slot: Int) throws(BoltError) -> UnsafeRawBufferPointer {
    switch leaf {
    case .page(let page): try page.key(at: slot)
    case .node(let node): node.elements[slot].key
    }
  }

  func element(_ slot: Int) throws(BoltError) -> Element {
    switch leaf {
    case .page(let page): return try page.element(at: slot)
    case .node(let node):
      let element = node.elements[slot]
      return Element(key: element.key, value: element.value, isBucket: element.isBucket)
    }
  }
}

// Finding one's way through nodes and pages.
extension WritableBucket {
  private func find(_ key: UnsafeRawBufferPointer) throws(BoltError) -> Element? {
    let step = try leaf(for: key)
    switch step.leaf {
    case .page(let page):
      let found = try page.search(key)
      return found.isEqual ? try page.element(at: found.slot) : nil
    case .node(let node):
      let found = node.search(key)
      return found.isEqual ? try step.element(found.slot) : nil
    }
  }

  /// The leaf on which a key lies or would lie.
  private func leaf(for key: UnsafeRawBufferPointer) throws(BoltError) -> LeafStep {
    var upper: UnsafeRawBufferPointer?
    var leaf: LeafView
    if let rootNode {
      leaf = .node(rootNode)
    } else {
      switch origin {
      case .inline(let page): leaf = .page(page)
      case .page(let id): leaf = .page(try transaction.pages.page(id))
      }
    }
    for _ in 0..<Limits.depth {
      let child: PageID
      switch leaf {
      case .page(let page):
        if page.isLeaf { return LeafStep(leaf: leaf, upper: upper) }
        let slot = try page.childSlot(for: key)
        if slot + 1 < page.count { upper = try page.key(at: slot + 1) }
        child = page.child(at: slot)
      case .node(let node):
        if node.isLeaf { return LeafStep(leaf: leaf, upper: upper) }
        let slot = node.childSlot(for: key)
        if slot + 1 < node.elements.count { upper = node.elements[slot + 1].key }
        child = node.elements[slot].child
      }
      if let node = nodes[child] {
        leaf = .node(node)
      } else {
        leaf = .page(try transaction.pages.page(child))
      }
    }
    throw .treeTooDeep(page: PageID(rawValue: 0), limit: Limits.depth)
  }

  /// The root as a node.
  private func readRoot() throws(BoltError) -> Node {
    if let rootNode { return rootNode }
    let node: Node
    switch origin {
    case .inline(let page):
      node = try Node(page, overflow: 0, parent: nil)
    case .page(let id):
      node = try read(id, parent: nil)
    }
    rootNode = node
    return node
  }

  /// A page as a node.
  private func read(_ page: PageID, parent: Node?) throws(BoltError) -> Node {
    if let node = nodes[page] { return node }
    let header = try transaction.pages.header(page)
    let node = try Node(
      try transaction.pages.page(page),
      overflow: header.overflow,
      parent: parent
    )
    nodes[page] = node
    return node
  }

  /// The leaf on which a key lies or would lie, with all above it, as nodes.
  private func leafNode(for key: UnsafeRawBufferPointer) throws(BoltError) -> Node {
    if let lastLeaf, let last = lastLeaf.elements.last, compareBytes(last.key, key) < 0 {
      return lastLeaf
    }
    var node = try readRoot()
    var isLast = true
    for _ in 0..<Limits.depth {
      if node.isLeaf {
        if isLast { lastLeaf = node }
        return node
      }
      let slot = node.childSlot(for: key)
      isLast = isLast && slot == node.elements.count - 1
      node = try read(node.elements[slot].child, parent: node)
    }
    throw .treeTooDeep(page: node.page, limit: Limits.depth)
  }
}

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

  private func rebalance(_ node: Node) throws(BoltError) {
    guard node.isUnbalanced && !node.isRemoved else { return }
    node.isUnbalanced = false
    let pageByteCount = transaction.pages.pageByteCount
    guard node.byteCount <= pageByteCount / 4 || node.elements.count <= node.minimumCount else {
      return
    }
    guard let parent = node.parent else { return try collapse(node) }
    guard let slot = parent.slot(of: node.page) else { return }
    if node.elements.isEmpty {
      parent.elements.remove(at: slot)
      drop(node)
    } else {
      guard parent.elements.count > 1 else { return }
      let isFirst = slot == 0
      let sibling = try read(parent.elements[isFirst ? 1 : slot - 1].child, parent: parent)
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
      drop(right)
    }
    parent.isUnbalanced = true
    try rebalance(parent)
  }

  /// Takes levels away from the top that lead to one child only.
  private func collapse(_ root: Node) throws(BoltError) {
    var root = root
    while !root.isLeaf && root.elements.count == 1 {
      let child = try read(root.elements[0].child, parent: root)
      drop(root)
      child.parent = nil
      root = child
    }
    if !root.isLeaf && root.elements.isEmpty {
      drop(root)
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
  private func drop(_ node: Node) {
    node.isRemoved = true
    guard node.page.rawValue != 0 else { return }
    nodes[node.page] = nil
    transaction.release(node.page, overflow: node.overflow)
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
    var level = spill(rootNode)
    if level.isEmpty {
      level = write(Node(isLeaf: true, parent: nil, elements: []))
    }
    while level.count > 1 {
      level = write(Node(isLeaf: false, parent: nil, elements: level))
    }
    return level[0].child
  }

  /// Writes a node and those below it.
  ///
  /// - Returns: What its parent holds from now on: the pages that it became, with their first keys.
  private func spill(_ node: Node) -> [NodeElement] {
    if !node.isLeaf {
      var elements: [NodeElement] = []
      elements.reserveCapacity(node.elements.count)
      for element in node.elements {
        if let child = nodes[element.child] {
          elements.append(contentsOf: spill(child))
        } else {
          elements.append(element)
        }
      }
      node.elements = elements
    }
    if node.page.rawValue != 0 { transaction.release(node.page, overflow: node.overflow) }
    return node.elements.isEmpty ? [] : write(node)
  }

  private func write(_ node: Node) -> [NodeElement] {
    let runs = node.split(
      pageByteCount: transaction.pages.pageByteCount,
      fillPercent: fillPercent
    )
    return runs.map { run in
      let byteCount = node.elements[run].reduce(PageView.headerByteCount) { $0 + $1.byteCount }
      let (page, memory, overflow) = transaction.allocate(byteCount)
      node.write(run, to: memory, as: page, overflow: overflow)
      let key =
        run.isEmpty
        ? UnsafeRawBufferPointer(start: nil, count: 0) : node.elements[run.lowerBound].key
      return NodeElement(key: key, child: page)
    }
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
      if root.page.rawValue != 0 { transaction.release(root.page, overflow: root.overflow) }
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

  /// Gives all pages of the bucket back, and those of the buckets in it.
  private func releaseAll(depth: Int) throws(BoltError) {
    guard depth < Limits.depth else {
      throw .treeTooDeep(page: PageID(rawValue: 0), limit: Limits.depth)
    }
    var rest: [(page: PageID, depth: Int)] = []
    func visit(_ leaf: PageView) throws(BoltError) {
      for slot in 0..<leaf.count {
        let element = try leaf.element(at: slot)
        if element.isBucket { try bucket(Array(element.key))?.releaseAll(depth: depth + 1) }
      }
    }
    switch origin {
    case .inline(let page): try visit(page)
    case .page(let id): if id.rawValue != 0 { rest.append((id, 0)) }
    }
    // Nodes were read from pages that are all still there: what merges take out, a commit does.
    while let (id, level) = rest.popLast() {
      guard level < Limits.depth else { throw .treeTooDeep(page: id, limit: Limits.depth) }
      let page = try transaction.pages.page(id)
      if page.isLeaf {
        try visit(page)
      } else {
        for slot in 0..<page.count { rest.append((page.child(at: slot), level + 1)) }
      }
      transaction.release(id, overflow: try transaction.pages.header(id).overflow)
    }
  }
}
