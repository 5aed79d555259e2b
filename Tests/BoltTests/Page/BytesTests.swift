@testable import Bolt

import Testing

@Suite struct BytesTests {
  private func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
    left.withUnsafeBytes { left in right.withUnsafeBytes { compareBytes(left, $0) } }.signum()
  }

  @Test func keysAreOrderedByTheirBytes() {
    let ascending: [[UInt8]] = [
      [], [0], [0, 0], [0, 1], [1], [0x7F], [0x7F, 0xFF], [0x80], [0xFF], [0xFF, 0], [0xFF, 0xFF],
    ]
    for (first, left) in ascending.enumerated() {
      for (second, right) in ascending.enumerated() {
        #expect(compare(left, right) == (first - second).signum())
      }
    }
  }

  @Test func numbersAreLittleEndianAndNeedNoAlignment() {
    var bytes = [UInt8](repeating: 0xEE, count: 16)
    bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      base.store(UInt64(0x0102_0304_0506_0708), at: 3)
      #expect(UnsafeRawPointer(base).number(at: 3, as: UInt64.self) == 0x0102_0304_0506_0708)
    }
    #expect(bytes == [0xEE, 0xEE, 0xEE, 8, 7, 6, 5, 4, 3, 2, 1, 0xEE, 0xEE, 0xEE, 0xEE, 0xEE])
  }
}
