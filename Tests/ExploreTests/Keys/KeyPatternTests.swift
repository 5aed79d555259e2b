import TestSupport
import Testing

@testable import Explore

@Suite struct KeyPatternTests {
  private func matches(_ pattern: String, _ key: [UInt8]) -> Bool {
    key.withUnsafeBytes { KeyPattern(pattern).matches($0) }
  }

  @Test(arguments: [
    // Without a slash: the name.
    ("web-*", "/registry/pods/default/web-0", true), ("web-*", "/registry/pods/web-ns/db", false),
    ("web", "/registry/pods/default/web-0", false), ("*", "compact_rev_key", true),
    ("compact*", "compact_rev_key", true), ("*", "/registry/", true), ("", "/registry/", true),
    ("", "x", false), ("?", "a", true), ("?", "", false),
    // With a slash in front: the whole key.
    ("/registry/pods/*", "/registry/pods/default/web-0", true),
    ("/registry/pods/*/web-?", "/registry/pods/default/web-0", true),
    ("/registry/pods/*/web-?", "/registry/pods/default/web-10", false),
    ("/pods/*", "/registry/pods/default/web-0", false), ("/*", "compact_rev_key", false),
    ("/registry/pods", "/registry/pods/", false), ("/*/kube-*/*", "/registry/pods/kube-x/a", true),
    // With one elsewhere: from any part on.
    ("default/*", "/registry/pods/default/web-0", true),
    ("default/web-0", "/registry/pods/default/web-0", true),
    ("fault/web-0", "/registry/pods/default/web-0", false),
    ("cilium/state/*", "cilium/state/identities", true), ("*/web-0", "/registry/pods/web-0", true),
    ("default/", "/registry/pods/default/web-0", false),
    // Characters.
    ("[wd]eb", "web", true), ("[wd]eb", "leb", false), ("[!wd]eb", "leb", true),
    ("[^w]eb", "web", false), ("[a-c]1", "b1", true), ("[a-c]1", "d1", false),
    ("[c-a]", "b", false),
    ("[]]", "]", true), ("[!]]", "a", true), ("[a-]", "-", true), ("[", "[", true),
    ("[ab", "[ab", true), ("\\*", "*", true), ("\\*", "a", false), ("a\\", "a\\", true),
    ("[\\]a]", "]", true), ("[a-", "[a-", true), ("[a\\", "[a\\", true),
    ("?b", "\u{E9}b", true), ("[\u{E0}-\u{FF}]", "\u{E9}", true), ("\u{E9}", "\u{E9}", true),
    ("a*b*c", "aXbYc", true), ("a*b*c", "aXcYb", false), ("*aab", "aaaaab", true),
    ("**", "anything", true),
  ])
  func patternsAreThoseOfAShell(pattern: String, key: String, expected: Bool) {
    #expect(matches(pattern, Array(key.utf8)) == expected)
  }

  @Test func bytesThatAreNoTextAreCharactersToo() {
    #expect(matches("?", [0xFF]))
    #expect(matches("a?b", [0x61, 0xC3, 0x62]))
    #expect(matches("[!a]", [0xE9]))
    #expect(!matches("[a]", [0xE9]))
    #expect(matches("*", [0xFF, 0x2F, 0x00]))
  }

  /// A pattern of stars and a long key must not take for ever.
  @Test func manyStarsTakeNoTime() {
    let pattern = String(repeating: "a*", count: 60) + "b"
    #expect(!matches(pattern, Array(repeating: UInt8(ascii: "a"), count: 5000)))
  }

  /// Against the plainest way to say what a pattern means.
  @Test func randomPatternsMeanWhatTheySay() {
    var random = SeededGenerator(seed: 7)
    func text(_ alphabet: [Character]) -> String {
      String(
        (0..<Int.random(in: 0...6, using: &random)).map { _ in
          alphabet.randomElement(using: &random) ?? "a"
        }
      )
    }
    func means(_ pattern: Substring, _ key: Substring) -> Bool {
      guard let first = pattern.first else { return key.isEmpty }
      if first == "*" {
        return key.indices.contains { means(pattern.dropFirst(), key[$0...]) }
          || means(pattern.dropFirst(), "")
      }
      guard let next = key.first, first == "?" || first == next else { return false }
      return means(pattern.dropFirst(), key.dropFirst())
    }
    for _ in 0..<5000 {
      let pattern = text(["a", "b", "*", "?"])
      let key = text(["a", "b"])
      #expect(
        matches(pattern, Array(key.utf8)) == means(pattern[...], key[...]),
        "\(pattern) \(key)"
      )
    }
  }
}
