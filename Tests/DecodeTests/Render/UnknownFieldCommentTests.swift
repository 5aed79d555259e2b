import TestSupport
import Testing

@testable import Decode

@Suite struct UnknownFieldCommentTests {
  @Test func linesReadBack() throws {
    let value: [UInt8] = [0, 1, 2, 0xFE, 0xFF]
    let fields = [
      WireSurvey.UnknownField(path: "", number: 99, wireType: 2, bytes: 0..<2),
      WireSurvey.UnknownField(path: "spec.containers[0]", number: 7, wireType: 0, bytes: 2..<5),
      WireSurvey.UnknownField(path: "data[a  b\n\u{85}\"]", number: 7, wireType: 0, bytes: 4..<5),
    ]
    let text = rendered { output in
      value.withBytes { UnknownFieldComment.append(fields, of: $0, to: &output) }
    }
    #expect(
      text == """
        # unknown field: "" 99 0001
        # unknown field: "spec.containers[0]" 7 02feff
        # unknown field: "data[a  b\\u000a\\u0085\\u0022]" 7 ff

        """
    )
    let parsed = text.split(separator: "\n").compactMap { UnknownFieldComment.parse($0) }
    #expect(parsed.map(\.path) == ["", "spec.containers[0]", "data[a  b\n\u{85}\"]"])
    #expect(parsed.map(\.bytes) == [[0, 1], [2, 0xFE, 0xFF], [0xFF]])
  }

  @Test(arguments: [
    "", "# unknown field: ", "# unknown field: \"\" 99", "# unknown field: \"\" 99 0",
    "# unknown field: \"\" 99 0g", "# unknown field: a 99 00", "# unknown field: \"a 99 00",
    "#unknown field: \"\" 99 00", " # unknown field: \"\" 99 00", "a: b",
  ])
  func otherLinesCarryNothing(_ line: String) {
    #expect(UnknownFieldComment.parse(line) == nil)
  }
}
