/// The number of a lease.
public struct LeaseID: RawRepresentable, Hashable, Sendable {
  /// The number, not 0 for a lease.
  public var rawValue: Int64

  /// A lease by its number.
  public init(rawValue: Int64) { self.rawValue = rawValue }

  /// What a key has that is attached to no lease.
  public static let none = LeaseID(rawValue: 0)
}

extension LeaseID: Comparable {
  /// In the order of their numbers.
  public static func < (left: LeaseID, right: LeaseID) -> Bool { left.rawValue < right.rawValue }
}

extension LeaseID: CustomStringConvertible {
  /// Sixteen hexadecimal digits, as etcdctl prints it.
  public var description: String {
    let digits = String(UInt64(bitPattern: rawValue), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
