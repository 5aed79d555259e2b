/// A node of a ``KeyTree``: a view of a block of memory.
///
/// A leaf has the slots of cards, in the order of their keys. A branch has children, and for each
/// but the first one the slot of the card with the lowest key below it: its separator. Beside every
/// slot stands the head of its key: the four bytes after the prefix that all keys of the node have in
/// common, as a big-endian number, short ones filled up with zeros. Heads are in the order of their
/// keys, so that a search looks at keys only where heads are equal. Heads of places that are not in
/// use are all ones, which no head is above of.
///
///     OFFSET  SIZE  FIELD
///     0       2     count of slots or children
///     2       2     level: 0 for a leaf
///     4       4     size of the common prefix in bytes; it may be less than what is common
///     8       4     live keys below
///     12      4     cards below that a compaction can shorten
///     16      8     a main revision that no card below has passed
///     24      8     the leaf after this one
///     32      8     the leaf before this one
///     40      256   heads
///     296     256   slots; of a branch, the first is not used
///     552     512   children, of a branch only
///     1064    128   the common prefix, of a branch only: a search that goes down looks at no key
struct TreeNode: Equatable {
  static let capacity = 64
  /// Nodes with fewer slots are joined with a neighbour if both fit into one of ``joinedCapacity``.
  static let minimumCount = 16
  /// Less than the capacity, so that a node that was joined is not split at once.
  static let joinedCapacity = 48
  private static let headOffset = 40
  private static let slotOffset = headOffset + capacity * 4
  private static let childOffset = slotOffset + capacity * 4
  private static let leafByteCount = childOffset
  private static let prefixOffset = childOffset + capacity * 8
  /// How much of what the keys of a branch have in common counts; of a leaf's keys, all of it.
  static let branchPrefixByteCount = 128
  private static let branchByteCount = prefixOffset + branchPrefixByteCount

  let base: UnsafeMutableRawPointer

  @inline(__always)
  init(_ base: UnsafeMutableRawPointer) { self.base = base }

  /// An empty node.
  init(level: Int) {
    let byteCount = level == 0 ? TreeNode.leafByteCount : TreeNode.branchByteCount
    base = .allocate(byteCount: byteCount, alignment: 8)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: TreeNode.headOffset)
    base.storeBytes(of: UInt16(level), toByteOffset: 2, as: UInt16.self)
    heads.initialize(repeating: .max, count: TreeNode.capacity)
  }

  /// Gives its memory back.
  func deallocate() { base.deallocate() }

  static func byteCount(isLeaf: Bool) -> Int { isLeaf ? leafByteCount : branchByteCount }

  var count: Int {
    @inline(__always) get { Int(base.load(as: UInt16.self)) }
    nonmutating set { base.storeBytes(of: UInt16(newValue), as: UInt16.self) }
  }

  var level: Int { Int(base.load(fromByteOffset: 2, as: UInt16.self)) }

  @inline(__always)
  var isLeaf: Bool { base.load(fromByteOffset: 2, as: UInt16.self) == 0 }

  /// The first place that has a key: a branch's first child has no separator.
  @inline(__always)
  var firstPlace: Int { isLeaf ? 0 : 1 }

  var prefixByteCount: Int {
    @inline(__always) get { Int(base.load(fromByteOffset: 4, as: UInt32.self)) }
    nonmutating set { base.storeBytes(of: UInt32(newValue), toByteOffset: 4, as: UInt32.self) }
  }

  var totals: Totals {
    @inline(__always) get { base.load(fromByteOffset: 8, as: Totals.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 8, as: Totals.self) }
  }

  var next: TreeNode? {
    @inline(__always) get {
      base.load(fromByteOffset: 24, as: UnsafeMutableRawPointer?.self).map { TreeNode($0) }
    }
    nonmutating set {
      base.storeBytes(of: newValue?.base, toByteOffset: 24, as: UnsafeMutableRawPointer?.self)
    }
  }

  var previous: TreeNode? {
    get { base.load(fromByteOffset: 32, as: UnsafeMutableRawPointer?.self).map { TreeNode($0) } }
    nonmutating set {
      base.storeBytes(of: newValue?.base, toByteOffset: 32, as: UnsafeMutableRawPointer?.self)
    }
  }

  var heads: UnsafeMutablePointer<UInt32> {
    @inline(__always) get {
      (base + TreeNode.headOffset).assumingMemoryBound(to: UInt32.self)
    }
  }

  var slots: UnsafeMutablePointer<Slot> {
    @inline(__always) get { (base + TreeNode.slotOffset).assumingMemoryBound(to: Slot.self) }
  }

  private var children: UnsafeMutablePointer<UnsafeMutableRawPointer> {
    @inline(__always) get {
      (base + TreeNode.childOffset).assumingMemoryBound(to: UnsafeMutableRawPointer.self)
    }
  }

  /// How many heads are below another one.
  @inline(__always)
  func headCount(below head: UInt32) -> Int {
    // All are compared at once: to go by halves would be to wait for memory six times.
    let head = SIMD16(repeating: head)
    let ones = SIMD16<UInt32>(repeating: 1)
    var counts = SIMD16<UInt32>.zero
    for block in 0..<TreeNode.capacity / 16 {
      let heads = base.loadUnaligned(
        fromByteOffset: TreeNode.headOffset + block * 64,
        as: SIMD16<UInt32>.self
      )
      counts &+= SIMD16<UInt32>.zero.replacing(with: ones, where: heads .< head)
    }
    return Int(counts.wrappedSum())
  }

  /// The common prefix of a branch, which ``prefixByteCount`` says the size of.
  @inline(__always)
  var branchPrefix: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: base + TreeNode.prefixOffset, count: prefixByteCount)
  }

  @inline(__always)
  func child(_ place: Int) -> TreeNode { TreeNode(children[place]) }

  func setChild(_ place: Int, _ child: TreeNode) { children[place] = child.base }

  /// Makes room for one more at a place, which the caller then fills.
  func open(_ place: Int) {
    let moved = count - place
    (heads + place + 1).update(from: heads + place, count: moved)
    (slots + place + 1).update(from: slots + place, count: moved)
    if !isLeaf { (children + place + 1).update(from: children + place, count: moved) }
    count += 1
  }

  /// Takes out what is at a place.
  func close(_ place: Int) {
    let moved = count - place - 1
    (heads + place).update(from: heads + place + 1, count: moved)
    (slots + place).update(from: slots + place + 1, count: moved)
    if !isLeaf { (children + place).update(from: children + place + 1, count: moved) }
    count -= 1
    heads[count] = .max
    if !isLeaf { heads[0] = .max }
  }

  /// Moves what is from a place on to the end of another node; heads have to be made anew.
  func move(from place: Int, toEndOf other: TreeNode) {
    let moved = count - place
    (other.slots + other.count).update(from: slots + place, count: moved)
    if !isLeaf {
      (other.children + other.count).update(from: children + place, count: moved)
    }
    other.count += moved
    (heads + place).update(repeating: .max, count: moved)
    count = place
  }
}

/// What a node knows of all cards below it.
struct Totals: Equatable {
  /// Keys whose latest revision is no tombstone.
  var liveCount: UInt32 = 0

  /// Cards that a compaction can shorten.
  var compactableCount: UInt32 = 0

  /// A main revision that no card has passed: at this one and later ones, the latest states hold.
  var latestMain: Int64 = 0

  static func += (total: inout Totals, part: Totals) {
    total.liveCount += part.liveCount
    total.compactableCount += part.compactableCount
    total.latestMain = max(total.latestMain, part.latestMain)
  }
}
