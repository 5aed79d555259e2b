@testable import Bolt

import TestSupport
import Testing

@Suite struct TransactionMemoryTests {
  @Test func piecesAreZeroAlignedAndApart() {
    let memory = TransactionMemory()
    var generator = SeededGenerator(seed: 1)
    var pieces: [UnsafeMutableRawBufferPointer] = []
    func ends(_ piece: UnsafeMutableRawBufferPointer) -> [UInt8] {
      Array(piece.prefix(200)) + Array(piece.suffix(200))
    }
    for number in 0..<2000 {
      // Some are larger than a block, some fill one to the last byte.
      let byteCount =
        [number % 200, 4096, 1 << 20, (1 << 20) - 8, (1 << 20) + 1, 0]
        .randomElement(using: &generator) ?? 1
      guard number % 50 == 0 || byteCount <= 4096 else { continue }
      let piece = UnsafeMutableRawBufferPointer(start: memory.zeros(byteCount), count: byteCount)
      #expect(Int(bitPattern: piece.baseAddress) % 8 == 0)
      #expect(ends(piece).allSatisfy { $0 == 0 })
      piece.initializeMemory(as: UInt8.self, repeating: UInt8(truncatingIfNeeded: pieces.count | 1))
      pieces.append(piece)
    }
    // Had two of them shared a byte, the later one would have changed it.
    for (number, piece) in pieces.enumerated() {
      #expect(ends(piece).allSatisfy { $0 == UInt8(truncatingIfNeeded: number | 1) })
    }
  }

  @Test func copiesAreTheirOwn() {
    let memory = TransactionMemory()
    var bytes: [UInt8] = [1, 2, 3]
    let copy = bytes.withUnsafeBytes { memory.copy($0) }
    bytes[0] = 9
    #expect(Array(copy) == [1, 2, 3])
    let empty = memory.copy(UnsafeRawBufferPointer(start: nil, count: 0))
    #expect(empty.isEmpty)
    withExtendedLifetime(memory) {}
  }
}
