/// The answer to a ``RangeRequest``.
public struct RangeResult: Sendable {
  /// The rows; none if the request was for keys only.
  public var rows: RowList

  /// What was found, if the request was for keys only.
  public var keys = PackedKeys()

  /// Whether there are more than the limit allowed.
  public var hasMore = false

  /// How many keys the range has, whatever limit and filters leave of them.
  public var count: Int

  /// The current revision when it was read.
  public var currentRevision: Int64
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
    var reading = try RangeReading(of: self, request)
    while true {
      if let result = try reading.advance() { return result }
    }
  }
}

extension KeyspaceView {
  /// How many rows have to be looked at before there is anything to answer, about: for requests that are
  /// not answered as they are read.
  ///
  /// - Complexity: O(log n).
  public func estimatedRowCount(of request: RangeRequest) -> Int {
    guard !request.isCountOnly else { return 0 }
    // Of the latest state, whatever is asked for, and of all keys if those cannot be counted.
    let count = (try? count(request.keys, main: .max)) ?? keyspace.keyCount
    return min(count, request.rowLimit)
  }

  /// How many rows a transaction that changes nothing looks at, about: at most, of both its branches.
  public func estimatedRowCount(of request: TransactionRequest) -> Int {
    var sum = request.compares.reduce(0) { sum, compare in
      sum + estimatedRowCount(of: RangeRequest(compare.keys))
    }
    for case .range(let range) in request.success + request.failure {
      sum += estimatedRowCount(of: range)
    }
    return sum
  }
}

extension RangeRequest {
  /// Whether nothing can be answered before everything is read.
  public var isArranged: Bool { needsKeyValues }

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
