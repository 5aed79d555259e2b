/// A keyspace as it was at one moment: what was committed or applied until then, at every revision
/// that was not compacted.
///
/// It may be used on any thread, and holds the memory that it reads from: a view that is kept for
/// long keeps pages of the file from being used anew. What is compacted meanwhile can be read no
/// more, and is refused.
public struct KeyspaceView: Sendable {
  let keyspace: Keyspace
  let source: RowSource
  // The rows lie in the buffer of `source`, and do not change.
  nonisolated(unsafe) let buffered: BufferedRows

  /// The latest revision there is.
  public let currentRevision: Int64

  /// The last compaction's revision when the view was made; -1 if there was none.
  public let compactRevision: Int64

  init(of keyspace: Keyspace, _ shared: Keyspace.Shared) {
    self.keyspace = keyspace
    source = shared.source
    buffered = shared.buffered
    currentRevision = shared.currentRevision
    compactRevision = shared.compactRevision
  }

  /// Calls something with the rows of the file and what is not committed yet, in the order of their
  /// revisions: puts and tombstones, compacted ones as long as they are there.
  ///
  /// - Parameters:
  ///   - start: The first main revision.
  ///   - end: The last main revision.
  ///   - body: Takes a row, whose memory lasts as long as the view; returns false to end the visit.
  /// - Throws: ``MVCCError/rowKey(bytes:)`` for a row that is none, the fault of a page, or what
  ///   `body` throws.
  public func visitRows(
    from start: Int64 = 0,
    through end: Int64 = .max,
    _ body: (Row) throws(MVCCError) -> Bool
  ) throws(MVCCError) {
    try source.visit(from: Revision(main: max(0, start)), in: buffered) { row throws(MVCCError) in
      guard row.key.revision.main <= end else { return false }
      return try body(row)
    }
  }

  /// Refuses a revision that is not there.
  ///
  /// - Returns: The revision to read at.
  func revision(for requested: Int64) throws(MVCCError) -> Int64 {
    let main = requested <= 0 ? currentRevision : requested
    guard main <= currentRevision else {
      throw .futureRevision(requested: main, currentRevision: currentRevision)
    }
    guard main >= compactRevision else {
      throw .compacted(requested: main, compactRevision: compactRevision)
    }
    return main
  }

  /// Calls something with the index, while nobody changes it.
  ///
  /// - Parameters:
  ///   - main: The main revision that is asked for.
  ///   - body: Asks the index.
  /// - Returns: What `body` returns.
  /// - Throws: ``MVCCError/compacted(requested:compactRevision:)`` if it has been compacted since
  ///   the view was made; what `body` throws.
  @inline(__always)
  func withIndex<Result>(
    at main: Int64,
    _ body: (KeyIndex) throws(MVCCError) -> Result
  ) throws(MVCCError) -> Result {
    try keyspace.lock.reading { () throws(MVCCError) in
      let compactRevision = keyspace.shared.compactRevision
      guard main >= compactRevision else {
        throw .compacted(requested: main, compactRevision: compactRevision)
      }
      return try body(keyspace.index)
    }
  }
}

/// A key that is live at some revision.
public struct LiveKey: Sendable {
  /// The key.
  public var key: [UInt8]

  /// Its state.
  public var state: KeyState
}

// Asking the index alone.
extension KeyspaceView {
  /// The state of a key.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - revision: The main revision; 0 or less for the latest one.
  /// - Returns: The state, or nil if the key is not live then.
  /// - Throws: ``MVCCError/futureRevision(requested:currentRevision:)`` or
  ///   ``MVCCError/compacted(requested:compactRevision:)``.
  public func state(of key: [UInt8], at revision: Int64 = 0) throws(MVCCError) -> KeyState? {
    let main = try self.revision(for: revision)
    return try withIndex(at: main) { index throws(MVCCError) in
      withBytes(of: key) { index.find($0, at: main) }
    }
  }

  /// All revisions of a key that are not compacted, tombstones among them, in ascending order.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - start: The first main revision.
  /// - Returns: The keys of its rows up to the current revision.
  public func history(of key: [UInt8], since start: Int64 = 0) -> [RowKey] {
    let rows = keyspace.lock.reading {
      withBytes(of: key) { keyspace.index.rows(of: $0, since: start) }
    }
    return rows.filter { $0.revision.main <= currentRevision }
  }

  /// The row of a revision, tombstones among them.
  ///
  /// - Returns: The row, in a list of its own; an empty list if it is not there.
  /// - Throws: The fault of a page.
  public func row(_ key: RowKey) throws(MVCCError) -> RowList {
    var rows: [Row] = []
    try source.visit(from: key.revision, in: buffered) { row throws(MVCCError) in
      if row.key == key { rows.append(row) }
      return row.key.revision <= key.revision && rows.isEmpty
    }
    return RowList(rows, in: source)
  }

  /// The row that a key had at a revision.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - main: The main revision.
  /// - Returns: The row, whose memory lasts as long as the view, or nil if the key was not live then.
  /// - Throws: ``MVCCError/futureRevision(requested:currentRevision:)``,
  ///   ``MVCCError/compacted(requested:compactRevision:)``, or the fault of a page.
  public func row(of key: UnsafeRawBufferPointer, at main: Int64) throws(MVCCError) -> Row? {
    guard main <= currentRevision else {
      throw .futureRevision(requested: main, currentRevision: currentRevision)
    }
    let revision = try withIndex(at: main) { index throws(MVCCError) -> Revision? in
      let slot = index.tree.find(key)
      return slot == 0 ? nil : index.modified(index.tree.card(slot), at: main)?.revision
    }
    guard let revision else { return nil }
    return try source.row(at: revision, in: buffered)
  }

  /// Some keys of a range, in order, without reading their rows.
  ///
  /// - Parameters:
  ///   - keys: The range.
  ///   - revision: The main revision; 0 or less for the latest one.
  ///   - limit: How many keys at most.
  /// - Returns: The keys and their states.
  /// - Throws: ``MVCCError/futureRevision(requested:currentRevision:)`` or
  ///   ``MVCCError/compacted(requested:compactRevision:)``.
  public func liveKeys(
    _ keys: KeyRange,
    at revision: Int64 = 0,
    limit: Int = .max
  ) throws(MVCCError) -> [LiveKey] {
    let main = try self.revision(for: revision)
    var found: [LiveKey] = []
    try visit(keys, at: main) { index, slot in
      let card = index.tree.card(slot)
      guard let state = index.state(of: card, at: main) else { return true }
      found.append(LiveKey(key: Array(card.key), state: state))
      return found.count < limit
    }
    return found
  }

  /// How many keys of a range are live.
  ///
  /// - Parameters:
  ///   - keys: The range.
  ///   - revision: The main revision; 0 or less for the latest one.
  /// - Returns: Their number.
  /// - Throws: ``MVCCError/futureRevision(requested:currentRevision:)`` or
  ///   ``MVCCError/compacted(requested:compactRevision:)``.
  /// - Complexity: O(log n) where nothing has changed since the revision, elsewhere O(n).
  public func count(_ keys: KeyRange, at revision: Int64 = 0) throws(MVCCError) -> Int {
    try count(keys, main: try self.revision(for: revision))
  }

  func count(_ keys: KeyRange, main: Int64) throws(MVCCError) -> Int {
    try withIndex(at: main) { index throws(MVCCError) in
      withBytes(of: keys.start) { start in
        switch keys.end {
        case .withStart: index.find(start, at: main) == nil ? 0 : 1
        case .never: index.count(from: start, to: nil, at: main)
        case .before(let end):
          withBytes(of: end) { index.count(from: start, to: $0, at: main) }
        }
      }
    }
  }

  /// Calls something with the cards of a range, letting go of the lock on the way.
  ///
  /// - Parameters:
  ///   - keys: The range.
  ///   - main: The main revision, which must stay uncompacted.
  ///   - body: Takes a card's slot; returns false to end the visit.
  /// - Throws: ``MVCCError/compacted(requested:compactRevision:)``.
  func visit(
    _ keys: KeyRange,
    at main: Int64,
    _ body: (KeyIndex, Slot) -> Bool
  ) throws(MVCCError) {
    var rest: KeyRange? = keys
    while let range = rest {
      rest = try withIndex(at: main) { index throws(MVCCError) in
        index.visitSome(range, body)
      }
    }
  }
}

extension KeyIndex {
  /// Calls something with the first cards of a range, as many as a lock is held for.
  ///
  /// - Returns: What is left of the range, or nil at its end or if `body` has returned false.
  @inline(__always)
  func visitSome(_ keys: KeyRange, _ body: (KeyIndex, Slot) -> Bool) -> KeyRange? {
    withBytes(of: keys.start) { start in
      switch keys.end {
      case .withStart:
        let slot = tree.find(start)
        if slot != 0 { _ = body(self, slot) }
        return nil
      case .never: return visitSome(from: start, to: nil, keys.end, body)
      case .before(let end):
        return withBytes(of: end) { visitSome(from: start, to: $0, keys.end, body) }
      }
    }
  }

  @inline(__always)
  private func visitSome(
    from start: UnsafeRawBufferPointer,
    to end: UnsafeRawBufferPointer?,
    _ rangeEnd: KeyRange.End,
    _ body: (KeyIndex, Slot) -> Bool
  ) -> KeyRange? {
    var seen = 0
    var rest: KeyRange?
    tree.visit(from: start, to: end) { slot in
      if seen == Limits.cardsPerVisit {
        rest = KeyRange(from: Array(tree.key(slot)), to: rangeEnd)
        return false
      }
      seen += 1
      return body(self, slot)
    }
    return rest
  }
}
