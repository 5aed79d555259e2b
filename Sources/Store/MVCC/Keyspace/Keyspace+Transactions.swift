/// What a transaction has done.
public struct TransactionResult: Sendable {
  /// What one of its operations has done.
  public indirect enum Operation: Sendable {
    case range(RangeResult)
    case put(PutResult)
    case delete(DeleteResult)
    case transaction(TransactionResult)

    /// Of an operation that was none.
    case empty
  }

  /// Whether all conditions were met.
  public var succeeded: Bool

  /// What the operations of the branch that was taken have done, in order.
  public var operations: [Operation]

  /// The revision that it has made, or the current one if it has changed nothing.
  public var revision: Int64
}

extension Keyspace {
  /// Carries out a transaction: all of it, at one revision, or nothing.
  ///
  /// All conditions, those of transactions within it too, are looked at before anything is changed;
  /// each operation sees what the ones before it have changed.
  ///
  /// - Parameter request: The transaction. It has been validated.
  /// - Returns: What was done.
  /// - Throws: ``MVCCError/leaseNotFound(_:)``, ``MVCCError/keyNotFound``,
  ///   ``MVCCError/futureRevision(requested:currentRevision:)``,
  ///   ``MVCCError/compacted(requested:compactRevision:)``, the fault of a row or a page, or what
  ///   has no room.
  ///
  /// Source: etcd `server/etcdserver/txn/txn.go`.
  public func apply(_ request: TransactionRequest) throws(MVCCError) -> TransactionResult {
    try changing { () throws(MVCCError) in
      try refuseAfterFailure()
      var change = try newChange()
      let view = view(in: change)
      let plan = try view.plan(request)
      var done: [TransactionPlan.Step] = []
      try checkPuts(of: plan, after: &done)
      try view.checkRanges(of: plan)
      let operations = try completing(&change) { change throws(MVCCError) in
        try carryOut(plan, &change)
      }
      publish(change)
      return TransactionResult(
        succeeded: plan.succeeded,
        operations: operations,
        revision: change.currentRevision
      )
    }
  }

  /// Refuses puts that cannot be done, before anything is changed.
  ///
  /// etcd looks at all puts, those of transactions within too, before it looks at any range.
  ///
  /// - Parameters:
  ///   - plan: What is to be done.
  ///   - done: The puts and deletes that come before it; those of the plan are added.
  /// - Throws: What is wrong with one of them.
  private func checkPuts(
    of plan: TransactionPlan,
    after done: inout [TransactionPlan.Step]
  ) throws(MVCCError) {
    for step in plan.steps {
      switch step {
      case .put(let request):
        // Of a put alone etcd looks at the lease first, here at the key.
        try checkKey(of: request)
        try checkKept(by: request, after: done)
        try checkLease(of: request)
        done.append(step)
      case .delete: done.append(step)
      case .transaction(let plan): try checkPuts(of: plan, after: &done)
      case .range, .empty: break
      }
    }
  }

  /// Refuses a put that is to keep what is deleted before it.
  ///
  /// A request may delete a key from the end of a range without end, and then put it, which is to
  /// keep what it has. etcd stops at that.
  private func checkKept(
    by request: PutRequest,
    after done: [TransactionPlan.Step]
  ) throws(MVCCError) {
    guard request.keepsValue || request.keepsLease else { return }
    for step in done.reversed() {
      switch step {
      case .put(let other) where other.key == request.key: return
      case .delete(let other) where other.keys.contains(request.key): throw .keyNotFound
      default: continue
      }
    }
  }

  private func carryOut(
    _ plan: TransactionPlan,
    _ change: inout Change
  ) throws(MVCCError) -> [TransactionResult.Operation] {
    var results: [TransactionResult.Operation] = []
    for step in plan.steps {
      switch step {
      case .range(let request): results.append(.range(try view(in: change).range(request)))
      case .put(let request): results.append(.put(try put(request, in: &change)))
      case .delete(let request): results.append(.delete(try delete(request, in: &change)))
      case .transaction(let plan):
        let operations = try carryOut(plan, &change)
        results.append(
          .transaction(
            TransactionResult(
              succeeded: plan.succeeded,
              operations: operations,
              revision: change.currentRevision
            )
          )
        )
      case .empty: results.append(.empty)
      }
    }
    return results
  }
}

/// A transaction whose conditions have been looked at: what is left to be done.
struct TransactionPlan {
  indirect enum Step {
    case range(RangeRequest)
    case put(PutRequest)
    case delete(DeleteRequest)
    case transaction(TransactionPlan)
    case empty
  }

  var succeeded: Bool
  var steps: [Step]
}

extension KeyspaceView {
  /// Carries out a transaction that changes nothing.
  ///
  /// - Parameter request: The transaction, of which ``TransactionRequest/isReadOnly`` holds.
  /// - Returns: What was read.
  /// - Throws: As ``Keyspace/apply(_:)``.
  public func read(_ request: TransactionRequest) throws(MVCCError) -> TransactionResult {
    precondition(request.isReadOnly, "a transaction that changes something is applied")
    let plan = try plan(request)
    try checkRanges(of: plan)
    var operations: [TransactionResult.Operation] = []
    for case .range(let request) in plan.steps { operations.append(.range(try range(request))) }
    return TransactionResult(
      succeeded: plan.succeeded,
      operations: operations,
      revision: currentRevision
    )
  }

  /// Looks at the conditions of a transaction, and of those within the branches that are taken.
  func plan(
    _ request: TransactionRequest,
    depth: Int = 0
  ) throws(MVCCError) -> TransactionPlan {
    guard depth <= Limits.transactionDepth else {
      throw .tooManyOperations(count: depth, limit: Limits.transactionDepth)
    }
    var succeeded = true
    for compare in request.compares where succeeded { succeeded = try holds(compare) }
    var steps: [TransactionPlan.Step] = []
    for operation in succeeded ? request.success : request.failure {
      switch operation {
      case .range(let request): steps.append(.range(request))
      case .put(let request): steps.append(.put(request))
      case .delete(let request): steps.append(.delete(request))
      case .transaction(let request):
        steps.append(.transaction(try plan(request, depth: depth + 1)))
      case .empty: steps.append(.empty)
      }
    }
    return TransactionPlan(succeeded: succeeded, steps: steps)
  }

  /// Refuses ranges of revisions that are not there.
  func checkRanges(of plan: TransactionPlan) throws(MVCCError) {
    for step in plan.steps {
      switch step {
      case .range(let request): try check(request)
      case .transaction(let plan): try checkRanges(of: plan)
      case .put, .delete, .empty: break
      }
    }
  }

  /// Refuses a range of a revision that is not there.
  ///
  /// Unlike for a range alone, revisions below 0 are compacted ones.
  private func check(_ request: RangeRequest) throws(MVCCError) {
    guard request.revision != 0 else { return }
    guard request.revision <= currentRevision else {
      throw .futureRevision(requested: request.revision, currentRevision: currentRevision)
    }
    guard request.revision >= compactRevision else {
      throw .compacted(requested: request.revision, compactRevision: compactRevision)
    }
  }

  /// Whether a condition is met.
  private func holds(_ compare: Compare) throws(MVCCError) -> Bool {
    if case .withStart = compare.keys.end, let held = try holdsInIndex(compare) { return held }
    let rows = try range(RangeRequest(compare.keys)).rows
    guard !rows.isEmpty else { return compare.holdsForNothing }
    for place in 0..<rows.count {
      guard compare.holds(for: try rows[place].keyValue()) else { return false }
    }
    return true
  }

  /// Whether a condition of one key is met, if the index can tell: most are of revisions.
  private func holdsInIndex(_ compare: Compare) throws(MVCCError) -> Bool? {
    switch compare.target {
    case .version, .createRevision, .modRevision: break
    case .value, .lease: return nil
    }
    let state = try state(of: compare.keys.start)
    return state.map { compare.holds(for: $0) } ?? compare.holdsForNothing
  }
}
