import Testing

@testable import Decode

@Suite struct JSONIndenterTests {
  @Test(arguments: JSONIndenterTests.texts)
  func linesBreakWhereGoBreaksThem(compact: String, expected: String) {
    let text = rendered { output in
      Array(compact.utf8).withBytes { JSONIndenter.append($0, to: &output) }
    }
    #expect(text == expected)
  }

  /// Indented by json.Indent with two spaces.
  static let texts: [(compact: String, expected: String)] = [
    ("{}", "{}"),
    ("[]", "[]"),
    ("{}", "{}"),
    ("[1,2]", "[\n  1,\n  2\n]"),
    (
      "{\"a\":[true,false,null],\"b\":{\"c\":\"d e\"}}",
      """
      {
        "a": [
          true,
          false,
          null
        ],
        "b": {
          "c": "d e"
        }
      }
      """
    ),
    ("\"<a>&\\u003c\"", "\"<a>&\\u003c\""),
    ("{\"<\":\">\"}", "{\n  \"<\": \">\"\n}"),
    ("\"\u{2028}\u{2029}\"", "\"\u{2028}\u{2029}\""),
    ("\"\\u2028\"", "\"\\u2028\""),
    ("1", "1"),
    ("-0", "-0"),
    ("0.10", "0.10"),
    ("1E5", "1E5"),
    ("1e+5", "1e+5"),
    ("1", "1"),
    ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\""),
    (
      "[[[[]]]]",
      """
      [
        [
          [
            []
          ]
        ]
      ]
      """
    ),
    ("[{},{\"a\":{}}]", "[\n  {},\n  {\n    \"a\": {}\n  }\n]"),
    ("\"\u{E9}\"", "\"\u{E9}\""),
    ("\"\\ud800\"", "\"\\ud800\""),
    ("{\"a\":1,\"a\":2}", "{\n  \"a\": 1,\n  \"a\": 2\n}"),
    ("true", "true"),
    ("null", "null"),
    ("\"\"", "\"\""),
    (
      "[1,[2,[3,{\"a\":[]}]]]",
      """
      [
        1,
        [
          2,
          [
            3,
            {
              "a": []
            }
          ]
        ]
      ]
      """
    ),
    ("12345678901234567890.123", "12345678901234567890.123"),
  ]
}
