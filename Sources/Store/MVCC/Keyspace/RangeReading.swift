/// A range that is read in steps, so that who reads can do something else between them.
///
/// It is the view's state that is read, whatever changes between steps. A step looks at some thousand
/// keys; most ranges take one.
public struct RangeReading {
  let view: KeyspaceView
  let request: RangeRequest

  /// The main revision that is read at.
  let main: Int64

  /// What was not looked at; nil at the end.
  var rest: KeyRange?
  private var rows: [Row] = []

  // Of keys without values: those within the limit, how many there were with the one behind it, and
  // what is behind that one.
  var keys = PackedKeys()
  var seenCount = 0
  var behindLimit: KeyRange?

  /// Begins to read.
  ///
  /// - Parameters:
  ///   - view: What is read.
  ///   - request: What is asked for.
  /// - Throws: ``MVCCError/futureRevision(requested:currentRevision:)``,
  ///   ``MVCCError/compacted(requested:compactRevision:)``.
  public init(of view: KeyspaceView, _ request: RangeRequest) throws(MVCCError) {
    self.view = view
    self.request = request
    main = try view.revision(for: request.revision)
    rest = request.keys
  }

  /// Reads some more.
  ///
  /// - Returns: The result, when everything was read; there is no step after that.
  /// - Throws: ``MVCCError/compacted(requested:compactRevision:)`` if it has been compacted since the
  ///   view was made, or the fault of a row or a page.
  public mutating func advance() throws(MVCCError) -> RangeResult? {
    if request.isCountOnly {
      return result(.none, count: try view.count(request.keys, main: main))
    }
    return request.packsKeys ? try packStep() : try readStep()
  }

  private mutating func readStep() throws(MVCCError) -> RangeResult? {
    let (revisions, behindLimit) = try step()
    // Only the first time: later the array grows by more than that.
    if rows.isEmpty { rows.reserveCapacity(revisions.count) }
    for revision in revisions { rows.append(try row(at: revision)) }
    guard rest == nil else { return nil }
    var count = rows.count
    if let behindLimit { count += try view.count(behindLimit, main: main) }
    if request.needsKeyValues { rows = try arrange(rows) }
    let hasMore = request.limit > 0 && rows.count > request.limit
    if hasMore { rows.removeLast(rows.count - Int(request.limit)) }
    if request.isKeysOnly {
      for row in rows { keys.append(NewKeyValue(keyOf: try row.keyValue())) }
      rows = []
    }
    var result = result(RowList(rows, in: view.source), count: count)
    result.hasMore = hasMore
    return result
  }

  func row(at revision: IndexedRevision) throws(MVCCError) -> Row {
    try view.source.row(at: revision.revision, in: view.buffered)
  }

  func result(_ rows: RowList, count: Int) -> RangeResult {
    RangeResult(rows: rows, keys: keys, count: count, currentRevision: view.currentRevision)
  }

  var unread: KeyRange {
    guard let rest else { preconditionFailure("a range that was read has no more steps") }
    return rest
  }

  /// Looks at some keys, and notes what is left.
  ///
  /// - Returns: The revisions of the live ones in the order of the keys, and where the limit was
  ///   reached, if it was.
  private mutating func step() throws(MVCCError) -> (
    revisions: [IndexedRevision], behindLimit: KeyRange?
  ) {
    let keys = unread
    var revisions: [IndexedRevision] = []
    var behindLimit: KeyRange?
    let room = request.rowLimit - rows.count
    rest = try view.withIndex(at: main) { index throws(MVCCError) in
      index.visitSome(keys) { index, slot in
        let card = index.tree.card(slot)
        guard let modified = index.modified(card, at: main) else { return true }
        if revisions.count == room {
          behindLimit = KeyRange(from: Array(card.key), to: keys.end)
          return false
        }
        revisions.append(modified)
        return true
      }
    }
    return (revisions, behindLimit)
  }

  /// Leaves out what the filters do not let through, and orders the rest.
  private func arrange(_ rows: [Row]) throws(MVCCError) -> [Row] {
    var arranged: [(row: Row, keyValue: KeyValueView, place: Int)] = []
    for row in rows {
      let keyValue = try row.keyValue()
      if request.admits(keyValue) { arranged.append((row, keyValue, arranged.count)) }
    }
    guard let precedes = request.precedes else { return arranged.map(\.row) }
    // Among equals, in the order of the keys: etcd's order is not stable, but is this one for a few.
    arranged.sort { left, right in
      let order = precedes(left.keyValue, right.keyValue)
      return order != 0 ? order < 0 : left.place < right.place
    }
    return arranged.map(\.row)
  }
}
