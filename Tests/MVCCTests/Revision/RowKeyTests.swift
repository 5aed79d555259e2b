import TestSupport
import Testing

@testable import MVCC

@Suite struct RowKeyTests {
  @Test func keysAreThoseOfEtcd() throws {
    let put = RowKey(Revision(main: 2, sub: 0))
    #expect(put.bytes.hexadecimal == "00000000000000025f0000000000000000")
    let tombstone = RowKey(Revision(main: 0x0102_0304_0506_0708, sub: 3), isTombstone: true)
    #expect(tombstone.bytes.hexadecimal == "01020304050607085f000000000000000374")
    for key in [put, tombstone, RowKey(Revision(main: .max, sub: .max))] {
      #expect(try read(key.bytes) == key)
    }
  }

  @Test func orderOfBytesIsThatOfRevisions() {
    let revisions = [(0, 0), (0, 1), (1, 0), (1, 255), (1, 256), (255, 9), (256, 0), (1 << 40, 0)]
      .map { Revision(main: $0.0, sub: $0.1) }
    #expect(revisions == revisions.sorted())
    let keys = revisions.map { RowKey($0).bytes }
    #expect(keys == keys.sorted { $0.lexicographicallyPrecedes($1) })
  }

  @Test func damagedKeysAreReadOrRefused() throws {
    let bytes = RowKey(Revision(main: 5, sub: 6), isTombstone: true).bytes
    for cut in Damage.truncations(of: bytes) where cut.count != 17 {
      #expect(throws: MVCCError.rowKey(bytes: cut)) { try read(cut) }
    }
    #expect(try read(Array(bytes.prefix(17))) == RowKey(Revision(main: 5, sub: 6)))
    for flipped in Damage.bitFlips(of: bytes) {
      // Numbers of another value are numbers, but not below 0; the two letters are fixed.
      if let key = try? read(flipped) {
        #expect(key.bytes == flipped)
      } else {
        #expect(
          flipped[0] > 127 || flipped[8] != bytes[8] || flipped[9] > 127 || flipped[17] != bytes[17]
        )
      }
    }
    let long = [UInt8](repeating: 1, count: 1000)
    #expect(throws: MVCCError.rowKey(bytes: Array(long.prefix(32)))) { try read(long) }
  }

  private func read(_ bytes: [UInt8]) throws(MVCCError) -> RowKey {
    try withBytes(of: bytes) { bytes throws(MVCCError) in try RowKey(bytes) }
  }
}
