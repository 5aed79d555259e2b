import TestSupport
import Testing

@testable import WAL

@Suite struct LogStateTests {
  private func contents(_ body: (inout HandmadeLog) -> Void) throws -> Contents {
    var log = HandmadeLog.first()
    body(&log)
    return try Contents(of: log.bytes)
  }

  private func damage(_ body: (inout HandmadeLog) -> Void) -> WALDamage? {
    WALTests.damage(#expect(throws: WALError.self) { try contents(body) })
  }

  // MARK: Entries

  @Test func laterEntriesOverwriteEarlierOnes() throws {
    let contents = try contents { log in
      for index in 1...6 { log.addEntry(UInt64(index), term: 1, [1]) }
      log.addEntry(4, term: 2, [2])
      log.addEntry(5, term: 2, [2])
      log.addEntry(2, term: 3, [3])
      log.addEntry(3, term: 3, [3])
    }
    #expect(
      contents.entries == [
        LogEntry(1, term: 1, [1]), LogEntry(2, term: 3, [3]), LogEntry(3, term: 3, [3]),
      ]
    )
    #expect(contents.lastIndex.rawValue == 3)
  }

  /// A leader may replace entries by those of an earlier term that a majority had.
  @Test func overwritingEntriesMayHaveAnEarlierTerm() throws {
    let contents = try contents { log in
      log.addEntry(1, term: 1)
      log.addEntry(2, term: 3)
      log.addEntry(2, term: 2)
      log.addEntry(3, term: 4)
    }
    #expect(contents.entries.map(\.term.rawValue) == [1, 2, 4])
  }

  @Test func theFirstEntryMayBeOverwritten() throws {
    let contents = try contents { log in
      log.addEntry(1, term: 1)
      log.addEntry(2, term: 1)
      log.addEntry(1, term: 2)
    }
    #expect(contents.entries == [LogEntry(1, term: 2)])
  }

  /// The same as reading everything into an array, as etcd does, for many random logs.
  @Test func entriesAreThoseOfAPlainModel() throws {
    for seed in 0..<300 {
      var generator = SeededGenerator(seed: UInt64(seed))
      var log = HandmadeLog.first()
      var model: [LogEntry] = []
      for number in 0..<Int.random(in: 0...40, using: &generator) {
        let isOverwriting = Int.random(in: 0..<4, using: &generator) == 0
        let index =
          isOverwriting
          ? Int.random(in: 1...(model.count + 1), using: &generator)
          : model.count + 1
        let entry = LogEntry(UInt64(index), term: UInt64(number + 1), [UInt8(number)])
        model.removeSubrange((index - 1)...)
        model.append(entry)
        log.addEntry(entry.index.rawValue, term: entry.term.rawValue, entry.data)
      }
      #expect(try Contents(of: log.bytes).entries == model, "seed \(seed)")
    }
  }

  @Test func missingEntriesAreReported() {
    let expected = WALDamage.entriesMissing(
      found: LogIndex(rawValue: 3),
      expected: LogIndex(rawValue: 2)
    )
    #expect(
      expected
        == damage {
          $0.addEntry(1); $0.addEntry(3)
        }
    )
    let atTheBeginning = WALDamage.entriesMissing(
      found: LogIndex(rawValue: 2),
      expected: LogIndex(rawValue: 1)
    )
    #expect(atTheBeginning == damage { $0.addEntry(2) })
    #expect(damage { $0.addEntry(0) } != nil)
  }

  @Test func missingEntriesAtTheBeginningOfALaterSegmentAreReported() throws {
    var log = HandmadeLog(continuing: 5)
    log.addHead()
    log.addEntry(8)
    #expect(try Contents(of: log.bytes, name: "copy").indices == [8])
    #expect(
      try Contents(of: log.bytes, name: "0000000000000001-0000000000000008.wal").indices == [8]
    )
    #expect(throws: WALError.self) {
      try Contents(of: log.bytes, name: "0000000000000001-0000000000000007.wal")
    }
  }

  /// The largest index has none behind it.
  @Test func indicesDoNotOverflow() throws {
    var log = HandmadeLog(continuing: 5)
    log.addHead()
    log.addEntry(.max)
    #expect(try Contents(of: log.bytes, name: "copy").indices == [.max])
    log.addEntry(0)
    #expect(throws: WALError.self) { try Contents(of: log.bytes, name: "copy") }
  }

  @Test func termsThatGoBackAreReported() {
    let expected = WALDamage.termWentBack(found: Term(rawValue: 1), before: Term(rawValue: 2))
    #expect(
      expected
        == damage {
          $0.addEntry(1, term: 2); $0.addEntry(2, term: 1)
        }
    )
    #expect(
      expected
        == damage {
          $0.addState(term: 2, commit: 0); $0.addState(term: 1, commit: 0)
        }
    )
  }

  @Test func committedEntriesStay() {
    let expected = WALDamage.committedEntryOverwritten(
      found: LogIndex(rawValue: 2),
      commit: LogIndex(rawValue: 2)
    )
    let found = damage { log in
      for index in 1...3 { log.addEntry(UInt64(index)) }
      log.addState(commit: 2)
      log.addEntry(2, term: 2)
    }
    #expect(found == expected)
  }

  @Test func commitIndicesGrowAndStayInTheLog() {
    let back = damage { log in
      log.addEntry(1)
      log.addState(commit: 1)
      log.addState(commit: 0)
    }
    #expect(back == .commitWentBack(found: .zero, before: LogIndex(rawValue: 1)))
    let beyond = damage { log in
      log.addEntry(1)
      log.addState(commit: 2)
    }
    let two = LogIndex(rawValue: 2)
    #expect(beyond == .commitBeyondEnd(found: two, last: LogIndex(rawValue: 1)))
  }

  @Test func thereIsALimitToOverwriting() {
    // Each entry is there twice, so each begins a run of its own.
    var state = LogState(startingBehind: .zero)
    let found = #expect(throws: WALDamage.self) {
      for index in 1...UInt64(WALLimits.overwriteCount + 2) {
        for _ in 1...2 { try state.add(.entry(view(index))) }
      }
    }
    #expect(found == .tooMany(.entry, limit: WALLimits.overwriteCount))
    #expect(state.runs.count == WALLimits.overwriteCount)
  }

  @Test func thereIsALimitToSnapshots() {
    var state = LogState(startingBehind: .zero)
    let found = #expect(throws: WALDamage.self) {
      for _ in 0...WALLimits.snapshotRecordCount { try state.add(.snapshot(.beginning)) }
    }
    #expect(found == .tooMany(.snapshot, limit: WALLimits.snapshotRecordCount))
  }

  private func view(_ index: UInt64) -> EntryView {
    EntryView(
      type: .normal,
      term: Term(rawValue: 1),
      index: LogIndex(rawValue: index),
      data: UnsafeRawBufferPointer(start: nil, count: 0)
    )
  }

  // MARK: Snapshots

  @Test func snapshotsOfWhatIsNotCommittedAreNotValid() throws {
    var log = HandmadeLog.first()
    for index in 1...3 { log.addEntry(UInt64(index)) }
    log.addState(commit: 2)
    log.addSnapshot(2)
    log.addSnapshot(3)
    let disk = SimulatedDisk()
    try disk.setContents(of: "/log", to: log.bytes)
    let state = try LogReplay("/log", in: disk).state
    #expect(state.snapshots.map(\.index.rawValue) == [0, 2, 3])
    #expect(state.validSnapshots.map(\.index.rawValue) == [0, 2])
  }

  @Test func aLogGoesOnBehindASnapshotThatALeaderSent() throws {
    let contents = try contents { log in
      log.addEntry(1)
      log.addSnapshot(500, term: 4)
      log.addState(term: 4, commit: 500)
      log.addEntry(501, term: 4)
    }
    #expect(contents.indices == [501])
    #expect(contents.lastIndex.rawValue == 501)
    #expect(contents.hardState.commit.rawValue == 500)
  }

  @Test func aSnapshotOfWhatTheLogHasLeavesItsEntries() throws {
    let contents = try contents { log in
      for index in 1...5 { log.addEntry(UInt64(index)) }
      log.addSnapshot(3)
    }
    #expect(contents.indices == [1, 2, 3, 4, 5])
  }

  @Test func entriesUpToTheSnapshotAreLeftOut() throws {
    let disk = try diskWithSnapshot()
    #expect(
      try Contents(of: "/log", from: WALSnapshot.beginning, in: disk).indices == [1, 2, 3, 4]
    )
    let snapshot = WALSnapshot(index: 3, term: 1)
    #expect(try Contents(of: "/log", from: snapshot, in: disk).indices == [4])
  }

  @Test func aSnapshotThatTheLogDoesNotKnowIsReported() throws {
    let disk = try diskWithSnapshot()
    let unknown = WALSnapshot(index: 2, term: 1)
    #expect(throws: WALError.snapshotNotFound(path: "/log", unknown)) {
      try LogReplay("/log", from: unknown, in: disk)
    }
    let error = #expect(throws: WALError.self) {
      try LogReplay("/log", from: WALSnapshot(index: 3, term: 2), in: disk)
    }
    let expected = WALError.snapshotMismatch(
      path: "/log",
      index: LogIndex(rawValue: 3),
      found: Term(rawValue: 1),
      expected: Term(rawValue: 2)
    )
    #expect(error == expected)
  }

  @Test func entriesMissingBehindTheSnapshotAreReported() throws {
    var log = HandmadeLog.first()
    log.addEntry(1)
    log.addSnapshot(1)
    log.addSnapshot(500)
    log.addEntry(501)
    let disk = SimulatedDisk()
    try disk.setContents(of: "/log", to: log.bytes)
    let later = WALSnapshot(index: 500, term: 1)
    #expect(try Contents(of: "/log", from: later, in: disk).indices == [501])
    let error = #expect(throws: WALError.self) {
      try LogReplay("/log", from: WALSnapshot(index: 1, term: 1), in: disk)
    }
    #expect(
      WALTests.damage(error)
        == .entriesMissing(found: LogIndex(rawValue: 501), expected: LogIndex(rawValue: 2))
    )
  }

  private func diskWithSnapshot() throws -> SimulatedDisk {
    var log = HandmadeLog.first()
    for index in 1...4 { log.addEntry(UInt64(index)) }
    log.addState(commit: 4)
    log.addSnapshot(3)
    let disk = SimulatedDisk()
    try disk.setContents(of: "/log", to: log.bytes)
    return disk
  }
}
