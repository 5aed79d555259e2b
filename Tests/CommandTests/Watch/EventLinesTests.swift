import Testing

@testable import explorer

/// Where on a terminal the lines of events are.
struct EventLinesTests {
  private static let size = TerminalSize(columnCount: 10, rowCount: 6)

  private static func lines(_ texts: (key: String?, text: String)...) -> EventLines {
    var lines = EventLines()
    for (key, text) in texts { lines.add(text, key: key, on: size) }
    return lines
  }

  @Test func theLineOfAnEventIsFoundAboveOthers() {
    var lines = Self.lines(("a", "one"), (nil, "pod"), ("b", "two"))
    #expect(lines.take("b", on: Self.size) == .init(distance: 1, rowCount: 1))
    #expect(lines.take("a", on: Self.size) == .init(distance: 2, rowCount: 1))
    #expect(lines.take("a", on: Self.size) == nil)
    #expect(lines.take("c", on: Self.size) == nil)
  }

  @Test func longLinesHaveSeveralRows() {
    var lines = Self.lines(("a", "0123456789"), ("b", "0123456789a"), ("c", ""))
    #expect(lines.take("b", on: Self.size) == .init(distance: 3, rowCount: 2))
    #expect(lines.take("a", on: Self.size) == .init(distance: 2, rowCount: 1))
  }

  @Test func whatIsNotOnTheScreenIsNotFound() {
    var lines = Self.lines(("a", "1"), ("b", "2"), ("c", "3"), ("d", "4"), ("e", "5"), ("f", "6"))
    #expect(lines.take("a", on: Self.size) == nil)
    #expect(lines.take("b", on: Self.size) == .init(distance: 5, rowCount: 1))
    lines.add(String(repeating: "x", count: 100), key: "long", on: Self.size)
    #expect(lines.take("long", on: Self.size) == nil)
    #expect(lines.take("f", on: Self.size) == nil)
  }

  @Test func nothingIsKnownOfATerminalThatHasChanged() {
    var lines = Self.lines(("a", "1"))
    let other = TerminalSize(columnCount: 11, rowCount: 6)
    #expect(lines.take("a", on: other) == nil)
    lines = Self.lines(("a", "1"))
    lines.add("2", key: "b", on: other)
    #expect(lines.take("a", on: other) == nil)
    #expect(lines.take("b", on: other) == .init(distance: 1, rowCount: 1))
  }

  @Test func linesWhoseWidthIsUpToTheTerminalHideThoseAbove() {
    for text in ["\u{4E00}", "e\u{301}", "\u{202E}", "\u{1F600}"] {
      var lines = Self.lines(("a", "1"), (nil, text), ("b", "2"))
      #expect(lines.take("a", on: Self.size) == nil)
      #expect(lines.take("b", on: Self.size) == .init(distance: 1, rowCount: 1))
    }
  }
}
