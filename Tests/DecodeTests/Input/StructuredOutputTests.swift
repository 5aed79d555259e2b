import Testing

@testable import Decode

@Suite struct StructuredOutputTests {
  private func unquoted(_ text: String) -> String? {
    Array(text.utf8).withBytes { bytes in
      FieldsOutput.unquote(bytes[...]).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  @Test(arguments: [
    (#""""#, ""), (#""a""#, "a"), (#""\a\b\f\n\r\t\v""#, "\u{7}\u{8}\u{C}\n\r\t\u{B}"),
    (#""\\\"""#, "\\\""), (#""\x41\u00e9\U0001f600""#, "A\u{E9}\u{1F600}"), ("\"a\" \r", "a"),
    ("\"\u{E9}\"", "\u{E9}"),
  ])
  func stringsAreUnquotedAsGoQuotesThem(text: String, expected: String) {
    #expect(unquoted(text) == expected)
  }

  @Test(arguments: [
    "", "\"", "a", "\"a", "a\"", #""\""#, #""\x4""#, #""\q""#, #""\u12""#, #""\ud800""#, #""\xg0""#,
  ])
  func otherTextIsNotUnquoted(_ text: String) {
    #expect(unquoted(text) == nil)
  }

  @Test(arguments: [
    "A", "AA", "AAA", "A=", "AA=", "A===", "AA==A", "AAAA=", "AA==AA==", "A-_A", "AA A",
  ])
  func otherTextIsNoBase64(_ text: String) {
    #expect(Base64.decode(text) == nil)
  }

  @Test func base64MayHoldLineBreaks() {
    #expect(Base64.decode("Zm9v\r\nYmFy\n") == Array("foobar".utf8))
  }
}
