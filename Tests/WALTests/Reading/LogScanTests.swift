import TestSupport
import Testing

@testable import WAL

/// Logs shown as they lie.
///
/// The danger: the explorer shows an entry that another one replaced as if it counted, or shows
/// nothing of a damaged log, or passes over the damage.
@Suite struct LogScanTests {
  /// An entry as it was shown.
  private struct Shown: Equatable {
    var index: UInt64
    var isOverwritten: Bool

    init(_ index: UInt64, _ isOverwritten: Bool = false) {
      self.index = index
      self.isOverwritten = isOverwritten
    }
  }

  private let disk = SimulatedDisk()

  private func scan(_ bytes: [UInt8]) throws -> LogScan {
    try disk.setContents(of: "/log", to: bytes)
    return try LogScan("/log", in: disk)
  }

  /// The entries, and what was thrown behind them.
  private func entries(_ scan: LogScan) -> ([Shown], WALError?) {
    var shown: [Shown] = []
    do throws(WALError) {
      while let item = try scan.next() {
        guard case .entry(let entry) = item.record.content else {
          #expect(!item.isOverwritten)
          continue
        }
        shown.append(Shown(entry.index.rawValue, item.isOverwritten))
      }
      return (shown, nil)
    } catch {
      return (shown, error)
    }
  }

  @Test func overwrittenEntriesAreMarked() throws {
    var log = HandmadeLog.first()
    for index in 1...6 { log.addEntry(UInt64(index), term: 1, [1]) }
    log.addEntry(4, term: 2, [2])
    log.addEntry(5, term: 2, [2])
    log.addEntry(2, term: 3, [3])
    let (shown, error) = entries(try scan(log.bytes))
    #expect(error == nil)
    #expect(shown.map(\.index) == [1, 2, 3, 4, 5, 6, 4, 5, 2])
    #expect(shown.map(\.isOverwritten) == [false] + Array(repeating: true, count: 7) + [false])
  }

  /// What is not marked is what a member starts with, in random logs.
  @Test func whatIsNotMarkedIsWhatCounts() throws {
    for seed in 0..<300 {
      var generator = SeededGenerator(seed: UInt64(seed))
      var log = HandmadeLog.first()
      var last = 0
      for number in 0..<Int.random(in: 0...40, using: &generator) {
        let isOverwriting = Int.random(in: 0..<4, using: &generator) == 0
        let index = isOverwriting ? Int.random(in: 1...(last + 1), using: &generator) : last + 1
        last = index
        log.addEntry(UInt64(index), term: UInt64(number + 1), [UInt8(number)])
      }
      let (shown, error) = entries(try scan(log.bytes))
      #expect(error == nil)
      let counted = shown.filter { !$0.isOverwritten }.map(\.index)
      #expect(try counted == Contents(of: log.bytes).indices, "seed \(seed)")
    }
  }

  /// A member that lacked too much got a snapshot: what it had before it was not replaced.
  @Test func entriesBeforeASnapshotOfALeaderAreNotMarked() throws {
    var log = HandmadeLog.first()
    for index in 1...3 { log.addEntry(UInt64(index)) }
    log.addSnapshot(500)
    log.addEntry(501)
    log.addEntry(502)
    log.addEntry(502, term: 2)
    let (shown, _) = entries(try scan(log.bytes))
    #expect(shown == [Shown(1), Shown(2), Shown(3), Shown(501), Shown(502, true), Shown(502)])
  }

  @Test func whatComesBeforeDamageIsShown() throws {
    var log = HandmadeLog.first()
    for index in 1...5 { log.addEntry(UInt64(index), [UInt8](repeating: 7, count: 40)) }
    for place in [0, 2, 5, log.offsets.count - 1] {
      var bytes = log.bytes
      // The type of a record of the head, the data of an entry.
      bytes[log.offsets[place] + (place < 3 ? 9 : 30)] ^= 1
      let scan = try scan(bytes)
      #expect(scan.end == nil)
      let (shown, error) = entries(scan)
      #expect(shown.map(\.index) == Array(1...5).prefix(max(0, place - 3)).map(UInt64.init))
      #expect(offset(error) == log.offsets[place])
      #expect(error == scan.damage)
      // It is thrown again, not passed over.
      #expect(throws: WALError.self) { try scan.next() }
    }
  }

  @Test func recordsThatContradictEachOtherAreDamage() throws {
    var log = HandmadeLog.first()
    log.addEntry(1)
    log.addEntry(3)
    log.addEntry(4)
    let (shown, error) = entries(try scan(log.bytes))
    #expect(shown == [Shown(1)])
    let two = LogIndex(rawValue: 2)
    #expect(damage(error) == .entriesMissing(found: two.next, expected: two))
  }

  @Test func contradictionsAtTheEndComeBehindEverything() throws {
    var log = HandmadeLog.first()
    log.addEntry(1)
    log.addState(commit: 9)
    let (shown, error) = entries(try scan(log.bytes))
    #expect(shown == [Shown(1)])
    let nine = LogIndex(rawValue: 9)
    #expect(damage(error) == .commitBeyondEnd(found: nine, last: LogIndex(rawValue: 1)))
  }

  @Test func anInterruptedWriteIsTheEnd() throws {
    var log = HandmadeLog.first()
    log.addEntry(1)
    let end = log.bytes.count
    log.addEntry(2, [UInt8](repeating: 7, count: 2000))
    let scan = try scan(Array(log.bytes[..<(end + 700)]))
    let (shown, error) = entries(scan)
    #expect(shown == [Shown(1)])
    #expect(error == nil)
    #expect(scan.end == WALReader.End(segmentSlot: 0, offset: end, isTorn: true))
  }

  /// Another process appends between the first reading and the second.
  @Test func recordsAppendedMeanwhileDoNotCome() throws {
    var log = HandmadeLog.first()
    log.addEntry(1)
    let scan = try scan(log.bytes)
    log.addEntry(2)
    try disk.setContents(of: "/log", to: log.bytes)
    #expect(entries(scan).0 == [Shown(1)])
  }

  @Test func everyBitFlipIsShownOrThrown() throws {
    let log = DamageTests.log
    let whole = entries(try scan(log.bytes)).0
    for damaged in Damage.bitFlips(of: log.bytes) {
      let (shown, error) = entries(try scan(damaged))
      if error == nil { #expect(shown == whole || shown.count < whole.count) }
      #expect(whole.starts(with: shown))
    }
  }

  @Test func theLargestIndexDoesNotOverflow() throws {
    var log = HandmadeLog(continuing: 5)
    log.addHead()
    log.addEntry(.max - 1)
    log.addEntry(.max)
    log.addEntry(.max, term: 2)
    #expect(
      entries(try scan(log.bytes)).0 == [Shown(.max - 1), Shown(.max, true), Shown(.max)]
    )
  }
}
