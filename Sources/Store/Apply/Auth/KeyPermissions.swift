/// The keys that the permissions of some roles allow to be read, or to be written.
struct KeyPermissions {
  /// What may be done with a key.
  enum Access {
    case read
    case write
  }

  /// Keys from one on and before another; nothing is behind all keys.
  ///
  /// etcd writes the place behind all keys as a key without bytes.
  struct Interval {
    var start: [UInt8]
    var end: [UInt8]

    /// Whether it has a key in common with another one, as etcd's tree of intervals sees it.
    ///
    /// Source: etcd 3.5, `pkg/adt/interval_tree.go`, `Interval.Compare`.
    func overlaps(_ other: Interval) -> Bool {
      let isBefore = precedes(start, other.start) && !precedes(other.start, end)
      let isBehind = !precedes(start, other.end)
      return !isBefore && !isBehind
    }
  }

  private var readable: [Interval] = []
  private var writable: [Interval] = []

  /// Adds a permission.
  ///
  /// - Parameters:
  ///   - key: The key, or the first of a range.
  ///   - end: Nothing for the one key, one zero byte for all keys from it on.
  ///   - accesses: What is allowed.
  mutating func allow(_ key: [UInt8], _ end: [UInt8], _ accesses: [Access]) {
    let interval = KeyPermissions.interval(key, end)
    if accesses.contains(.read) { readable.append(interval) }
    if accesses.contains(.write) { writable.append(interval) }
  }

  /// Puts the intervals in the order in which ``allows(_:_:_:)`` looks at them.
  mutating func sort() {
    readable.sort { precedes($0.start, $1.start) }
    writable.sort { precedes($0.start, $1.start) }
  }

  /// Whether a key, or all keys of a range, may be read or written: the permissions together must
  /// cover the range.
  ///
  /// The range is given as in a request: its end is nothing for the one key, and one zero byte for
  /// all keys from it on.
  ///
  /// Source: etcd 3.5, `server/auth/range_perm_cache.go`, `isRangeOpPermitted`;
  /// `pkg/adt/interval_tree.go`, `Contains`, `Intersects`.
  func allows(_ access: Access, _ key: [UInt8], _ end: [UInt8]) -> Bool {
    let intervals = access == .read ? readable : writable
    let wanted = KeyPermissions.interval(key, end)
    let overlapping = intervals.lazy.filter { wanted.overlaps($0) }
    if end.isEmpty { return !overlapping.isEmpty }
    var coveredEnd: [UInt8]?
    for interval in overlapping {
      guard let covered = coveredEnd else {
        guard !precedes(wanted.start, interval.start) else { return false }
        coveredEnd = interval.end
        continue
      }
      guard !precedes(covered, interval.start) else { return false }
      if precedes(covered, interval.end) { coveredEnd = interval.end }
    }
    guard let coveredEnd else { return false }
    return !precedes(coveredEnd, wanted.end)
  }

  private static func interval(_ key: [UInt8], _ end: [UInt8]) -> Interval {
    if end.isEmpty { return Interval(start: key, end: key + [0]) }
    return Interval(start: key, end: end == [0] ? [] : end)
  }
}

/// Whether a key comes before another; one without bytes stands for the place behind all keys.
private func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  if left.isEmpty { return false }
  return right.isEmpty || left.lexicographicallyPrecedes(right)
}
