/// The place of an entry in raft's log; the first entry has 1, and 0 is the place before it.
public struct LogIndex: RawRepresentable, Comparable, Hashable, Sendable {
  /// The number that lies on disk.
  public var rawValue: UInt64

  /// Any number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The place before the first entry.
  public static let zero = LogIndex(rawValue: 0)

  /// The place behind this one; behind the largest lies 0, which no entry has.
  public var next: LogIndex { LogIndex(rawValue: rawValue &+ 1) }

  /// Whether one place lies before another.
  public static func < (left: LogIndex, right: LogIndex) -> Bool { left.rawValue < right.rawValue }
}

/// The number of an election, which grows with every one.
public struct Term: RawRepresentable, Comparable, Hashable, Sendable {
  /// The number that lies on disk.
  public var rawValue: UInt64

  /// Any number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The term before the first election.
  public static let zero = Term(rawValue: 0)

  /// The term behind this one.
  public var next: Term { Term(rawValue: rawValue &+ 1) }

  /// Whether one election came before another.
  public static func < (left: Term, right: Term) -> Bool { left.rawValue < right.rawValue }
}
