import MVCC
private import Glibc
@testable import Explore
import TestSupport
import Testing

/// Keys are sorted by eight bytes at a time; the order has to be that of all their bytes.
@Suite struct SortedRowsTests {
  /// The numbers of keys, in the order that they are sorted in.
  private func order(_ keys: [[UInt8]]) -> [Int] {
    let memory = RowMemory(keys: keys)
    return withExtendedLifetime(memory) {
      var entries = ContiguousArray<SortedRows.Entry>()
      for row in memory.rows {
        entries.append(
          SortedRows.Entry(
            message: row.message.baseAddress,
            byteCount: UInt32(row.message.count)
          )
        )
      }
      let sorted = SortedRows(sorting: entries)
      return (0..<sorted.count).map { place in
        let row = sorted[place]
        let number = Int(row.revision.main) - 1
        #expect(row.revision.sub == 7)
        #expect(Array(row.key) == keys[number])
        return number
      }
    }
  }

  private func expectSorted(_ keys: [[UInt8]], _ comment: Comment? = nil) {
    let expected = keys.indices.sorted { left, right in
      let common = min(keys[left].count, keys[right].count)
      let order = memcmp(keys[left], keys[right], common)
      return order != 0 ? order < 0 : keys[left].count < keys[right].count
    }
    #expect(order(keys) == expected, comment)
  }

  @Test func nothingAndOneKeyAreSorted() {
    expectSorted([])
    expectSorted([[1]])
  }

  @Test func rowsAreFoundByRanges() {
    let memory = RowMemory(keys: ["b", "d", "da", "x"].map { Array($0.utf8) })
    withExtendedLifetime(memory) {
      var entries = ContiguousArray<SortedRows.Entry>()
      for row in memory.rows {
        entries.append(
          SortedRows.Entry(message: row.message.baseAddress, byteCount: UInt32(row.message.count))
        )
      }
      let sorted = SortedRows(sorting: entries)
      for (key, isThere) in [
        ("", false), ("a", false), ("b", true), ("c", false), ("d", true), ("da", true),
        ("db", false), ("x", true), ("y", false),
      ] {
        #expect(sorted.hasRow(in: KeyRange(key: key.utf8)) == isThere, "\(key)")
      }
      #expect(sorted.hasRow(in: KeyRange(prefix: "d".utf8)))
      #expect(!sorted.hasRow(in: KeyRange(prefix: "dab".utf8)))
      #expect(!SortedRows(sorting: []).hasRow(in: KeyRange(prefix: [])))
    }
  }

  @Test(arguments: 1...40)
  func randomKeysAreSorted(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    // Few different bytes and lengths around the steps of eight: many beginnings are alike.
    let alphabet: [UInt8] = seed % 2 == 0 ? [0, 1, 255] : [0, 97]
    let longest = [9, 17, 40][Int(seed % 3)]
    var keys: Set<[UInt8]> = []
    for _ in 0..<300 {
      let count = Int.random(in: 1...longest, using: &random)
      keys.insert((0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 })
    }
    expectSorted(keys.shuffled(using: &random), "seed \(seed)")
  }

  @Test func keysThatBeginWithEachOtherAreSortedShorterFirst() {
    var random = SeededGenerator(seed: 1)
    for byte in [0, 97, 255] as [UInt8] {
      let keys = (1...200).map { [UInt8](repeating: byte, count: $0) }
      expectSorted(keys.shuffled(using: &random), "byte \(byte)")
    }
    // Zeros behind the end of a shorter key are not what they are taken for.
    let beginnings = (1...30).map { Array("/registry/".utf8) + [UInt8](repeating: 0, count: $0) }
    let keys = beginnings + beginnings.map { $0 + [1] } + beginnings.map { $0 + [0, 0, 1] }
    expectSorted(Array(Set(keys)).shuffled(using: &random))
  }

  @Test func longKeysAreSorted() {
    var random = SeededGenerator(seed: 2)
    // Lengths whose count takes one, two and three bytes.
    let counts = [1, 127, 128, 129, 300, 16383, 16384, 16385, 20000]
    var keys: [[UInt8]] = []
    for count in counts {
      for last in [0, 1, 255] as [UInt8] {
        keys.append([UInt8](repeating: 120, count: count - 1) + [last])
      }
    }
    expectSorted(keys.shuffled(using: &random))
  }

  @Test func thousandsOfKeysWithALongCommonBeginningAreSorted() {
    var random = SeededGenerator(seed: 3)
    let beginning = [UInt8](repeating: 47, count: 1000)
    var keys = (0..<4000).map { beginning + Array("\($0)".utf8) }
    keys.shuffle(using: &random)
    expectSorted(keys)
    // One key that has nothing in common with them.
    expectSorted(keys + [[1]])
  }

  @Test func keysOfRealObjectsAreSorted() throws {
    let index = String(
      decoding: try #require(SharedArchive.cluster.bytes("index.tsv")),
      as: UTF8.self
    )
    let keys = index.split(separator: "\n").map { line in
      Array(line.split(separator: "\t", maxSplits: 1)[1].utf8)
    }
    var random = SeededGenerator(seed: 4)
    expectSorted(keys.shuffled(using: &random))
  }
}
