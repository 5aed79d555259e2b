import Bolt
import FileIO
import TestSupport
import Testing

@testable import MVCC

/// The same random requests, asked of a real etcd and of a keyspace: every answer, every hash, and
/// in the end the file that etcd leaves must agree.
@Suite struct EtcdComparisonTests {
  private let disk = SimulatedDisk()

  @Test(arguments: EtcdVersion.installed)
  func answersAndHashesAreThoseOfEtcd(version: EtcdVersion) throws {
    let server = try EtcdServer.start(version: version)
    let keyspace = try Keyspace(try Database("/db", in: disk))
    var script = RequestScript(seed: 7, isForEtcd: true)
    for step in 0..<1200 {
      let request = script.next(
        current: keyspace.currentRevision,
        compacted: keyspace.compactRevision
      )
      let expected = try server.answer(request)
      let found = keyspace.answer(request)
      #expect(comparable(found) == comparable(expected), "step \(step): \(request)")
      if comparable(found) != comparable(expected) { return }
      if step % 7 == 0 { try keyspace.commit() }
      if step % 200 == 199 { try compareHashes(keyspace, server) }
    }
    try compareFile(of: server, with: keyspace)
  }

  @Test(arguments: EtcdVersion.installed)
  func duplicateKeysAreThoseThatEtcdFinds(version: EtcdVersion) throws {
    func put(_ key: String) -> TransactionRequest.Operation {
      .put(PutRequest(Array(key.utf8), []))
    }
    func delete(_ key: String, _ end: String = "") -> TransactionRequest.Operation {
      .delete(DeleteRequest(KeyRange(key: Array(key.utf8), rangeEnd: Array(end.utf8))))
    }
    func inner(
      _ success: [TransactionRequest.Operation],
      _ failure: [TransactionRequest.Operation] = []
    ) -> TransactionRequest.Operation {
      .transaction(TransactionRequest(then: success, else: failure))
    }
    let server = try EtcdServer.start(version: version)
    let keyspace = try Keyspace(try Database("/db", in: disk))
    let requests = [
      [put("a"), put("a")], [put("a"), delete("a")], [delete("a", "c"), put("b")],
      [put("a"), inner([put("a")])], [inner([], [put("a")]), put("a")],
      [inner([put("a")]), inner([put("a")])], [delete("a"), inner([put("a")], [put("a")])],
      [put("a"), inner([delete("a")])], [inner([delete("a")]), inner([put("a")])],
      [inner([put("a")], [put("a")])], [inner([put("a")]), inner([delete("a")])],
      [delete("a", "\0"), put("b")], [put("b"), delete("a", "\0")], [delete("c", "a"), put("b")],
      [inner([delete("a", "\0")]), put("c")],
    ]
    for (place, operations) in requests.enumerated() {
      for request in [TransactionRequest(then: operations), TransactionRequest(else: operations)] {
        let expected = try server.answer(.transaction(request))
        let found = keyspace.answer(.transaction(request))
        #expect(comparable(found) == comparable(expected), "request \(place)")
      }
    }
    let revision = keyspace.currentRevision
    #expect(try server.hashKV().hash == keyspace.view().hash().hash)
    #expect(try server.revision() == revision)
  }

  /// A real etcd serves what a keyspace has written.
  @Test(arguments: EtcdVersion.installed)
  func etcdReadsWhatIsWritten(version: EtcdVersion) throws {
    let folder = try TemporaryFolder()
    let expected = try writeDatabase(folder.path("db"))
    let tool = version == .v34 ? "etcdctl" : "etcdutl"
    func run(_ arguments: String...) throws -> Program.Result {
      tool == "etcdctl" ? try version.etcdctl(arguments) : try version.etcdutl(arguments)
    }
    let status = try run("snapshot", "status", folder.path("db"), "-w", "json")
    #expect(status.text.contains("\"hash\":\(expected.hash),"), "\(status)")
    let restored = try run(
      "snapshot",
      "restore",
      folder.path("db"),
      "--skip-hash-check",
      "--data-dir",
      folder.path("data")
    )
    #expect(restored.status == 0, "\(restored.errors)")
    let server = try EtcdServer.start(version: version, dataDirectory: folder.path("data"))
    for (revision, keyValues) in expected.states {
      let answer = try server.answer(.range(RangeRequest(.all, revision: revision)))
      guard case .range(let found, _, _, let current) = answer else {
        Issue.record("\(answer)")
        continue
      }
      #expect(found == keyValues, "at \(revision)")
      #expect(current == expected.revision)
    }
    #expect(try server.hashKV().hash == expected.hashKV)
    #expect(try server.answer(.revoke(LeaseID(rawValue: 1))) == expected.revoked)
    #expect(
      try server.answer(.compact(expected.revision)) == .done(revision: expected.revision + 1)
    )
  }

  /// What etcd has to find in a file.
  private struct Expected {
    var revision: Int64
    var hash: UInt32
    var hashKV: UInt32
    var states: [Int64: [Answer.KeyValue]]
    /// The answer to taking away a lease that has keys.
    var revoked: Answer
  }

  /// Writes a database of random requests, with a compaction and several commits.
  private func writeDatabase(_ path: String) throws -> Expected {
    let keyspace = try Keyspace(try Database(path, in: LocalFileSystem()))
    var script = RequestScript(seed: 5)
    var generator = SeededGenerator(seed: 6)
    for step in 0..<700 {
      let request = script.next(
        current: keyspace.currentRevision,
        compacted: keyspace.compactRevision
      )
      keyspace.setConsistentIndex(ConsistentIndex(index: UInt64(step), term: 2))
      _ = keyspace.answer(request)
      if step % 50 == 0 {
        try keyspace.commit()
        try churn(keyspace.database, using: &generator)
      }
    }
    #expect(keyspace.database.read().check().faults == [])
    let lease = LeaseID(rawValue: 1)
    _ = keyspace.answer(.grant(lease))
    _ = keyspace.answer(.put(PutRequest(Array("leased".utf8), [1], lease: lease)))
    try keyspace.commit()
    let view = keyspace.view()
    var states: [Int64: [Answer.KeyValue]] = [:]
    for revision in max(1, view.compactRevision)...view.currentRevision where revision % 10 == 0 {
      states[revision] = try view.range(RangeRequest(.all, revision: revision)).keyValues()
    }
    return Expected(
      revision: view.currentRevision,
      hash: try Keyspace.hash(of: keyspace.database.read(), includesLogPosition: true),
      hashKV: try view.hash().hash,
      states: states,
      revoked: .done(revision: view.currentRevision + 1)
    )
  }

  /// Puts and deletes 7200 rows of a bucket beside those of etcd, in random order: with fourteen calls
  /// a hundred thousand operations, after which no page lies where a bulk writer would have put it.
  private func churn(_ database: Database, using generator: inout SeededGenerator) throws {
    for _ in 0..<12 {
      let transaction = try database.write()
      let bucket = try transaction.bucketOrNew(Array("churn".utf8))
      for _ in 0..<600 {
        let key = Array("row\(Int.random(in: 0..<5000, using: &generator))".utf8)
        if Int.random(in: 0..<5, using: &generator) < 2 {
          try bucket.delete(key)
        } else {
          let count = Int.random(in: 0..<400, using: &generator)
          try bucket.put([UInt8](repeating: UInt8(count % 256), count: count), for: key)
        }
      }
      try transaction.commit()
    }
  }

  /// The revision of a transaction within another, of which releases give none or the whole's.
  private func comparable(_ answer: Answer, isInner: Bool = false) -> Answer {
    guard case .transaction(let succeeded, let answers, let revision) = answer else {
      return answer
    }
    let inner = answers.map { comparable($0, isInner: true) }
    return .transaction(succeeded: succeeded, inner, revision: isInner ? 0 : revision)
  }

  private func compareHashes(_ keyspace: Keyspace, _ server: EtcdServer) throws {
    let view = keyspace.view()
    // Of the compaction's own revision, 3.4 gives none and 3.5 what it saw while it compacted.
    let first = max(1, view.compactRevision + 1)
    for revision in [first, (first + view.currentRevision) / 2, view.currentRevision] {
      let expected = try server.hashKV(revision: revision)
      let found = try view.hash(at: revision)
      #expect(found.hash == expected.hash, "at \(revision)")
      #expect(found.compactRevision == expected.compactRevision)
    }
  }

  /// Reads what etcd has written.
  private func compareFile(of server: EtcdServer, with keyspace: Keyspace) throws {
    let hash = try server.hash()
    try server.stop()
    let database = try Database(server.databasePath, .reading, in: LocalFileSystem())
    let theirs = try Keyspace(database, isReadOnly: true)
    let (found, expected) = (theirs.view(), keyspace.view())
    #expect(found.currentRevision == expected.currentRevision)
    #expect(found.compactRevision == expected.compactRevision)
    #expect(theirs.consistentIndex.index > 500)
    for revision in max(1, expected.compactRevision)...expected.currentRevision {
      let request = RangeRequest(.all, revision: revision)
      #expect(try found.range(request).keyValues() == expected.range(request).keyValues())
      #expect(try found.hash(at: revision) == expected.hash(at: revision))
    }
    #expect(theirs.allLeases.map(\.id) == keyspace.allLeases.map(\.id))
    for lease in RequestScript.leases {
      #expect(theirs.keys(attachedTo: lease) == keyspace.keys(attachedTo: lease))
    }
    // Stopping has committed nothing but what the hash had committed already.
    #expect(try Keyspace.hash(of: database.read()) == hash)
  }
}
