public import Decode

/// Keys as a tree of the parts of their paths, with counts and sizes.
///
/// It is for one thread. A part begins with the slash in front of it, so that every path comes
/// together again from its parts: `/registry/pods//x` has a part that is a slash alone.
public final class KeyTree {
  /// How a tree is made and drawn.
  public struct Options: Hashable, Sendable {
    /// How many parts of a path are told apart; what lies deeper is only counted.
    public var maximumDepth = Int.max

    /// How many parts there may be in all; more are only counted above where they lie.
    public var partLimit = 1_000_000

    /// Whether sizes of values stand beside counts.
    public var showsSizes = false

    /// The defaults: everything, without sizes.
    public init() {}
  }

  private struct Node {
    var parent: Int32
    var firstChild: Int32 = -1
    var nextSibling: Int32 = -1

    /// How many keys lie here and below.
    var count = 0
    var valueByteCount = 0

    /// How many keys end here.
    var ownCount = 0
  }

  /// Options that the tree was made with.
  public let options: Options

  /// The root, which is no part, and the parts behind it in the order of their slots.
  private var nodes = [Node(parent: -1)]
  private var names = ByteTable()

  /// A tree without keys.
  public init(options: Options = Options()) { self.options = options }

  /// How many keys there are.
  public var count: Int { nodes[0].count }

  // MARK: Counting

  /// Counts a key.
  ///
  /// - Parameters:
  ///   - key: The key's bytes, read during the call only.
  ///   - valueByteCount: The size of its value.
  public func add(_ key: UnsafeRawBufferPointer, valueByteCount: Int) {
    var node = 0
    var start = 0
    var depth = 0
    nodes[0].count &+= 1
    nodes[0].valueByteCount &+= valueByteCount
    while start < key.count, depth < options.maximumDepth {
      var end = start + 1
      while end < key.count, key[end] != UInt8(ascii: "/") { end += 1 }
      let part = UnsafeRawBufferPointer(rebasing: key[start..<end])
      let slot = names.insert(part, scope: Int32(node), limit: options.partLimit)
      guard slot >= 0 else { return }
      let child = slot + 1
      if child == nodes.count {
        nodes.append(Node(parent: Int32(node), nextSibling: nodes[node].firstChild))
        nodes[node].firstChild = Int32(child)
      }
      nodes[child].count &+= 1
      nodes[child].valueByteCount &+= valueByteCount
      node = child
      start = end
      depth += 1
    }
    if start >= key.count { nodes[node].ownCount &+= 1 }
  }

  // MARK: Drawing

  /// Appends the tree, a line for each part, sorted by their bytes.
  ///
  /// Parts that have nothing beside them are drawn on one line with the part below:
  ///
  ///     /registry (5 keys)
  ///     ├── pods (4 keys)
  ///     │   ├── default (3 keys)
  ///     │   │   ├── web-0
  ///
  /// - Complexity: O(n log n) in the number of parts.
  public func append(to output: inout OutputBuffer) {
    // What is still to be drawn, the next one last, each with the lines that pass in front of it.
    var pending = children(of: 0).reversed().map { (node: $0, lead: "", isTop: true, isLast: true) }
    while let (top, lead, isTop, isLast) = pending.popLast() {
      var node = top
      var name = text(of: node, isTop: isTop)
      var children = self.children(of: node)
      while children.count == 1, nodes[node].ownCount == 0,
        nodes[children[0]].count == nodes[node].count
      {
        node = children[0]
        name += text(of: node, isTop: true)
        children = self.children(of: node)
      }
      let branch = isTop ? "" : isLast ? "\u{2514}\u{2500}\u{2500} " : "\u{251C}\u{2500}\u{2500} "
      output.append("\(lead)\(branch)\(OneLine.escaped(name))\(counts(of: node))\n")
      let below = isTop ? "" : lead + (isLast ? "    " : "\u{2502}   ")
      for child in children.reversed() {
        pending.append((child, below, false, child == children.last))
      }
    }
  }

  private func children(of node: Int) -> [Int] {
    var children: [Int] = []
    var child = nodes[node].firstChild
    while child >= 0 {
      children.append(Int(child))
      child = nodes[Int(child)].nextSibling
    }
    return children.sorted { names[$0 - 1].lexicographicallyPrecedes(names[$1 - 1]) }
  }

  private func text(of node: Int, isTop: Bool) -> String {
    let part = names[node - 1]
    let hasSlash = !isTop && part.count > 1 && part.first == UInt8(ascii: "/")
    return String(decoding: hasSlash ? part.dropFirst() : part[...], as: UTF8.self)
  }

  /// What stands behind a part: nothing for a key that is one alone, unless sizes are shown.
  private func counts(of index: Int) -> String {
    let node = nodes[index]
    let size = options.showsSizes ? HumanText.byteCount(node.valueByteCount) : ""
    if node.count == 1, node.ownCount == 1 { return size.isEmpty ? "" : " (\(size))" }
    let count = "\(node.count) \(node.count == 1 ? "key" : "keys")"
    return " (\(count)\(size.isEmpty ? "" : ", \(size)"))"
  }
}
