/// What is asked of a range of keys; every option of etcd's `RangeRequest`.
public struct RangeRequest: Sendable {
  /// The order of the answer.
  public enum Order: Sendable {
    case none
    case ascending
    case descending
  }

  /// What the answer is ordered by.
  public enum Target: Sendable {
    case key
    case version
    case createRevision
    case modRevision
    case value
  }

  /// The keys.
  public var keys: KeyRange

  /// How many are answered at most; 0 for all.
  public var limit: Int64 = 0

  /// The main revision that is read at; 0 or less for the latest one.
  public var revision: Int64 = 0

  /// The order of the answer; without one, as they come, which is in the order of the keys.
  public var order = Order.none

  /// What the answer is ordered by.
  public var target = Target.key

  /// Whether values are left out.
  public var isKeysOnly = false

  /// Whether only the count is answered.
  public var isCountOnly = false

  /// What key-values must not be below; 0 for nothing.
  public var minimumModRevision: Int64 = 0

  /// What key-values must not be above; 0 for nothing.
  public var maximumModRevision: Int64 = 0

  /// What key-values must not be created before; 0 for nothing.
  public var minimumCreateRevision: Int64 = 0

  /// What key-values must not be created after; 0 for nothing.
  public var maximumCreateRevision: Int64 = 0

  /// A request without options.
  public init(_ keys: KeyRange, revision: Int64 = 0, limit: Int64 = 0) {
    self.keys = keys
    self.revision = revision
    self.limit = limit
  }

  /// Checks what can be checked without a keyspace.
  ///
  /// - Throws: ``MVCCError/keyMissing``.
  public func validate() throws(MVCCError) {
    if keys.start.isEmpty { throw .keyMissing }
  }

  var hasFilter: Bool {
    minimumModRevision != 0 || maximumModRevision != 0 || minimumCreateRevision != 0
      || maximumCreateRevision != 0
  }

  /// How many rows have to be read: all if they are ordered or filtered afterwards, otherwise one
  /// more than are answered, to know whether there are more.
  ///
  /// An order by something else than the key without a direction is ascending, but of the rows that
  /// the limit leaves: so does etcd.
  var rowLimit: Int {
    guard order == .none, !hasFilter, limit > 0, limit < Int64(Int.max) else { return .max }
    return Int(limit) + 1
  }
}
