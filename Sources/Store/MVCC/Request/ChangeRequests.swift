/// A value to put.
public struct PutRequest: Sendable {
  /// The key.
  public var key: [UInt8]

  /// The value.
  public var value: [UInt8]

  /// The lease to attach the key to; ``LeaseID/none`` detaches it.
  public var lease: LeaseID

  /// Whether the key-value before is answered.
  public var wantsPrevious = false

  /// Whether the key keeps its value.
  public var keepsValue = false

  /// Whether the key keeps its lease.
  public var keepsLease = false

  /// A put without options.
  public init(_ key: [UInt8], _ value: [UInt8], lease: LeaseID = .none) {
    self.key = key
    self.value = value
    self.lease = lease
  }

  /// Checks what can be checked without a keyspace.
  ///
  /// - Throws: ``MVCCError/keyMissing``, ``MVCCError/valueProvided`` or
  ///   ``MVCCError/leaseProvided``.
  public func validate() throws(MVCCError) {
    if key.isEmpty { throw .keyMissing }
    if keepsValue, !value.isEmpty { throw .valueProvided }
    if keepsLease, lease != .none { throw .leaseProvided }
  }
}

/// Keys to delete.
public struct DeleteRequest: Sendable {
  /// The keys.
  public var keys: KeyRange

  /// Whether the key-values before are answered.
  public var wantsPrevious = false

  /// A delete without options.
  public init(_ keys: KeyRange) { self.keys = keys }

  /// Checks what can be checked without a keyspace.
  ///
  /// - Throws: ``MVCCError/keyMissing``.
  public func validate() throws(MVCCError) {
    if keys.start.isEmpty { throw .keyMissing }
  }
}
