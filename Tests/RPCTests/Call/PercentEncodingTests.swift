import Testing

@testable import RPC

@Suite struct PercentEncodingTests {
  @Test func onlyWhatMustBeIsEncoded() {
    let plain = "etcdserver: key is not provided, \"x\" ~!"
    #expect(PercentEncoding.encode(plain) == plain)
    #expect(
      PercentEncoding.encode("50%\r\n\t\u{7f}\u{e9}\u{1F600}")
        == "50%25%0D%0A%09%7F%C3%A9%F0%9F%98%80"
    )
  }

  @Test func everyTextSurvives() {
    for scalar in (0...0x3ff).compactMap(Unicode.Scalar.init) {
      let text = "a\(scalar)%41"
      let encoded = PercentEncoding.encode(text)
      #expect(encoded.utf8.allSatisfy { (0x20...0x7e).contains($0) })
      #expect(PercentEncoding.decode(encoded[...].utf8) == text)
    }
  }

  @Test func whatIsNotWellFormedStays() {
    for text in ["%", "%4", "%zz", "%%41", "a%4"] {
      let decoded = PercentEncoding.decode(text[...].utf8)
      #expect(decoded == text.replacing("%41", with: "A"))
    }
    #expect(PercentEncoding.decode("a+b"[...].utf8) == "a+b")
    #expect(PercentEncoding.decode("a+b"[...].utf8, plusIsSpace: true) == "a b")
  }
}
