import Testing

@testable import Decode

@Suite struct JSONCompactorTests {
  private func compact(_ text: String, escapesHTML: Bool = true) throws -> String {
    try rendered { output in
      try Array(text.utf8).withBytes {
        try JSONCompactor.append($0, escapesHTML: escapesHTML, to: &output)
      }
    }
  }

  @Test(arguments: JSONCompactorTests.texts)
  func textIsCompactedAsGoCompactsIt(text: String, escaped: String, plain: String) throws {
    #expect(try compact(text) == escaped)
    #expect(try compact(text, escapesHTML: false) == plain)
  }

  @Test(arguments: JSONCompactorTests.refused)
  func whatGoRefusesIsRefused(_ text: String) {
    #expect(throws: JSONFault.self) { try compact(text) }
    #expect(throws: JSONFault.self) { try JSONDocument(json: text) }
  }

  /// The compactor and the parser are two readers of one language: they must agree on each fault.
  @Test(arguments: JSONCompactorTests.refused)
  func bothReadersNameTheSameFault(_ text: String) {
    let compacting = #expect(throws: JSONFault.self) { try compact(text) }
    let parsing = #expect(throws: JSONFault.self) { try JSONDocument(json: text) }
    #expect(compacting == parsing)
  }

  @Test func nestingHasALimit() throws {
    let limit = JSONSyntax.maximumDepth
    let deepest = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
    #expect(try compact(deepest) == deepest)
    let fault = JSONFault(problem: .tooDeep, offset: limit)
    #expect(throws: fault) { try compact("[\(deepest)]") }
    #expect(throws: fault) { try JSONDocument(json: "[\(deepest)]") }
  }

  @Test func objectsAndListsAreToldApartAtEveryDepth() throws {
    var text = "1"
    for depth in 0..<200 { text = depth % 3 == 0 ? "[\(text)]" : "{\"a\":\(text)}" }
    #expect(try compact(text) == text)
    // The innermost bracket of the wrong kind.
    let open = String(repeating: #"{"a":["#, count: 70)
    #expect(throws: JSONFault(problem: .unexpected(byte: UInt8(ascii: "}")), offset: 421)) {
      try compact("\(open)1}")
    }
  }

  /// Compacted by json.Marshal of a RawMessage, and by json.Compact, which escapes nothing.
  static let texts: [(text: String, escaped: String, plain: String)] = [
    ("{}", "{}", "{}"),
    ("[]", "[]", "[]"),
    (" { } ", "{}", "{}"),
    ("[ 1 , 2 ]", "[1,2]", "[1,2]"),
    (
      """
      {"a" : [ true , false , null ] , "b" : {"c" : "d e"} }
      """, "{\"a\":[true,false,null],\"b\":{\"c\":\"d e\"}}",
      "{\"a\":[true,false,null],\"b\":{\"c\":\"d e\"}}"
    ),
    ("\"<a>&\\u003c\"", "\"\\u003ca\\u003e\\u0026\\u003c\"", "\"<a>&\\u003c\""),
    ("{\"<\":\">\"}", "{\"\\u003c\":\"\\u003e\"}", "{\"<\":\">\"}"),
    ("\"\u{2028}\u{2029}\"", "\"\\u2028\\u2029\"", "\"\u{2028}\u{2029}\""),
    ("\"\\u2028\"", "\"\\u2028\"", "\"\\u2028\""),
    ("1", "1", "1"),
    ("-0", "-0", "-0"),
    ("0.10", "0.10", "0.10"),
    ("1E5", "1E5", "1E5"),
    ("1e+5", "1e+5", "1e+5"),
    ("\t\n\r 1 \n", "1", "1"),
    (
      "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
      "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\""
    ),
    ("[[[[]]]]", "[[[[]]]]", "[[[[]]]]"),
    ("[{},{\"a\":{}}]", "[{},{\"a\":{}}]", "[{},{\"a\":{}}]"),
    ("\"\u{E9}\"", "\"\u{E9}\"", "\"\u{E9}\""),
    ("\"\\ud800\"", "\"\\ud800\"", "\"\\ud800\""),
    ("{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}"),
    ("true", "true", "true"),
    ("null", "null", "null"),
    ("\"\"", "\"\"", "\"\""),
    ("[1,[2,[3,{\"a\":[]}]]]", "[1,[2,[3,{\"a\":[]}]]]", "[1,[2,[3,{\"a\":[]}]]]"),
    ("12345678901234567890.123", "12345678901234567890.123", "12345678901234567890.123"),
  ]

  /// Refused by json.Compact.
  static let refused: [String] = [
    "",
    "  ",
    "{",
    "[",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":1",
    "{\"a\":1,",
    "{\"a\":1,}",
    "[1",
    "[1,",
    "[1,]",
    "{a:1}",
    "{'a':1}",
    "{\"a\" 1}",
    "{\"a\":1 \"b\":2}",
    "[1 2]",
    "01",
    "1.",
    ".5",
    "+1",
    "-",
    "1e",
    "1e+",
    "--1",
    "0x1",
    "tru",
    "trux",
    "nul",
    "falsee",
    "NaN",
    "\"",
    "\"a",
    "\"\\",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"a\nb\"",
    "\"\t\"",
    "1 2",
    "{} {}",
    "[] x",
    "}",
    "]",
    "[}",
    "{]",
    "{\"a\":[}",
    "{1:2}",
    "{null:1}",
    ",",
    "{,}",
    "[,]",
    "[1,,2]",
    "\u{FEFF}{}",
    "// c",
    "1.5.5",
    "1e5.5",
  ]
}
