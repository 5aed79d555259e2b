/// The number of a member of a cluster; 0 is none.
public struct NodeID: RawRepresentable, Hashable, Sendable {
  /// The number that lies on disk; etcd prints it in hexadecimal.
  public var rawValue: UInt64

  /// Any number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// No member.
  public static let nobody = NodeID(rawValue: 0)
}

/// The number of a cluster.
public struct ClusterID: RawRepresentable, Hashable, Sendable {
  /// The number that lies on disk; etcd prints it in hexadecimal.
  public var rawValue: UInt64

  /// Any number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}
