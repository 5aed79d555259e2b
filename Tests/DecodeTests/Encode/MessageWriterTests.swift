import Schema
import TestSupport
import Testing

@testable import Decode

@Suite struct MessageWriterTests {
  private func failure(_ json: String) -> EncodeError? {
    let error = #expect(throws: EncodeError.self) {
      try Encoder().encode(Array(json.utf8), as: .storage)
    }
    guard case .inDocument(number: 1, _, let cause) = error else { return error }
    return cause
  }

  @Test(arguments: [
    (
      #""spec":{"containres":[]}"#,
      EncodeError.unknownField(path: "spec.containres", nearest: "containers")
    ),
    (#""spec":{"xyzzyxyzzy":1}"#, .unknownField(path: "spec.xyzzyxyzzy", nearest: nil)),
    (
      #""spec":{"containers":[{"name":"a"},{"Image":"b"}]}"#,
      .unknownField(path: "spec.containers[1].Image", nearest: "image")
    ),
    (#""metadata":{"name":"a","name":"b"}"#, .duplicateField(path: "metadata.name")),
    (
      #""spec":{"containers":[{"name":1}]}"#,
      .mismatch(path: "spec.containers[0].name", expected: "a string", found: "the number 1")
    ),
    (#""spec":[]"#, .mismatch(path: "spec", expected: "an object", found: "a list")),
    (
      #""spec":{"containers":{}}"#,
      .mismatch(path: "spec.containers", expected: "a list", found: "an object")
    ),
    (
      #""metadata":{"labels":["a"]}"#,
      .mismatch(path: "metadata.labels", expected: "a map", found: "a list")
    ),
    (
      #""metadata":{"labels":{"a":true}}"#,
      .mismatch(path: "metadata.labels[a]", expected: "a string", found: "a boolean")
    ),
    (
      #""metadata":{"generation":"x"}"#,
      .mismatch(
        path: "metadata.generation",
        expected: "an integer of 64 bits",
        found: "the string \"x\""
      )
    ),
    (
      #""spec":{"priority":2147483648}"#,
      .mismatch(
        path: "spec.priority",
        expected: "an integer of 32 bits",
        found: "the number 2147483648"
      )
    ),
    (
      #""spec":{"priority":1.5}"#,
      .mismatch(path: "spec.priority", expected: "an integer of 32 bits", found: "the number 1.5")
    ),
    (
      #""spec":{"hostNetwork":"true"}"#,
      .mismatch(path: "spec.hostNetwork", expected: "a boolean", found: "the string \"true\"")
    ),
    (
      #""metadata":{"creationTimestamp":"yesterday"}"#,
      .mismatch(
        path: "metadata.creationTimestamp",
        expected: "a time such as 2026-07-24T04:09:49Z",
        found: "the string \"yesterday\""
      )
    ),
    (
      #""spec":{"overhead":{"cpu":"much"}}"#,
      .mismatch(
        path: "spec.overhead[cpu]",
        expected: "a quantity such as 100m or 1Gi",
        found: "the string \"much\""
      )
    ),
  ])
  func whatDoesNotFitIsNamedWithItsPath(fields: String, expected: EncodeError) {
    #expect(failure(#"{"apiVersion":"v1","kind":"Pod",\#(fields)}"#) == expected)
  }

  @Test func bytesMustBeBase64() {
    let json = #"{"apiVersion":"v1","kind":"Secret","data":{"p":"*"}}"#
    #expect(
      failure(json) == .mismatch(path: "data[p]", expected: "base64", found: "the string \"*\"")
    )
  }

  @Test func unknownKeysCanBeLeftOut() throws {
    var options = Encoder.Options()
    options.ignoresUnknownFields = true
    let json =
      #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"nmae":"x"},"dta":{"a":1},"data":{"b":"c"}}"#
    let clean = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{},"data":{"b":"c"}}"#
    let value = try #require(
      try Encoder(options: options).encode(Array(json.utf8), as: .storage).first
    )
    #expect(
      value.ignoredFields == ["dta", "metadata.nmae"]
        || value.ignoredFields == ["metadata.nmae", "dta"]
    )
    #expect(value.bytes == (try Encoder().encode(Array(clean.utf8), as: .storage).first?.bytes))
  }

  @Test func nullIsLikeAnAbsentKey() throws {
    let json =
      #"{"apiVersion":"v1","kind":"Pod","metadata":null,"spec":{"containers":null,"priority":null}}"#
    let bare = #"{"apiVersion":"v1","kind":"Pod"}"#
    #expect(
      try Encoder().encode(Array(json.utf8), as: .protobuf).first?.bytes
        == (try Encoder().encode(Array(bare.utf8), as: .protobuf).first?.bytes)
    )
  }

  @Test(
    arguments: [
      ("containres", ["containers", "volumes"], "containers"),
      ("NAME", ["namespace", "name"], "name"),
      ("nme", ["name", "image"], "name"), ("x", ["containers"], nil), ("", ["ab"], "ab"),
      ("", ["abc"], nil), ("abc", [], nil),
      ("serviceAcountNmae", ["serviceAccountName", "service"], "serviceAccountName"),
      ("ab", ["cd"], "cd"), ("abc", ["def"], nil),
    ] as [(String, [String], String?)]
  )
  func theNearestWordNeedsFewChanges(word: String, candidates: [String], expected: String?) {
    #expect(EditDistance.nearest(to: word, among: candidates) == expected)
  }
}
