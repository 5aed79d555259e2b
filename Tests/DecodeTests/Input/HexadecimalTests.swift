import Testing

@testable import Decode

@Suite struct HexadecimalTests {
  /// The bytes that a line stands for, behind two that were there; nil if it is not hexadecimal.
  private func bytes(of line: [UInt8]) -> [UInt8]? {
    var output = OutputBuffer()
    output.append("ab")
    let isHexadecimal = line.withBytes { Hex.append($0, to: &output) }
    let bytes = output.bytes
    #expect(bytes.starts(with: Array("ab".utf8)))
    if !isHexadecimal { #expect(bytes.count == 2) }
    return isHexadecimal ? Array(bytes.dropFirst(2)) : nil
  }

  @Test func digitsOfBothCasesHaveTheirValues() {
    for byte in UInt8.min...(.max) {
      let expected = Character(Unicode.Scalar(byte)).hexDigitValue
      #expect(Hexadecimal.value(of: byte).map(Int.init) == expected, "\(byte)")
    }
  }

  @Test(
    arguments: [
      ("", []), ("00", [0]), ("0aFf", [10, 255]), ("6B3873\r", [0x6B, 0x38, 0x73]), ("\r", []),
      ("0123456789abcdefABCDEF", [1, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xAB, 0xCD, 0xEF]),
      ("00112233\r", [0, 0x11, 0x22, 0x33]),
    ] as [(String, [UInt8])]
  )
  func linesOfDigitsAreRead(line: String, expected: [UInt8]) {
    #expect(bytes(of: Array(line.utf8)) == expected)
  }

  @Test(arguments: [
    "0", "0g", "g0", " 00", "00 ", "0x00", "00\r\r", "00\n", "abc", "\u{E9}0", "//", "::", "@@",
    "``", "0011223344556677g", "001122334455667g",
  ])
  func otherLinesLeaveNothing(_ line: String) {
    #expect(bytes(of: Array(line.utf8)) == nil)
  }

  /// Digits are read eight at a time: each byte must be judged alike wherever it stands in a word.
  @Test func everyByteIsJudgedAtEveryPlace() throws {
    for byte in UInt8(0x20)...(.max) {
      for position in 0..<20 {
        for filler in [UInt8(ascii: "0"), UInt8(ascii: "9"), UInt8(ascii: "F")] {
          var line = [UInt8](repeating: filler, count: 20)
          line[position] = byte
          let digit = Hexadecimal.value(of: byte)
          let fill = try #require(Hexadecimal.value(of: filler)) * 0x11
          var expected = [UInt8](repeating: fill, count: 10)
          if let digit {
            let old = expected[position / 2]
            let isHigh = position % 2 == 0
            expected[position / 2] = isHigh ? digit << 4 | old & 15 : old & 0xF0 | digit
          }
          let found = bytes(of: line)
          try #require(found == (digit == nil ? nil : expected), "\(byte) at \(position)")
        }
      }
    }
  }
}
