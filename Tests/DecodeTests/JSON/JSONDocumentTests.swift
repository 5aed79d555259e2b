import Testing

@testable import Decode

@Suite struct JSONDocumentTests {
  @Test func nodesStandInTheOrderOfTheText() throws {
    let document = try JSONDocument(json: #" {"a": [1, "x", null], "b": {"c": true}} "#)
    let kinds = document.nodes.map(\.kind)
    #expect(
      kinds == [
        .object, .string, .array, .number, .string, .null, .string, .object, .string, .true,
      ]
    )
    #expect(document.nodes.map(\.end) == [10, 2, 6, 4, 5, 6, 7, 10, 9, 10])
    #expect(document.nodes.map(\.sourceOffset) == [1, 2, 7, 8, 11, 16, 23, 28, 29, 34])
    #expect(document.nodes[0].count == 2)
    #expect(document.nodes[2].count == 3)
    #expect(document.depth == 0)
  }

  @Test func valuesAreFoundByTheirKeys() throws {
    let document = try JSONDocument(json: #"{"a":{"b":"x"},"c":[{"d":"y"},2],"a b":"z"}"#)
    let inner = try #require(document.value(of: "a", in: 0))
    #expect(document.string(of: "b", in: inner) == "x")
    #expect(document.string(of: "a b", in: 0) == "z")
    let list = try #require(document.value(of: "c", in: 0))
    let items = document.items(of: list)
    #expect(items.count == 2)
    #expect(document.string(of: "d", in: items[0]) == "y")
    #expect(document.value(of: "b", in: 0) == nil)
    #expect(document.value(of: "d", in: list) == nil)
    #expect(document.value(of: "a", in: 1000) == nil)
    #expect(document.string(of: "c", in: 0) == nil)
    #expect(document.items(of: 0) == [])
  }

  @Test func ofEqualKeysTheLastCounts() throws {
    let document = try JSONDocument(json: #"{"a":1,"b":0,"a":{"c":2},"a":"last"}"#)
    #expect(document.string(of: "a", in: 0) == "last")
    #expect(document.sortedJSON == #"{"a":"last","b":0}"#)
    #expect(document.yaml == "a: last\nb: 0\n")
  }

  @Test(arguments: [
    (#""\u0041\u00e9\u4e2d""#, "A\u{E9}\u{4E2D}"), (#""\ud83d\ude00""#, "\u{1F600}"),
    (#""\ud83d""#, "\u{FFFD}"), (#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}"),
    (#""\ud83dx""#, "\u{FFFD}x"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
    (#""\ud83d\ud83d\ude00""#, "\u{FFFD}\u{1F600}"),
    (#""\b\f\n\r\t\"\\\/""#, "\u{8}\u{C}\n\r\t\"\\/"),
    (#""\u0000""#, "\0"), ("\"\u{1F600}\"", "\u{1F600}"), (#""""#, ""),
  ])
  func escapesStandForTheirCharacters(json: String, expected: String) throws {
    let document = try JSONDocument(json: json)
    #expect(
      document.string(of: document.nodes[0]).unicodeScalars.elementsEqual(expected.unicodeScalars)
    )
  }

  @Test func moreMayStandBehindAValue() throws {
    let text = Array(#"{"a":1}  {"b":2}"#.utf8)
    var document = JSONDocument()
    let end = try text.withBytes { try document.parse($0, allowsMore: true) }
    #expect(end == 9)
    document.removeAll()
    #expect(try text.withBytes { try document.parse($0, from: end, allowsMore: true) } == 16)
    #expect(document.sortedJSON == #"{"b":2}"#)
    var whole = JSONDocument()
    #expect(throws: JSONFault(problem: .trailingBytes, offset: 9)) {
      try text.withBytes { _ = try whole.parse($0) }
    }
  }

  @Test func textCanBeReplaced() throws {
    var document = try JSONDocument(json: #"["a","b"]"#)
    document.replaceText(of: 1, with: Array("longer".utf8))
    #expect(document.sortedJSON == #"["longer","b"]"#)
  }

  /// Go reads a number into an int64 or a double and prints that.
  @Test(arguments: [
    ("1", "1"), ("-0", "0"), ("-0.0", "-0"), ("1.0", "1"), ("1.50", "1.5"), ("1e3", "1000"),
    ("9223372036854775807", "9223372036854775807"), ("9223372036854775808", "9223372036854776000"),
    ("18446744073709551615", "18446744073709552000"), ("1e21", "1e+21"), ("1E-7", "1e-7"),
    ("-9223372036854775808", "-9223372036854775808"), ("0.1e1", "1"),
  ])
  func numbersAreNormalised(text: String, expected: String) throws {
    let document = try JSONDocument(json: #"{"n":\#(text),"s":"1.0"}"#)
    let json = rendered { document.writeNormalised(to: &$0) }
    #expect(json == #"{"n":\#(expected),"s":"1.0"}"#)
    // What is only sorted keeps its text.
    #expect(document.sortedJSON == #"{"n":\#(text),"s":"1.0"}"#)
  }

  @Test func keysAreSortedByTheirBytes() throws {
    let document = try JSONDocument(
      json: "{\"b\":1,\"a\":{\"z\":1,\"Z\":2,\"\u{E9}\":3,\"10\":4,\"9\":5},\"a-\":0,\"\":6}"
    )
    #expect(
      document.sortedJSON
        == "{\"\":6,\"a\":{\"10\":4,\"9\":5,\"Z\":2,\"z\":1,\"\u{E9}\":3},\"a-\":0,\"b\":1}"
    )
    let keys = document.sortedKeys(of: 0).map { document.string(of: document.nodes[$0]) }
    #expect(keys == ["", "a", "a-", "b"])
  }

  @Test func keysCanStayInTheirOrder() throws {
    let text = #"{"b":[1.0,{"z":null,"a":"<"}],"a":{},"c":[],"a":true}"#
    let document = try JSONDocument(json: text)
    #expect(
      rendered { document.writeInOrder(to: &$0) }
        == #"{"b":[1.0,{"z":null,"a":"\u003c"}],"a":{},"c":[],"a":true}"#
    )
    #expect(rendered { document.writeYAML(to: &$0) } == document.yaml)
  }

  @Test func whatIsNotUTF8IsNoticedWhenItIsWritten() {
    let document = JSONDocument(key: "k", string: [0x61, 0xFF])
    var isValid = true
    let json = rendered { isValid = document.writeSorted(to: &$0) }
    #expect(json == #"{"k":"a\ufffd"}"#)
    #expect(!isValid)
  }
}
