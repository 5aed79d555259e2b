import EtcdMessages
import FileIO
import Foundation
import Glibc
import MVCC
import RPC
import TestSupport
import Testing
import WAL

@testable import Store

/// What goes wrong when a disk does: an answer to a write that is not there afterwards, or a write
/// that nobody was told of and that hides one that somebody was.
@Suite struct NodeFailureTests {
  @Test func writeWhoseSyncFailsIsNotAnsweredAndReadsGoOn() throws {
    let folder = try TemporaryFolder()
    let data = folder.path("data")
    let fileSystem = FaultyFileSystem(LocalFileSystem())
    let node = try TestNode(data, in: fileSystem)
    try node.put("before", "value")
    fileSystem.fail(.sync, code: EIO, onPathsWith: ".wal")
    #expect(throws: RPCStatus.self) { try node.put("lost", "value") }
    // One failure is enough: what the disk holds is not known any more.
    fileSystem.heal()
    let refusal = #expect(throws: RPCStatus.self) { try node.put("after", "value") }
    #expect(refusal?.code == .unavailable)
    #expect(try node.get("before") == "value")
    #expect(try node.get("after") == nil)
    node.close()
    let again = try TestNode(data)
    #expect(try again.get("before") == "value")
    #expect(try again.get("after") == nil)
    try again.put("after", "value")
  }

  @Test func fullDiskRefusesWritesUntilThereIsRoomAndAStart() throws {
    let folder = try TemporaryFolder()
    let data = folder.path("data")
    let fileSystem = FaultyFileSystem(LocalFileSystem())
    let node = try TestNode(data, in: fileSystem)
    try node.put("before", "value")
    fileSystem.fail(.write, code: ENOSPC, isLasting: true)
    #expect(throws: RPCStatus.self) { try node.put("lost", "value") }
    #expect(try node.get("before") == "value")
    #expect(node.node.status.failure != nil)
    node.close()
    let again = try TestNode(data)
    #expect(try again.get("before") == "value")
    #expect(try again.get("lost") == nil)
  }

  @Test func powerFailureAtEachSyncLosesNothingThatWasAnswered() throws {
    var options = Node.Options()
    options.store.log.segmentByteCount = 1 << 13
    options.store.log.preparesNextSegment = false
    options.writer.entriesPerSnapshot = 7
    options.writer.segmentCount = 1
    func workload(_ disk: SimulatedDisk) -> Int {
      guard let node = try? TestNode("/data", options, in: disk) else { return 0 }
      defer { node.close() }
      for number in 0..<24 {
        let value = String(repeating: "\(number) ", count: 100)
        guard (try? node.put("key\(number % 5)", value)) != nil else { return number }
        if number == 11 { _ = try? node.propose { $0.compaction.revision = 6 } }
      }
      return 24
    }
    let whole = SimulatedDisk()
    #expect(workload(whole) == 24)
    let syncCount = whole.syncCount
    #expect(syncCount > 30)
    for sync in 1...syncCount + 4 {
      for moment in [SimulatedDisk.PowerCut.beforeSync(sync), .afterSync(sync)] {
        let disk = SimulatedDisk()
        disk.cutPower(moment)
        let answered = workload(disk)
        for model in [CrashModel.losingUnsynced, .keepingUnsynced, .scattering(seed: UInt64(sync))]
        {
          let node = try TestNode("/data", options, in: try disk.crashed(model))
          defer { node.close() }
          let revision = node.node.keyspace.currentRevision
          #expect(revision >= Int64(answered) + 1, "\(moment), \(model)")
          for key in 0..<5 {
            // The last of its puts up to the revision that is there.
            let last = (0..<Int(revision) - 1).last { $0 % 5 == key }
            let expected = last.map { String(repeating: "\($0) ", count: 100) }
            #expect(try node.get("key\(key)") == expected, "\(moment), \(model)")
          }
        }
      }
    }
  }
}
