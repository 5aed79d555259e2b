import EtcdMessages
import Foundation
import SwiftProtobuf

// What of an answer both servers must agree on.
extension LeaseNames {
  /// A header without what is a server's own.
  func comparable(_ header: Etcdserverpb_ResponseHeader) -> Etcdserverpb_ResponseHeader {
    .with { $0.revision = header.revision }
  }

  /// A row with the run's name for its lease.
  func comparable(_ row: Mvccpb_KeyValue) -> Mvccpb_KeyValue {
    guard row.lease != 0 else { return row }
    var row = row
    row.lease = name(row.lease)
    return row
  }

  func comparable(
    _ response: Etcdserverpb_RangeResponse,
    to request: Etcdserverpb_RangeRequest
  ) -> Etcdserverpb_RangeResponse {
    var response = response
    if response.hasHeader { response.header = comparable(response.header) }
    for index in response.kvs.indices where response.kvs[index].lease != 0 {
      response.kvs[index] = comparable(response.kvs[index])
    }
    // A server sorts ties as it likes.
    if request.sortTarget != .key {
      response.kvs = Ties.inOrder(
        response.kvs,
        by: request.sortTarget,
        isCutOff: response.more
      )
    }
    return response
  }

  func comparable(_ response: Etcdserverpb_PutResponse) -> Etcdserverpb_PutResponse {
    var response = response
    if response.hasHeader { response.header = comparable(response.header) }
    if response.hasPrevKv { response.prevKv = comparable(response.prevKv) }
    return response
  }

  func comparable(
    _ response: Etcdserverpb_DeleteRangeResponse
  ) -> Etcdserverpb_DeleteRangeResponse {
    var response = response
    if response.hasHeader { response.header = comparable(response.header) }
    for index in response.prevKvs.indices {
      response.prevKvs[index] = comparable(response.prevKvs[index])
    }
    return response
  }

  func comparable(
    _ response: Etcdserverpb_TxnResponse,
    to request: Etcdserverpb_TxnRequest
  ) -> Etcdserverpb_TxnResponse {
    var response = response
    if response.hasHeader { response.header = comparable(response.header) }
    let operations = response.succeeded ? request.success : request.failure
    guard operations.count == response.responses.count else { return response }
    for (index, operation) in operations.enumerated() {
      switch (operation.request, response.responses[index].response) {
      case (.requestRange(let request), .responseRange(let range)):
        response.responses[index].responseRange = comparable(range, to: request)
      case (_, .responsePut(let put)):
        response.responses[index].responsePut = comparable(put)
      case (_, .responseDeleteRange(let deletion)):
        response.responses[index].responseDeleteRange = comparable(deletion)
      case (.requestTxn(let request), .responseTxn(let txn)):
        response.responses[index].responseTxn = comparable(txn, to: request)
      default: break
      }
    }
    return response
  }

  func comparable(_ event: Mvccpb_Event) -> Mvccpb_Event {
    var event = event
    event.kv = comparable(event.kv)
    if event.hasPrevKv { event.prevKv = comparable(event.prevKv) }
    return event
  }
}

/// Rows that are equal in what they were sorted by.
enum Ties {
  /// Puts rows that tie into the order of their keys.
  ///
  /// - Parameters:
  ///   - rows: The rows.
  ///   - target: What they were sorted by.
  ///   - isCutOff: Whether there were more: then which of the last tie are there is the server's
  ///     choice, and only what ties them is kept.
  /// - Returns: The rows.
  static func inOrder(
    _ rows: [Mvccpb_KeyValue],
    by target: Etcdserverpb_RangeRequest.SortTarget,
    isCutOff: Bool
  ) -> [Mvccpb_KeyValue] {
    var result: [Mvccpb_KeyValue] = []
    var start = 0
    while start < rows.count {
      var end = start + 1
      while end < rows.count, rank(rows[end], target) == rank(rows[start], target) { end += 1 }
      if isCutOff, end == rows.count {
        result += rows[start..<end].map { only(target, of: $0) }
      } else {
        result += rows[start..<end].sorted { $0.key.lexicographicallyPrecedes($1.key) }
      }
      start = end
    }
    return result
  }

  private static func rank(
    _ row: Mvccpb_KeyValue,
    _ target: Etcdserverpb_RangeRequest.SortTarget
  ) -> Data {
    switch target {
    case .version: Data("\(row.version)".utf8)
    case .create: Data("\(row.createRevision)".utf8)
    case .mod: Data("\(row.modRevision)".utf8)
    case .value: row.value
    case .key, .UNRECOGNIZED: row.key
    }
  }

  private static func only(
    _ target: Etcdserverpb_RangeRequest.SortTarget,
    of row: Mvccpb_KeyValue
  ) -> Mvccpb_KeyValue {
    .with {
      switch target {
      case .version: $0.version = row.version
      case .create: $0.createRevision = row.createRevision
      case .mod: $0.modRevision = row.modRevision
      case .value: $0.value = row.value
      case .key, .UNRECOGNIZED: $0.key = row.key
      }
    }
  }
}
