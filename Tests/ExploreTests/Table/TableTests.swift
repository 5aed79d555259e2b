import Decode
import Schema
import TestSupport
import Testing

@testable import Explore

@Suite struct TableWriterTests {
  private func table(
    _ columns: [TableColumn],
    _ rows: [[String]],
    showsTitles: Bool = true,
    heldRowLimit: Int = 500
  ) -> String {
    var output = OutputBuffer()
    var writer = TableWriter(
      columns: columns,
      showsTitles: showsTitles,
      heldRowLimit: heldRowLimit
    )
    for row in rows {
      for cell in row { writer.append(cell) }
      writer.endRow(to: &output)
    }
    writer.finish(to: &output)
    return String(decoding: output.bytes, as: UTF8.self)
  }

  private static let columns = [TableColumn("NAME"), TableColumn("COUNT", isRightAligned: true)]

  @Test func columnsAreAsWideAsTheirWidestCell() {
    #expect(
      table(
        [TableColumn("NAME"), TableColumn("K"), TableColumn("AGE")],
        [
          ["a", "Pod", "5d"], ["longer-name", "x", "10h"],
        ]
      ) == """
        NAME          K     AGE
        a             Pod   5d
        longer-name   x     10h

        """
    )
  }

  @Test func numbersStandAtTheRight() {
    #expect(
      table(TableWriterTests.columns, [["pods", "5"], ["x", "123456"]])
        == "NAME    COUNT\npods        5\nx      123456\n"
    )
  }

  @Test func titlesCanBeLeftOut() {
    #expect(table(TableWriterTests.columns, [["a", "1"]], showsTitles: false) == "a     1\n")
    #expect(table(TableWriterTests.columns, []) == "NAME   COUNT\n")
    #expect(table(TableWriterTests.columns, [], showsTitles: false) == "")
    #expect(table([], [[]]) == "")
  }

  @Test func cellsThatAreMissingAreEmpty() {
    #expect(
      table(
        [TableColumn("A"), TableColumn("B"), TableColumn("C")],
        [["x"], []],
        showsTitles: false
      )
      .split(separator: "\n").map { $0.contains("x") }
        == [true, false]
    )
  }

  @Test func rowsFlowOnceEnoughWereHeldBack() {
    var output = OutputBuffer()
    var writer = TableWriter(columns: TableWriterTests.columns, heldRowLimit: 3)
    func row(_ name: String) {
      writer.append(name)
      writer.append("1")
      writer.endRow(to: &output)
    }
    row("a")
    row("b")
    #expect(output.count == 0)
    row("c")
    let first = output.count
    #expect(first > 0)
    row("d")
    #expect(output.count > first)
    // A wider cell widens its column from there on.
    row("much-wider")
    row("e")
    let lines = String(decoding: output.bytes, as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 7)
    #expect(lines[5] == "much-wider       1")
    #expect(lines[6] == "e                1")
    #expect(lines[4] == "d          1")
  }

  @Test func cellsStayOnTheirLine() {
    #expect(
      table(
        [TableColumn("A"), TableColumn("B")],
        [["a\nb\u{1B}[2J", "\u{E9}"]],
        showsTitles: false
      )
        == "a\\u{a}b\\u{1b}[2J   \u{E9}\n"
    )
    var output = OutputBuffer()
    var writer = TableWriter(columns: [TableColumn("A")], showsTitles: false)
    ([0x61, 0xFF] as [UInt8]).withUnsafeBytes { writer.append($0) }
    writer.endRow(to: &output)
    writer.finish(to: &output)
    #expect(output.bytes == Array("a\u{FFFD}\n".utf8))
  }
}

@Suite struct ProgressMeterTests {
  @Test func nothingIsSaidInTheFirstSecondNorTooOften() {
    var meter = ProgressMeter(subject: "a.db")
    #expect(meter.line(done: 1, of: 1000, elapsed: .milliseconds(999)) == nil)
    #expect(meter.line(done: 1, of: 1000, elapsed: .seconds(1)) != nil)
    #expect(meter.line(done: 1, of: 1000, elapsed: .milliseconds(1100)) == nil)
    #expect(meter.line(done: 1, of: 1000, elapsed: .milliseconds(1200)) != nil)
  }

  private func line(_ total: Int, done: Int, after elapsed: Duration) -> String? {
    var meter = ProgressMeter(subject: "a.db")
    return meter.line(done: done, of: total, elapsed: elapsed)
  }

  @Test func theLineSaysHowMuchHowFastAndHowLong() {
    #expect(
      line(4_800_000_000, done: 1_200_000_000, after: .seconds(2))
        == "a.db: 1.2 GB of 4.8 GB (25%), 600 MB/s, 6s left"
    )
    #expect(line(0, done: 3_000_000, after: .seconds(2)) == "a.db: 3.0 MB, 1.5 MB/s")
    #expect(line(0, done: 5, after: .seconds(1)) == "a.db: 5 B, 5 B/s")
    #expect(line(100, done: 100, after: .seconds(1)) == "a.db: 100 B of 100 B (100%), 100 B/s")
  }

  @Test func strangeNumbersDoNoHarm() {
    #expect(line(100, done: 250, after: .seconds(1)) == "a.db: 250 B of 100 B (100%), 250 B/s")
    #expect(line(100, done: 0, after: .seconds(10)) == "a.db: 0 B of 100 B (0%)")
    #expect(line(100, done: -5, after: .seconds(10)) == "a.db: 0 B of 100 B (0%)")
    #expect(line(Int.max, done: 1, after: .seconds(1))?.hasSuffix(" left") == true)
    #expect(line(Int.max, done: Int.max, after: .seconds(1)) != nil)
    #expect(line(-5, done: 5, after: .seconds(1)) == "a.db: 5 B, 5 B/s")
  }
}
