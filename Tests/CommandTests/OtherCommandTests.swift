import TestSupport
import Testing

/// The other subcommands, and what all have in common.
@Suite struct OtherCommandTests {
  @Test func encodingMakesTheStoredBytes() throws {
    let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n"
    let result = try Program.explorer("encode", input: Array(yaml.utf8))
    #expect(result.status == 0)
    #expect(result.output.starts(with: Array("k8s\0".utf8)))
    #expect(result.output.suffix(4) == [0x1A, 0x00, 0x22, 0x00])
    let decoded = try Program.explorer("decode", input: result.output)
    #expect(
      decoded.text == "apiVersion: v1\ndata:\n  k: v\nkind: ConfigMap\nmetadata:\n  name: a\n"
    )
  }

  @Test func aCustomResourceIsStoredAsSortedJSON() throws {
    let yaml = "kind: Widget\napiVersion: example.org/v1\nspec: {b: 1.0, a: [true, ~]}\n"
    let result = try Program.explorer("encode", input: Array(yaml.utf8))
    #expect(
      result.text
        == "{\"apiVersion\":\"example.org/v1\",\"kind\":\"Widget\",\"spec\":{\"a\":[true,null],\"b\":1}}\n"
    )
  }

  @Test func anUnknownFieldIsAnErrorWithTheNearestName() throws {
    let yaml = "apiVersion: v1\nkind: Pod\nspec:\n  contaners: []\n"
    let strict = try Program.explorer("encode", input: Array(yaml.utf8))
    #expect(strict.status == 2)
    #expect(strict.output.isEmpty)
    #expect(
      strict.errors
        == "explorer: v1 Pod: unknown field \"spec.contaners\", did you mean \"containers\"?\n"
    )
    let lenient = try Program.explorer("encode", "--ignore-unknown", input: Array(yaml.utf8))
    #expect(lenient.status == 0)
    #expect(lenient.errors.contains("unknown field \"spec.contaners\" left out"))
  }

  @Test func severalDocumentsGoThroughHexAndBatch() throws {
    let yaml = "apiVersion: v1\nkind: ConfigMap\n---\napiVersion: v1\nkind: Secret\n"
    let encoded = try Program.explorer("encode", "-o", "hex", input: Array(yaml.utf8))
    #expect(encoded.text.split(separator: "\n").count == 2)
    let decoded = try Program.explorer("decode", "--batch", "-o", "json", input: encoded.output)
    #expect(decoded.text.contains("OK|{\"kind\":\"Secret\",\"apiVersion\":\"v1\""))
  }

  @Test func kindsAreListedAndFiltered() throws {
    let result = try Program.explorer("kinds", "podsecuritypolicy", "policy/v1beta1", "--stored")
    #expect(result.status == 0)
    let rows = result.text.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(rows.count == 2)
    #expect(
      rows.last == [
        "policy/v1beta1", "PodSecurityPolicy", "/registry/podsecuritypolicy/<name>", "1.15", "1.36",
      ]
        || rows.last?.prefix(3) == [
          "policy/v1beta1", "PodSecurityPolicy", "/registry/podsecuritypolicy/<name>",
        ]
    )
    let none = try Program.explorer("kinds", "nosuchkind")
    #expect(none.status == 1)
  }

  @Test(arguments: [["--help"], ["decode", "--help"], ["encode", "--help"], ["kinds", "--help"]])
  func helpHasAnExample(_ arguments: [String]) throws {
    let result = try Program.run(Program.explorer, arguments)
    #expect(result.status == 0)
    #expect(result.text.contains("For example:"))
  }

  @Test func wrongFlagsAreErrorsWithStatusTwo() throws {
    for arguments in [["decode", "--no-such-flag"], ["nosuchcommand"], ["encode", "-o", "xml"]] {
      let result = try Program.run(Program.explorer, arguments)
      #expect(result.status == 2, "\(arguments)")
      #expect(result.output.isEmpty)
      #expect(!result.errors.isEmpty)
    }
  }

  @Test func aReaderThatGoesAwayIsNoError() throws {
    // 5 objects of several kilobytes, thousands of times: far more than a pipe holds.
    let script = """
      for i in $(seq 400); do cat '\(Fixture.root)/fixtures/etcdctl/get-prefix.txt'; done |
      '\(Program.explorer)' decode 2>/dev/null | head -1; echo "${PIPESTATUS[1]}"
      """
    let result = try Program.run("/bin/bash", ["-c", script])
    #expect(result.text == "apiVersion: v1\n0\n")
  }
}
