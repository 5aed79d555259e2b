import EtcdMessages
import Foundation
import SwiftProtobuf

extension StepGenerator {
  /// A transaction; the deeper it lies in another, the smaller.
  mutating func txn(depth: Int) -> Etcdserverpb_TxnRequest {
    var putKeys: Set<Data> = []
    let compareCount = depth == 0 && chance(2) ? number(125..<132) : number(0..<4)
    let successCount = depth == 0 && chance(2) ? number(125..<132) : number(0..<(5 - depth))
    return .with {
      for _ in 0..<compareCount { $0.compare.append(comparison(isSimple: compareCount > 9)) }
      for _ in 0..<successCount {
        $0.success.append(operation(depth: depth, isSimple: successCount > 9, &putKeys))
      }
      putKeys = []
      for _ in 0..<number(0..<(4 - depth)) {
        $0.failure.append(operation(depth: depth, isSimple: false, &putKeys))
      }
    }
  }

  private mutating func comparison(isSimple: Bool) -> Etcdserverpb_Compare {
    .with {
      $0.key = isSimple ? Data("a/\(number(0..<9))".utf8) : key()
      // An empty key would end most transactions.
      if $0.key.isEmpty, chance(70) { $0.key = Data("b/1".utf8) }
      if chance(25) { $0.rangeEnd = rangeEnd(of: $0.key) }
      $0.result = [.equal, .greater, .less, .notEqual][number(0..<4)]
      $0.target = [.version, .create, .mod, .value, .lease][number(0..<5)]
      if chance(8) { return }
      switch $0.target {
      case .version: $0.version = Int64(number(0..<4))
      case .create: $0.createRevision = chance(40) ? 0 : recentRevision()
      case .mod: $0.modRevision = chance(40) ? 0 : recentRevision()
      case .value: $0.value = value()
      case .lease: $0.lease = chance(50) ? 0 : lease()
      case .UNRECOGNIZED: break
      }
    }
  }

  private mutating func recentRevision() -> Int64 {
    Int64.random(in: max(0, revision - 40)...revision + 1, using: &random)
  }

  private mutating func operation(
    depth: Int,
    isSimple: Bool,
    _ putKeys: inout Set<Data>
  ) -> Etcdserverpb_RequestOp {
    let choice = isSimple ? 0 : number(0..<100)
    switch choice {
    case 0..<35: return .with { $0.requestRange = range() }
    case 35..<72:
      var put = put()
      // Mostly no key twice, and none that is empty: either is an error of the whole.
      var attempts = 0
      while put.key.isEmpty || putKeys.contains(put.key), attempts < 20, chance(90) {
        put.key = key()
        attempts += 1
      }
      putKeys.insert(put.key)
      return .with { $0.requestPut = put }
    case 72..<88:
      var deletion = delete()
      if chance(70) { deletion.rangeEnd = Data() }
      if deletion.key.isEmpty || putKeys.contains(deletion.key), chance(80) {
        deletion.key = Data("gone \(number(0..<9))".utf8)
      }
      return .with { $0.requestDeleteRange = deletion }
    case 88..<89: return Etcdserverpb_RequestOp()
    default:
      guard depth < 2 else { return .with { $0.requestRange = range() } }
      return .with { $0.requestTxn = txn(depth: depth + 1) }
    }
  }
}
