import Bolt
import FileIO
import TestSupport
import Testing

@testable import MVCC

/// The power fails at every sync in turn, while requests are committed and rows are compacted away.
///
/// What is found then is what was committed, or was being committed: with every row, the index of its
/// entry, and the knowledge of a compaction that has to be ended.
@Suite struct KeyspaceCrashTests {
  /// What a keyspace was after an entry of the log.
  private struct Recorded: Equatable {
    var currentRevision: Int64
    var compactRevision: Int64
    var hash: UInt32
    var keyValues: [Answer.KeyValue]
  }

  /// A run of the same requests on one disk.
  private final class Run {
    let disk = SimulatedDisk()
    /// By the index of the entry: 0 before the first.
    var recorded: [UInt64: Recorded] = [:]
    /// The last entry that the keyspace says to be durable, and the one that was begun.
    var committed: UInt64 = 0
    var begun: UInt64 = 0

    private func record(_ keyspace: Keyspace) throws(MVCCError) {
      recorded[keyspace.consistentIndex.index] = try KeyspaceCrashTests.state(of: keyspace)
    }

    func perform() throws(MVCCError) {
      let keyspace = try Keyspace.open(disk)
      keyspace.rowsPerCompactionStep = 4
      try record(keyspace)
      var script = RequestScript(seed: 11)
      for index in 1...UInt64(150) {
        keyspace.setConsistentIndex(ConsistentIndex(index: index, term: 1))
        begun = index
        if index % 40 == 25 {
          try keyspace.compact(to: keyspace.currentRevision - 2)
        } else {
          let request = script.next(current: keyspace.currentRevision, compacted: 0)
          if case .compact = request { continue }
          _ = keyspace.answer(request)
        }
        try record(keyspace)
        if index % 5 == 0 { try keyspace.commit() }
        try keyspace.continueCompaction()
        committed = keyspace.committedIndex.index
      }
      #expect(committed == 150)
    }
  }

  private static func state(of keyspace: Keyspace) throws(MVCCError) -> Recorded {
    let view = keyspace.view()
    return Recorded(
      currentRevision: view.currentRevision,
      compactRevision: view.compactRevision,
      hash: try view.hash().hash,
      keyValues: try view.range(RangeRequest(.all)).keyValues()
    )
  }

  @Test func everySyncMayBeTheLast() throws {
    let whole = Run()
    try whole.perform()
    let syncCount = whole.disk.syncCount
    #expect(syncCount > 80)
    for number in 1...syncCount {
      for moment in [SimulatedDisk.PowerCut.beforeSync(number), .afterSync(number)] {
        let run = Run()
        run.disk.cutPower(moment)
        try? run.perform()
        let models: [CrashModel] = [
          .losingUnsynced, .keepingUnsynced, .scattering(seed: UInt64(number)),
        ]
        for model in models { try check(run, model, whole.recorded, "\(moment), \(model)") }
      }
    }
  }

  private func check(
    _ run: Run,
    _ model: CrashModel,
    _ recorded: [UInt64: Recorded],
    _ comment: Comment
  ) throws {
    let disk = try run.disk.crashed(model)
    // Nobody can tell what is found of a file whose name was never made durable.
    guard try disk.kind(of: "/db") == .file else { return }
    let keyspace: Keyspace
    do throws(MVCCError) {
      keyspace = try Keyspace.open(disk)
    } catch {
      #expect(run.committed == 0, "\(comment): \(error)")
      return
    }
    #expect(keyspace.database.read().check().faults.isEmpty, comment)
    let index = keyspace.consistentIndex.index
    #expect(index >= run.committed && index <= run.begun, comment)
    #expect(try Self.state(of: keyspace) == recorded[index], comment)
    while try keyspace.continueCompaction() {}
    #expect(try Self.state(of: keyspace) == recorded[index], comment)
    #expect(try keyspace.view().rowCount() == keyspace.rowCount, comment)
    #expect(!keyspace.hasRowsToCompact, comment)
    keyspace.index.checkInvariants()
  }
}
