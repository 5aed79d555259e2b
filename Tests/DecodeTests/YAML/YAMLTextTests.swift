import Testing

@testable import Decode

@Suite struct YAMLTextTests {
  private func style(of text: String, asKey: Bool = false) -> YAMLText.Style {
    Array(text.utf8).withBytes { YAMLText.analyse($0, asKey: asKey).style }
  }

  @Test(arguments: [
    ("abc", YAMLText.Style.plain), ("a b", .plain), ("a:b", .plain), ("a #b", .singleQuoted),
    ("a: b", .singleQuoted), ("- a", .singleQuoted), (" a", .singleQuoted), ("", .doubleQuoted),
    ("true", .doubleQuoted), ("1", .doubleQuoted), ("1:30", .doubleQuoted), ("a\nb", .literal),
    ("a\nb ", .doubleQuoted), ("a \nb", .doubleQuoted), ("a\tb", .doubleQuoted),
    ("\u{7}", .doubleQuoted), ("a\u{A0}b", .plain), ("\u{FEFF}a", .doubleQuoted),
  ])
  func everyStyleHasItsTexts(text: String, expected: YAMLText.Style) {
    #expect(style(of: text) == expected)
  }

  @Test func aKeyIsNeverALiteral() {
    #expect(style(of: "a\nb", asKey: true) == .doubleQuoted)
    #expect(style(of: "a", asKey: true) == .plain)
    #expect(style(of: "", asKey: true) == .doubleQuoted)
  }

  @Test(arguments: [
    ("name", "name"), ("on", "\"on\""), ("y", "\"y\""), ("$ref", "$ref"), ("x-a", "x-a"),
    ("null", "\"null\""), ("a b", "a b"), ("- a", "'- a'"),
  ])
  func fieldNamesAreQuotedWhereTheyAreWords(name: String, expected: String) {
    #expect(YAMLText.plainKey(name) == expected)
  }

  /// What is taken for plain at first sight must be plain at the second.
  @Test func theShortCutAgreesWithTheAnalysis() {
    let alphabet = Array("aynotfYNE019.-/_: #".utf8)
    var text: [UInt8] = []
    // All texts of up to three characters, and words of YAML's.
    for first in alphabet {
      for second in alphabet {
        for third in alphabet {
          text = [first, second, third]
          for count in 1...3 {
            let prefix = Array(text[..<count])
            prefix.withBytes { bytes in
              guard YAMLText.isPlainAtSight(bytes) else { return }
              #expect(YAMLText.analyse(bytes, asKey: false).style == .plain, "\(prefix)")
              #expect(YAMLText.analyse(bytes, asKey: true).style == .plain, "\(prefix)")
            }
          }
        }
      }
    }
    for word in ["true", "False", "null", "NULL", "off", "Off", "yes", "No", "on", "false", "~"] {
      #expect(!Array(word.utf8).withBytes { YAMLText.isPlainAtSight($0) }, "\(word)")
    }
    #expect(Array("app.kubernetes.io/name".utf8).withBytes { YAMLText.isPlainAtSight($0) })
  }

  @Test(arguments: [
    ("\n", 1), ("\r", 1), ("\u{85}", 2), ("\u{2028}", 3), ("\u{2029}", 3), ("\u{202A}", 0),
    ("a", 0), ("\u{A0}", 0), ("\u{B}", 0),
  ])
  func lineBreaksAreThoseOfYAML(text: String, length: Int) {
    #expect(Array(text.utf8).withBytes { YAMLText.breakLength($0, at: 0) } == length)
  }
}
