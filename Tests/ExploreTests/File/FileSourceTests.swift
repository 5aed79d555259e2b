import Bolt
import Explore
import FileIO
import MVCC
import TestSupport
import Testing

@Suite struct FileSourceTests {
  let sample: SampleFile = {
    var sample = SampleFile()
    sample.put("a", "one")
    sample.put("b", "two")
    sample.delete("a")
    return sample
  }()

  // MARK: What a path stands for

  @Test func aDatabaseIsOpened() throws {
    let source = try sample.source()
    #expect(source.path == "/db")
    #expect(source.databasePath == "/db")
    #expect(source.form == .database)
    #expect(source.currentRevision == 4)
    #expect(source.compactRevision == nil)
    #expect(try source.keys().map(\.key) == [Array("b".utf8)])
    #expect(source.foundLosses.count == 0)
  }

  @Test func aSnapshotIsToldByItsTrailer() throws {
    let bytes = try sample.image()
    let source = try FileSource(bytes: bytes + [UInt8](repeating: 7, count: 32))
    #expect(source.form == .snapshot)
    #expect(try source.keys().map(\.value) == [Array("two".utf8)])
  }

  @Test(arguments: ["/d", "/d/", "/d/member", "/d/member/", "/d/member/snap", "/d/member/snap/db"])
  func aDataDirectoryIsOpenedByAnyOfItsFolders(path: String) throws {
    let disk = SimulatedDisk()
    for folder in ["/d", "/d/member", "/d/member/snap"] { try disk.makeDirectory(folder) }
    let source = try FileSource(path, in: sample.write(to: "/d/member/snap/db", on: disk))
    #expect(source.databasePath == "/d/member/snap/db")
    #expect(source.form == (path.hasSuffix("db") ? .database : .dataDirectory))
    #expect(source.currentRevision == 4)
  }

  @Test func nothingAtThePathIsAnError() throws {
    let error = #expect(throws: SourceError.self) {
      try FileSource("/none", in: SimulatedDisk())
    }
    #expect(error == .noDatabase(path: "/none", looked: []))
    #expect(error?.description == "/none: no such file or directory")
    #expect(throws: SourceError.noDatabase(path: "/none/db", looked: [])) {
      try FileSource("/none/db", in: SimulatedDisk())
    }
  }

  @Test func aDirectoryWithoutADatabaseIsAnErrorThatSaysWhereOneWasSought() throws {
    let disk = SimulatedDisk()
    try disk.makeDirectory("/d")
    try disk.makeDirectory("/d/db")
    let error = #expect(throws: SourceError.self) { try FileSource("/d", in: disk) }
    #expect(
      error?.description
        == "/d: no database, looked for /d/member/snap/db, /d/snap/db, /d/db"
    )
  }

  // MARK: Files of other programs

  @Test(arguments: [0, 1, 79, 80, 4096, 65536, 100_001])
  func aFileOfZerosIsNoDatabase(byteCount: Int) throws {
    let bytes = [UInt8](repeating: 0, count: byteCount)
    for options in [FileSource.Options(), .salvaging] {
      let error = #expect(throws: SourceError.self) { try FileSource(bytes: bytes, options) }
      guard case .database("/db", .noMeta) = error else {
        Issue.record("\(byteCount) zeros: \(String(describing: error))")
        continue
      }
    }
  }

  @Test func aFileOfAnotherProgramIsNoDatabase() throws {
    for text in ["#!/bin/sh\nexit\n", String(repeating: "SQLite format 3\0", count: 2000)] {
      let error = #expect(throws: SourceError.self) {
        try FileSource(bytes: Array(text.utf8), .salvaging)
      }
      let description = try #require(error?.description)
      #expect(description.hasPrefix("/db: not a bolt database: meta page 0: "))
    }
  }

  @Test(arguments: BoltFixture.names.filter { $0 != "fill" })
  func aDatabaseOfAnotherProgramHasNoBucketKey(name: String) throws {
    let fixture = try BoltFixture(name)
    for options in [FileSource.Options(), .salvaging] {
      #expect(throws: SourceError.notEtcd(path: fixture.path, missingBucket: "key")) {
        try FileSource(fixture.path, options)
      }
    }
  }

  // MARK: Locks

  @Test func aFileThatAWriterHoldsIsOpenedOnlyIfAskedFor() throws {
    let disk = try sample.write()
    let writer = try Database("/db", in: disk)
    let error = #expect(throws: SourceError.self) { try FileSource("/db", in: disk) }
    #expect(error == .heldByProcess(path: "/db"))
    let description = try #require(error?.description)
    #expect(description.contains("endpoint") && description.contains("--unlocked"))
    var options = FileSource.Options()
    options.ignoresLock = true
    let source = try FileSource("/db", options, in: disk)
    #expect(try source.keys().map(\.key) == [Array("b".utf8)])
    _ = writer.path
  }

  @Test func whatAWriterCommitsMeanwhileIsNotSeenButTold() throws {
    let disk = try sample.write()
    let writer = try Database("/db", in: disk)
    var options = FileSource.Options()
    options.ignoresLock = true
    let source = try FileSource("/db", options, in: disk)
    #expect(!source.database.hasChangedOnDisk())
    let transaction = try writer.write()
    let row = SampleFile.Row(
      revision: Revision(main: 5),
      key: [0x63],
      value: [1],
      createRevision: 5,
      version: 1
    )
    try transaction.bucketOrNew(Array("key".utf8)).put(row.message, for: row.name)
    try transaction.commit()
    #expect(source.database.hasChangedOnDisk())
    #expect(source.currentRevision == 4)
    #expect(try FileSource("/db", options, in: disk).currentRevision == 5)
  }

  // MARK: Revisions

  @Test func anEmptyDatabaseIsAtTheFirstRevision() throws {
    let source = try SampleFile().source()
    #expect(source.currentRevision == 1)
    #expect(try source.keys().isEmpty)
    #expect(try source.storedRows().isEmpty)
    #expect(try source.resolve(nil) == 1)
  }

  @Test func whatWasScheduledCountsAsCompacted() throws {
    var sample = sample
    sample.scheduledCompactRevision = 3
    #expect(try sample.source().compactRevision == 3)
    sample.finishedCompactRevision = 2
    #expect(try sample.source().compactRevision == 3)
    // A compaction past the last row, which had been a tombstone: etcd starts there.
    sample.finishedCompactRevision = 9
    let source = try sample.source()
    #expect(source.compactRevision == 9)
    #expect(source.currentRevision == 9)
  }

  @Test func revisionsOutsideAreRefused() throws {
    var sample = sample
    sample.scheduledCompactRevision = 3
    let source = try sample.source()
    #expect(try source.resolve(nil) == 4)
    #expect(try source.resolve(0) == 4)
    #expect(try source.resolve(-5) == 4)
    #expect(try source.resolve(3) == 3)
    #expect(throws: SourceError.compacted(revision: 2, compactRevision: 3)) {
      try source.liveRows(in: .all, at: 2)
    }
    let future = #expect(throws: SourceError.self) { try source.find(Array("b".utf8), at: 5) }
    #expect(future == .future(revision: 5, currentRevision: 4))
    // As etcd has them: "required revision has been compacted", "is a future revision".
    #expect(future?.description.contains("is a future revision") == true)
    let compacted = SourceError.compacted(revision: 2, compactRevision: 3).description
    #expect(compacted.contains("has been compacted"))
  }

  @Test func aCompactionThatIsNoRevisionIsAnError() throws {
    let disk = try sample.write()
    do {
      let transaction = try Database("/db", in: disk).write()
      let meta = try #require(try transaction.bucket(Array("meta".utf8)))
      try meta.put([1, 2, 3], for: Array("scheduledCompactRev".utf8))
      try transaction.commit()
    }
    #expect(throws: SourceError.content(path: "/db", .rowKey(bytes: [1, 2, 3]))) {
      try FileSource("/db", in: disk)
    }
    let source = try FileSource("/db", .salvaging, in: disk)
    #expect(source.foundLosses.first == [.content(path: "/db", .rowKey(bytes: [1, 2, 3]))])
    #expect(try source.keys().count == 1)
  }
}
