@testable import MVCC

extension Keyspace {
  /// Does what is asked, as a server would.
  func answer(_ request: Request) -> Answer {
    do throws(MVCCError) {
      switch request {
      case .range(let request):
        try request.validate()
        return try answer(try view().range(request))
      case .put(let request):
        try request.validate()
        return try answer(try put(request))
      case .delete(let request):
        try request.validate()
        return try answer(try delete(request))
      case .transaction(let request):
        try request.validate()
        // Readers carry out what changes nothing.
        return try answer(request.isReadOnly ? try view().read(request) : try apply(request))
      case .compact(let revision):
        try compact(to: revision)
        while try continueCompaction() {}
      case .grant(let id): try grant(Lease(id: id, ttlSeconds: 100_000))
      case .revoke(let id): try revoke(id)
      }
      return .done(revision: currentRevision)
    } catch {
      return .refused(error.etcdText)
    }
  }

  private func answer(_ result: RangeResult) throws(MVCCError) -> Answer {
    .range(
      try result.keyValues(),
      count: result.count,
      hasMore: result.hasMore,
      revision: result.currentRevision
    )
  }

  private func answer(_ result: PutResult) throws(MVCCError) -> Answer {
    .put(previous: try result.previous.keyValues(), revision: result.revision)
  }

  private func answer(_ result: DeleteResult) throws(MVCCError) -> Answer {
    .delete(
      count: result.count,
      previous: try result.previous.keyValues(),
      revision: result.revision
    )
  }

  private func answer(_ result: TransactionResult) throws(MVCCError) -> Answer {
    var answers: [Answer] = []
    for operation in result.operations {
      switch operation {
      case .range(let result): answers.append(try answer(result))
      case .put(let result): answers.append(try answer(result))
      case .delete(let result): answers.append(try answer(result))
      case .transaction(let result): answers.append(try answer(result))
      case .empty: answers.append(.empty)
      }
    }
    return .transaction(succeeded: result.succeeded, answers, revision: result.revision)
  }
}

extension MVCCError {
  /// What etcd says, without `etcdserver: `.
  var etcdText: String {
    switch self {
    case .compacted: "mvcc: required revision has been compacted"
    case .futureRevision: "mvcc: required revision is a future revision"
    case .keyMissing: "key is not provided"
    case .keyNotFound: "key not found"
    case .valueProvided: "value is provided"
    case .leaseProvided: "lease is provided"
    case .tooManyOperations: "too many operations in txn request"
    case .duplicateKey: "duplicate key given in txn request"
    case .leaseNotFound: "requested lease not found"
    case .leaseExists: "lease already exists"
    default: description
    }
  }
}
