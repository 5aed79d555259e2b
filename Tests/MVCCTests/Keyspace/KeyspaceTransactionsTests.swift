import TestSupport
import Testing

@testable import MVCC

/// Which of several things that are wrong with a transaction it is refused for.
///
/// A transaction with one fault only is in ``KeyspaceTests``.
@Suite struct KeyspaceTransactionsTests {
  private let disk = SimulatedDisk()

  private static let future = TransactionRequest.Operation.range(
    RangeRequest(KeyRange([1]), revision: 9)
  )

  private static func put(lease: Int64 = 0, isKept: Bool = false) -> TransactionRequest.Operation {
    var request = PutRequest([1], [], lease: LeaseID(rawValue: lease))
    request.keepsValue = isKept
    return .put(request)
  }

  @Test func putsAreCheckedBeforeRanges() throws {
    let keyspace = try Keyspace.open(disk)
    let ranges = TransactionRequest(then: [Self.future, Self.put(isKept: true)])
    #expect(throws: MVCCError.keyNotFound) { try keyspace.apply(ranges) }
    let leases = TransactionRequest(then: [Self.future, Self.put(lease: 7)])
    #expect(throws: MVCCError.leaseNotFound(LeaseID(rawValue: 7))) { try keyspace.apply(leases) }
  }

  @Test func putsOfATransactionWithinAreCheckedBeforeRangesToo() throws {
    let keyspace = try Keyspace.open(disk)
    let within = TransactionRequest(then: [Self.future, Self.put(isKept: true)])
    let request = TransactionRequest(then: [Self.future, .transaction(within), Self.future])
    #expect(throws: MVCCError.keyNotFound) { try keyspace.apply(request) }
  }

  @Test func rangesOfATransactionWithinAreChecked() throws {
    let keyspace = try Keyspace.open(disk)
    let within = TransactionRequest(then: [Self.future])
    let request = TransactionRequest(then: [Self.put(), .transaction(within)])
    #expect(throws: MVCCError.futureRevision(requested: 9, currentRevision: 1)) {
      try keyspace.apply(request)
    }
    #expect(keyspace.keyCount == 0)
  }

  @Test func theKeyOfAPutIsCheckedBeforeItsLease() throws {
    let keyspace = try Keyspace.open(disk)
    let put = Self.put(lease: 7, isKept: true)
    #expect(throws: MVCCError.keyNotFound) {
      try keyspace.apply(TransactionRequest(then: [put]))
    }
    guard case .put(let alone) = put else { return }
    #expect(throws: MVCCError.leaseNotFound(LeaseID(rawValue: 7))) { try keyspace.put(alone) }
  }
}
