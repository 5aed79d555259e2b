import Bolt
import EtcdMessages
import Foundation
import MVCC
import SwiftProtobuf
import TestSupport
import Testing

@testable import Apply

@Suite struct AlarmTests {
  private let test: TestApplier

  init() throws { test = try TestApplier() }

  private func alarm(
    _ action: Etcdserverpb_AlarmRequest.AlarmAction,
    _ alarm: Etcdserverpb_AlarmType,
    _ member: UInt64
  ) throws {
    _ = try test.apply {
      $0.alarm.action = action
      $0.alarm.alarm = alarm
      $0.alarm.memberID = member
    }
  }

  @Test func withoutSpaceNothingMayGrow() throws {
    try test.put("a", "1")
    try alarm(.activate, .nospace, 5)
    #expect(test.applier.isRaised(.noSpace))
    let refusal = Applier.Refusal.alarm(.noSpace)
    #expect(try test.put("b") == refusal)
    #expect(try test.refusal { $0.leaseGrant.id = 1 } == refusal)
    #expect(
      try test.refusal { $0.txn.failure = [.with { $0.requestPut.key = Data("b".utf8) }] }
        == refusal
    )
    // etcd does not reckon with puts deeper in a transaction, nor with what makes room.
    #expect(
      try test.refusal { request in
        request.txn.success = [
          .with { $0.requestTxn.success = [.with { $0.requestPut.key = Data("c".utf8) }] }
        ]
      } == nil
    )
    #expect(try test.value(of: "c") == "")
    #expect(try test.refusal { $0.deleteRange.key = Data("a".utf8) } == nil)
    #expect(try test.refusal { $0.compaction.revision = 2 } == nil)
    try alarm(.deactivate, .nospace, 5)
    #expect(try test.put("b") == nil)
  }

  @Test func withoutTrustNothingIsDone() throws {
    try test.put("a", "1")
    try alarm(.activate, .corrupt, 5)
    let refusal = Applier.Refusal.alarm(.corrupt)
    #expect(try test.put("b") == refusal)
    #expect(try test.refusal { $0.deleteRange.key = Data("a".utf8) } == refusal)
    #expect(try test.refusal { $0.txn = .init() } == refusal)
    #expect(try test.refusal { $0.compaction.revision = 2 } == refusal)
    #expect(try test.refusal { $0.leaseGrant.id = 1 } == refusal)
    #expect(try test.refusal { $0.leaseRevoke.id = 1 } == refusal)
    #expect(try test.refusal { $0.authRoleAdd.name = "r" } == nil)
  }

  /// As long as one member has raised it.
  @Test func anAlarmEndsWithItsLastMember() throws {
    for member: UInt64 in [5, 6] { try alarm(.activate, .nospace, member) }
    try alarm(.deactivate, .nospace, 5)
    #expect(try test.put("a") != nil)
    try alarm(.deactivate, .nospace, 7)
    #expect(try test.put("a") != nil)
    try alarm(.deactivate, .nospace, 6)
    #expect(try test.put("a") == nil)
  }

  @Test func alarmsAreStoredAsEtcdStoresThem() throws {
    try alarm(.activate, .nospace, 0x1234)
    try alarm(.activate, .nospace, 0x1234)
    try alarm(.activate, .corrupt, 0x1234)
    try alarm(.activate, .none, 0x1234)
    try alarm(.get, .nospace, 9)
    #expect(
      try test.rows(of: .alarm) == [
        [0x08, 0xB4, 0x24, 0x10, 1]: [], [0x08, 0xB4, 0x24, 0x10, 2]: [],
      ]
    )
    let again = try AlarmTable(in: test.database.read())
    #expect(again.isRaised(.noSpace) && again.isRaised(.corrupt))
    try alarm(.deactivate, .nospace, 0x1234)
    #expect(try test.rows(of: .alarm).count == 1)
  }
}
