import EtcdMessages
import SwiftProtobuf

/// The ids of leases that a server chose itself, under names that both servers share.
///
/// Leases whose ids the client chose are called by those.
struct LeaseNames: Sendable {
  /// The first of the names: far from every id that a run chooses.
  static let first: Int64 = 7_000_000_000_000_000_000

  private var ids: [Int64: Int64] = [:]
  private var names: [Int64: Int64] = [:]

  /// Gives an id its name.
  mutating func set(_ name: Int64, for id: Int64) {
    ids[name] = id
    names[id] = name
  }

  /// The server's id for a name.
  func id(_ name: Int64) -> Int64 { ids[name] ?? name }

  /// The name of an id of the server.
  func name(_ id: Int64) -> Int64 { id == 0 ? 0 : names[id] ?? id }

  /// A transaction with the server's ids.
  func ids(in request: Etcdserverpb_TxnRequest) -> Etcdserverpb_TxnRequest {
    var request = request
    for index in request.compare.indices where request.compare[index].target == .lease {
      request.compare[index].lease = id(request.compare[index].lease)
    }
    for index in request.success.indices {
      request.success[index] = ids(in: request.success[index])
    }
    for index in request.failure.indices {
      request.failure[index] = ids(in: request.failure[index])
    }
    return request
  }

  private func ids(in operation: Etcdserverpb_RequestOp) -> Etcdserverpb_RequestOp {
    var operation = operation
    switch operation.request {
    case .requestPut(var put):
      put.lease = id(put.lease)
      operation.requestPut = put
    case .requestTxn(let txn): operation.requestTxn = ids(in: txn)
    case .requestRange, .requestDeleteRange, nil: break
    }
    return operation
  }
}
