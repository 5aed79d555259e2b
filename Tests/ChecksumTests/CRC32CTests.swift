import CChecksum
import Checksum
import TestSupport
import Testing

/// The danger: a checksum that is wrong only for some lengths or some processors makes files that
/// nobody else can read, and reads none of theirs.
@Suite struct CRC32CTests {
  /// One bit at a time, straight from the definition.
  private func reference(_ bytes: some Sequence<UInt8>, continuing value: UInt32 = 0) -> UInt32 {
    var remainder = ~value
    for byte in bytes {
      remainder ^= UInt32(byte)
      for _ in 0..<8 {
        remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0x82f6_3b78 : 0)
      }
    }
    return ~remainder
  }

  private func checksum(_ bytes: [UInt8], continuing value: UInt32 = 0) -> UInt32 {
    var checksum = CRC32C(continuing: value)
    checksum.update(bytes)
    return checksum.value
  }

  private static let bytes: [UInt8] = {
    var generator = SeededGenerator(seed: 32)
    return (0..<256).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }()

  /// Source: RFC 3720, appendix B.4, and the check value of the catalogues of checksums.
  @Test(
    arguments: [
      (Array("123456789".utf8), 0xe306_9283),
      ([], 0),
      ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
      ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
      (Array(0..<32), 0x46dd_794e),
      (Array((0..<32).reversed()), 0x113f_db5c),
    ] as [([UInt8], UInt32)]
  )
  func publishedValuesAreMet(bytes: [UInt8], expected: UInt32) {
    #expect(checksum(bytes) == expected)
    #expect(reference(bytes) == expected)
  }

  @Test(arguments: 0...100)
  func everyLengthAgreesWithTheDefinition(count: Int) {
    let bytes = Array(Self.bytes.prefix(count))
    #expect(checksum(bytes) == reference(bytes))
    #expect(checksum(bytes, continuing: 0xdead_beef) == reference(bytes, continuing: 0xdead_beef))
  }

  /// Around the lengths from which three stretches are summed side by side.
  @Test(arguments: [767, 768, 769, 775, 776, 1023, 1535, 1536, 1543, 2304, 4096, 65_537])
  func lengthsOfSeveralStretchesAgreeWithTheDefinition(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 131 ^ $0 >> 5) }
    #expect(checksum(bytes) == reference(bytes))
    #expect(checksum(bytes, continuing: 0xdead_beef) == reference(bytes, continuing: 0xdead_beef))
  }

  @Test func everyStartInMemoryAgreesWithTheDefinition() {
    for start in 0..<16 {
      let expected = reference(Self.bytes[start...])
      var checksum = CRC32C()
      Self.bytes.withUnsafeBytes { checksum.update(.init(rebasing: $0[start...])) }
      #expect(checksum.value == expected, "from byte \(start)")
    }
  }

  @Test func processorsWithoutTheInstructionAgree() {
    for start in 0..<8 {
      for count in 0...100 {
        let bytes = Self.bytes[start..<start + count]
        let value = bytes.withUnsafeBytes { checksum_crc32c_by_table(7, $0.baseAddress, $0.count) }
        #expect(value == reference(bytes, continuing: 7), "\(count) bytes from byte \(start)")
      }
    }
  }

  @Test func piecesGiveWhatTheWholeGives() {
    let bytes = Array(Self.bytes.prefix(100))
    let whole = checksum(bytes)
    for cut in 0...bytes.count {
      var running = CRC32C()
      running.update(Array(bytes[..<cut]))
      let resumed = checksum(Array(bytes[cut...]), continuing: running.value)
      running.update(Array(bytes[cut...]))
      #expect(running.value == whole, "cut at \(cut)")
      #expect(resumed == whole, "resumed at \(cut)")
    }
  }

  @Test func noBytesLeaveTheChecksumAsItIs() {
    var running = CRC32C(continuing: 0x1234_5678)
    running.update([])
    running.update(UnsafeRawBufferPointer(start: nil, count: 0))
    #expect(running == CRC32C(continuing: 0x1234_5678))
  }
}
