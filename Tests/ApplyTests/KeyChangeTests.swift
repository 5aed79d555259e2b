import EtcdMessages
import Foundation
import MVCC
import SwiftProtobuf
import TestSupport
import Testing

@testable import Apply

/// A change that was taken apart beforehand does what the entry of the log would have done.
@Suite struct KeyChangeTests {
  /// All that an outcome says, but where rows lie.
  private func text(_ outcome: Applier.Outcome) -> String {
    "\(outcome)".replacing(/0x[0-9a-f]+/, with: "")
  }

  @Test func changesDoWhatEntriesDo() throws {
    let (entries, changes) = (try TestApplier(), try TestApplier())
    var generator = SeededGenerator(seed: 5)
    func key() -> Data { Data("k\(Int.random(in: 0..<5, using: &generator))".utf8) }
    for round in 0..<500 {
      var request = Etcdserverpb_InternalRaftRequest()
      let change: KeyChange
      switch Int.random(in: 0..<4, using: &generator) {
      case 0, 1:
        request.put.key = key()
        request.put.value = Data("\(round)".utf8)
        request.put.prevKv = Bool.random(using: &generator)
        // Some are refused: there is no such lease, or nothing to keep.
        request.put.lease = Int64(Int.random(in: 0..<10, using: &generator) / 9)
        change = .put(PutRequest(request.put))
      case 2:
        request.deleteRange.key = key()
        request.deleteRange.prevKv = true
        change = .delete(DeleteRequest(request.deleteRange))
      default:
        request.txn.success = [.with { $0.requestPut.key = key() }]
        request.txn.success += [.with { $0.requestRange.key = key() }]
        change = .transaction(TransactionRequest(request.txn))
      }
      let expected = try entries.applier.apply(request)
      let found = try changes.applier.apply(change)
      #expect(text(found) == text(expected))
      #expect(changes.keyspace.currentRevision == entries.keyspace.currentRevision)
    }
  }

  @Test func alarmsAndUsersHaveToBeAsked() throws {
    let test = try TestApplier()
    #expect(test.applier.appliesToAnybody)
    try test.apply {
      $0.alarm.action = .activate
      $0.alarm.alarm = .nospace
    }
    #expect(!test.applier.appliesToAnybody)
    try test.apply {
      $0.alarm.action = .deactivate
      $0.alarm.alarm = .nospace
    }
    #expect(test.applier.appliesToAnybody)
    try test.apply {
      $0.authUserAdd.name = "root"
      $0.authUserAdd.options.noPassword = true
    }
    try test.apply { $0.authRoleAdd.name = "root" }
    try test.apply {
      $0.authUserGrantRole.user = "root"
      $0.authUserGrantRole.role = "root"
    }
    try test.apply { $0.authEnable = .init() }
    #expect(!test.applier.appliesToAnybody)
  }
}
