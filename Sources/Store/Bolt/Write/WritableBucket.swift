/// A tree of keys and values that a write transaction changes.
///
/// What is put is copied; what is read stays in place as long as the transaction. The bucket is of
/// use as long as somebody holds the transaction, and no longer: it does not hold it itself.
///
/// Source: bbolt `bucket.go`.
public final class WritableBucket {
  /// How full pages are made when a full one is split, from 0.1 to 1.
  ///
  /// What is left free is room for keys in between. Where keys only ascend, as etcd's revisions do,
  /// 0.9 wastes least.
  public var fillPercent = 0.5

  /// The bucket's own counter.
  public private(set) var sequence: UInt64

  unowned let transaction: WriteTransaction

  /// Where it was when the transaction began; page 0 if it was not.
  let origin: Bucket.Root

  /// How many buckets it is in: 0 for the root.
  let nesting: Int

  /// The nodes that were read from pages, by their pages.
  var nodes: [PageID: Node] = [:]
  var rootNode: Node?

  /// The nodes that are no part of the tree any more.
  ///
  /// A sound tree has no use for them; in another one, a node may still refer to one of them as its
  /// parent.
  var droppedNodes: [Node] = []

  /// The leaf with the highest keys, once it has been read: where ascending keys go.
  var lastLeaf: Node?

  /// The buckets in this one that somebody has asked for.
  var buckets: [[UInt8]: WritableBucket] = [:]

  /// The names of buckets that were deleted, whose pages have been given back.
  var deletedNames: Set<[UInt8]> = []

  init(
    in transaction: WriteTransaction,
    root: Bucket.Root,
    sequence: UInt64,
    nesting: Int
  ) {
    self.transaction = transaction
    origin = root
    self.sequence = sequence
    self.nesting = nesting
  }

  var isChanged: Bool { rootNode != nil || buckets.values.contains { $0.isChanged } }
}

// Reading and changing.
extension WritableBucket {
  /// The value of a key, as changed so far.
  public func value(
    for key: UnsafeRawBufferPointer
  ) throws(BoltError) -> UnsafeRawBufferPointer? {
    guard let element = try find(key)?.element, !element.isBucket else { return nil }
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
    var (key, orEqual) = (key, orEqual)
    while true {
      let step = try leaf(for: key)
      let found = try step.leaf.search(key)
      let slot = found.isEqual && !orEqual ? found.slot + 1 : found.slot
      if slot < step.leaf.count { return try step.leaf.element(slot) }
      guard let next = step.next else { return nil }
      // Else the way could lead back here for ever.
      guard compareBytes(next.key, key) > 0 else {
        throw .keyOrder(page: next.page, slot: next.slot)
      }
      (key, orEqual) = (next.key, true)
    }
  }

  /// Puts a value, in place of what the key had.
  ///
  /// - Parameters:
  ///   - value: The value; copied.
  ///   - key: The key; copied.
  /// - Throws: ``BoltError/keyEmpty``, ``BoltError/tooLarge(byteCount:limit:)``,
  ///   ``BoltError/bucketAndValue(key:)`` if a bucket has that name or this is the root, or the
  ///   fault of a page.
  public func put(
    _ value: UnsafeRawBufferPointer,
    for key: UnsafeRawBufferPointer
  ) throws(BoltError) {
    try checkSizes(key: key, value: value)
    guard nesting > 0 else { throw .bucketAndValue(key: Array(key)) }
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
    guard let element = try find(key)?.element else { return }
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
    guard found.element.isBucket else { throw .bucketAndValue(key: name) }
    let bucket = try self.bucket(of: found.element.value, on: found.page)
    buckets[name] = bucket
    return bucket
  }

  /// The bucket that an element of this one is.
  func bucket(
    of value: UnsafeRawBufferPointer,
    on page: PageID
  ) throws(BoltError) -> WritableBucket {
    guard nesting < Limits.nesting else { throw .bucketsTooDeep(limit: Limits.nesting) }
    let header = try BucketHeader(value, on: page)
    return WritableBucket(
      in: transaction,
      root: header.place,
      sequence: header.sequence,
      nesting: nesting + 1
    )
  }

  /// A bucket in this one, made if there is none.
  ///
  /// - Throws: ``BoltError/keyEmpty``, ``BoltError/tooLarge(byteCount:limit:)`` or
  ///   ``BoltError/bucketsTooDeep(limit:)``, ``BoltError/bucketAndValue(key:)`` if a value has that
  ///   name, or the fault of a page.
  public func bucketOrNew(_ name: [UInt8]) throws(BoltError) -> WritableBucket {
    if let bucket = try bucket(name) { return bucket }
    guard nesting < Limits.nesting else { throw .bucketsTooDeep(limit: Limits.nesting) }
    let bucket = WritableBucket(
      in: transaction,
      root: .page(PageID(rawValue: 0)),
      sequence: 0,
      nesting: nesting + 1
    )
    bucket.rootNode = Node(isLeaf: true, parent: nil, elements: [])
    try withBytes(of: name) { bytes throws(BoltError) in
      try checkSizes(key: bytes, value: UnsafeRawBufferPointer(start: nil, count: 0))
      // Its value is written when the bucket is spilled.
      try putBucket(UnsafeRawBufferPointer(start: nil, count: 0), for: bytes)
    }
    buckets[name] = bucket
    return bucket
  }

  /// Takes a bucket out, with all that is in it.
  ///
  /// - Throws: ``BoltError/bucketMissing(name:)`` if there is none of that name,
  ///   ``BoltError/bucketAndValue(key:)`` if a value has it, or the fault of a page. Nothing has
  ///   changed then, but after ``BoltError/pageInUseIsFree(page:)`` nothing can be committed.
  public func deleteBucket(_ name: [UInt8]) throws(BoltError) {
    guard let bucket = try bucket(name) else { throw .bucketMissing(name: name) }
    var pages = BucketPages()
    try bucket.collectPages(into: &pages)
    try withBytes(of: name) { bytes throws(BoltError) in try remove(bytes) }
    buckets[name] = nil
    deletedNames.insert(name)
    for run in pages.runs { try transaction.release(run.page, overflow: run.overflow) }
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

  func putBucket(
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
