/// The number of a page: its place in the file, counted in pages from 0.
public struct PageID: RawRepresentable, Hashable, Comparable, Sendable {
  /// The number.
  public var rawValue: UInt64

  /// A page by its number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// In the order of the file.
  public static func < (left: PageID, right: PageID) -> Bool { left.rawValue < right.rawValue }
}

extension PageID: CustomStringConvertible {
  /// The number in decimal digits.
  public var description: String { String(rawValue) }
}

/// Bolt's counter of committed transactions.
public struct TransactionID: RawRepresentable, Hashable, Comparable, Sendable {
  /// The count.
  public var rawValue: UInt64

  /// A transaction by its count.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// In the order of commits.
  public static func < (left: TransactionID, right: TransactionID) -> Bool {
    left.rawValue < right.rawValue
  }

  /// The transaction after this one; begins at 0 again after 2^64.
  var next: TransactionID { TransactionID(rawValue: rawValue &+ 1) }
}

extension TransactionID: CustomStringConvertible {
  /// The count in decimal digits.
  public var description: String { String(rawValue) }
}
