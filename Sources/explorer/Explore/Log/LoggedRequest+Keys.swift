internal import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension KeyRange {
  /// The range that a request of etcd names.
  ///
  /// - Parameters:
  ///   - key: The key, or the first of the range.
  ///   - end: Nothing for the one key; one zero byte for all keys from `key` on.
  init(requested key: Data, to end: Data) {
    if end.isEmpty {
      self.init(key: key)
    } else {
      self.init(lowerBound: Array(key), upperBound: end == Data([0]) ? nil : Array(end))
    }
  }

  /// Whether a key lies in both ranges.
  func overlaps(_ other: KeyRange) -> Bool {
    begins(before: other.upperBound) && other.begins(before: upperBound)
      && begins(before: upperBound) && other.begins(before: other.upperBound)
  }

  private func begins(before end: [UInt8]?) -> Bool {
    guard let end else { return true }
    return lowerBound.lexicographicallyPrecedes(end)
  }
}

extension LoggedRequest {
  /// Whether the request names keys of a range, to read, compare or change them.
  ///
  /// A revoked lease deletes keys too, but does not name them.
  public func names(keysIn range: KeyRange) -> Bool {
    guard case .request(let request) = self else { return false }
    switch RequestKind(of: request) {
    case .range: return range.isNamed(by: request.range.key, request.range.rangeEnd)
    case .put: return range.isNamed(by: request.put.key, Data())
    case .delete: return range.isNamed(by: request.deleteRange.key, request.deleteRange.rangeEnd)
    case .txn: return range.isNamed(by: request.txn)
    default: return false
    }
  }
}

extension KeyRange {
  fileprivate func isNamed(by key: Data, _ end: Data) -> Bool {
    overlaps(KeyRange(requested: key, to: end))
  }

  /// Whether a transaction, or one in it, names keys of the range; the parser bounds how deep
  /// they lie.
  fileprivate func isNamed(by txn: Etcdserverpb_TxnRequest) -> Bool {
    if txn.compare.contains(where: { isNamed(by: $0.key, $0.rangeEnd) }) { return true }
    return (txn.success + txn.failure).contains { operation in
      switch operation.request {
      case .requestRange(let range): isNamed(by: range.key, range.rangeEnd)
      case .requestPut(let put): isNamed(by: put.key, Data())
      case .requestDeleteRange(let delete): isNamed(by: delete.key, delete.rangeEnd)
      case .requestTxn(let txn): isNamed(by: txn)
      case nil: false
      }
    }
  }
}
