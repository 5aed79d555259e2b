public import WAL

/// Which entries of a log are wanted.
public struct LogFilter: Sendable {
  /// The first index that is; nil for no limit.
  public var from: LogIndex?

  /// The last index that is; nil for no limit.
  public var to: LogIndex?

  /// What they ask for; nil for anything.
  public var kinds: Set<RequestKind>?

  /// Keys of which they name some; nil for any request, with keys or without.
  public var keys: KeyRange?

  /// All entries.
  public init() {}

  /// Whether an entry may be wanted by its place alone, before it is decoded.
  public func accepts(_ index: LogIndex) -> Bool {
    (from ?? .zero) <= index && to.map { index <= $0 } ?? true
  }

  /// Whether an entry is wanted by what it asks for.
  public func accepts(_ request: LoggedRequest) -> Bool {
    if let kinds, !kinds.contains(request.kind) { return false }
    if let keys, !request.names(keysIn: keys) { return false }
    return true
  }
}
