/// Operations that depend on conditions and happen at one revision.
public struct TransactionRequest: Sendable {
  /// One of them.
  public indirect enum Operation: Sendable {
    case range(RangeRequest)
    case put(PutRequest)
    case delete(DeleteRequest)
    case transaction(TransactionRequest)

    /// None: what a request has that says nothing. It is refused when it is checked, and does
    /// nothing where it was not.
    case empty
  }

  /// The conditions.
  public var compares: [Compare]

  /// What is done if all conditions are met.
  public var success: [Operation]

  /// What is done otherwise.
  public var failure: [Operation]

  /// A transaction by its parts.
  public init(
    if compares: [Compare] = [],
    then success: [Operation] = [],
    else failure: [Operation] = []
  ) {
    self.compares = compares
    self.success = success
    self.failure = failure
  }

  /// Whether it changes nothing, whatever the conditions; a transaction within it counts as a change.
  public var isReadOnly: Bool {
    (success + failure).allSatisfy { if case .range = $0 { true } else { false } }
  }
}

// Checking.
extension TransactionRequest {
  /// Checks what can be checked without a keyspace.
  ///
  /// - Parameter operationLimit: How many operations each of the three lists may have; those of a
  ///   transaction within count with it.
  /// - Throws: ``MVCCError/tooManyOperations(count:limit:)``; what is wrong with an operation;
  ///   ``MVCCError/keyNotFound`` for an empty one; ``MVCCError/duplicateKey``.
  ///
  /// Source: etcd `server/etcdserver/api/v3rpc/key.go`, `checkTxnRequest`, `checkIntervals`.
  public func validate(
    operationLimit: Int = Limits.operationsPerTransaction
  ) throws(MVCCError) {
    try validateOperations(limit: operationLimit)
    _ = try TransactionRequest.changes(of: success)
    _ = try TransactionRequest.changes(of: failure)
  }

  private func validateOperations(limit: Int) throws(MVCCError) {
    let count = max(compares.count, success.count, failure.count)
    guard count <= limit else { throw .tooManyOperations(count: count, limit: limit) }
    for compare in compares where compare.keys.start.isEmpty { throw .keyMissing }
    for operation in success + failure {
      switch operation {
      case .range(let request): try request.validate()
      case .put(let request): try request.validate()
      case .delete(let request): try request.validate()
      // At most as many levels as operations: this one has one at least.
      case .transaction(let request): try request.validateOperations(limit: limit - count)
      case .empty: throw .keyNotFound
      }
    }
  }

  /// What some operations change.
  private struct Changes {
    var puts: Set<[UInt8]> = []
    var deletes: [KeyRange] = []

    func deletes(_ key: [UInt8]) -> Bool {
      // etcd takes a range without end for one that ends before all keys: the end stands in the
      // request as one zero byte.
      deletes.contains { $0.end != .never && $0.contains(key) }
    }

    mutating func put(_ key: [UInt8]) throws(MVCCError) {
      guard !deletes(key), puts.insert(key).inserted else { throw .duplicateKey }
    }
  }

  /// Finds keys that are put twice, or put and deleted.
  ///
  /// The same key may be put in both branches of a transaction, but not before or after it. Keys that
  /// a transaction within deletes are looked for in what comes after it only: so does etcd.
  private static func changes(of operations: [Operation]) throws(MVCCError) -> Changes {
    var changes = Changes()
    for case .delete(let request) in operations { changes.deletes.append(request.keys) }
    for case .transaction(let request) in operations {
      let success = try Self.changes(of: request.success)
      let failure = try Self.changes(of: request.failure)
      for key in success.puts { try changes.put(key) }
      for key in failure.puts {
        if success.puts.contains(key) {
          if changes.deletes(key) { throw .duplicateKey }
        } else {
          try changes.put(key)
        }
      }
      changes.deletes += success.deletes + failure.deletes
    }
    for case .put(let request) in operations { try changes.put(request.key) }
    return changes
  }
}
