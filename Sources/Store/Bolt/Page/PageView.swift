/// What a page holds.
public struct PageFlags: OptionSet, Hashable, Sendable {
  /// The bits as stored.
  public let rawValue: UInt16

  /// Flags from the bits as stored.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Keys and the pages below them.
  public static let branch = PageFlags(rawValue: 0x01)

  /// Keys and values.
  public static let leaf = PageFlags(rawValue: 0x02)

  /// The root of everything, on pages 0 and 1.
  public static let meta = PageFlags(rawValue: 0x04)

  /// The pages that are free.
  public static let freelist = PageFlags(rawValue: 0x10)
}

extension PageFlags: CustomStringConvertible {
  /// The name of the kind, or the bits.
  public var description: String {
    switch self {
    case .branch: "branch"
    case .leaf: "leaf"
    case .meta: "meta"
    case .freelist: "freelist"
    default: "0x" + String(rawValue, radix: 16)
    }
  }
}

/// A key on a leaf page and what lies there, in the file's memory.
public struct Element {
  /// The key; never empty in a sound file.
  public let key: UnsafeRawBufferPointer

  /// The value: a bucket's header and inline page if ``isBucket``.
  public let value: UnsafeRawBufferPointer

  /// Whether the value is a bucket.
  public let isBucket: Bool

  @inlinable
  init(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, isBucket: Bool) {
    self.key = key
    self.value = value
    self.isBucket = isBucket
  }
}

/// A branch or leaf page where it lies in memory; a view that owns nothing.
///
/// Format: little-endian. The header, then `count` elements of 16 bytes, then keys and values.
///
///     OFFSET  SIZE  FIELD
///     0       8     page id, equal to the page's place in the file
///     8       2     flags: one of 0x01 branch, 0x02 leaf, 0x04 meta, 0x10 freelist
///     10      2     count of elements
///     12      4     overflow: pages that follow and belong to this one
///
///     LEAF ELEMENT                       BRANCH ELEMENT
///     0  4  flags (0x01: a bucket)       0  4  key offset from this element
///     4  4  key offset from this element 4  4  key size
///     8  4  key size                     8  8  page id of the child
///     12 4  value size, after the key
///
/// Source: bbolt `internal/common/page.go`; inline pages need not be aligned.
public struct PageView {
  @usableFromInline static let headerByteCount = 16
  @usableFromInline static let elementByteCount = 16

  @usableFromInline let base: UnsafeRawPointer

  /// The page's number; 0 for a page inline in its parent.
  public let id: PageID

  /// Where it lies, for errors: its number, or that of the page around one that is inline.
  public let place: PageID

  /// How many elements there are.
  public let count: Int

  /// How many bytes it takes, with its overflow pages.
  public let byteCount: Int

  /// Whether it is a leaf page; else a branch.
  public let isLeaf: Bool

  /// How many pages follow that belong to it.
  let overflow: UInt32

  /// Takes a page that has been checked to be a leaf or branch with room for its elements.
  init(
    base: UnsafeRawPointer,
    id: PageID,
    place: PageID,
    count: Int,
    byteCount: Int,
    isLeaf: Bool,
    overflow: UInt32
  ) {
    self.base = base
    self.id = id
    self.place = place
    self.count = count
    self.byteCount = byteCount
    self.isLeaf = isLeaf
    self.overflow = overflow
  }

  @inlinable
  func field(_ offset: Int) -> Int {
    Int(UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
  }

  /// The element of a leaf at a slot.
  ///
  /// - Parameter slot: From 0 to below ``count``, on a leaf page.
  /// - Returns: The element, in place.
  /// - Throws: ``BoltError/elementOutsidePage(page:slot:end:byteCount:)`` if it says to reach beyond
  ///   the page.
  @inlinable
  public func element(at slot: Int) throws(BoltError) -> Element {
    precondition(isLeaf && slot >= 0 && slot < count)
    let start = PageView.headerByteCount + slot * PageView.elementByteCount
    let keyStart = start + field(start + 4)
    let valueStart = keyStart + field(start + 8)
    let end = valueStart + field(start + 12)
    guard end <= byteCount else {
      throw .elementOutsidePage(page: place, slot: slot, end: end, byteCount: byteCount)
    }
    return Element(
      key: UnsafeRawBufferPointer(start: base + keyStart, count: valueStart - keyStart),
      value: UnsafeRawBufferPointer(start: base + valueStart, count: end - valueStart),
      isBucket: field(start) & 1 != 0
    )
  }

  /// Checks that the elements have room beside each other.
  ///
  /// Sound pages have their keys and values in a row. Where a file lets them share bytes, what is
  /// read from a page could else be many times the page, and with inline buckets in each other grow
  /// at every level. Elements that reach beyond the page do not count: reading them fails.
  ///
  /// - Throws: ``BoltError/elementsOverlap(page:byteCount:limit:)``.
  /// - Complexity: O(``count``).
  func checkRoom() throws(BoltError) {
    var total = PageView.headerByteCount + count * PageView.elementByteCount
    for slot in 0..<count {
      let start = PageView.headerByteCount + slot * PageView.elementByteCount
      let fields = isLeaf ? start + 4 : start
      let size = field(fields + 4) + (isLeaf ? field(fields + 8) : 0)
      if start + field(fields) + size <= byteCount { total += size }
    }
    guard total <= byteCount else {
      throw .elementsOverlap(page: place, byteCount: total, limit: byteCount)
    }
  }

  /// The key at a slot, of a leaf or branch.
  func key(at slot: Int) throws(BoltError) -> UnsafeRawBufferPointer {
    precondition(slot >= 0 && slot < count)
    let start = PageView.headerByteCount + slot * PageView.elementByteCount
    let fields = isLeaf ? start + 4 : start
    let keyStart = start + field(fields)
    let end = keyStart + field(fields + 4)
    guard end <= byteCount else {
      throw .elementOutsidePage(page: place, slot: slot, end: end, byteCount: byteCount)
    }
    return UnsafeRawBufferPointer(start: base + keyStart, count: end - keyStart)
  }

  /// The child at a slot of a branch.
  func child(at slot: Int) -> PageID {
    precondition(!isLeaf && slot >= 0 && slot < count)
    let start = PageView.headerByteCount + slot * PageView.elementByteCount
    return PageID(
      rawValue: UInt64(
        littleEndian: base.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)
      )
    )
  }

  /// Finds a key.
  ///
  /// - Returns: The first slot whose key is not below `key`, and whether it is that very key.
  /// - Complexity: O(log `count`).
  func search(_ key: UnsafeRawBufferPointer) throws(BoltError) -> (slot: Int, isEqual: Bool) {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      let order = compareBytes(try self.key(at: middle), key)
      if order == 0 { return (middle, true) }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return (low, false)
  }

  /// The slot of a branch under which a key lies: the last one whose key is not above it, or 0.
  func childSlot(for key: UnsafeRawBufferPointer) throws(BoltError) -> Int {
    let found = try search(key)
    return found.isEqual ? found.slot : max(0, found.slot - 1)
  }
}
