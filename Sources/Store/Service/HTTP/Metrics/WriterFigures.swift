internal import Apply
internal import MVCC
internal import Synchronization

/// A number that one thread changes and all may read: without an atomic addition, which the one
/// thread does not need.
struct Figure: ~Copyable, Sendable {
  private let number = Atomic<Int>(0)

  /// The number.
  var value: Int { number.load(ordering: .relaxed) }

  /// Adds to it, on the one thread.
  func add(_ more: Int = 1) {
    number.store(number.load(ordering: .relaxed) &+ more, ordering: .relaxed)
  }

  /// Sets it, on the one thread.
  func set(_ value: Int) { number.store(value, ordering: .relaxed) }
}

/// What the writer counts of its work; changed by its thread only.
final class WriterFigures: Sendable {
  /// How long appending to the log took, the sync included (etcd's own times the sync alone).
  let logSync = Histogram(from: .milliseconds(1), count: 14)

  /// How long commits to the database took.
  let commit = Histogram(from: .milliseconds(1), count: 14)

  /// How long their parts took.
  let rebalancing = Histogram(from: .milliseconds(1), count: 14)
  let spilling = Histogram(from: .milliseconds(1), count: 14)
  let writing = Histogram(from: .milliseconds(1), count: 14)

  /// How long it took to rewrite the database.
  let defragment = Histogram(from: .milliseconds(100), count: 13)

  /// How long steps of compactions took, in which requests wait.
  let compactionStep = Histogram(from: .milliseconds(1), count: 13)

  /// How long compactions looked at keys.
  let indexCompaction = Histogram(from: .microseconds(500), count: 14)

  /// How long compactions took.
  let compaction = Histogram(from: .milliseconds(100), count: 14)

  /// The TTLs of leases that were granted.
  let leaseTTLs = Histogram(from: .seconds(1), count: 24)

  /// How long entries took to apply.
  let applies = ApplyFigures()

  /// How many requests took longer to apply than they should.
  let slowApplies = Figure()

  /// How many bytes of requests were appended to the log.
  let logByteCount = Figure()

  /// How many requests could not be written to the log.
  let failures = Figure()

  /// How many puts were applied, those of transactions included.
  let puts = Figure()

  /// How many bytes of keys and values were put.
  let putByteCount = Figure()

  /// How many rows compactions have deleted.
  let compactedRows = Figure()

  /// How many deletes were applied, those of transactions included.
  let deletes = Figure()

  /// How many transactions were applied that have not exactly one operation.
  let transactions = Figure()

  /// How many ranges of transactions were answered.
  let ranges = Figure()

  /// How many leases were granted.
  let grants = Figure()

  /// How many leases were revoked.
  let revocations = Figure()

  /// How many leases were revoked since their time was over.
  let expirations = Figure()

  /// Nothing yet.
  init() {}

  /// Counts what was done for an entry.
  func note(_ answer: Applier.Answer) {
    switch answer {
    case .put: puts.add()
    case .delete: deletes.add()
    case .transaction(let result): note(result)
    case .lease(let lease):
      grants.add()
      leaseTTLs.record(.seconds(lease.ttlSeconds))
    case .revocation: revocations.add()
    case .done, .authenticated: break
    }
  }

  private func note(_ result: TransactionResult) {
    let count = addOperations(of: result)
    if count != 1 { transactions.add() }
  }

  /// Transactions within it are as deep as the request was.
  private func addOperations(of result: TransactionResult) -> Int {
    var count = 0
    for operation in result.operations {
      switch operation {
      case .range: ranges.add()
      case .put: puts.add()
      case .delete: deletes.add()
      case .transaction(let inner):
        count += addOperations(of: inner)
        continue
      case .empty: continue
      }
      count += 1
    }
    return count
  }
}
