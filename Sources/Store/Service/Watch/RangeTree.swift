/// The targets that are ranges, to find those that a key is in.
///
/// A treap: a search tree by start and end, and a heap by random numbers, which nobody can choose so
/// that it becomes deep. Each node knows the range with the latest end of all at or below it, so that
/// what ends before a key is not visited.
///
/// Invariants:
///
/// * What is left of a node comes before it, what is right of it after it; none is there twice.
/// * No node has a smaller number than a node below it.
/// * `latest` of a node is a target at or below it, and none there ends later.
struct RangeTree: ~Copyable {
  private typealias Link = UnsafeMutablePointer<Node>

  private struct Node {
    var target: Unmanaged<WatchTarget>
    var latest: Unmanaged<WatchTarget>
    let rank: UInt64
    var left: UnsafeMutablePointer<Node>?
    var right: UnsafeMutablePointer<Node>?
  }

  private var root: UnsafeMutablePointer<Node>?

  /// How many targets there are.
  private(set) var count = 0

  init() {}

  deinit {
    var rest = [root].compactMap { $0 }
    while let node = rest.popLast() {
      rest += [node.pointee.left, node.pointee.right].compactMap { $0 }
      node.deallocate()
    }
  }

  /// The target of exactly this range.
  func find(_ wanted: WatchTarget) -> WatchTarget? {
    var next = root
    while let node = next {
      let target = node.pointee.target.takeUnretainedValue()
      let order = RangeTree.compare(wanted, target)
      if order == 0 { return target }
      next = order < 0 ? node.pointee.left : node.pointee.right
    }
    return nil
  }

  /// Adds a target whose range is not there.
  mutating func insert(_ target: WatchTarget) {
    let unmanaged = Unmanaged.passUnretained(target)
    let node = Link.allocate(capacity: 1)
    node.initialize(
      to: Node(target: unmanaged, latest: unmanaged, rank: .random(in: 0 ... .max))
    )
    root = RangeTree.insert(node, into: root)
    count += 1
  }

  /// Takes a target out.
  mutating func remove(_ target: WatchTarget) {
    root = RangeTree.remove(target, from: root)
    count -= 1
  }

  /// Finds all targets that a key is in.
  func collect(_ key: UnsafeRawBufferPointer, into found: inout [Unmanaged<WatchTarget>]) {
    RangeTree.collect(key, at: root, into: &found)
  }

  // As deep as the tree, which is some 50 for a million ranges.
  private static func collect(
    _ key: UnsafeRawBufferPointer,
    at link: Link?,
    into found: inout [Unmanaged<WatchTarget>]
  ) {
    var next = link
    while let node = next {
      guard endsAfter(key, node.pointee.latest) else { return }
      collect(key, at: node.pointee.left, into: &found)
      // All on the right begin later still.
      guard !beginsAfter(key, node.pointee.target) else { return }
      if endsAfter(key, node.pointee.target) { found.append(node.pointee.target) }
      next = node.pointee.right
    }
  }

  @inline(__always)
  private static func endsAfter(
    _ key: UnsafeRawBufferPointer,
    _ target: Unmanaged<WatchTarget>
  ) -> Bool {
    target._withUnsafeGuaranteedRef { target in
      guard let end = target.end else { return true }
      return compareKeys(key, end) < 0
    }
  }

  @inline(__always)
  private static func beginsAfter(
    _ key: UnsafeRawBufferPointer,
    _ target: Unmanaged<WatchTarget>
  ) -> Bool {
    target._withUnsafeGuaranteedRef { compareKeys(key, $0.start) < 0 }
  }

  /// How two ranges stand to each other: by their starts, then by their ends.
  private static func compare(_ left: WatchTarget, _ right: WatchTarget) -> Int {
    let order = compareKeys(left.start, right.start)
    return order != 0 ? order : compareEnds(left, right)
  }

  private static func compareEnds(_ left: WatchTarget, _ right: WatchTarget) -> Int {
    switch (left.end, right.end) {
    case (nil, nil): 0
    case (nil, _): 1
    case (_, nil): -1
    case (let left?, let right?): compareKeys(left, right)
    }
  }

  private static func compare(_ target: WatchTarget, _ node: Link) -> Int {
    node.pointee.target._withUnsafeGuaranteedRef { compare(target, $0) }
  }

  private static func insert(_ new: Link, into link: Link?) -> Link {
    guard let node = link else { return new }
    let target = new.pointee.target.takeUnretainedValue()
    if new.pointee.rank > node.pointee.rank {
      (new.pointee.left, new.pointee.right) = split(node, before: target)
      renew(new)
      return new
    }
    if compare(target, node) < 0 {
      node.pointee.left = insert(new, into: node.pointee.left)
    } else {
      node.pointee.right = insert(new, into: node.pointee.right)
    }
    renew(node)
    return node
  }

  private static func remove(_ target: WatchTarget, from link: Link?) -> Link? {
    guard let node = link else { return nil }
    let order = compare(target, node)
    if order == 0 {
      let rest = join(node.pointee.left, node.pointee.right)
      node.deallocate()
      return rest
    }
    if order < 0 {
      node.pointee.left = remove(target, from: node.pointee.left)
    } else {
      node.pointee.right = remove(target, from: node.pointee.right)
    }
    renew(node)
    return node
  }

  /// Cuts a tree in two: what comes before a target, and what comes after it.
  private static func split(_ link: Link?, before target: WatchTarget) -> (Link?, Link?) {
    guard let node = link else { return (nil, nil) }
    if compare(target, node) < 0 {
      let (before, after) = split(node.pointee.left, before: target)
      node.pointee.left = after
      renew(node)
      return (before, node)
    }
    let (before, after) = split(node.pointee.right, before: target)
    node.pointee.right = before
    renew(node)
    return (node, after)
  }

  /// Makes one tree of two, of which all of the first comes before all of the second.
  private static func join(_ left: Link?, _ right: Link?) -> Link? {
    guard let left else { return right }
    guard let right else { return left }
    if left.pointee.rank > right.pointee.rank {
      left.pointee.right = join(left.pointee.right, right)
      renew(left)
      return left
    }
    right.pointee.left = join(left, right.pointee.left)
    renew(right)
    return right
  }

  /// Finds again which target at or below a node ends last.
  private static func renew(_ node: Link) {
    node.pointee.latest = node.pointee.target
    for child in [node.pointee.left, node.pointee.right] {
      guard let latest = child?.pointee.latest else { continue }
      let isLater = latest._withUnsafeGuaranteedRef { latest in
        node.pointee.latest._withUnsafeGuaranteedRef { compareEnds($0, latest) < 0 }
      }
      if isLater { node.pointee.latest = latest }
    }
  }
}
