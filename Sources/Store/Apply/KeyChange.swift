public import MVCC

/// A change of keys, taken apart before it is its turn.
///
/// Nearly all entries of a log are one, and a request in general has thirty forms: to make one, copy
/// it and ask it for its form takes longer than what it asks for.
public enum KeyChange: Sendable {
  case put(PutRequest)
  case delete(DeleteRequest)
  case transaction(TransactionRequest)
}

extension Applier {
  /// Whether a change of keys may be applied without a look at who asks, or at alarms.
  public var appliesToAnybody: Bool {
    !options.passesOverRanges && !alarms.isAnyRaised && !auth.snapshot.isEnabled
  }

  /// Applies a change of keys, of an entry whose index has been set.
  ///
  /// - Parameter change: The change; anybody may make it (``appliesToAnybody``).
  /// - Returns: What became of it.
  /// - Throws: What keeps the keyspace from being changed at all.
  public func apply(_ change: KeyChange) throws(MVCCError) -> Outcome {
    do throws(MVCCError) {
      switch change {
      case .put(let request): return .applied(.put(try keyspace.put(request)))
      case .delete(let request): return .applied(.delete(try keyspace.delete(request)))
      case .transaction(let request): return .applied(.transaction(try keyspace.apply(request)))
      }
    } catch {
      guard error.isRefusal else { throw error }
      return .refused(.keyspace(error))
    }
  }
}

extension MVCCError {
  /// Whether only the request is at fault.
  var isRefusal: Bool {
    switch self {
    case .leaseNotFound, .leaseExists, .leaseTTLTooLarge, .keyNotFound, .keyMissing, .compacted,
      .futureRevision, .duplicateKey, .tooManyOperations:
      true
    default: false
    }
  }
}
