/// What a store of keys and leases is, as its clients can tell.
struct StoreModel: Hashable, Sendable {
  /// The revision of the last change.
  var revision: Int64 = 1

  /// The revision of the last compaction.
  var compacted: Int64 = -1

  var rows: [String: Row] = [:]
  var leases: Set<Int64> = []

  /// Does what is asked.
  ///
  /// - Returns: The store afterwards, and the answer.
  func applying(_ request: Request) -> (after: StoreModel, response: Response) {
    var after = self
    let outcome = after.apply(request)
    // Errors have no header.
    switch outcome {
    case .txn, .done, .leases: return (after, Response(revision: after.revision, outcome: outcome))
    case .leaseMissing, .leaseThere, .compacted, .future:
      return (self, Response(revision: 0, outcome: outcome))
    }
  }

  private mutating func apply(_ request: Request) -> Response.Outcome {
    switch request {
    case .txn(let transaction): return apply(transaction)
    case .grant(let lease):
      return leases.insert(lease).inserted ? .done : .leaseThere
    case .revoke(let lease):
      guard leases.remove(lease) != nil else { return .leaseMissing }
      let keys = rows.values.filter { $0.lease == lease }.map(\.key)
      if !keys.isEmpty { revision += 1 }
      for key in keys { rows[key] = nil }
      return .done
    case .compact(let revision):
      guard revision > compacted else { return .compacted }
      guard revision <= self.revision else { return .future }
      compacted = revision
      return .done
    case .leases: return .leases(leases)
    }
  }

  private mutating func apply(_ transaction: Transaction) -> Response.Outcome {
    let succeeded = transaction.conditions.allSatisfy { condition in
      (rows[condition.key]?.modRevision ?? 0) == condition.modRevision
    }
    let actions = succeeded ? transaction.success : transaction.failure
    // A lease that there is not spoils the whole, before anything is done.
    for case .put(_, _, let lease, _) in actions where lease != 0 && !leases.contains(lease) {
      return .leaseMissing
    }
    let next = revision + 1
    let results = actions.map { apply($0, next) }
    return .txn(succeeded: succeeded, results)
  }

  /// Does one operation of the change that makes a revision.
  private mutating func apply(_ action: Action, _ next: Int64) -> Response.Result {
    switch action {
    case .range(let keys): return .rows(matching(keys))
    case .put(let key, let value, let lease, let wantsPrevious):
      let previous = rows[key]
      revision = next
      rows[key] = Row(
        key: key,
        value: value,
        createRevision: previous?.createRevision ?? next,
        modRevision: next,
        version: (previous?.version ?? 0) + 1,
        lease: lease
      )
      return .put(previous: wantsPrevious ? previous : nil)
    case .delete(let keys, let wantsPrevious):
      let previous = matching(keys)
      if !previous.isEmpty { revision = next }
      for row in previous { rows[row.key] = nil }
      return .deleted(Int64(previous.count), previous: wantsPrevious ? previous : [])
    }
  }

  private func matching(_ keys: Keys) -> [Row] {
    guard keys.end != nil else { return rows[keys.first].map { [$0] } ?? [] }
    return rows.values.filter { keys.contains($0.key) }.sorted { $0.key < $1.key }
  }
}
