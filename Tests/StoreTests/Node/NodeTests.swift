import EtcdMessages
import FileIO
import Foundation
import Logging
import MVCC
import RPC
import Snapshot
import Synchronization
import TestSupport
import Testing
import WAL

@testable import Store

@Suite struct NodeTests {
  private let folder: TemporaryFolder
  private let data: String

  init() throws {
    folder = try TemporaryFolder()
    data = folder.path("data")
  }

  // MARK: Beginning and beginning anew

  @Test func newNodeHasTheNumbersThatEtcdWouldHave() throws {
    let node = try TestNode(data)
    #expect(node.node.header.memberID.rawValue == 0x8e9e_05c5_2164_694d)
    #expect(node.node.header.clusterID.rawValue == 0xcdf8_1819_4e3a_8c32)
    #expect(node.node.header.term.rawValue == 2)
    #expect(node.node.keyspace.currentRevision == 1)
  }

  @Test func whatWasWrittenIsThereAfterEachStartInALaterTerm() throws {
    for start in 0..<4 {
      let node = try TestNode(data)
      #expect(node.node.header.term.rawValue == UInt64(start) + 2)
      for earlier in 0..<start {
        #expect(try node.get("key\(earlier)") == "value\(earlier)")
      }
      #expect(try node.put("key\(start)", "value\(start)") == Int64(start) + 2)
      node.close()
    }
  }

  @Test func secondNodeOnTheSameDirectoryIsRefused() throws {
    let first = try TestNode(data)
    #expect(throws: NodeError.self) { try TestNode(data) }
    try first.put("a", "b")
  }

  @Test func databaseWithoutItsLogIsRefused() throws {
    let node = try TestNode(data)
    try node.put("a", "b")
    node.close()
    try FileManager.default.removeItem(atPath: "\(data)/member/wal")
    #expect(throws: NodeError.databaseWithoutLog(path: "\(data)/member/snap/db")) {
      try TestNode(data)
    }
  }

  @Test func logThatMissesEntriesOfTheDatabaseIsRefused() throws {
    let node = try TestNode(data)
    for place in 0..<5 { try node.put("key\(place)", "value") }
    node.close()
    let log = "\(data)/member/wal"
    let kept = folder.path("kept")
    try FileManager.default.copyItem(atPath: log, toPath: kept)
    let again = try TestNode(data)
    try again.put("late", "value")
    again.close()
    try FileManager.default.removeItem(atPath: log)
    try FileManager.default.moveItem(atPath: kept, toPath: log)
    let error = #expect(throws: NodeError.self) { try TestNode(data) }
    guard case .databaseBeyondLog = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  // MARK: Members

  @Test func memberOfSeveralIsRefusedAndServesAloneWhenForced() throws {
    let snapshot = folder.path("snapshot.db")
    let first = try TestNode(folder.path("first"))
    try first.put("kept", "value")
    first.close()
    try FileManager.default.copyItem(
      atPath: folder.path("first/member/snap/db"),
      toPath: snapshot
    )
    var restoring = RestoreOptions(dataDirectory: data)
    restoring.name = "one"
    restoring.initialCluster =
      "one=http://localhost:2380,two=http://localhost:2480,three=http://localhost:2580"
    restoring.skipsHashCheck = true
    _ = try SnapshotRestore(from: snapshot, restoring).run()

    let error = #expect(throws: NodeError.self) { try TestNode(data) }
    guard case .otherMembers(_, _, let voters) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(voters.count == 3)
    let isNamed = error?.description.contains(/: member [0-9a-f]{8,16} is one of 3 voters/)
    #expect(isNamed == true)

    var options = Node.Options()
    options.store.forcesNewCluster = true
    let forced = try TestNode(data, options)
    #expect(try forced.get("kept") == "value")
    try forced.put("more", "value")
    forced.close()
    // It is alone from now on.
    let alone = try TestNode(data)
    #expect(try alone.get("more") == "value")
  }

  // MARK: Snapshots of the members

  @Test func olderSegmentsGoWhenASnapshotWasTaken() throws {
    var options = Node.Options()
    options.store.log.segmentByteCount = 1 << 14
    options.writer.entriesPerSnapshot = 20
    options.writer.segmentCount = 2
    options.writer.snapshotCount = 2
    let value = String(repeating: "x", count: 1000)
    var node = try TestNode(data, options)
    for place in 0..<200 { try node.put("key\(place)", value) }
    node.close()
    let segments = try FileManager.default.contentsOfDirectory(atPath: "\(data)/member/wal")
      .filter { $0.hasSuffix(".wal") }
    let snapshots = try FileManager.default.contentsOfDirectory(atPath: "\(data)/member/snap")
      .filter { $0.hasSuffix(".snap") }
    #expect(segments.count < 6)
    #expect(snapshots.count == 2)
    node = try TestNode(data, options)
    for place in 0..<200 { #expect(try node.get("key\(place)") == value) }
  }

  // MARK: Leases

  @Test func leaseThatEndsTakesItsKeysAtOneRevision() async throws {
    var options = Node.Options()
    options.store.minimumTTLSeconds = 1
    let node = try TestNode(data, options)
    try node.propose {
      $0.leaseGrant.id = 7
      $0.leaseGrant.ttl = 1
    }
    try node.put("a", "1", lease: 7)
    let last = try node.put("b", "2", lease: 7)
    let deadline = ContinuousClock.now + .seconds(20)
    while try node.get("a") != nil, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(try node.get("a") == nil)
    #expect(try node.get("b") == nil)
    #expect(node.node.keyspace.currentRevision == last + 1)
    #expect(node.node.lessor.count == 0)
  }

  @Test func leaseBeginsAnewAfterAStart() throws {
    var node = try TestNode(data)
    try node.propose {
      $0.leaseGrant.id = 7
      $0.leaseGrant.ttl = 100
    }
    node.close()
    node = try TestNode(data)
    let rest = try #require(node.node.lessor.remaining(LeaseID(rawValue: 7), now: .now)).rest
    #expect(rest > .seconds(90))
  }

  @Test func leaseHasWhatACheckpointLeavesOfItAfterAStart() async throws {
    var options = Node.Options()
    options.leaseCheckpointInterval = .seconds(1)
    options.electionTimeout = .zero
    var node = try TestNode(data, options)
    try node.propose {
      $0.leaseGrant.id = 7
      $0.leaseGrant.ttl = 100
    }
    func left() -> Int64 {
      node.node.keyspace.lease(LeaseID(rawValue: 7))?.remainingTTLSeconds ?? 0
    }
    let deadline = ContinuousClock.now + .seconds(20)
    while left() == 0, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(left() > 0 && left() < 100)
    node.close()
    node = try TestNode(data, options)
    let rest = try #require(node.node.lessor.remaining(LeaseID(rawValue: 7), now: .now)).rest
    #expect(rest < .seconds(100))
  }

  // MARK: What an operator chooses

  @Test func requestThatTakesLongerThanItShouldIsToldOf() throws {
    let told = Mutex<[SlowApply]>([])
    var options = Node.Options()
    options.writer.expectedApplyDuration = .zero
    let node = try TestNode(data, options) { slow in told.withLock { $0.append(slow) } }
    try node.put("a", "secret")
    #expect(throws: RPCStatus.self) { try node.put("a", "1", lease: 99) }
    node.close()
    let (first, second) = try told.withLock { (try #require($0.first), try #require($0.last)) }
    #expect(first.duration > .zero)
    #expect(first.refusal == nil)
    #expect(first.request.contains(" put:<size:"))
    #expect(!first.request.contains("secret"))
    let names: Set = ["took", "expected-duration", "prefix", "request", "response"]
    #expect(Set(first.logFields.keys) == names)
    #expect(first.logFields["expected-duration"] == "0s")
    #expect(second.logFields["error"] == "etcdserver: requested lease not found")
  }

  @Test func requestThatIsFastIsNotToldOf() throws {
    let told = Mutex(0)
    var options = Node.Options()
    options.writer.expectedApplyDuration = .seconds(100)
    let node = try TestNode(data, options) { _ in told.withLock { $0 += 1 } }
    try node.put("a", "1")
    node.close()
    #expect(told.withLock { $0 } == 0)
  }

  @Test func changesAreCommittedAfterTheirNumberOrTime() throws {
    var options = Node.Options()
    options.store.commitInterval = .seconds(1000)
    options.store.operationsPerCommit = 20
    let node = try TestNode(data, options)
    let commits = node.node.status.figures.commit
    let before = commits.cumulativeCounts.last ?? 0
    for place in 0..<50 { try node.put("key\(place)", "value") }
    node.close()
    let count = (commits.cumulativeCounts.last ?? 0) - before
    // Each put is a request of its own, so that none is committed with more than it takes.
    #expect(count == 2)
  }

  @Test func damagedDatabaseIsNotServedAfterACheckAtTheStart() throws {
    var node = try TestNode(data)
    for place in 0..<100 { try node.put("key\(place)", String(repeating: "v", count: 200)) }
    node.close()
    var options = Node.Options()
    options.store.checksDatabase = true
    node = try TestNode(data, options)
    node.close()
    let path = data + "/member/snap/db"
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    var refusalCount = 0
    for page in 2..<whole.count / 4096 {
      var damaged = whole
      // The page's own number, which begins it.
      damaged[page * 4096] ^= 0x55
      try TestFile.write(damaged, to: path)
      do { try TestNode(data, options).close() } catch is NodeError { refusalCount += 1 }
      try TestFile.write(whole, to: path)
    }
    // Those that are free are not read.
    #expect(refusalCount > 3)
  }

  @Test func flagsSayHowTheStoreIsWritten() throws {
    let arguments = [
      "--backend-batch-interval=7ms", "--backend-batch-limit=8", "--compaction-batch-limit=9",
      "--experimental-warning-apply-duration=10ms", "--experimental-initial-corrupt-check",
      "--experimental-enable-lease-checkpoint", "--data-dir", data,
    ]
    let request = try ConfigurationSource(arguments: arguments).request()
    guard case .serve(let configuration, _) = request else {
      Issue.record("no configuration")
      return
    }
    let options = try Node.Options(configuration)
    #expect(options.store.commitInterval == .milliseconds(7))
    #expect(options.store.operationsPerCommit == 8)
    #expect(options.store.rowsPerCompactionStep == 9)
    #expect(options.writer.expectedApplyDuration == .milliseconds(10))
    #expect(options.store.checksDatabase)
    #expect(options.leaseCheckpointInterval == .seconds(300))
    let others = try Node.Options(NodeConfiguration())
    #expect(others.store.commitInterval == .milliseconds(100))
    #expect(others.store.operationsPerCommit == 10_000)
    #expect(!others.store.checksDatabase)
    #expect(others.leaseCheckpointInterval == nil)
  }

  // MARK: Refusals

  @Test func requestLargerThanAllowedIsRefused() throws {
    var options = Node.Options()
    options.requestByteCount = 1000
    let node = try TestNode(data, options)
    #expect(throws: RPCStatus.requestTooLarge) {
      try node.put("a", String(repeating: "x", count: 1000))
    }
    try node.put("a", String(repeating: "x", count: 900))
  }

  @Test func requestAfterTheEndIsRefused() throws {
    let node = try TestNode(data)
    node.node.close()
    #expect(throws: RPCStatus.stopped) { try node.put("a", "b") }
  }
}
