/// The pages of one committed state, as they lie in the mapped file.
///
/// It owns nothing: whoever holds it holds the mapping as well.
struct PageSpace {
  let base: UnsafeRawPointer
  let pageByteCount: Int

  /// The first page number that may not be read: the high-water mark, or the end of the file.
  let limit: UInt64

  init(base: UnsafeRawPointer, byteCount: Int, pageByteCount: Int, highWaterMark: PageID) {
    self.base = base
    self.pageByteCount = pageByteCount
    limit = min(highWaterMark.rawValue, UInt64(byteCount / pageByteCount))
  }

  /// The raw header of a page.
  struct Header {
    let start: UnsafeRawPointer
    let flags: PageFlags
    let count: Int
    let overflow: UInt32
    let byteCount: Int
  }

  /// Reads the header of a page other than a meta page, and checks that the page is where it says.
  func header(_ id: PageID) throws(BoltError) -> Header {
    guard id.rawValue > 1 else { throw .metaPageReached(page: id) }
    guard id.rawValue < limit else { throw .pageOutOfRange(page: id, limit: limit) }
    let start = base + Int(id.rawValue) * pageByteCount
    let found = PageID(rawValue: start.number(at: 0))
    guard found == id else { throw .pageNumber(page: id, found: found) }
    let overflow: UInt32 = start.number(at: 12)
    guard id.rawValue + UInt64(overflow) < limit else {
      throw .overflowOutOfRange(page: id, overflow: overflow, limit: limit)
    }
    return Header(
      start: start,
      flags: PageFlags(rawValue: start.number(at: 8)),
      count: Int(start.number(at: 10, as: UInt16.self)),
      overflow: overflow,
      byteCount: (Int(overflow) + 1) * pageByteCount
    )
  }

  /// Checks that a meta page is where it says, and says what it is.
  func checkMetaHeader(_ id: PageID) throws(BoltError) {
    guard id.rawValue < limit else { throw .pageOutOfRange(page: id, limit: limit) }
    let start = base + Int(id.rawValue) * pageByteCount
    let found = PageID(rawValue: start.number(at: 0))
    guard found == id else { throw .pageNumber(page: id, found: found) }
    let flags = PageFlags(rawValue: start.number(at: 8))
    guard flags == .meta else { throw .pageKind(page: id, found: flags, expected: "meta") }
  }

  /// A branch or leaf page, with room for all its elements.
  func page(_ id: PageID) throws(BoltError) -> PageView {
    let header = try header(id)
    let isLeaf = header.flags == .leaf
    guard isLeaf || header.flags == .branch else {
      throw .pageKind(page: id, found: header.flags, expected: "branch or leaf")
    }
    guard
      PageView.headerByteCount + header.count * PageView.elementByteCount <= header.byteCount
    else { throw .tooManyElements(page: id, count: header.count, byteCount: header.byteCount) }
    guard isLeaf || header.count > 0 else { throw .emptyBranch(page: id) }
    return PageView(
      base: header.start,
      id: id,
      place: id,
      count: header.count,
      byteCount: header.byteCount,
      isLeaf: isLeaf,
      overflow: header.overflow
    )
  }
}

/// What the value of a bucket's element says.
///
/// Format: little-endian. `root u64 | sequence u64`, and a whole leaf page after them if root is 0.
/// Source: bbolt `internal/common/inode.go`, `bucket.go`.
struct BucketHeader {
  static let byteCount = 16

  var root: PageID
  var sequence: UInt64

  /// The page inline in the value, if there is one.
  var inline: PageView?

  /// Where the bucket begins.
  var place: Bucket.Root { inline.map { .inline($0) } ?? .page(root) }

  /// Reads the value of a bucket's element, and checks that the inline page has room for what is
  /// on it.
  ///
  /// - Parameters:
  ///   - value: The value, whose memory the inline page stays in.
  ///   - page: The page it lies on, for errors.
  /// - Throws: ``BoltError/bucketTooShort(page:byteCount:)``, or the fault of the inline page.
  init(_ value: UnsafeRawBufferPointer, on page: PageID) throws(BoltError) {
    guard let base = value.baseAddress, value.count >= BucketHeader.byteCount else {
      throw .bucketTooShort(page: page, byteCount: value.count)
    }
    root = PageID(rawValue: base.number(at: 0))
    sequence = base.number(at: 8)
    guard root.rawValue == 0 else { return }
    let byteCount = value.count - BucketHeader.byteCount
    let start = base + BucketHeader.byteCount
    guard byteCount >= PageView.headerByteCount else {
      throw .bucketTooShort(page: page, byteCount: value.count)
    }
    let flags = PageFlags(rawValue: start.number(at: 8))
    guard flags == .leaf else {
      throw .pageKind(page: page, found: flags, expected: "an inline leaf")
    }
    let count = Int(start.number(at: 10, as: UInt16.self))
    guard PageView.headerByteCount + count * PageView.elementByteCount <= byteCount else {
      throw .tooManyElements(page: page, count: count, byteCount: byteCount)
    }
    let view = PageView(
      base: start,
      id: PageID(rawValue: 0),
      place: page,
      count: count,
      byteCount: byteCount,
      isLeaf: true,
      overflow: 0
    )
    try view.checkRoom()
    inline = view
  }
}
