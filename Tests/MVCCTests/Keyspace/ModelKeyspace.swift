import Checksum
import TestSupport

@testable import MVCC

/// A keyspace in the plainest form: the state at every revision, whole.
struct ModelKeyspace {
  typealias KeyValue = Answer.KeyValue
  typealias State = [[UInt8]: KeyValue]

  private(set) var revision: Int64 = 1
  private(set) var compactRevision: Int64 = -1
  private(set) var states: [Int64: State] = [1: [:]]
  private(set) var rows: [(key: RowKey, keyValue: KeyValue)] = []
  private(set) var leases: Set<LeaseID> = []
  private var index = ModelIndex()

  /// The request under way.
  private var state: State = [:]
  private var changeCount: Int64 = 0

  var live: State { state }

  mutating func answer(_ request: Request) -> Answer {
    do throws(MVCCError) {
      switch request {
      case .range(let request):
        try request.validate()
        return try range(request)
      case .put(let request):
        try request.validate()
        try checkLease(of: request)
        try checkKey(of: request, Set(state.keys))
        let answer = put(request)
        end()
        return answer
      case .delete(let request):
        try request.validate()
        let answer = delete(request)
        end()
        return answer
      case .transaction(let request):
        try request.validate()
        let path = path(request)
        var (checked, present) = (path, Set(state.keys))
        try checkPuts(of: request, &checked, &present)
        checked = path
        try checkRanges(of: request, &checked)
        var taken = path
        let answer = apply(request, &taken)
        end()
        return answer
      case .compact(let target): try compact(target)
      case .grant(let id):
        guard leases.insert(id).inserted else { throw .leaseExists(id) }
      case .revoke(let id):
        guard leases.remove(id) != nil else { throw .leaseNotFound(id) }
        for key in sortedKeys where state[key]?.lease == id.rawValue { delete(key) }
        end()
      }
      return .done(revision: revision)
    } catch {
      return .refused(error.etcdText)
    }
  }

  // MARK: - Reading

  private var sortedKeys: [[UInt8]] { state.keys.sorted { $0.lexicographicallyPrecedes($1) } }

  private static func contains(_ range: KeyRange, _ key: [UInt8]) -> Bool {
    switch range.end {
    case .withStart: key == range.start
    case .never: !key.lexicographicallyPrecedes(range.start)
    case .before(let end):
      !key.lexicographicallyPrecedes(range.start) && key.lexicographicallyPrecedes(end)
    }
  }

  private func found(_ range: KeyRange, in state: State) -> [KeyValue] {
    state.values.filter { ModelKeyspace.contains(range, $0.key) }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }

  /// The current revision, as the request under way sees it.
  private var seenRevision: Int64 { changeCount > 0 ? revision + 1 : revision }

  private func range(_ request: RangeRequest) throws(MVCCError) -> Answer {
    let at = request.revision > 0 ? request.revision : seenRevision
    guard at <= seenRevision else {
      throw .futureRevision(requested: at, currentRevision: seenRevision)
    }
    guard at >= compactRevision else {
      throw .compacted(requested: at, compactRevision: compactRevision)
    }
    let seen = at == seenRevision ? state : states[at] ?? [:]
    let all = found(request.keys, in: seen)
    if request.isCountOnly {
      return .range([], count: all.count, hasMore: false, revision: seenRevision)
    }
    var kept = all
    let isCut = request.limit > 0 && request.order == .none && !request.hasFilter
    if isCut { kept = Array(kept.prefix(Int(request.limit) + 1)) }
    if request.maximumModRevision != 0 {
      kept.removeAll { $0.modRevision > request.maximumModRevision }
    }
    if request.minimumModRevision != 0 {
      kept.removeAll { $0.modRevision < request.minimumModRevision }
    }
    if request.maximumCreateRevision != 0 {
      kept.removeAll { $0.createRevision > request.maximumCreateRevision }
    }
    if request.minimumCreateRevision != 0 {
      kept.removeAll { $0.createRevision < request.minimumCreateRevision }
    }
    kept = ModelKeyspace.sorted(kept, request)
    let hasMore = request.limit > 0 && kept.count > request.limit
    if hasMore { kept = Array(kept.prefix(Int(request.limit))) }
    if request.isKeysOnly { kept = kept.map { $0.withoutValue } }
    return .range(kept, count: all.count, hasMore: hasMore, revision: seenRevision)
  }

  /// Sorts by insertion, which leaves equals as they are.
  private static func sorted(_ keyValues: [KeyValue], _ request: RangeRequest) -> [KeyValue] {
    guard request.order != .none || request.target != .key else { return keyValues }
    func isLess(_ left: KeyValue, _ right: KeyValue) -> Bool {
      switch request.target {
      case .key: left.key.lexicographicallyPrecedes(right.key)
      case .version: left.version < right.version
      case .createRevision: left.createRevision < right.createRevision
      case .modRevision: left.modRevision < right.modRevision
      case .value: left.value.lexicographicallyPrecedes(right.value)
      }
    }
    var sorted: [KeyValue] = []
    for keyValue in keyValues {
      let place = sorted.firstIndex {
        request.order == .descending ? isLess($0, keyValue) : isLess(keyValue, $0)
      }
      sorted.insert(keyValue, at: place ?? sorted.count)
    }
    return sorted
  }

  // MARK: - Changing

  private mutating func end() {
    guard changeCount > 0 else { return }
    changeCount = 0
    revision += 1
    states[revision] = state
  }

  private func checkLease(of request: PutRequest) throws(MVCCError) {
    if request.lease != .none, !leases.contains(request.lease) {
      throw .leaseNotFound(request.lease)
    }
  }

  private func checkKey(
    of request: PutRequest,
    _ present: Set<[UInt8]>
  ) throws(MVCCError) {
    if request.keepsValue || request.keepsLease, !present.contains(request.key) {
      throw .keyNotFound
    }
  }

  private mutating func put(_ request: PutRequest) -> Answer {
    let previous = state[request.key]
    let keyValue = KeyValue(
      key: request.key,
      value: request.keepsValue ? previous?.value ?? [] : request.value,
      createRevision: previous?.createRevision ?? revision + 1,
      modRevision: revision + 1,
      version: (previous?.version ?? 0) + 1,
      lease: request.keepsLease ? previous?.lease ?? 0 : request.lease.rawValue
    )
    let row = RowKey(Revision(main: revision + 1, sub: changeCount))
    rows.append((row, keyValue))
    index.put(request.key, at: row.revision)
    state[request.key] = keyValue
    changeCount += 1
    let answered = request.wantsPrevious ? previous.map { [$0] } ?? [] : []
    return .put(previous: answered, revision: revision + 1)
  }

  private mutating func delete(_ key: [UInt8]) {
    let row = RowKey(Revision(main: revision + 1, sub: changeCount), isTombstone: true)
    let nothing = KeyValue(key: key, value: [], createRevision: 0, modRevision: 0, version: 0)
    rows.append((row, nothing))
    _ = index.delete(key, at: row.revision)
    state[key] = nil
    changeCount += 1
  }

  private mutating func delete(_ request: DeleteRequest) -> Answer {
    let previous = found(request.keys, in: state)
    for keyValue in previous { delete(keyValue.key) }
    return .delete(
      count: previous.count,
      previous: request.wantsPrevious ? previous : [],
      revision: seenRevision
    )
  }

  // MARK: - Transactions

  private func holds(_ compare: Compare) -> Bool {
    let all = found(compare.keys, in: state)
    func holds(_ found: Int64, _ given: Int64) -> Bool {
      switch compare.relation {
      case .equal: found == given
      case .greater: found > given
      case .less: found < given
      case .notEqual: found != given
      }
    }
    func holds(_ keyValue: KeyValue) -> Bool {
      switch compare.target {
      case .version(let given): return holds(keyValue.version, given)
      case .createRevision(let given): return holds(keyValue.createRevision, given)
      case .modRevision(let given): return holds(keyValue.modRevision, given)
      case .lease(let given): return holds(keyValue.lease, given.rawValue)
      case .value(let given):
        if keyValue.value == given { return holds(0, 0) }
        return holds(keyValue.value.lexicographicallyPrecedes(given) ? -1 : 1, 0)
      }
    }
    if all.isEmpty {
      if case .value = compare.target { return false }
      let nothing = KeyValue(key: [], value: [], createRevision: 0, modRevision: 0, version: 0)
      return holds(nothing)
    }
    return all.allSatisfy { holds($0) }
  }

  /// Which branches are taken, of a transaction and those in it, in order.
  private func path(_ request: TransactionRequest) -> [Bool] {
    var path = [request.compares.allSatisfy { holds($0) }]
    for case .transaction(let inner) in path[0] ? request.success : request.failure {
      path += self.path(inner)
    }
    return path
  }

  private func checkPuts(
    of request: TransactionRequest,
    _ path: inout [Bool],
    _ present: inout Set<[UInt8]>
  ) throws(MVCCError) {
    for operation in path.removeFirst() ? request.success : request.failure {
      switch operation {
      case .put(let request):
        try checkKey(of: request, present)
        try checkLease(of: request)
        present.insert(request.key)
      case .transaction(let request): try checkPuts(of: request, &path, &present)
      case .delete(let request):
        present = present.filter { !ModelKeyspace.contains(request.keys, $0) }
      case .range, .empty: break
      }
    }
  }

  private func checkRanges(
    of request: TransactionRequest,
    _ path: inout [Bool]
  ) throws(MVCCError) {
    for operation in path.removeFirst() ? request.success : request.failure {
      switch operation {
      case .range(let request):
        if request.revision > revision {
          throw .futureRevision(requested: request.revision, currentRevision: revision)
        }
        if request.revision != 0, request.revision < compactRevision {
          throw .compacted(requested: request.revision, compactRevision: compactRevision)
        }
      case .transaction(let request): try checkRanges(of: request, &path)
      case .put, .delete, .empty: break
      }
    }
  }

  private mutating func apply(_ request: TransactionRequest, _ path: inout [Bool]) -> Answer {
    let succeeded = path.removeFirst()
    var answers: [Answer] = []
    for operation in succeeded ? request.success : request.failure {
      switch operation {
      case .range(let request):
        do throws(MVCCError) {
          answers.append(try range(request))
        } catch {
          answers.append(.refused(error.etcdText))
        }
      case .put(let request): answers.append(put(request))
      case .delete(let request): answers.append(delete(request))
      case .transaction(let request): answers.append(apply(request, &path))
      case .empty: answers.append(.empty)
      }
    }
    return .transaction(succeeded: succeeded, answers, revision: seenRevision)
  }

  // MARK: - Compaction and hashes

  private mutating func compact(_ target: Int64) throws(MVCCError) {
    guard target > compactRevision else {
      throw .compacted(requested: target, compactRevision: compactRevision)
    }
    guard target <= revision else {
      throw .futureRevision(requested: target, currentRevision: revision)
    }
    compactRevision = target
    _ = index.compact(to: target, .new)
    let kept = index.rows
    rows.removeAll { !kept.contains($0.key) }
    for main in states.keys where main < target { states[main] = nil }
  }

  func hash(at main: Int64) -> UInt32 {
    let kept = index.kept(compactingTo: main, .new)
    var crc = CRC32C()
    crc.update(Array("key".utf8))
    for (row, keyValue) in rows where row.revision.main <= main {
      if row.revision.main <= compactRevision {
        if row.revision.main == compactRevision, row.isTombstone { continue }
        if !kept.isEmpty, !kept.contains(row.revision) { continue }
      }
      crc.update(row.bytes)
      crc.update(keyValue.message)
    }
    return crc.value
  }
}

extension Answer.KeyValue {
  var withoutValue: Answer.KeyValue {
    Answer.KeyValue(
      key: key,
      value: [],
      createRevision: createRevision,
      modRevision: modRevision,
      version: version,
      lease: lease
    )
  }
}
