public import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
public import MVCC

// Requests as the API and the log have them, as the keyspace takes them.

extension PutRequest {
  /// A put as the API has it.
  public init(_ message: Etcdserverpb_PutRequest) {
    self.init(
      Array(message.key),
      Array(message.value),
      lease: LeaseID(rawValue: message.lease)
    )
    wantsPrevious = message.prevKv
    keepsValue = message.ignoreValue
    keepsLease = message.ignoreLease
  }
}

extension DeleteRequest {
  /// A delete as the API has it.
  public init(_ message: Etcdserverpb_DeleteRangeRequest) {
    self.init(KeyRange(key: Array(message.key), rangeEnd: Array(message.rangeEnd)))
    wantsPrevious = message.prevKv
  }
}

extension RangeRequest {
  /// A range as the API has it; orders that are not known count as none.
  public init(_ message: Etcdserverpb_RangeRequest) {
    self.init(
      KeyRange(key: Array(message.key), rangeEnd: Array(message.rangeEnd)),
      revision: message.revision,
      limit: message.limit
    )
    order =
      switch message.sortOrder {
      case .ascend: .ascending
      case .descend: .descending
      default: .none
      }
    target =
      switch message.sortTarget {
      case .version: .version
      case .create: .createRevision
      case .mod: .modRevision
      case .value: .value
      default: .key
      }
    isKeysOnly = message.keysOnly
    isCountOnly = message.countOnly
    minimumModRevision = message.minModRevision
    maximumModRevision = message.maxModRevision
    minimumCreateRevision = message.minCreateRevision
    maximumCreateRevision = message.maxCreateRevision
  }
}

extension Compare {
  /// A condition; one that says nothing of what to compare with compares with 0 or nothing.
  init(_ message: Etcdserverpb_Compare) {
    let relation: Relation =
      switch message.result {
      case .greater: .greater
      case .less: .less
      case .notEqual: .notEqual
      default: .equal
      }
    let target: Target =
      switch message.target {
      case .create: .createRevision(message.createRevision)
      case .mod: .modRevision(message.modRevision)
      case .value: .value(Array(message.value))
      case .lease: .lease(LeaseID(rawValue: message.lease))
      default: .version(message.version)
      }
    self.init(
      KeyRange(key: Array(message.key), rangeEnd: Array(message.rangeEnd)),
      relation,
      target
    )
  }
}

extension TransactionRequest {
  /// A transaction with those within it: a message nests no deeper than its reader allows.
  public init(_ message: Etcdserverpb_TxnRequest) {
    self.init(
      if: message.compare.map { Compare($0) },
      then: message.success.map { Operation($0) },
      else: message.failure.map { Operation($0) }
    )
  }
}

extension TransactionRequest.Operation {
  init(_ message: Etcdserverpb_RequestOp) {
    self =
      switch message.request {
      case .requestRange(let request): .range(RangeRequest(request))
      case .requestPut(let request): .put(PutRequest(request))
      case .requestDeleteRange(let request): .delete(DeleteRequest(request))
      case .requestTxn(let request): .transaction(TransactionRequest(request))
      case nil: .empty
      }
  }
}
