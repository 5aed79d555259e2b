import FileIO
import Snapshot
import TestSupport
import Testing
import WAL

@Suite struct SnapshotRestoreTests {
  let disk = SimulatedDisk()

  init() throws {
    try disk.setContents(of: "/s.db", to: try SampleSnapshot.bytes())
  }

  /// Options for one of three members.
  static func options(_ name: String = "a") -> RestoreOptions {
    var options = RestoreOptions(dataDirectory: "/data")
    options.name = name
    options.initialCluster = "a=http://10.0.0.1:2380,b=http://10.0.0.2:2380,c=http://10.0.0.3:2380"
    options.initialClusterToken = "tkn"
    options.advertisedPeerURLs = "http://10.0.0.\(name == "a" ? 1 : name == "b" ? 2 : 3):2380"
    return options
  }

  func restore(_ options: RestoreOptions, from path: String = "/s.db") throws -> Int64 {
    try SnapshotRestore(from: path, options, in: disk).run()
  }

  /// Nothing is left where a restore failed.
  func expectNothing(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try disk.list("/") == ["s.db"], sourceLocation: sourceLocation)
  }

  @Test func theDatabaseKeepsAllButItsCluster() throws {
    #expect(try restore(RestoreOptions(dataDirectory: "/data")) == 41)
    var expected = SampleSnapshot.rows
    let member =
      #"{"id":10276657743932975437,"peerURLs":["http://localhost:2380"],"name":"default"}"#
    expected["members"] = [Array("8e9e05c52164694d".utf8): Array(member.utf8)]
    expected["members_removed"] = [:]
    expected["meta"]?[Array("consistent_index".utf8)] = [0, 0, 0, 0, 0, 0, 0, 1]
    expected["meta"]?[Array("term".utf8)] = [0, 0, 0, 0, 0, 0, 0, 1]
    #expect(try SampleSnapshot.rows(of: "/data/member/snap/db", in: disk) == expected)
    #expect(try disk.contents(of: "/s.db") == SampleSnapshot.bytes())
  }

  @Test func bucketsThatAnOlderEtcdDoesNotHaveAreMade() throws {
    let rows = SampleSnapshot.rows.filter { ["key", "meta"].contains($0.key) }
    try disk.setContents(of: "/s.db", to: try SampleSnapshot.bytes(rows))
    _ = try restore(RestoreOptions(dataDirectory: "/data"))
    let restored = try SampleSnapshot.rows(of: "/data/member/snap/db", in: disk)
    #expect(restored.keys.sorted() == ["cluster", "key", "members", "members_removed", "meta"])
  }

  @Test func theLogHasTheMembersAndTheirSnapshot() throws {
    _ = try restore(Self.options("b"))
    let ids = [0x938e_7772_cd22_77e3, 0xa854_1d93_194c_0035, 0xf0f4_3b40_119c_769e]
      .map { NodeID(rawValue: $0) }
    let index = LogIndex(rawValue: 3)
    let term = Term(rawValue: 1)

    let log = try LogReplay("/data/member/wal", in: disk)
    let cluster = ClusterID(rawValue: 0xb7d3_aeee_6f77_f03c)
    #expect(log.state.metadata == WALMetadata(nodeID: ids[1], clusterID: cluster))
    #expect(log.state.hardState == HardState(term: term, vote: ids[0], commit: index))
    #expect(log.state.lastIndex == index)
    for (slot, id) in ids.enumerated() {
      let entry = try #require(try log.next())
      #expect(entry.type == .confChange)
      #expect(entry.term == term)
      #expect(entry.index == LogIndex(rawValue: UInt64(slot) + 1))
      let change = try #require(ConfChange(entry.data))
      #expect(change.action == .addNode)
      #expect(change.nodeID == id)
      let url = "http://10.0.0.\(slot + 1):2380"
      let name = ["a", "b", "c"][slot]
      let json = "{\"id\":\(id.rawValue),\"peerURLs\":[\"\(url)\"],\"name\":\"\(name)\"}"
      #expect(String(decoding: change.context, as: UTF8.self) == json)
    }
    #expect(try log.next() == nil)

    let found = try SnapshotDirectory("/data/member/snap", in: disk).newest()
    let snapshot = try #require(found.snapshot)
    #expect(
      snapshot.record == WALSnapshot(index: index, term: term, confState: ConfState(voters: ids))
    )
    #expect(log.state.validSnapshots.last == snapshot.record)
    let names = try disk.list("/data/member/snap")
    #expect(names == ["0000000000000001-0000000000000003.snap", "db"])
  }

  @Test func membersOfOneClusterAgree() throws {
    let restores = try ["a", "b", "c"].map { try SnapshotRestore(from: "/s.db", Self.options($0)) }
    #expect(Set(restores.map(\.clusterID)).count == 1)
    #expect(Set(restores.map(\.members)).count == 1)
    #expect(Set(restores.map(\.member.id)).count == 3)
    #expect(restores.map(\.member.name) == ["a", "b", "c"])
  }

  @Test func aRaisedRevisionIsMarkedAsCompacted() throws {
    var options = RestoreOptions(dataDirectory: "/data")
    options.revisionBump = 1_000_000_000
    options.marksCompacted = true
    #expect(try restore(options) == 1_000_000_041)
    let rows = try SampleSnapshot.rows(of: "/data/member/snap/db", in: disk)
    let name = SampleSnapshot.name(1_000_000_041)
    #expect(rows["key"]?[name] == [])
    #expect(rows["key"]?.count == (SampleSnapshot.rows["key"]?.count ?? 0) + 1)
    #expect(rows["meta"]?[Array("scheduledCompactRev".utf8)] == name)
    #expect(rows["meta"]?[Array("finishedCompactRev".utf8)] == SampleSnapshot.name(3))
  }

  @Test func aRevisionOfWhichNoRowIsLeftCounts() throws {
    var rows = SampleSnapshot.rows
    rows["meta"]?[Array("scheduledCompactRev".utf8)] = SampleSnapshot.name(90)
    try disk.setContents(of: "/s.db", to: try SampleSnapshot.bytes(rows))
    #expect(try restore(RestoreOptions(dataDirectory: "/data")) == 90)
    var options = RestoreOptions(dataDirectory: "/raised")
    options.revisionBump = 5
    options.marksCompacted = true
    #expect(try restore(options) == 95)
    let raised = try SampleSnapshot.rows(of: "/raised/member/snap/db", in: disk)
    #expect(raised["key"]?[SampleSnapshot.name(95)] == [])

    rows["key"] = [:]
    rows["meta"] = [:]
    try disk.setContents(of: "/s.db", to: try SampleSnapshot.bytes(rows))
    #expect(try restore(RestoreOptions(dataDirectory: "/empty")) == 1)
  }

  @Test func aRevisionIsRaisedOnlyWithAMark() throws {
    var options = RestoreOptions(dataDirectory: "/data")
    options.revisionBump = 1
    #expect(throws: SnapshotError.bumpWithoutMark) { try restore(options) }
    options.revisionBump = 0
    options.marksCompacted = true
    #expect(throws: SnapshotError.markWithoutBump) { try restore(options) }
  }

  @Test func aRevisionIsNotRaisedBeyondTheLast() throws {
    var options = RestoreOptions(dataDirectory: "/data")
    options.marksCompacted = true
    for bump in [UInt64.max, UInt64(Int64.max), UInt64(Int64.max) - 40] {
      options.revisionBump = bump
      #expect(throws: SnapshotError.revisionTooLarge(path: "/s.db", revision: 41, bump: bump)) {
        try restore(options)
      }
      try expectNothing()
    }
    options.revisionBump = UInt64(Int64.max) - 41
    #expect(try restore(options) == Int64.max)
  }

  @Test func anEmptyDirectoryIsFilledAndDirectoriesAroundAreMade() throws {
    try disk.makeDirectory("/data")
    _ = try restore(RestoreOptions(dataDirectory: "/data"))
    _ = try restore(RestoreOptions(dataDirectory: "/some/where//./else/"))
    #expect(try disk.list("/some/where/else") == ["member"])
    #expect(try disk.list("/some/where/else/member") == ["snap", "wal"])
  }

  @Test func withoutADataDirectoryTheNameMakesOne() throws {
    var options = Self.options("c")
    options.dataDirectory = ""
    _ = try restore(options)
    #expect(try disk.list("/") == ["c.etcd", "s.db"])
  }

  @Test func theLogLiesWhereItIsAskedFor() throws {
    for (data, log) in [("/d1", "/logs/one"), ("/d2", "/d2/wal"), ("/d3", "/d3/member/x/wal")] {
      var options = RestoreOptions(dataDirectory: data)
      options.walDirectory = log
      let restore = try SnapshotRestore(from: "/s.db", options, in: disk)
      #expect(restore.walDirectory == log)
      _ = try restore.run()
      #expect(try disk.list(log) == ["0000000000000000-0000000000000000.wal"])
      #expect(try LogReplay(log, in: disk).state.lastIndex == LogIndex(rawValue: 1))
    }
    #expect(try disk.list("/logs") == ["one"])
    #expect(try disk.list("/d1/member") == ["snap"])
    #expect(try disk.list("/d2") == ["member", "wal"])
    #expect(try disk.list("/d3/member") == ["snap", "x"])
  }

  @Test func aDirectoryInUseIsLeftAlone() throws {
    try disk.makeDirectory("/data")
    try disk.setContents(of: "/data/x", to: [1])
    let options = RestoreOptions(dataDirectory: "/data/")
    let error = SnapshotError.dataDirectoryInUse(path: "/data", found: "x")
    #expect(error.description == "data directory /data: not empty, found \"x\"")
    #expect(throws: error) { try restore(options) }
    #expect(try disk.list("/data") == ["x"])
    #expect(throws: SnapshotError.dataDirectoryInUse(path: "/s.db", found: nil)) {
      try restore(RestoreOptions(dataDirectory: "/s.db"))
    }
  }

  @Test func aLogsDirectoryThatIsThereIsLeftAlone() throws {
    try disk.makeDirectory("/log")
    var options = RestoreOptions(dataDirectory: "/data")
    options.walDirectory = "/log"
    #expect(throws: SnapshotError.walDirectoryExists(path: "/log")) { try restore(options) }
    #expect(try disk.list("/") == ["log", "s.db"])
    #expect(try disk.list("/log") == [])
  }

  /// Places for a log that cannot be: where the database lies, and where its directory has to be.
  @Test(arguments: [
    "/data", "/data/member", "/data/member/snap", "/data/member/snap/db", "/s.db/x",
  ])
  func aLogCannotLieWhereTheDatabaseDoes(log: String) throws {
    var options = RestoreOptions(dataDirectory: "/data")
    options.walDirectory = log
    #expect(throws: SnapshotError.self) { try restore(options) }
    try expectNothing()
  }

  @Test func aWrongHashLeavesNothing() throws {
    var bytes = try SampleSnapshot.bytes()
    bytes[9000] ^= 1
    try disk.setContents(of: "/s.db", to: bytes)
    let error = #expect(throws: SnapshotError.self) {
      try restore(RestoreOptions(dataDirectory: "/new/data"))
    }
    guard case .hashMismatch = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    try expectNothing()
  }

  @Test func aMissingHashIsMissedUnlessItIsSkipped() throws {
    let image = try SampleSnapshot.image()
    try disk.setContents(of: "/s.db", to: image)
    var options = RestoreOptions(dataDirectory: "/data")
    #expect(throws: SnapshotError.hashMissing(path: "/s.db", byteCount: image.count)) {
      try restore(options)
    }
    try expectNothing()
    options.skipsHashCheck = true
    #expect(try restore(options) == 41)
  }

  @Test func aWrongHashIsCutOffIfItIsSkipped() throws {
    let image = try SampleSnapshot.image()
    try disk.setContents(of: "/s.db", to: image + [UInt8](repeating: 0, count: 32))
    var options = RestoreOptions(dataDirectory: "/data")
    options.skipsHashCheck = true
    #expect(try restore(options) == 41)
  }

  @Test func whatIsNotEtcdsIsRefused() throws {
    let path = "/s.db"
    var noKeys = SampleSnapshot.rows
    noKeys["key"] = nil
    var noMeta = SampleSnapshot.rows
    noMeta["meta"] = nil
    var oddKeys = SampleSnapshot.rows
    oddKeys["key"]?[Array("odd".utf8)] = []
    var negative = SampleSnapshot.rows
    let name = [0xFF] + SampleSnapshot.name(0)[1...]
    negative["key"]?[name] = []
    let cases: [([UInt8], SnapshotError)] = [
      (try SampleSnapshot.bytes(noKeys), .notEtcd(path: path, missingBucket: "key")),
      (try SampleSnapshot.bytes(noMeta), .notEtcd(path: path, missingBucket: "meta")),
      (try SampleSnapshot.bytes([:]), .notEtcd(path: path, missingBucket: "meta")),
      (SampleSnapshot.withHash([]), .notEtcd(path: path, missingBucket: "meta")),
      (try SampleSnapshot.bytes(oddKeys), .notARevision(path: path, key: Array("odd".utf8))),
      (try SampleSnapshot.bytes(negative), .notARevision(path: path, key: name)),
    ]
    for (bytes, error) in cases {
      try disk.setContents(of: path, to: bytes)
      #expect(throws: error) { try restore(RestoreOptions(dataDirectory: "/data")) }
      try expectNothing()
    }
  }

  @Test func anImageThatIsCutOffIsRefusedWhateverIsSkipped() throws {
    let image = try SampleSnapshot.image()
    var options = RestoreOptions(dataDirectory: "/data")
    options.skipsHashCheck = true
    for byteCount in stride(from: 512, to: image.count, by: 512) {
      try disk.setContents(of: "/s.db", to: Array(image[..<byteCount]))
      let error = #expect(throws: SnapshotError.self) { try restore(options) }
      guard case .database("/s.db", _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      try expectNothing()
    }
  }

  /// A bit in each of many places: what is not refused is a database with another key or value.
  @Test func damagedPagesAreRefusedOrRestored() throws {
    let image = try SampleSnapshot.image()
    var options = RestoreOptions(dataDirectory: "/data")
    options.skipsHashCheck = true
    var counts = (restored: 0, refused: 0)
    for bit in stride(from: 0, to: image.count * 8, by: 101) {
      let disk = SimulatedDisk()
      var damaged = image
      damaged[bit / 8] ^= 1 << (bit % 8)
      try disk.setContents(of: "/s.db", to: damaged)
      do throws(SnapshotError) {
        _ = try SnapshotRestore(from: "/s.db", options, in: disk).run()
        counts.restored += 1
      } catch {
        counts.refused += 1
        #expect(try disk.list("/") == ["s.db"])
      }
    }
    #expect(counts.restored > 0)
    #expect(counts.refused > 0)
  }

  @Test func theWayIsTold() throws {
    let total = try SampleSnapshot.image().count
    var steps: [Int] = []
    let restore = try SnapshotRestore(
      from: "/s.db",
      RestoreOptions(dataDirectory: "/data"),
      in: disk
    )
    _ = try restore.run { done, all in
      #expect(all == total)
      steps.append(done)
    }
    #expect(steps.last == total)
  }
}
