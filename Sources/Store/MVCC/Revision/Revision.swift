/// A moment in the life of a keyspace: the order in which everything was written.
///
/// Every request that changes something takes one main revision, one more than the one before; what
/// it changes, change by change, takes the sub revisions from 0.
///
/// Source: etcd `server/storage/mvcc/revision.go`.
public struct Revision: Hashable, Sendable {
  /// The request: what the API calls a revision.
  ///
  /// From 1, which an empty keyspace has; the first write is at 2.
  public var main: Int64

  /// The change within the request, from 0.
  public var sub: Int64

  /// A revision by its two parts.
  public init(main: Int64, sub: Int64 = 0) {
    self.main = main
    self.sub = sub
  }
}

extension Revision: Comparable {
  /// In the order of writing.
  public static func < (left: Revision, right: Revision) -> Bool {
    left.main != right.main ? left.main < right.main : left.sub < right.sub
  }
}

extension Revision: CustomStringConvertible {
  /// Both parts, `main.sub`.
  public var description: String { "\(main).\(sub)" }
}
