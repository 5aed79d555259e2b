import Testing

@testable import Decode

@Suite struct HexadecimalTests {
  @Test func digitsOfBothCasesHaveTheirValues() {
    for byte in UInt8.min...(.max) {
      let expected = Character(Unicode.Scalar(byte)).hexDigitValue
      #expect(Hexadecimal.value(of: byte).map(Int.init) == expected, "\(byte)")
    }
  }

  @Test(
    arguments: [
      ("", []), ("00", [0]), ("0aFf", [10, 255]), ("6B3873\r", [0x6B, 0x38, 0x73]), ("\r", []),
    ] as [(String, [UInt8])]
  )
  func linesOfDigitsAreRead(line: String, expected: [UInt8]) {
    var bytes: [UInt8] = [1, 2]
    #expect(Array(line.utf8).withBytes { Hex.append($0, to: &bytes) })
    #expect(bytes == [1, 2] + expected)
  }

  @Test(arguments: [
    "0", "0g", "g0", " 00", "00 ", "0x00", "00\r\r", "00\n", "abc", "\u{E9}0", "//", "::",
  ])
  func otherLinesLeaveNothing(_ line: String) {
    var bytes: [UInt8] = [1, 2]
    #expect(!Array(line.utf8).withBytes { Hex.append($0, to: &bytes) })
    #expect(bytes == [1, 2])
  }
}
