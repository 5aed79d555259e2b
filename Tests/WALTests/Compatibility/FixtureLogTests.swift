import Checksum
import FileIO
import TestSupport
import Testing

@testable import WAL

/// Logs of real etcd, compared with what etcd's own reader found in them.
@Suite struct FixtureLogTests {
  static let archives = ["3.4", "3.5"].flatMap { version in
    UnpackedArchive.names(in: "etcd/\(version)").map { "etcd/\(version)/\($0).tar.xz" }
  }

  @Test func thereAreFixtures() {
    #expect(Self.archives.count >= 26)
  }

  @Test(arguments: archives)
  func whatIsReadIsWhatEtcdReads(_ archive: String) throws {
    let unpacked = try UnpackedArchive(archive)
    let directory = "\(unpacked.folder)/data/member/wal"
    let fileSystem = LocalFileSystem()
    let replay = try LogReplay(directory, from: WALSnapshot.beginning, in: fileSystem)
    let state = replay.state
    let metadata = try #require(state.metadata)
    var found = state.validSnapshots.map {
      ["snapshot", "\($0.index.rawValue)", "\($0.term.rawValue)"]
    }
    found.append(["metadata", "\(metadata.nodeID.rawValue)", "\(metadata.clusterID.rawValue)"])
    let hardState = state.hardState
    found.append(
      [
        "state", "\(hardState.term.rawValue)", "\(hardState.vote.rawValue)",
        "\(hardState.commit.rawValue)",
      ]
    )
    while let entry = try replay.next() {
      var checksum = CRC32C()
      checksum.update(entry.data)
      let digits = FileName.digits(UInt64(checksum.value)).suffix(8)
      found.append(
        [
          "entry", "\(entry.index.rawValue)", "\(entry.term.rawValue)", "\(entry.type.rawValue)",
          "\(entry.data.count)", "\(digits)",
        ]
      )
    }
    #expect(found == (try unpacked.rows("answers/wal.tsv")))
    #expect(replay.end.isTorn == false)
  }

  /// Every `.snap` file of etcd is read, and is what this module would have written.
  @Test(arguments: ["etcd/3.4/segments.tar.xz", "etcd/3.5/segments.tar.xz"])
  func snapshotsOfEtcdAreTheSameEncodedAgain(_ archive: String) throws {
    let unpacked = try UnpackedArchive(archive)
    let path = "\(unpacked.folder)/data/member/snap"
    let directory = SnapshotDirectory(path, in: LocalFileSystem())
    let names = try directory.names()
    #expect(names.count == 7)
    for name in names {
      let snapshot = try directory.read(name)
      #expect(snapshot.index == name.index)
      #expect(snapshot.term == name.term)
      #expect(
        SnapshotDirectory.encode(snapshot).array
          == (try unpacked.bytes("data/member/snap/\(name.string)"))
      )
    }
    let log = "\(unpacked.folder)/data/member/wal"
    let known = try LogReplay(log, in: LocalFileSystem()).state.validSnapshots
    let newest = try #require(
      try directory.newest { snapshot in
        known.contains { $0.index == snapshot.index && $0.term == snapshot.term }
      }.snapshot
    )
    #expect(newest.index == names[0].index)
    let replay = try LogReplay(log, from: newest.record, in: LocalFileSystem())
    // The last segment alone is needed for what comes behind it.
    #expect(replay.paths.count == 1)
    #expect(try replay.next()?.index == newest.index.next)
  }

  /// A log of etcd that is opened for appending stays readable to itself.
  @Test(arguments: ["3.4", "3.5"])
  func appendingGoesOnBehindWhatEtcdWrote(_ version: String) throws {
    let unpacked = try UnpackedArchive("etcd/\(version)/snapshots.tar.xz")
    let directory = "\(unpacked.folder)/data/member/wal"
    let fileSystem = LocalFileSystem()
    let before = try Contents(of: directory, in: fileSystem)
    let (writer, replay) = try WALWriter.open(directory, options: .test, in: fileSystem)
    #expect(try Contents(replay).entries == before.entries)
    let entry = LogEntry(writer.lastIndex.rawValue + 1, term: writer.lastTerm.rawValue, [1, 2, 3])
    try writer.append([entry])
    try writer.close()
    let after = try Contents(of: directory, in: fileSystem)
    #expect(after.entries == before.entries + [entry])
    #expect(after.hardState == before.hardState)
    #expect(try fileSystem.list(directory).count == 2)
  }
}
