/// Some keys: one, or all from one on up to another.
public struct KeyRange: Hashable, Sendable {
  /// Where a range ends.
  public enum End: Hashable, Sendable {
    /// With its first key: there is only that one.
    case withStart

    /// Before this key; if that is not above the first, the range is empty.
    case before([UInt8])

    /// With the last key that there is.
    case never
  }

  /// The first key.
  public var start: [UInt8]

  /// Where the range ends.
  public var end: End

  /// A range by its parts.
  public init(from start: [UInt8], to end: End) {
    self.start = start
    self.end = end
  }

  /// One key.
  public init(_ key: [UInt8]) { self.init(from: key, to: .withStart) }

  /// A range as requests have it.
  ///
  /// - Parameters:
  ///   - key: The first key.
  ///   - rangeEnd: Empty for that key only, one zero byte for all keys from there on, or the first
  ///     key that is not meant any more.
  public init(key: [UInt8], rangeEnd: [UInt8]) {
    switch rangeEnd {
    case []: self.init(key)
    case [0]: self.init(from: key, to: .never)
    default: self.init(from: key, to: .before(rangeEnd))
    }
  }

  /// Whether a key is in the range.
  public func contains(_ key: [UInt8]) -> Bool {
    switch end {
    case .withStart: key == start
    case .never: !key.lexicographicallyPrecedes(start)
    case .before(let end):
      !key.lexicographicallyPrecedes(start) && key.lexicographicallyPrecedes(end)
    }
  }

  /// All keys that there can be.
  public static let all = KeyRange(from: [0], to: .never)

  /// All keys that begin with some bytes.
  public init(prefix: [UInt8]) {
    // The first key behind them: the last byte that can be made larger is, and nothing follows it.
    guard let last = prefix.lastIndex(where: { $0 < 0xFF }) else {
      self.init(from: prefix.isEmpty ? [0] : prefix, to: .never)
      return
    }
    self.init(from: prefix, to: .before(Array(prefix[..<last]) + [prefix[last] + 1]))
  }
}
