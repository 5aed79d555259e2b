import EtcdMessages
import Foundation
import MVCC
import SwiftProtobuf
import TestSupport
import Testing
import WAL

@testable import Apply

@Suite struct ApplierTests {
  private let test: TestApplier

  init() throws { test = try TestApplier() }

  private func isPassedOver(_ outcome: Applier.Outcome) -> Bool {
    if case .passedOver = outcome { true } else { false }
  }

  // MARK: Keys

  @Test func keysAreChanged() throws {
    try test.put("a", "1")
    #expect(try test.value(of: "a") == "1")
    guard
      case .applied(.delete(let result)) = try test.apply({
        $0.deleteRange.key = Data("a".utf8)
        $0.deleteRange.rangeEnd = Data([0])
      })
    else {
      Issue.record("no deletion")
      return
    }
    #expect(result.count == 1)
    #expect(result.revision == 3)
    #expect(try test.value(of: "a") == nil)
    try test.put("b", "2")
    _ = try test.apply { $0.compaction.revision = 4 }
    #expect(test.keyspace.compactRevision == 4)
    #expect(
      try test.refusal { $0.compaction.revision = 4 }
        == .keyspace(.compacted(requested: 4, compactRevision: 4))
    )
  }

  /// A put that keeps the value, in a transaction that is in another one.
  @Test func transactionsAreCarriedOut() throws {
    try test.put("a", "1")
    var inner = Etcdserverpb_TxnRequest()
    inner.compare = [
      .with { compare in
        compare.key = Data("a".utf8)
        compare.target = .create
        compare.result = .greater
        compare.createRevision = 1
      }
    ]
    inner.success = [
      .with { operation in
        operation.requestPut.key = Data("a".utf8)
        operation.requestPut.ignoreValue = true
      },
      .with { operation in
        operation.requestPut.key = Data("b".utf8)
        operation.requestPut.value = Data("2".utf8)
      },
    ]
    guard
      case .applied(.transaction(let result)) = try test.apply({ request in
        request.txn.success = [.with { $0.requestTxn = inner }]
      })
    else {
      Issue.record("no transaction")
      return
    }
    #expect(result.revision == 3)
    #expect(try test.value(of: "a") == "1")
    #expect(try test.value(of: "b") == "2")
  }

  // MARK: The log

  @Test func everyEntryTakesTheIndexForward() throws {
    let entries: [(data: [UInt8], type: EntryType)] = [
      ([], .normal), (Wire.field(4, Wire.field(1, "a")), .normal), ([0xFF], .normal),
      (Wire.field(1, varint: 5), .confChange),
      // A put for a lease that nobody granted.
      (Wire.field(4, Wire.field(1, "b") + Wire.field(3, varint: 77)), .normal),
    ]
    for entry in entries {
      try test.apply(entry.data, as: entry.type)
      #expect(test.keyspace.consistentIndex == ConsistentIndex(index: test.index, term: 2))
    }
    #expect(test.keyspace.currentRevision == 2)
    let index = try test.rows(of: .meta)[Array("consistent_index".utf8)]
    #expect(index == [0, 0, 0, 0, 0, 0, 0, 5])
  }

  @Test func whatIsNotAboutKeysIsPassedOver() throws {
    // What etcd 3.5.30 wrote: a member publishes the cluster's version.
    let legacy = [UInt8](
      hexadecimal: """
        0882b2b3e6d5bfa8d8930112035055541a0a2f302f76657273696f6e2205332e352e3028003200380048005000\
        58006000680070007800800100
        """
    )
    #expect(isPassedOver(try test.apply(legacy)))
    #expect(isPassedOver(try test.apply { $0.v2.method = "PUT" }))
    #expect(isPassedOver(try test.apply { $0.clusterVersionSet.ver = "3.6.0" }))
    #expect(isPassedOver(try test.apply { $0.clusterMemberAttrSet.memberID = 1 }))
    #expect(isPassedOver(try test.apply(Wire.field(1, varint: 5), as: .confChange)))
  }

  @Test func whatIsNotKnownIsSaid() throws {
    for data in [[0xFF], Wire.field(7777, "later"), Wire.field(100, Wire.field(1, varint: 5))] {
      guard case .unreadable = try test.apply(data) else {
        Issue.record("\(data)")
        continue
      }
    }
  }

  @Test func damagedRequestsNeitherTrapNorStopTheLog() throws {
    let request =
      try Etcdserverpb_InternalRaftRequest.with { request in
        request.header.username = "u"
        request.txn.compare = [.with { $0.key = Data("k".utf8) }]
        request.txn.success = [
          .with { operation in
            operation.requestPut.key = Data("k".utf8)
            operation.requestPut.lease = 7
          },
          .with { $0.requestDeleteRange.rangeEnd = Data("z".utf8) },
        ]
        request.txn.failure = [.with { $0.requestPut.value = Data("v".utf8) }]
      }.serializedBytes() as [UInt8]
    for damaged in Damage.bitFlips(of: request) { _ = try test.apply(damaged) }
    #expect(try test.put("after") == nil)
  }

  /// A log may hold what no server proposes: the same key twice, keys without bytes.
  @Test func requestsThatNoServerProposesAreApplied() throws {
    let outcome = try test.apply { request in
      request.txn.success = ["a", "a", ""].map { key in
        .with { operation in
          operation.requestPut.key = Data(key.utf8)
          operation.requestPut.value = Data("x".utf8)
        }
      }
    }
    if case .unreadable = outcome { Issue.record("not read") }
    _ = try test.put("")
    #expect(try test.put("b", "1") == nil)
    #expect(try test.value(of: "b") == "1")
  }

  // MARK: Refusals

  @Test func aRefusedRequestHasNoEffect() throws {
    #expect(
      try test.refusal {
        $0.put.key = Data("a".utf8)
        $0.put.lease = 7
      } == .keyspace(.leaseNotFound(LeaseID(rawValue: 7)))
    )
    #expect(
      try test.refusal {
        $0.put.key = Data("a".utf8)
        $0.put.ignoreLease = true
      } == .keyspace(.keyNotFound)
    )
    // The second put fails, so the first is not done either.
    #expect(
      try test.refusal {
        $0.txn.success = [0, 7].map { (lease: Int64) in
          .with { operation in
            operation.requestPut.key = Data("a\(lease)".utf8)
            operation.requestPut.lease = lease
          }
        }
      } == .keyspace(.leaseNotFound(LeaseID(rawValue: 7)))
    )
    #expect(test.keyspace.currentRevision == 1)
    #expect(test.keyspace.keyCount == 0)
  }

  @Test func aTransactionIsRefusedForWhatItReadsUnlessNobodyWaits() throws {
    func apply(to test: TestApplier) throws -> Applier.Refusal? {
      try test.refusal {
        $0.txn.success = [
          .with { operation in
            operation.requestRange.key = Data("a".utf8)
            operation.requestRange.revision = 99
          },
          .with { $0.requestPut.key = Data("a".utf8) },
        ]
      }
    }
    #expect(
      try apply(to: test) == .keyspace(.futureRevision(requested: 99, currentRevision: 1))
    )
    var options = Applier.Options()
    options.passesOverRanges = true
    let replaying = try TestApplier(options: options)
    #expect(try apply(to: replaying) == nil)
    #expect(try replaying.value(of: "a") == "")
  }

  // MARK: Leases

  @Test func leasesAreGrantedCheckpointedAndRevoked() throws {
    for (id, ttl) in [(1, 1), (2, 60)] as [(Int64, Int64)] {
      _ = try test.apply {
        $0.leaseGrant.id = id
        $0.leaseGrant.ttl = ttl
      }
    }
    #expect(test.keyspace.allLeases.map(\.ttlSeconds) == [2, 60])
    _ = try test.apply {
      $0.put.key = Data("a".utf8)
      $0.put.lease = 2
    }
    // One that is gone keeps the others from nothing.
    _ = try test.apply {
      $0.leaseCheckpoint.checkpoints = [9, 2].map { (id: Int64) in
        .with { checkpoint in
          checkpoint.id = id
          checkpoint.remainingTtl = 30
        }
      }
    }
    #expect(test.keyspace.lease(LeaseID(rawValue: 2))?.remainingTTLSeconds == 30)
    guard case .applied(.revocation(let result)) = try test.apply({ $0.leaseRevoke.id = 2 }) else {
      Issue.record("not revoked")
      return
    }
    #expect(result.count == 1)
    #expect(try test.value(of: "a") == nil)
    #expect(
      try test.refusal { $0.leaseRevoke.id = 2 }
        == .keyspace(.leaseNotFound(LeaseID(rawValue: 2)))
    )
  }
}
