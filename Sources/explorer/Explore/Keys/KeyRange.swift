#if canImport(Glibc)
private import Glibc
#endif

/// A range of etcd's keys, which are ordered by their bytes.
public struct KeyRange: Hashable, Sendable {
  /// The first key that is in it.
  public let lowerBound: [UInt8]

  /// The first key behind it; nil where it has no end.
  public let upperBound: [UInt8]?

  /// The range of one key.
  public init(key: some Sequence<UInt8>) {
    lowerBound = Array(key)
    upperBound = lowerBound + [0]
  }

  /// The range of all keys that begin with some bytes; of all keys there are, for none.
  ///
  /// It ends where the last byte that can be raised by one is raised, and the bytes behind it are
  /// left out: the prefix `a/` ends at `a0`.
  public init(prefix: some Sequence<UInt8>) {
    lowerBound = Array(prefix)
    var end = lowerBound
    while end.last == 0xFF { end.removeLast() }
    if let last = end.last {
      end[end.count - 1] = last + 1
      upperBound = end
    } else {
      upperBound = nil
    }
  }

  /// The range of the keys from one bound to the other.
  public init(lowerBound: [UInt8], upperBound: [UInt8]?) {
    self.lowerBound = lowerBound
    self.upperBound = upperBound
  }

  /// The key, where the range has but one.
  public var singleKey: [UInt8]? {
    guard let upperBound, upperBound.count == lowerBound.count + 1, upperBound.last == 0,
      upperBound.starts(with: lowerBound)
    else { return nil }
    return lowerBound
  }

  /// Whether a key lies in the range.
  @inline(__always)
  public func contains(_ key: UnsafeRawBufferPointer) -> Bool {
    guard KeyOrder.compare(lowerBound, key) <= 0 else { return false }
    guard let upperBound else { return true }
    return KeyOrder.compare(upperBound, key) > 0
  }

  /// The same keys as ranges that do not touch, in order.
  public static func merging(_ ranges: some Sequence<KeyRange>) -> [KeyRange] {
    var merged: [KeyRange] = []
    let sorted = ranges.sorted { $0.lowerBound.lexicographicallyPrecedes($1.lowerBound) }
    for range in sorted {
      guard let last = merged.last, !last.ends(before: range.lowerBound) else {
        merged.append(range)
        continue
      }
      merged[merged.count - 1] = KeyRange(
        lowerBound: last.lowerBound,
        upperBound: later(last.upperBound, range.upperBound)
      )
    }
    return merged
  }

  private func ends(before key: [UInt8]) -> Bool {
    guard let upperBound else { return false }
    return upperBound.lexicographicallyPrecedes(key)
  }

  private static func later(_ left: [UInt8]?, _ right: [UInt8]?) -> [UInt8]? {
    guard let left, let right else { return nil }
    return left.lexicographicallyPrecedes(right) ? right : left
  }
}

/// The order of keys, on bytes in place.
enum KeyOrder {
  /// Below, at or above zero as the left key sorts before, at or behind the right one.
  @inline(__always)
  static func compare(_ left: [UInt8], _ right: UnsafeRawBufferPointer) -> Int {
    left.withUnsafeBytes { compare($0, right) }
  }

  /// Below, at or above zero as the left key sorts before, at or behind the right one.
  @inline(__always)
  static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let count = min(left.count, right.count)
    if count > 0, let left = left.baseAddress, let right = right.baseAddress {
      let order = memcmp(left, right, count)
      if order != 0 { return Int(order) }
    }
    return left.count - right.count
  }

  /// Whether a key begins with some bytes.
  @inline(__always)
  static func hasPrefix(_ key: UnsafeRawBufferPointer, _ prefix: [UInt8]) -> Bool {
    guard key.count >= prefix.count else { return false }
    guard let key = key.baseAddress else { return prefix.isEmpty }
    return prefix.withUnsafeBytes { prefix in
      guard let prefixStart = prefix.baseAddress else { return true }
      return memcmp(key, prefixStart, prefix.count) == 0
    }
  }
}
