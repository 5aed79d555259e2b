/// The answer to a ``RangeRequest``.
public struct RangeResult: Sendable {
  /// The rows; if the request was for keys only, whoever passes them on leaves the values out.
  public var rows: RowList

  /// Whether there are more than the limit allowed.
  public var hasMore = false

  /// How many keys the range has, whatever limit and filters leave of them.
  public var count: Int

  /// The current revision when it was read.
  public var currentRevision: Int64

  /// Whether the values are to be left out.
  public var isKeysOnly = false
}

extension KeyspaceView {
  /// Reads a range of keys.
  ///
  /// - Parameter request: What is asked for.
  /// - Returns: The rows, all as they were at one revision.
  /// - Throws: ``MVCCError/futureRevision(requested:currentRevision:)``,
  ///   ``MVCCError/compacted(requested:compactRevision:)``, or the fault of a row or a page.
  /// - Complexity: O(m log n) for m rows that are read. Counting what comes behind the limit is
  ///   O(log n) where nothing has changed since the revision that is read at.
  ///
  /// Source: etcd `server/etcdserver/txn/range.go`.
  public func range(_ request: RangeRequest) throws(MVCCError) -> RangeResult {
    let main = try revision(for: request.revision)
    var result = RangeResult(rows: .none, count: 0, currentRevision: currentRevision)
    result.isKeysOnly = request.isKeysOnly
    if request.isCountOnly {
      result.count = try count(request.keys, main: main)
      return result
    }
    let found = try revisions(request.keys, main: main, limit: request.rowLimit)
    result.count = found.count
    var rows: [Row] = []
    rows.reserveCapacity(found.revisions.count)
    for revision in found.revisions {
      rows.append(try source.row(at: revision.revision, in: buffered))
    }
    if request.needsKeyValues { rows = try arrange(rows, for: request) }
    if request.limit > 0, rows.count > request.limit {
      rows.removeLast(rows.count - Int(request.limit))
      result.hasMore = true
    }
    result.rows = RowList(rows, in: source)
    return result
  }

  /// Finds the revisions of the live keys of a range.
  ///
  /// - Returns: At most `limit` revisions, in the order of the keys, and how many there are in all.
  private func revisions(
    _ keys: KeyRange,
    main: Int64,
    limit: Int
  ) throws(MVCCError) -> (revisions: [IndexedRevision], count: Int) {
    var revisions: [IndexedRevision] = []
    var rest: KeyRange?
    try visit(keys, at: main) { index, slot in
      let card = index.tree.card(slot)
      guard let modified = index.modified(card, at: main) else { return true }
      if revisions.count == limit {
        rest = KeyRange(from: Array(card.key), to: keys.end)
        return false
      }
      revisions.append(modified)
      return true
    }
    guard let rest else { return (revisions, revisions.count) }
    return (revisions, revisions.count + (try count(rest, main: main)))
  }

  /// Leaves out what the filters do not let through, and orders the rest.
  private func arrange(_ rows: [Row], for request: RangeRequest) throws(MVCCError) -> [Row] {
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

extension RangeRequest {
  /// Whether rows have to be looked at, to filter or to order them.
  var needsKeyValues: Bool { hasFilter || precedes != nil }

  func admits(_ keyValue: KeyValueView) -> Bool {
    (maximumModRevision == 0 || keyValue.modRevision <= maximumModRevision)
      && (minimumModRevision == 0 || keyValue.modRevision >= minimumModRevision)
      && (maximumCreateRevision == 0 || keyValue.createRevision <= maximumCreateRevision)
      && (minimumCreateRevision == 0 || keyValue.createRevision >= minimumCreateRevision)
  }

  /// How two key-values stand to each other in the order that is asked for; nil if they come in that
  /// order anyway.
  var precedes: ((KeyValueView, KeyValueView) -> Int)? {
    let sign: Int
    switch order {
    case .none where target == .key: return nil
    case .ascending where target == .key: return nil
    case .none, .ascending: sign = 1
    case .descending: sign = -1
    }
    func compare(_ left: Int64, _ right: Int64) -> Int {
      left == right ? 0 : left < right ? -sign : sign
    }
    return switch target {
    case .key: { sign * compareKeys($0.key, $1.key) }
    case .version: { compare($0.version, $1.version) }
    case .createRevision: { compare($0.createRevision, $1.createRevision) }
    case .modRevision: { compare($0.modRevision, $1.modRevision) }
    case .value: { sign * compareKeys($0.value, $1.value) }
    }
  }
}
