/// What a user named with one word: the keys that it stands for.
public struct KeyTarget: Hashable, Sendable {
  /// The word, as it was given.
  public let word: String

  /// The keys, as ranges that do not touch, in order.
  public let ranges: [KeyRange]

  /// The namespace outside of which no key of the ranges counts; nil where all of them do.
  ///
  /// A range alone says it wherever it can: there is one only for words that say nothing of a
  /// resource, whose keys have the namespace in different places.
  public let namespace: String?

  /// A word and the keys that it stands for.
  public init(word: String, ranges: [KeyRange], namespace: String? = nil) {
    self.word = word
    self.ranges = KeyRange.merging(ranges)
    self.namespace = namespace
  }

  /// The key, where the target is one object and no more.
  public var singleKey: [UInt8]? { ranges.count == 1 ? ranges[0].singleKey : nil }
}

/// The keys of several targets, for asking of each key of a file whether it is wanted.
///
/// It may be shared between threads.
public struct KeySelection: Sendable {
  /// The keys, as ranges that do not touch, in order.
  public let ranges: [KeyRange]

  /// The ranges whose keys all count; the others go by the namespace.
  private let wholeRanges: [KeyRange]

  /// Ranges with the only namespace that counts in them.
  private let filtered: [(range: KeyRange, namespace: [UInt8])]

  private let parser: StorageKeyParser

  /// What keys must look like, too.
  private let pattern: KeyPattern?

  /// The keys of targets.
  ///
  /// - Parameters:
  ///   - targets: The targets; none of them selects nothing.
  ///   - parser: Finds the namespace in a key.
  ///   - pattern: What the keys must look like, too.
  public init(_ targets: [KeyTarget], parser: StorageKeyParser, matching pattern: KeyPattern? = nil)
  {
    self.pattern = pattern
    ranges = KeyRange.merging(targets.flatMap(\.ranges))
    wholeRanges = KeyRange.merging(targets.filter { $0.namespace == nil }.flatMap(\.ranges))
    filtered = targets.flatMap { target in
      guard let namespace = target.namespace else { return [(KeyRange, [UInt8])]() }
      return target.ranges.map { ($0, Array(namespace.utf8)) }
    }
    self.parser = parser
  }

  /// The bounds behind the keys of each known resource, in order.
  var resourceEnds: [[UInt8]] { parser.resourceEnds }

  /// Whether not all keys of the ranges count.
  public var isFiltered: Bool { !filtered.isEmpty || pattern != nil }

  /// Whether every key is one of them.
  public var takesAll: Bool {
    wholeRanges.count == 1 && wholeRanges[0].lowerBound.isEmpty && wholeRanges[0].upperBound == nil
      && pattern == nil
  }

  /// Whether a key is one of them.
  ///
  /// - Complexity: O(log n) in the number of ranges, O(m) in that of ranges with a namespace.
  public func contains(_ key: UnsafeRawBufferPointer) -> Bool {
    isInRanges(key) && pattern?.matches(key) != false
  }

  private func isInRanges(_ key: UnsafeRawBufferPointer) -> Bool {
    if KeySelection.contains(key, in: wholeRanges) { return true }
    for (range, namespace) in filtered where range.contains(key) {
      if parser.isKey(key, in: namespace) { return true }
    }
    return false
  }

  private static func contains(_ key: UnsafeRawBufferPointer, in ranges: [KeyRange]) -> Bool {
    // Nearly always there is one, and it decides alone.
    if ranges.count == 1 { return ranges[0].contains(key) }
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = low + (high - low) / 2
      if KeyOrder.compare(ranges[middle].lowerBound, key) <= 0 {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low > 0 && ranges[low - 1].contains(key)
  }
}
