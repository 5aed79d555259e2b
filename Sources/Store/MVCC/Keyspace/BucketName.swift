/// The name of one of etcd's buckets.
///
/// Source: etcd `server/storage/schema/bucket.go`.
public struct BucketName: Hashable, Sendable {
  /// The name as it is stored.
  public let bytes: [UInt8]

  /// A bucket by its name.
  public init(_ name: String) { bytes = Array(name.utf8) }

  /// Every revision of every key.
  public static let key = BucketName("key")

  /// How far the log was applied, and compactions.
  public static let meta = BucketName("meta")

  /// Leases.
  public static let lease = BucketName("lease")

  /// Active alarms.
  public static let alarm = BucketName("alarm")

  /// Whether authentication is on.
  public static let auth = BucketName("auth")

  /// Users.
  public static let authUsers = BucketName("authUsers")

  /// Roles.
  public static let authRoles = BucketName("authRoles")

  /// The version of the cluster.
  public static let cluster = BucketName("cluster")

  /// Members of the cluster.
  public static let members = BucketName("members")

  /// Members that were removed.
  public static let membersRemoved = BucketName("members_removed")
}
