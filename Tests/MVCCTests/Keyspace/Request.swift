import TestSupport

@testable import MVCC

/// Anything that is asked of a keyspace.
enum Request {
  case range(RangeRequest)
  case put(PutRequest)
  case delete(DeleteRequest)
  case transaction(TransactionRequest)
  case compact(Int64)
  case grant(LeaseID)
  case revoke(LeaseID)
}

/// What is answered, by etcd, a keyspace or a model of it.
indirect enum Answer: Equatable {
  typealias KeyValue = EtcdFixture.KeyValue

  case range([KeyValue], count: Int, hasMore: Bool, revision: Int64)
  case put(previous: [KeyValue], revision: Int64)
  case delete(count: Int, previous: [KeyValue], revision: Int64)
  case transaction(succeeded: Bool, [Answer], revision: Int64)
  case done(revision: Int64)
  case empty

  /// The text of etcd's error.
  case refused(String)
}

/// Random requests, more of them sensible than not.
struct RequestScript {
  /// As many keys as etcd's sort leaves equals in their order of.
  static let keys = (0..<12).map { Array("key/\(["a", "b", "c"][$0 % 3])/\($0)".utf8) }
  static let leases = (1...4).map { LeaseID(rawValue: $0) }

  private var generator: SeededGenerator

  /// How deep transactions lie within each other at most.
  private let depth = 2

  /// Whether requests are left out that etcd does not survive: a transaction that deletes all keys
  /// from one on, and puts one of them that is to keep its value.
  private let isForEtcd: Bool

  init(seed: UInt64, isForEtcd: Bool = false) {
    generator = SeededGenerator(seed: seed)
    self.isForEtcd = isForEtcd
  }

  /// The next request.
  ///
  /// - Parameters:
  ///   - current: The current revision.
  ///   - compacted: The last compaction's revision.
  /// - Returns: The request.
  mutating func next(current: Int64, compacted: Int64) -> Request {
    switch number(0..<100) {
    case 0..<28: .put(put())
    case 28..<38: .delete(delete())
    case 38..<62: .range(range(current: current, compacted: compacted))
    case 62..<93: .transaction(transaction(current: current, compacted: compacted, depth: depth))
    case 93..<95: .compact(revision(current: current, compacted: compacted))
    case 95..<98: .grant(lease())
    default: .revoke(lease())
    }
  }

  mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }

  private mutating func chance(_ percent: Int) -> Bool { number(0..<100) < percent }

  private mutating func key() -> [UInt8] {
    chance(2) ? [] : RequestScript.keys[number(0..<RequestScript.keys.count)]
  }

  private mutating func lease() -> LeaseID { RequestScript.leases[number(0..<4)] }

  mutating func keyRange() -> KeyRange {
    switch number(0..<10) {
    case 0..<5: KeyRange(key())
    case 5: KeyRange(key: key(), rangeEnd: [0])
    case 6: KeyRange(prefix: Array("key/\(["a", "b", "c"][number(0..<3)])/".utf8))
    case 7: .all
    default: KeyRange(key: key(), rangeEnd: key())
    }
  }

  private mutating func put() -> PutRequest {
    let size = chance(5) ? number(0..<3000) : number(0..<20)
    var request = PutRequest(key(), (0..<size).map { _ in UInt8(number(97..<100)) })
    if chance(20) { request.lease = lease() }
    request.wantsPrevious = chance(20)
    if chance(8) {
      request.keepsValue = true
      if chance(90) { request.value = [] }
    }
    if chance(8) {
      request.keepsLease = true
      if chance(90) { request.lease = .none }
    }
    return request
  }

  private mutating func delete() -> DeleteRequest {
    var request = DeleteRequest(chance(70) ? KeyRange(key()) : keyRange())
    request.wantsPrevious = chance(30)
    return request
  }

  private mutating func deleteInTransaction() -> DeleteRequest {
    var request = delete()
    if isForEtcd, request.keys.end == .never { request.keys.end = .withStart }
    return request
  }

  private mutating func revision(current: Int64, compacted: Int64) -> Int64 {
    switch number(0..<10) {
    case 0: current + Int64(number(0..<3))
    case 1: max(1, compacted + Int64(number(-2..<3)))
    default: Int64.random(in: max(1, compacted)...max(1, current), using: &generator)
    }
  }

  mutating func range(current: Int64, compacted: Int64) -> RangeRequest {
    var request = RangeRequest(keyRange())
    if chance(50) { request.limit = Int64(number(0..<6)) }
    if chance(40) { request.revision = revision(current: current, compacted: compacted) }
    if chance(30) {
      request.order = [.none, .ascending, .descending][number(0..<3)]
      let targets: [RangeRequest.Target] = [.key, .version, .createRevision, .modRevision, .value]
      request.target = targets[number(0..<5)]
    }
    request.isKeysOnly = chance(15)
    request.isCountOnly = chance(10)
    if chance(10) { request.minimumModRevision = revision(current: current, compacted: compacted) }
    if chance(10) { request.maximumModRevision = revision(current: current, compacted: compacted) }
    if chance(10) { request.minimumCreateRevision = revision(current: current, compacted: 0) }
    if chance(10) { request.maximumCreateRevision = revision(current: current, compacted: 0) }
    return request
  }

  private mutating func compare(current: Int64) -> Compare {
    let relations: [Compare.Relation] = [.equal, .greater, .less, .notEqual]
    let main = Int64(number(0..<2)) * Int64.random(in: 0...current, using: &generator)
    let target: Compare.Target =
      switch number(0..<5) {
      case 0: .version(Int64(number(0..<3)))
      case 1: .createRevision(main)
      case 2: .modRevision(main)
      case 3: .value((0..<number(0..<4)).map { _ in UInt8(number(97..<100)) })
      default: .lease(chance(50) ? .none : lease())
      }
    return Compare(chance(80) ? KeyRange(key()) : keyRange(), relations[number(0..<4)], target)
  }

  private mutating func transaction(
    current: Int64,
    compacted: Int64,
    depth: Int
  ) -> TransactionRequest {
    var request = TransactionRequest()
    for _ in 0..<number(0..<3) { request.compares.append(compare(current: current)) }
    for _ in 0..<number(0..<5) {
      request.success.append(operation(current: current, compacted: compacted, depth: depth))
    }
    for _ in 0..<number(0..<4) {
      request.failure.append(operation(current: current, compacted: compacted, depth: depth))
    }
    return request
  }

  private mutating func operation(
    current: Int64,
    compacted: Int64,
    depth: Int
  ) -> TransactionRequest.Operation {
    switch number(0..<100) {
    case 0..<40: .put(put())
    case 40..<60: .delete(deleteInTransaction())
    case 60..<85: .range(range(current: current, compacted: compacted))
    case 85..<99 where depth > 0:
      .transaction(transaction(current: current, compacted: compacted, depth: depth - 1))
    case 99 where chance(30): .empty
    default: .range(RangeRequest(keyRange()))
    }
  }
}
