/// What may be done with a key.
public enum KeyAccess: Sendable {
  /// It may be read, and watched.
  case read

  /// It may be put and deleted.
  case write
}

/// The keys that the permissions of some roles allow to be read, or to be written.
struct KeyPermissions: Sendable {
  /// Keys from one on and before another; nothing is behind all keys.
  ///
  /// etcd writes the place behind all keys as a key without bytes.
  struct Interval: Equatable, Sendable {
    var start: [UInt8]
    var end: [UInt8]
  }

  private(set) var readable: [Interval] = []
  private(set) var writable: [Interval] = []

  /// Adds a permission; ``merge()`` comes after the last.
  ///
  /// - Parameters:
  ///   - key: The key, or the first of a range.
  ///   - end: Nothing for the one key, one zero byte for all keys from it on.
  ///   - accesses: What is allowed.
  mutating func allow(_ key: [UInt8], _ end: [UInt8], _ accesses: [KeyAccess]) {
    let interval = KeyPermissions.interval(key, end)
    // etcd before 3.5 lets ranges be granted that no key lies in. They allow nothing, and beside
    // others they take nothing away.
    guard precedes(interval.start, interval.end) else { return }
    if accesses.contains(.read) { readable.append(interval) }
    if accesses.contains(.write) { writable.append(interval) }
  }

  /// Makes one interval of those that touch or overlap, in the order of the keys.
  mutating func merge() {
    KeyPermissions.merge(&readable)
    KeyPermissions.merge(&writable)
  }

  /// Whether a key, or all keys of a range, may be read or written: the permissions together must
  /// cover the range.
  ///
  /// The range is given as in a request: its end is nothing for the one key, and one zero byte for
  /// all keys from it on.
  ///
  /// Source: etcd 3.5, `server/auth/range_perm_cache.go`, `isRangeOpPermitted`;
  /// `pkg/adt/interval_tree.go`, `Contains`, `Intersects`.
  ///
  /// - Complexity: O(log n) in the number of intervals.
  func allows(_ access: KeyAccess, _ key: [UInt8], _ end: [UInt8]) -> Bool {
    let intervals = access == .read ? readable : writable
    let wanted = KeyPermissions.interval(key, end)
    // The last that starts at the key or before it.
    var low = 0
    var high = intervals.count
    while low < high {
      let middle = (low + high) / 2
      if precedes(wanted.start, intervals[middle].start) { high = middle } else { low = middle + 1 }
    }
    guard low > 0 else { return false }
    let interval = intervals[low - 1]
    return precedes(wanted.start, interval.end) && !precedes(interval.end, wanted.end)
  }

  private static func merge(_ intervals: inout [Interval]) {
    intervals.sort { precedes($0.start, $1.start) }
    var merged: [Interval] = []
    for interval in intervals {
      guard let last = merged.last, !precedes(last.end, interval.start) else {
        merged.append(interval)
        continue
      }
      if precedes(last.end, interval.end) { merged[merged.count - 1].end = interval.end }
    }
    intervals = merged
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
