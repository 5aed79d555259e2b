internal import MVCC

/// What is watched on a loop, to find who wants to know of a key.
struct WatchIndex: ~Copyable {
  private var keys = KeyTable()
  private var ranges = RangeTree()

  /// How many different keys and ranges are watched.
  var count: Int { keys.count + ranges.count }

  /// The target of a range, which is made if nobody watches it.
  ///
  /// Whoever asks adds a watcher to it.
  mutating func target(of range: KeyRange) -> WatchTarget {
    let target = WatchTarget(range)
    if target.isOneKey {
      if let present = keys.find(target.start) { return present.takeUnretainedValue() }
      keys.insert(target)
    } else {
      if let present = ranges.find(target) { return present }
      ranges.insert(target)
    }
    return target
  }

  /// Takes out a target that has no watchers any more.
  mutating func remove(_ target: WatchTarget) {
    if target.isOneKey { keys.remove(target) } else { ranges.remove(target) }
  }

  /// Finds all targets that a key is in.
  ///
  /// - Complexity: O(log n + m) for m targets of n, as long as they do not overlap much.
  @inline(__always)
  func collect(_ key: UnsafeRawBufferPointer, into found: inout [Unmanaged<WatchTarget>]) {
    if let target = keys.find(key) { found.append(target) }
    if ranges.count > 0 { ranges.collect(key, into: &found) }
  }
}
