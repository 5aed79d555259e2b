import TestSupport
import Testing

@testable import Decode

@Suite struct JSONTextTests {
  @Test(arguments: JSONTextTests.strings)
  func stringsAreAsGoWritesThem(text: String, expected: String) {
    var isValid = false
    let json = rendered { output in
      isValid = Array(text.utf8).withBytes { JSONText.append($0, to: &output) }
    }
    #expect(json == expected)
    #expect(isValid)
    #expect(rendered { JSONText.append(text, to: &$0) } == expected)
  }

  @Test(arguments: JSONTextTests.invalid)
  func whatIsNotUTF8BecomesAReplacement(bytes: String, expected: String) {
    var isValid = true
    let json = rendered { output in
      isValid = [UInt8](hexadecimal: bytes).withBytes { JSONText.append($0, to: &output) }
    }
    #expect(json == expected)
    #expect(!isValid)
  }

  /// Bytes are looked at eight at a time: each must be seen wherever it stands in such a word.
  @Test func everyByteIsSeenAtEveryPlace() {
    for byte in UInt8.min...(.max) {
      for position in 0..<16 {
        var text = [UInt8](repeating: UInt8(ascii: "x"), count: 16)
        text[position] = byte
        let plain = text.withBytes { JSONText.plainPrefix($0, from: 0) }
        #expect(plain == (JSONText.isPlain(byte) ? 16 : position), "\(byte) at \(position)")
      }
    }
  }

  @Test func whatIsWrittenReadsBack() throws {
    for scalar in (0...0x2FFF).compactMap({ Unicode.Scalar($0 as UInt32) }) {
      let text = "a\(scalar)b"
      let json = rendered { JSONText.append(text, to: &$0) }
      let document = try JSONDocument(json: json)
      try #require(
        document.string(of: document.nodes[0]).unicodeScalars.elementsEqual(text.unicodeScalars)
      )
    }
  }

  /// Written by encoding/json, Go 1.26.
  static let strings: [(text: String, expected: String)] = [
    ("", "\"\""),
    ("a", "\"a\""),
    ("abcdefgh", "\"abcdefgh\""),
    ("abcdefghijklmnopq", "\"abcdefghijklmnopq\""),
    ("a\"b", "\"a\\\"b\""),
    ("a\\b", "\"a\\\\b\""),
    ("a/b", "\"a/b\""),
    ("<>&", "\"\\u003c\\u003e\\u0026\""),
    ("1234567<", "\"1234567\\u003c\""),
    ("12345678>", "\"12345678\\u003e\""),
    ("123456789&", "\"123456789\\u0026\""),
    ("\u{0}\u{1}\u{1F}", "\"\\u0000\\u0001\\u001f\""),
    ("\u{8}\u{C}\n\r\t", "\"\\b\\f\\n\\r\\t\""),
    ("\u{7F}", "\"\u{7F}\""),
    ("\u{E9}", "\"\u{E9}\""),
    ("\u{2028}\u{2029}\u{202A}", "\"\\u2028\\u2029\u{202A}\""),
    ("\u{1F600}", "\"\u{1F600}\""),
    ("\u{FEFF}", "\"\u{FEFF}\""),
    ("\u{FFFD}", "\"\u{FFFD}\""),
    ("\u{4E2D}\u{6587} text", "\"\u{4E2D}\u{6587} text\""),
    (
      "plain text that is long enough for words of eight\nbytes",
      """
      "plain text that is long enough for words of eight\\nbytes"
      """
    ),
    ("tab\there", "\"tab\\there\""),
    ("=;?@!#$%'()*+,-.:[]^_`{|}~", "\"=;?@!#$%'()*+,-.:[]^_`{|}~\""),
    ("1234567\"", "\"1234567\\\"\""),
    ("1234567\\", "\"1234567\\\\\""),
    ("1234567\u{1F}", "\"1234567\\u001f\""),
    ("1234567\u{7F}", "\"1234567\u{7F}\""),
    ("        ", "\"        \""),
    (" !#%';=?[]^", "\" !#%';=?[]^\""),
  ]

  static let invalid: [(bytes: String, expected: String)] = [
    ("ff", "\"\\ufffd\""),
    ("61ff62", "\"a\\ufffdb\""),
    ("c3", "\"\\ufffd\""),
    ("c328", "\"\\ufffd(\""),
    ("e282", "\"\\ufffd\\ufffd\""),
    ("eda080", "\"\\ufffd\\ufffd\\ufffd\""),
    ("f09f98", "\"\\ufffd\\ufffd\\ufffd\""),
    ("f5808080", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""),
    ("c080", "\"\\ufffd\\ufffd\""),
    ("e08080", "\"\\ufffd\\ufffd\\ufffd\""),
    ("f0808080", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""),
    ("313233343536373880", "\"12345678\\ufffd\""),
    ("c3a9c3", "\"\u{E9}\\ufffd\""),
    ("e280", "\"\\ufffd\\ufffd\""),
    ("e280a8e280", "\"\\u2028\\ufffd\\ufffd\""),
    ("f4908080", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""),
    ("808080", "\"\\ufffd\\ufffd\\ufffd\""),
  ]
}

@Suite struct UTF8TextTests {
  @Test func wellFormedTextHasNoInvalidByte() {
    let text = "a\u{7F}\u{80}\u{7FF}\u{800}\u{D7FF}\u{E000}\u{FFFF}\u{10000}\u{10FFFF}"
    #expect(Array(text.utf8).withBytes { UTF8Text.firstInvalidOffset($0) } == nil)
  }

  @Test(arguments: [
    ("80", 0), ("61ff", 1), ("c3", 0), ("c1bf", 0), ("e09f80", 0), ("eda080", 0), ("f08f8080", 0),
    ("f4908080", 0), ("f5808080", 0), ("c3a9e282", 2), ("e282ace2", 3), ("616263f09f9880f09f98", 7),
  ])
  func theFirstInvalidByteIsFound(bytes: String, offset: Int) {
    #expect([UInt8](hexadecimal: bytes).withBytes { UTF8Text.firstInvalidOffset($0) } == offset)
  }

  /// All pairs of bytes behind every lead: what Swift's own decoder takes must be taken.
  @Test func twoByteSequencesAreThoseOfTheStandard() {
    for lead in UInt8(0x80)...0xFF {
      for next in UInt8.min...(.max) {
        let isValid = String(validating: [lead, next], as: UTF8.self) != nil
        let length = [lead, next].withBytes { UTF8Text.sequenceLength($0, at: 0) }
        #expect((length == 2) == isValid, "\(lead) \(next)")
      }
    }
  }
}
