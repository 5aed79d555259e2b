import TestSupport
import Testing

@testable import Decode

@Suite struct OutputBufferTests {
  @Test func whatIsAppendedSurvivesGrowing() {
    var output = OutputBuffer(capacity: 0)
    var expected: [UInt8] = []
    for round in 0..<300 {
      let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: round)
      piece.withBytes { output.append($0) }
      output.append(UInt8(truncatingIfNeeded: round))
      expected += piece + [UInt8(truncatingIfNeeded: round)]
    }
    let count = output.count
    #expect(count == expected.count)
    let bytes = output.bytes
    #expect(bytes == expected)
  }

  @Test func aPieceLargerThanTwiceTheCapacityFits() {
    let text = String(repeating: "x", count: 100_000)
    #expect(rendered { $0.append(text) } == text)
    #expect(rendered { $0.append(repeating: UInt8(ascii: "x"), count: 100_000) } == text)
  }

  @Test func bytesAreForgottenFromTheEnd() {
    var output = OutputBuffer()
    output.append("abcdef")
    output.truncate(to: output.count - 2)
    output.append("X")
    #expect(String(decoding: output.bytes, as: UTF8.self) == "abcdX")
    output.truncate(to: 1)
    #expect(String(decoding: output.bytes, as: UTF8.self) == "a")
    output.truncate(to: output.count - 1)
    let count = output.count
    #expect(count == 0)
    output.append("b")
    output.removeAll()
    output.append("c")
    #expect(String(decoding: output.bytes, as: UTF8.self) == "c")
  }

  @Test func nothingIsAppendedForNothing() {
    let text = rendered { output in
      output.append("")
      output.append(UnsafeRawBufferPointer(start: nil, count: 0))
      output.append(repeating: 0x20, count: 0)
      output.append(repeating: 0x20, count: -1)
      output.append(base64: UnsafeRawBufferPointer(start: nil, count: 0))
      output.append(hex: UnsafeRawBufferPointer(start: nil, count: 0))
    }
    #expect(text == "")
  }

  @Test(arguments: [
    (Int64(0), "0"), (-1, "-1"), (9, "9"), (10, "10"), (-1_234_567_890, "-1234567890"),
    (.max, "9223372036854775807"), (.min, "-9223372036854775808"),
  ])
  func signedIntegersAreDecimal(value: Int64, expected: String) {
    #expect(rendered { $0.append(decimal: value) } == expected)
  }

  @Test(arguments: [
    (UInt64(0), 1, "0"), (0, 0, "0"), (7, 2, "07"), (2026, 4, "2026"), (12345, 4, "12345"),
    (99, 6, "000099"), (.max, 1, "18446744073709551615"), (100, 3, "100"),
  ])
  func unsignedIntegersArePaddedWithZeros(value: UInt64, width: Int, expected: String) {
    #expect(rendered { $0.append(decimal: value, width: width) } == expected)
  }

  /// The vectors of RFC 4648, section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func base64IsThatOfTheStandard(text: String, expected: String) {
    let printed = rendered { output in
      Array(text.utf8).withBytes { output.append(base64: $0) }
    }
    #expect(printed == expected)
    #expect(Base64.decode(expected) == Array(text.utf8))
  }

  @Test func base64OfEveryByteReadsBack() {
    for count in 0...256 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ count) }
      let text = rendered { output in bytes.withBytes { output.append(base64: $0) } }
      #expect(text.utf8.count == (count + 2) / 3 * 4)
      #expect(Base64.decode(text) == bytes)
    }
  }

  @Test func hexadecimalIsLowerCase() {
    let bytes = [UInt8](UInt8.min...(.max))
    let text = rendered { output in bytes.withBytes { output.append(hex: $0) } }
    #expect(text == bytes.hexadecimal)
    #expect(text.hasPrefix("000102030405060708090a0b0c0d0e0f10"))
    #expect(text.hasSuffix("fdfeff"))
  }
}
