/// A leaf, read from its page or changed in memory.
enum LeafView {
  case page(PageView)
  case node(Node)

  /// The page that it was read from, for errors.
  var page: PageID {
    switch self {
    case .page(let page): page.place
    case .node(let node): node.page
    }
  }

  var count: Int {
    switch self {
    case .page(let page): page.count
    case .node(let node): node.elements.count
    }
  }

  /// The first slot whose key is not below `key`, and whether it is that key.
  func search(_ key: UnsafeRawBufferPointer) throws(BoltError) -> (slot: Int, isEqual: Bool) {
    switch self {
    case .page(let page): try page.search(key)
    case .node(let node): node.search(key)
    }
  }

  func element(_ slot: Int) throws(BoltError) -> Element {
    switch self {
    case .page(let page): return try page.element(at: slot)
    case .node(let node):
      let element = node.elements[slot]
      return Element(key: element.key, value: element.value, isBucket: element.isBucket)
    }
  }
}

/// A leaf, and the key from which on keys lie on later ones.
struct LeafStep {
  /// A key on a branch.
  struct Bound {
    let key: UnsafeRawBufferPointer
    let page: PageID
    let slot: Int
  }

  let leaf: LeafView
  let next: Bound?
}

// Finding one's way through nodes and pages.
extension WritableBucket {
  func find(
    _ key: UnsafeRawBufferPointer
  ) throws(BoltError) -> (element: Element, page: PageID)? {
    let leaf = try leaf(for: key).leaf
    let found = try leaf.search(key)
    return found.isEqual ? (try leaf.element(found.slot), leaf.page) : nil
  }

  /// The leaf on which a key lies or would lie.
  func leaf(for key: UnsafeRawBufferPointer) throws(BoltError) -> LeafStep {
    var next: LeafStep.Bound?
    var view: LeafView
    if let rootNode {
      view = .node(rootNode)
    } else {
      switch origin {
      case .inline(let page): view = .page(page)
      case .page(let id): view = .page(try transaction.page(id))
      }
    }
    for _ in 0..<Limits.depth {
      let child: PageID
      switch view {
      case .page(let page):
        if page.isLeaf { return LeafStep(leaf: view, next: next) }
        let slot = try page.childSlot(for: key)
        if slot + 1 < page.count {
          next = LeafStep.Bound(key: try page.key(at: slot + 1), page: page.place, slot: slot + 1)
        }
        child = page.child(at: slot)
      case .node(let node):
        if node.isLeaf { return LeafStep(leaf: view, next: next) }
        let slot = try node.childSlot(for: key)
        if slot + 1 < node.elements.count {
          let upper = node.elements[slot + 1].key
          next = LeafStep.Bound(key: upper, page: node.page, slot: slot + 1)
        }
        child = node.elements[slot].child
      }
      if let node = nodes[child] {
        view = .node(node)
      } else {
        view = .page(try transaction.page(child))
      }
    }
    throw .treeTooDeep(page: view.page, limit: Limits.depth)
  }

  /// The root as a node.
  func readRoot() throws(BoltError) -> Node {
    if let rootNode { return rootNode }
    let node: Node
    switch origin {
    case .inline(let page):
      node = try Node(page, parent: nil)
    case .page(let id):
      node = try read(id, parent: nil)
    }
    rootNode = node
    return node
  }

  /// A page as a node.
  func read(_ page: PageID, parent: Node?) throws(BoltError) -> Node {
    if let node = nodes[page] { return node }
    let node = try Node(try transaction.page(page), parent: parent)
    nodes[page] = node
    return node
  }

  /// The leaf on which a key lies or would lie, with all above it, as nodes.
  func leafNode(for key: UnsafeRawBufferPointer) throws(BoltError) -> Node {
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
      let slot = try node.childSlot(for: key)
      isLast = isLast && slot == node.elements.count - 1
      node = try read(node.elements[slot].child, parent: node)
    }
    throw .treeTooDeep(page: node.page, limit: Limits.depth)
  }
}
