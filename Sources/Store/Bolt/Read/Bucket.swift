/// A tree of keys and values, by its name in another one; as one transaction sees it.
public struct Bucket {
  /// Where the tree begins.
  enum Root {
    case page(PageID)
    case inline(PageView)
  }

  let transaction: ReadTransaction
  let root: Root

  /// The bucket's own counter, which its users may set; etcd does not.
  public let sequence: UInt64

  /// Whether it lies within its parent's leaf.
  public var isInline: Bool { if case .inline = root { true } else { false } }

  /// Where to move among its keys.
  public func cursor() -> Cursor { Cursor(self) }

  /// The value of a key, in place.
  ///
  /// - Parameter key: The key.
  /// - Returns: The value, which stays there while the transaction lives, or nothing if the key is
  ///   absent or is a bucket's name.
  /// - Throws: The fault of a page on the way.
  /// - Complexity: O(log n).
  public func value(
    for key: UnsafeRawBufferPointer
  ) throws(BoltError) -> UnsafeRawBufferPointer? {
    guard let element = try find(key)?.element, !element.isBucket else { return nil }
    return element.value
  }

  /// The value of a key, in place.
  public func value(for key: [UInt8]) throws(BoltError) -> UnsafeRawBufferPointer? {
    try withBytes(of: key) { bytes throws(BoltError) in try value(for: bytes) }
  }

  /// A copy of the value of a key, or nothing if the key is absent or is a bucket's name.
  public func copy(of key: [UInt8]) throws(BoltError) -> [UInt8]? {
    let copy = try value(for: key).map { Array($0) }
    // Not before the bytes were copied.
    withExtendedLifetime(transaction) {}
    return copy
  }

  /// A bucket in this one.
  ///
  /// - Parameter name: Its name.
  /// - Returns: The bucket, or nothing if there is none of that name.
  /// - Throws: The fault of a page on the way; ``BoltError/bucketAndValue(key:)`` if a value has
  ///   that name.
  public func bucket(_ name: [UInt8]) throws(BoltError) -> Bucket? {
    let found = try withBytes(of: name) { bytes throws(BoltError) in try find(bytes) }
    guard let found else { return nil }
    guard found.element.isBucket else { throw .bucketAndValue(key: name) }
    return try bucket(of: found.element, on: found.page)
  }

  /// The bucket that an element of this one is.
  ///
  /// - Parameters:
  ///   - element: An element whose `isBucket` is true.
  ///   - page: Where it lies, for errors: ``Cursor/page``.
  /// - Returns: The bucket.
  /// - Throws: ``BoltError/bucketTooShort(page:byteCount:)`` or another fault of the value.
  public func bucket(of element: Element, on page: PageID) throws(BoltError) -> Bucket {
    let header = try BucketHeader(element.value, on: page)
    return Bucket(
      transaction: transaction,
      root: header.place,
      sequence: header.sequence
    )
  }

  private func find(
    _ key: UnsafeRawBufferPointer
  ) throws(BoltError) -> (element: Element, page: PageID)? {
    var page = try rootPage()
    var depth = 0
    while !page.isLeaf {
      depth += 1
      guard depth < Limits.depth else { throw .treeTooDeep(page: page.id, limit: Limits.depth) }
      page = try transaction.pages.page(page.child(at: try page.childSlot(for: key)))
    }
    let found = try page.search(key)
    return found.isEqual ? (try page.element(at: found.slot), page.place) : nil
  }

  func rootPage() throws(BoltError) -> PageView {
    switch root {
    case .page(let id): try transaction.pages.page(id)
    case .inline(let page): page
    }
  }
}
