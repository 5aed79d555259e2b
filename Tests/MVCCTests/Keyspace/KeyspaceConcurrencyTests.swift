import Bolt
import FileIO
private import Foundation
import TestSupport
import Testing

@testable import MVCC

/// Readers beside the writer see whole requests only, at one revision, whatever is committed and
/// compacted meanwhile.
///
/// Every request puts the same number under all of some keys, so that a state with two numbers is one
/// that never was.
@Suite struct KeyspaceConcurrencyTests {
  private let disk = SimulatedDisk()

  @Test func readersSeeOneRevisionEach() async throws {
    let keyspace = try Keyspace.open(disk)
    keyspace.rowsPerCompactionStep = 20
    let keys = (0..<40).map { Array("key-\($0)".utf8) }
    try change(keyspace, keys, number: 0)
    let rounds = 400
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try write(keyspace, keys, rounds: rounds) }
      for reader in 0..<2 {
        group.addTask { try read(keyspace, keys, rounds: rounds, seed: UInt64(reader)) }
      }
      try await group.waitForAll()
    }
    keyspace.index.checkInvariants()
    #expect(keyspace.currentRevision == Int64(rounds) + 2)
  }

  private func change(_ keyspace: Keyspace, _ keys: [[UInt8]], number: Int) throws {
    let value = Array("\(number)".utf8)
    var operations = keys.map { TransactionRequest.Operation.put(PutRequest($0, value)) }
    // Every other time a part of the keys goes, and comes back.
    if number % 2 == 1 {
      operations.removeLast(10)
      for key in keys.suffix(10) { operations.append(.delete(DeleteRequest(KeyRange(key)))) }
    }
    _ = try keyspace.apply(TransactionRequest(then: operations))
  }

  private func write(_ keyspace: Keyspace, _ keys: [[UInt8]], rounds: Int) throws {
    for number in 1...rounds {
      try change(keyspace, keys, number: number)
      if number % 9 == 0 { try keyspace.commit() }
      if number % 31 == 0 { try keyspace.compact(to: keyspace.currentRevision - 5) }
      try keyspace.continueCompaction()
    }
  }

  private func read(
    _ keyspace: Keyspace,
    _ keys: [[UInt8]],
    rounds: Int,
    seed: UInt64
  ) throws {
    var generator = SeededGenerator(seed: seed)
    var last: Int64 = 0
    for _ in 0..<rounds {
      let view = keyspace.view()
      #expect(view.currentRevision >= last)
      last = view.currentRevision
      let revision = Int64.random(in: max(2, view.compactRevision)...last, using: &generator)
      do throws(MVCCError) {
        let result = try view.range(RangeRequest(.all, revision: revision))
        let found = try result.keyValues()
        #expect(Set(found.map(\.value)).count == 1)
        #expect(found.allSatisfy { $0.modRevision == revision })
        // Numbers begin with 0 at revision 2.
        #expect(result.count == (revision % 2 == 0 ? 40 : 30))
        #expect(try view.count(.all, at: revision) == result.count)
        let hash = try view.hash(at: revision)
        #expect(hash.revision == revision)
      } catch {
        guard case .compacted = error else {
          Issue.record("\(error)")
          return
        }
      }
    }
  }
}
