import EtcdClient
import EtcdMessages
import Foundation
import RPC
import SwiftProtobuf

// Between the messages of the API and what the model speaks of.

extension Row {
  init(_ message: Mvccpb_KeyValue) {
    self.init(
      key: String(decoding: message.key, as: UTF8.self),
      value: String(decoding: message.value, as: UTF8.self),
      createRevision: message.createRevision,
      modRevision: message.modRevision,
      version: message.version,
      lease: message.lease
    )
  }
}

extension Event {
  init(_ message: Mvccpb_Event) {
    self.init(
      row: Row(message.kv),
      isDeletion: message.type == .delete,
      previous: message.hasPrevKv ? Row(message.prevKv) : nil
    )
  }
}

extension Action {
  var message: Etcdserverpb_RequestOp {
    .with {
      switch self {
      case .range(let keys): $0.requestRange = keys.range
      case .put(let key, let value, let lease, let wantsPrevious):
        $0.requestPut = .with {
          $0.key = Data(key.utf8)
          $0.value = Data(value.utf8)
          $0.lease = lease
          $0.prevKv = wantsPrevious
        }
      case .delete(let keys, let wantsPrevious):
        $0.requestDeleteRange = .with {
          $0.key = Data(keys.first.utf8)
          $0.rangeEnd = Data((keys.end ?? "").utf8)
          $0.prevKv = wantsPrevious
        }
      }
    }
  }
}

extension Keys {
  var range: Etcdserverpb_RangeRequest {
    .with {
      $0.key = Data(first.utf8)
      $0.rangeEnd = Data((end ?? "").utf8)
    }
  }
}

extension Condition {
  var message: Etcdserverpb_Compare {
    .with {
      $0.key = Data(key.utf8)
      $0.target = .mod
      $0.result = .equal
      $0.modRevision = modRevision
    }
  }
}

extension Response.Result {
  init(_ message: Etcdserverpb_RangeResponse) {
    self = .rows(message.kvs.map { Row($0) })
  }

  init(_ message: Etcdserverpb_PutResponse) {
    self = .put(previous: message.hasPrevKv ? Row(message.prevKv) : nil)
  }

  init(_ message: Etcdserverpb_DeleteRangeResponse) {
    self = .deleted(message.deleted, previous: message.prevKvs.map { Row($0) })
  }

  init?(_ message: Etcdserverpb_ResponseOp) {
    switch message.response {
    case .responseRange(let range): self.init(range)
    case .responsePut(let put): self.init(put)
    case .responseDeleteRange(let deletion): self.init(deletion)
    case .responseTxn, nil: return nil
    }
  }
}

extension Connection {
  /// Makes a request, a transaction of one operation as the call that there is for it.
  func ask(_ request: Request) async throws(EtcdClientError) -> Response {
    let limit = Duration.seconds(5)
    switch request {
    case .txn(let transaction): return try await ask(transaction, timeout: limit)
    case .grant(let lease):
      let response = try await call(
        .leaseGrant,
        .with { ($0.id, $0.ttl) = (lease, 100_000) },
        timeout: limit
      )
      return Response(revision: response.header.revision, outcome: .done)
    case .revoke(let lease):
      let response = try await call(.leaseRevoke, .with { $0.id = lease }, timeout: limit)
      return Response(revision: response.header.revision, outcome: .done)
    case .compact(let revision):
      let response = try await call(.compact, .with { $0.revision = revision }, timeout: limit)
      return Response(revision: response.header.revision, outcome: .done)
    case .leases:
      let response = try await call(.leaseLeases, .init(), timeout: limit)
      let leases = Set(response.leases.map(\.id))
      return Response(revision: response.header.revision, outcome: .leases(leases))
    }
  }

  private func ask(
    _ transaction: Transaction,
    timeout: Duration
  ) async throws(EtcdClientError) -> Response {
    if transaction.conditions.isEmpty, transaction.success.count == 1 {
      let (revision, result) = try await ask(transaction.success[0], timeout: timeout)
      return Response(revision: revision, outcome: .txn(succeeded: true, [result]))
    }
    let response = try await call(
      .txn,
      .with {
        $0.compare = transaction.conditions.map(\.message)
        $0.success = transaction.success.map(\.message)
        $0.failure = transaction.failure.map(\.message)
      },
      timeout: timeout
    )
    return Response(
      revision: response.header.revision,
      outcome: .txn(
        succeeded: response.succeeded,
        response.responses.compactMap { Response.Result($0) }
      )
    )
  }

  private func ask(
    _ action: Action,
    timeout: Duration
  ) async throws(EtcdClientError) -> (revision: Int64, Response.Result) {
    switch action.message.request {
    case .requestPut(let put):
      let response = try await call(.put, put, timeout: timeout)
      return (response.header.revision, .init(response))
    case .requestDeleteRange(let deletion):
      let response = try await call(.deleteRange, deletion, timeout: timeout)
      return (response.header.revision, .init(response))
    case .requestRange(let range):
      let response = try await call(.range, range, timeout: timeout)
      return (response.header.revision, .init(response))
    case .requestTxn, nil: throw .cancelled
    }
  }
}

extension Response {
  /// The answer that an error is; nil if it does not say what became of the request.
  init?(_ status: RPCStatus) {
    let outcome: Outcome
    switch status.message {
    case "etcdserver: requested lease not found": outcome = .leaseMissing
    case "etcdserver: lease already exists": outcome = .leaseThere
    case "etcdserver: mvcc: required revision has been compacted": outcome = .compacted
    case "etcdserver: mvcc: required revision is a future revision": outcome = .future
    default: return nil
    }
    self.init(revision: 0, outcome: outcome)
  }
}
