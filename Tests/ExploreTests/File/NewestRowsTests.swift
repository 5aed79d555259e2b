@testable import Explore
import MVCC
import TestSupport
import Testing

@Suite struct NewestRowsTests {
  /// A row; a tombstone without a value.
  private static func row(_ revision: Int64, _ key: [UInt8], isTombstone: Bool = false)
    -> (name: [UInt8], message: [UInt8])
  {
    let row = SampleFile.Row(
      revision: Revision(main: revision),
      key: key,
      value: isTombstone ? nil : [1],
      createRevision: revision,
      version: 1
    )
    return (row.name, row.message)
  }

  @Test func theFirstRowOfAKeyIsKept() {
    let memory = RowMemory([
      Self.row(9, [97]), Self.row(8, [98], isTombstone: true), Self.row(7, [97]),
      Self.row(6, [98]), Self.row(5, [99]),
    ])
    var newest = NewestRows()
    #expect(memory.rows.map { newest.add($0) } == [true, true, false, false, true])
    #expect(newest.count == 3)
    #expect(newest.liveCount == 2)
    var live: [Int64: [UInt8]] = [:]
    newest.forEachLive { row in live[row.revision.main] = Array(row.key) }
    #expect(live == [9: [97], 5: [99]])
    let sorted = newest.sorted()
    #expect((0..<sorted.count).map { sorted[$0].revision.main } == [9, 5])
    withExtendedLifetime(memory) {}
  }

  /// Rows of lost pages come in no order.
  @Test func aNewerRowThatComesLaterTakesTheKey() {
    let memory = RowMemory([
      Self.row(5, [97]), Self.row(8, [97], isTombstone: true), Self.row(6, [97]),
      Self.row(3, [98], isTombstone: true), Self.row(4, [98]),
    ])
    var newest = NewestRows()
    #expect(memory.rows.map { newest.add($0) } == [true, true, false, true, true])
    #expect(newest.count == 2)
    #expect(newest.liveCount == 1)
    let sorted = newest.sorted()
    #expect(sorted.count == 1)
    #expect(sorted[0].revision.main == 4)
    withExtendedLifetime(memory) {}
  }

  @Test func manyKeysWithManyCollisionsAreToldApart() {
    // The table is full to three quarters at most and holds places by 31 bits of a hash: every key
    // meets others. Keys differ in one bit, in their length, or in the last of many bytes.
    var random = SeededGenerator(seed: 1)
    var keys: Set<[UInt8]> = []
    for number in 0..<20_000 {
      let bytes = withUnsafeBytes(of: UInt32(number).bigEndian) { Array($0) }
      keys.insert(bytes)
      if number % 10 == 0 {
        keys.insert(bytes + [0])
        keys.insert([UInt8](repeating: 0, count: 40) + bytes)
        keys.insert([UInt8](repeating: 0, count: number % 500 + 5))
      }
    }
    let rows = (keys.shuffled(using: &random) + keys.shuffled(using: &random)).enumerated()
      .map { number, key in Self.row(Int64(100_000 - number), key, isTombstone: number % 7 == 0) }
    let memory = RowMemory(rows)
    var newest = NewestRows()
    var expected: [[UInt8]: StoredRow] = [:]
    for row in memory.rows {
      let key = Array(row.key)
      let isNew = expected[key] == nil
      if isNew { expected[key] = row }
      #expect(newest.add(row) == isNew)
    }
    #expect(newest.count == keys.count)
    let live = expected.values.filter { !$0.isTombstone }
    #expect(newest.liveCount == live.count)
    var seen = 0
    newest.forEachLive { row in
      seen += 1
      if expected[Array(row.key)]?.revision != row.revision { Issue.record("\(row.revision)") }
    }
    #expect(seen == live.count)
    #expect(newest.sorted().count == live.count)
    withExtendedLifetime(memory) {}
  }
}
