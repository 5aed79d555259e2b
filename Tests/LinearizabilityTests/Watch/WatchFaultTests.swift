import Testing

/// What comes to watchers, right and wrong in every way.
@Suite struct WatchFaultTests {
  /// Revisions 2 to 9: a put of `a` and `b` each in turn, both at once at 6, `a` deleted at 8.
  static let history: [Event] = {
    var rows: [String: Row] = [:]
    var events: [Event] = []
    func put(_ key: String, _ revision: Int64) {
      let previous = rows[key]
      rows[key] = HistoryTests.row(
        key,
        "\(revision)",
        create: previous?.createRevision ?? revision,
        mod: revision,
        version: (previous?.version ?? 0) + 1
      )
      if let row = rows[key] {
        events.append(Event(row: row, isDeletion: false, previous: previous))
      }
    }
    for revision: Int64 in 2...9 {
      switch revision {
      case 6:
        put("a", 6)
        put("b", 6)
      case 8:
        let row = HistoryTests.row("a", "", create: 0, mod: 8, version: 0)
        events.append(Event(row: row, isDeletion: true, previous: rows["a"]))
        rows["a"] = nil
      default: put(revision % 2 == 0 ? "a" : "b", revision)
      }
    }
    return events
  }()

  static let everything = Keys(first: "a", end: "z")

  /// What a watcher gets to whom each revision comes by itself.
  static func record(
    _ record: WatchRecord = WatchRecord(keys: everything, firstRevision: 2)
  ) -> WatchRecord {
    var record = record
    for revision: Int64 in 2...9 {
      var events = history.filter { record.wants($0) && $0.row.modRevision == revision }
      if !record.wantsPrevious {
        for index in events.indices { events[index].previous = nil }
      }
      if !events.isEmpty {
        record.responses.append(WatchResponse(attempt: 0, revision: revision, events: events))
      }
    }
    return record
  }

  static func faults(_ record: WatchRecord, lastRevision: Int64 = 9) -> [WatchFault] {
    record.faults(history: history, lastRevision: lastRevision)
  }

  @Test func everythingInOrderIsRight() {
    #expect(Self.faults(Self.record()).isEmpty)
    #expect(Self.record().responses.count == 8)
  }

  @Test func filteredWatchersAreRight() {
    let keys = Keys.one("a")
    for record in [
      WatchRecord(keys: keys, firstRevision: 2),
      WatchRecord(keys: keys, firstRevision: 5, wantsPrevious: false),
      WatchRecord(keys: Self.everything, firstRevision: 3, skipsPuts: true),
      WatchRecord(keys: Self.everything, firstRevision: 2, skipsDeletions: true),
    ] {
      #expect(Self.faults(Self.record(record)).isEmpty)
    }
  }

  @Test func severalRevisionsInOneResponseAreRight() {
    var record = Self.record()
    let events = record.responses.flatMap(\.events)
    record.responses = [WatchResponse(attempt: 0, revision: 9, events: events)]
    #expect(Self.faults(record).isEmpty)
  }

  @Test func missingEventIsFound() {
    var record = Self.record()
    record.responses.remove(at: 3)
    #expect(Self.faults(record) == [.missing(key: "b", revision: 5)])
  }

  @Test func missingEndIsFound() {
    var record = Self.record()
    record.responses.removeLast()
    #expect(Self.faults(record) == [.missing(key: "b", revision: 9)])
    #expect(Self.faults(record, lastRevision: 8).isEmpty)
  }

  @Test func gapWhereAWatcherBeganAgainIsFound() {
    var record = Self.record()
    record.responses.remove(at: 3)
    for index in 3..<record.responses.count { record.responses[index].attempt = 1 }
    #expect(Self.faults(record) == [.skippedByResuming(key: "b", revision: 5)])
  }

  @Test func repeatedEventIsFound() {
    var record = Self.record()
    record.responses.insert(record.responses[2], at: 3)
    record.responses[3].attempt = 1
    #expect(Self.faults(record) == [.repeated(key: "a", revision: 4)])
  }

  @Test func wrongOrderIsFound() {
    var record = Self.record()
    record.responses.swapAt(1, 2)
    #expect(Self.faults(record) == [.unordered(revision: 3, after: 4)])
  }

  @Test func splitRevisionIsFoundUnlessItIsAFragment() {
    var record = Self.record()
    let whole = record.responses[4]
    #expect(whole.events.count == 2)
    record.responses[4].events = [whole.events[0]]
    record.responses.insert(
      WatchResponse(attempt: 0, revision: 6, events: [whole.events[1]]),
      at: 5
    )
    #expect(Self.faults(record) == [.split(revision: 6)])
    record.responses[4].isFragment = true
    #expect(Self.faults(record).isEmpty)
  }

  @Test func halfOfARevisionIsFound() {
    var record = Self.record()
    record.responses[4].events.removeLast()
    #expect(Self.faults(record) == [.missing(key: "b", revision: 6)])
  }

  @Test func eventsThatWereNotAskedForAreFound() {
    for (asked, key, revision) in [
      (WatchRecord(keys: .one("a"), firstRevision: 2), "b", Int64(3)),
      (WatchRecord(keys: Self.everything, firstRevision: 4), "b", Int64(3)),
      (WatchRecord(keys: Self.everything, firstRevision: 2, skipsDeletions: true), "a", Int64(8)),
      (WatchRecord(keys: Self.everything, firstRevision: 2, skipsPuts: true), "b", Int64(3)),
    ] {
      var record = Self.record(asked)
      let event = Self.history.filter { $0.row.modRevision == revision }
      let index = record.responses.firstIndex { $0.revision > revision } ?? record.responses.count
      record.responses.insert(
        WatchResponse(attempt: 0, revision: revision, events: event),
        at: index
      )
      #expect(Self.faults(record) == [.unexpected(key: key, revision: revision)])
    }
  }

  @Test func eventThatNeverWasIsFound() {
    var record = Self.record()
    record.responses[0].events[0].row.key = "c"
    #expect(
      Self.faults(record) == [
        .unexpected(key: "c", revision: 2), .missing(key: "a", revision: 2),
      ]
    )
  }

  @Test func wrongRowIsFound() {
    let right = Self.record().responses[3].events[0].row
    var rows = Array(repeating: right, count: 4)
    rows[0].value = "?"
    rows[1].version += 1
    rows[2].createRevision += 1
    rows[3].lease = 1
    for row in rows {
      var record = Self.record()
      record.responses[3].events[0].row = row
      #expect(Self.faults(record) == [.wrongRow(found: row, expected: right)])
    }
  }

  @Test func deletionAsAPutIsFound() {
    var record = Self.record()
    record.responses[6].events[0].isDeletion = false
    #expect(Self.faults(record) == [.unexpected(key: "a", revision: 8)])
  }

  @Test func wrongPreviousRowIsFound() {
    var record = Self.record()
    let right = record.responses[2].events[0].previous
    record.responses[2].events[0].previous = nil
    #expect(
      Self.faults(record)
        == [.wrongPrevious(key: "a", revision: 4, found: nil, expected: right)]
    )
    let newer = Self.history[4].row
    record.responses[2].events[0].previous = newer
    #expect(
      Self.faults(record)
        == [.wrongPrevious(key: "a", revision: 4, found: newer, expected: right)]
    )
  }

  @Test func progressBeforeItsEventsIsFound() {
    var record = Self.record()
    record.responses.insert(WatchResponse(attempt: 0, revision: 4, events: []), at: 3)
    #expect(Self.faults(record).isEmpty)
    record.responses[3].revision = 5
    #expect(Self.faults(record) == [.early(revision: 5, missing: 5)])
  }

  @Test func headerOlderThanItsEventIsFound() {
    var record = Self.record()
    record.responses[3].revision = 4
    #expect(Self.faults(record) == [.oldHeader(revision: 4, event: 5)])
  }
}
