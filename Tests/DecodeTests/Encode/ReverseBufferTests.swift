import TestSupport
import Testing

@testable import Decode

@Suite struct ReverseBufferTests {
  private func written(_ body: (inout ReverseBuffer) -> Void) -> [UInt8] {
    var output = ReverseBuffer(capacity: 0)
    body(&output)
    return output.withBytes { Array($0) }
  }

  @Test func whatIsWrittenLastStandsFirst() {
    let bytes = written { output in
      output.prepend(3)
      [1, 2].withBytes { output.prepend($0) }
      [UInt8]().withBytes { output.prepend($0) }
      output.prepend(0)
    }
    #expect(bytes == [0, 1, 2, 3])
  }

  @Test func whatIsWrittenSurvivesGrowing() {
    var expected: [UInt8] = []
    let bytes = written { output in
      for round in 0..<300 {
        let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: round)
        piece.withBytes { output.prepend($0) }
        expected = piece + expected
      }
    }
    #expect(bytes == expected)
  }

  @Test(
    arguments: [0, 1, 127, 128, 300, 16383, 16384, 1 << 32, UInt64(Int64.max), .max] as [UInt64]
  )
  func numbersAreBase128(_ value: UInt64) {
    #expect(written { $0.prepend(varint: value) } == Wire.varint(value))
  }

  @Test func fixedNumbersAreLittleEndian() {
    #expect(written { $0.prepend(fixed32: 0x0102_0304) } == [4, 3, 2, 1])
    #expect(written { $0.prepend(fixed64: 0x0102_0304_0506_0708) } == [8, 7, 6, 5, 4, 3, 2, 1])
    #expect(
      written { $0.prepend(tag: 536_870_911, wireType: 5) } == [0xFD, 0xFF, 0xFF, 0xFF, 0x0F]
    )
  }

  @Test func fieldsKnowTheirLength() {
    let bytes = written { output in
      output.prepend(field: 2) {
        $0.prepend(field: 1) { inner in Array("abc".utf8).withBytes { inner.prepend($0) } }
      }
      output.prepend(field: 1) { _ in }
    }
    #expect(bytes == Wire.field(1, "") + Wire.field(2, Wire.field(1, "abc")))
  }
}
