import Checksum
import FileIO
import TestSupport
import Testing

@testable import WAL

/// Logs of real etcd, and ours in its hands; what is not installed is left out, and says so.
@Suite struct RealEtcdTests {
  private let folder: TemporaryFolder
  private let fileSystem = LocalFileSystem()
  private let data: String
  private let directory: String

  init() throws {
    folder = try TemporaryFolder()
    data = folder.path("data")
    directory = "\(data)/member/wal"
  }

  /// A request that puts a key, as an entry's data has it.
  private func put(_ key: String, _ value: String, id: UInt64) -> [UInt8] {
    Wire.field(4, Wire.field(1, key) + Wire.field(2, value))
      + Wire.field(100, Wire.field(1, varint: id))
  }

  /// The key of an entry that puts one.
  private func key(_ entry: LogEntry) throws -> String? {
    // Requests of etcd's old API have no header, and other fields.
    guard entry.type == .normal, try field(100, of: entry.data) != nil,
      let request = try field(4, of: entry.data)
    else { return nil }
    return try field(1, of: request).map { String(decoding: $0, as: UTF8.self) }
  }

  /// A field of a message that is bytes.
  private func field(_ number: UInt32, of message: [UInt8]) throws -> [UInt8]? {
    try message.withUnsafeBytes { bytes in
      var reader = ProtoReader(bytes)
      while let tag = try reader.nextTag() {
        if tag == ProtoTag(number: number, wireType: .bytes) { return Array(try reader.bytes()) }
        try reader.skip(tag, known: 0...0)
      }
      return nil
    }
  }

  // MARK: Logs of real etcd

  @Test(arguments: EtcdVersion.installed)
  func aLogThatEtcdWasKilledOverIsRead(_ version: EtcdVersion) throws {
    let server = try EtcdServer.start(version: version, dataDirectory: data)
    let large = [UInt8](repeating: 0x61, count: 100_000)
    for number in 1...20 {
      #expect(try server.etcdctl("put", "key\(number)", "value\(number)").status == 0)
    }
    #expect(try server.etcdctl("put", "large", input: large).status == 0)
    // Beside the server, and after its end.
    let live = try Contents(of: directory, in: fileSystem)
    server.kill()
    let found = try Contents(of: directory, in: fileSystem)
    #expect(found.entries.starts(with: live.entries))
    #expect(found.indices == Array(1...UInt64(found.entries.count)))
    #expect(found.lastIndex.rawValue == UInt64(found.entries.count))
    let keys = try found.entries.compactMap(key)
    #expect(keys == (1...20).map { "key\($0)" } + ["large"])
    #expect(found.hardState.commit <= found.lastIndex)
    #expect(found.hardState.term == found.entries.last?.term)
    #expect(found.hardState.vote == found.metadata?.nodeID)
    #expect(found.entries.first?.type == .confChange)
    let change = found.entries[0].data.withUnsafeBytes { ConfChange($0) }
    #expect(change?.nodeID == found.metadata?.nodeID)
    #expect(change?.data == found.entries[0].data)
  }

  /// What etcd wrote is what this module would have written, byte for byte.
  @Test(arguments: EtcdVersion.installed)
  func recordsOfEtcdEncodedAgainAreTheSame(_ version: EtcdVersion) throws {
    let server = try EtcdServer.start(
      version: version,
      dataDirectory: data,
      arguments: ["--snapshot-count", "10"]
    )
    for number in 1...30 {
      #expect(try server.etcdctl("put", "key\(number)", "value\(number)").status == 0)
    }
    server.kill()
    let reader = try WALReader(directory, in: fileSystem)
    let encoder = RecordEncoder(continuing: CRC32C())
    var types: Set<RecordType> = []
    while let record = try reader.next() {
      types.insert(record.type)
      switch record.content {
      case .checksum: encoder.appendChecksum()
      case .metadata(let metadata): encoder.append(.metadata, metadata)
      case .entry(let entry): encoder.append(entry)
      case .hardState(let state): encoder.append(.hardState, state)
      case .snapshot(let snapshot): encoder.append(.snapshot, snapshot)
      }
    }
    #expect(types == [.checksum, .metadata, .entry, .hardState, .snapshot])
    #expect(reader.paths.count == 1)
    let bytes = try fileSystem.contents(of: reader.paths[0])
    #expect(reader.end?.offset == encoder.batch.count)
    #expect(bytes.starts(with: encoder.batch.array))
    // So with its snapshots, which the log knows.
    let snapshots = SnapshotDirectory("\(data)/member/snap", in: fileSystem)
    let state = try LogReplay(directory, in: fileSystem).state
    let newest = try #require(
      try snapshots.newest { snapshot in
        state.validSnapshots.contains { $0.index == snapshot.index && $0.term == snapshot.term }
      }.snapshot
    )
    let name = SnapshotDirectory.Name(term: newest.term, index: newest.index)
    let file = try fileSystem.contents(of: "\(data)/member/snap/\(name.string)")
    #expect(SnapshotDirectory.encode(newest).array == file)
    #expect(newest.confState.voters == [state.metadata?.nodeID])
    let entries = try Contents(of: directory, from: newest.record, in: fileSystem).indices
    #expect(entries.first == newest.index.rawValue + 1)
    #expect(entries.last == state.lastIndex.rawValue)
  }

  @Test(arguments: EtcdVersion.installed.prefix(1))
  func segmentsThatEtcdCutAreRead(_ version: EtcdVersion) throws {
    let server = try EtcdServer.start(version: version, dataDirectory: data)
    let large = [UInt8](repeating: 0x62, count: 1_500_000)
    for _ in 0..<44 { #expect(try server.etcdctl("put", "large", input: large).status == 0) }
    server.kill()
    let reader = try WALReader(directory, in: fileSystem)
    #expect(reader.paths.count == 2)
    let found = try LogReplay(directory, in: fileSystem)
    var count: UInt64 = 0
    while let entry = try found.next() {
      count += 1
      #expect(entry.index.rawValue == count)
    }
    #expect(count == found.state.lastIndex.rawValue)
    #expect(found.end.segmentSlot == 1)
    // The second segment by itself.
    let second = try LogReplay(reader.paths[1], in: fileSystem)
    let name = try #require(Segment(name: String(reader.paths[1].split(separator: "/").last ?? "")))
    #expect(second.state.firstIndex.map { $0 == name.index } ?? (name.index.rawValue == count + 1))
    #expect(second.state.hardState == found.state.hardState)
  }

  // MARK: Our logs

  /// A member's own log, with no database: a new member of its own cluster, elected once.
  private func makeLog(_ options: WALWriter.Options = .init()) throws -> WALWriter {
    try fileSystem.makeDirectory(data)
    try fileSystem.makeDirectory("\(data)/member")
    let metadata = HandmadeLog.metadata
    let writer = try WALWriter.create(
      directory,
      metadata: metadata,
      options: options,
      in: fileSystem
    )
    let member = """
      {"id":\(metadata.nodeID.rawValue),"peerURLs":["http://localhost:2380"],"name":"test"}
      """
    let change = ConfChange(
      action: .addNode,
      nodeID: metadata.nodeID,
      context: Array(member.utf8)
    )
    try writer.append(
      [LogEntry(1, change.data, type: .confChange)],
      hardState: HardState(term: 1, commit: 1)
    )
    try writer.append(
      [LogEntry(2, term: 2)],
      hardState: HardState(term: 2, vote: metadata.nodeID.rawValue, commit: 2)
    )
    return writer
  }

  private func appendPuts(_ numbers: ClosedRange<UInt64>, to writer: WALWriter) throws {
    for number in numbers {
      let index = writer.lastIndex.rawValue + 1
      let entry = LogEntry(
        index,
        term: writer.lastTerm.rawValue,
        put("ours\(number)", "value\(number)", id: number)
      )
      var state = writer.hardState
      state.commit = entry.index
      try writer.append([entry], hardState: state)
    }
  }

  private func expectPuts(_ count: Int, _ server: EtcdServer) throws {
    let result = try server.etcdctl("get", "ours", "--prefix", "--sort-by", "CREATE")
    let expected = (1...count).map { "ours\($0)\nvalue\($0)\n" }.joined()
    #expect(result.text == expected, "\(result.errors)")
  }

  @Test(arguments: EtcdVersion.installed)
  func etcdStartsOnOurLogAndServesItsKeys(_ version: EtcdVersion) throws {
    let writer = try makeLog()
    try appendPuts(1...10, to: writer)
    try writer.close()
    let server = try EtcdServer.start(version: version, dataDirectory: data)
    try expectPuts(10, server)
    #expect(try server.etcdctl("put", "theirs", "1").status == 0)
    server.kill()
    // What etcd appended goes on where ours ended.
    let found = try Contents(of: directory, in: fileSystem)
    #expect(found.indices == Array(1...found.lastIndex.rawValue))
    #expect(try found.entries.compactMap(key) == (1...10).map { "ours\($0)" } + ["theirs"])
    #expect(found.metadata == HandmadeLog.metadata)
  }

  @Test(arguments: EtcdVersion.installed)
  func etcdStartsOnManySegmentsOfOurs(_ version: EtcdVersion) throws {
    let writer = try makeLog(.with(segmentByteCount: 1024))
    try appendPuts(1...100, to: writer)
    #expect(writer.heldSegments.count > 5)
    try writer.close()
    try expectPuts(100, try EtcdServer.start(version: version, dataDirectory: data))
  }

  @Test(arguments: EtcdVersion.installed)
  func etcdGoesOnBehindWhatWasAppendedToItsOwnLog(_ version: EtcdVersion) throws {
    var server = try EtcdServer.start(version: version, dataDirectory: data)
    #expect(try server.etcdctl("put", "theirs", "1").status == 0)
    server.kill()
    let (writer, replay) = try WALWriter.open(directory, in: fileSystem)
    #expect(try Contents(replay).entries.compactMap(key) == ["theirs"])
    try appendPuts(1...3, to: writer)
    try writer.close()
    server = try EtcdServer.start(version: version, dataDirectory: data)
    try expectPuts(3, server)
    #expect(try server.etcdctl("get", "theirs", "--print-value-only").text == "1\n")
  }

  @Test(arguments: EtcdVersion.installed)
  func aLogThatEtcdHoldsIsNotOpenedForAppending(_ version: EtcdVersion) throws {
    let server = try EtcdServer.start(version: version, dataDirectory: data)
    let error = #expect(throws: WALError.self) {
      try WALWriter.open(directory, in: fileSystem)
    }
    guard case .file(.locked) = error else {
      Issue.record("not locked: \(String(describing: error))")
      return
    }
    #expect(throws: WALError.self) { try WALRepair.repair(directory, in: fileSystem) }
    #expect(try server.etcdctl("put", "a", "b").status == 0)
  }

  @Test(arguments: EtcdVersion.installed)
  func etcdRefusesALogThatWeHold(_ version: EtcdVersion) throws {
    let writer = try makeLog()
    #expect(throws: EtcdServer.Failure.self) {
      try EtcdServer.start(version: version, dataDirectory: data)
    }
    try writer.close()
  }

  /// Torn in the same places, repaired to the same entries.
  @Test(arguments: EtcdVersion.installed)
  func etcdRepairsWhatWeCallTorn(_ version: EtcdVersion) throws {
    let writer = try makeLog()
    try appendPuts(1...5, to: writer)
    let synced = writer.offset
    try appendPuts(6...6, to: writer)
    try writer.close()
    let path = "\(directory)/\(Segment(sequence: 0, index: .zero).name)"
    let file = try File(path, .update, in: fileSystem)
    try file.truncate(to: synced + 24)
    #expect(try Contents(of: directory, in: fileSystem).isTorn)
    let server = try EtcdServer.start(version: version, dataDirectory: data)
    try expectPuts(5, server)
    server.kill()
    #expect(try fileSystem.kind(of: path + ".broken") == .file)
    #expect(try Contents(of: directory, in: fileSystem).isTorn == false)
  }
}
