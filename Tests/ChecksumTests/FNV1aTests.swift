import Checksum
import Testing

/// The danger: a meta page whose checksum is wrong is not there at all, and with it the last
/// committed transaction.
@Suite struct FNV1aTests {
  private func hash(_ bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBytes { FNV1a.hash($0) }
  }

  /// Source: the test vectors that Noll publishes with the algorithm.
  @Test(
    arguments: [
      ("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8),
    ] as [(String, UInt64)]
  )
  func publishedValuesAreMet(text: String, expected: UInt64) {
    #expect(hash(Array(text.utf8)) == expected)
  }

  /// What bbolt writes into the meta pages of a new file with pages of 4096 bytes: root bucket on
  /// page 3, freelist on page 2, high-water mark 4.
  @Test(arguments: [(0, 0x0751_6e11_4689_fdee), (1, 0x264c_351a_5179_480f)] as [(UInt64, UInt64)])
  func newMetaPagesHaveTheChecksumsOfBbolt(transaction: UInt64, expected: UInt64) {
    let words: [UInt32] = [0xed0c_daed, 2, 4096, 0]
    let longWords: [UInt64] = [3, 0, 2, 4, transaction]
    let bytes = words.flatMap(littleEndian) + longWords.flatMap(littleEndian)
    #expect(bytes.count == 56)
    #expect(hash(bytes) == expected)
  }

  private func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
