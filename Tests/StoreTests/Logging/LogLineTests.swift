import Foundation
import Logging
import TestSupport
import Testing

@testable import Store

/// Lines in etcd's shape.
@Suite struct LogLineTests {
  private func line(
    _ format: LogFormat = .json,
    level: Logger.Level = .info,
    label: String = "",
    message: String = "m",
    fields: [(key: String, value: Logger.MetadataValue)] = []
  ) -> String {
    let line = LogLine(
      format,
      level: level,
      label: label,
      caller: "Store/A.swift:7",
      message: message,
      fields: fields
    )
    return String(decoding: line.bytes, as: UTF8.self)
  }

  /// The line with a time that is always the same.
  private func timeless(_ line: String) throws -> String {
    let time = try #require(line.firstMatch(of: /[0-9-]+T[0-9:.]+Z/))
    #expect(time.output.count == "2021-03-04T05:06:07.000089Z".count)
    return line.replacing(time.output, with: "T")
  }

  @Test func aLineHasTheFieldsOfEtcds() throws {
    let fields: [(key: String, value: Logger.MetadataValue)] = [
      ("count", .stringConvertible(7)), ("flag", .stringConvertible(true)),
      ("list", ["a", "b"]), ("map", ["k": "v", "j": ["x"]]),
      ("ratio", .stringConvertible(0.5)), ("text", "t"),
      ("took", .stringConvertible(Duration.seconds(90))),
    ]
    #expect(
      try timeless(line(level: .warning, label: "raft", fields: fields))
        == #"{"level":"warn","ts":"T","logger":"raft","caller":"Store/A.swift:7","msg":"m","#
        + #""count":7,"flag":true,"list":["a","b"],"map":{"j":["x"],"k":"v"},"ratio":0.5,"#
        + #""text":"t","took":"1m30s"}"# + "\n"
    )
    #expect(
      try timeless(line(.console, level: .error, label: "raft", fields: Array(fields.prefix(3))))
        == "T\terror\traft\tStore/A.swift:7\tm\t"
        + #"{"count": 7, "flag": true, "list": ["a", "b"]}"# + "\n"
    )
    #expect(try timeless(line(.console)) == "T\tinfo\tStore/A.swift:7\tm\n")
  }

  @Test(arguments: [
    (Logger.Level.trace, "debug"), (.debug, "debug"), (.info, "info"), (.notice, "info"),
    (.warning, "warn"), (.error, "error"), (.critical, "fatal"),
  ])
  func levelsHaveZapsNames(_ level: Logger.Level, _ name: String) throws {
    #expect(line(level: level).hasPrefix("{\"level\":\"\(name)\","))
  }

  /// A key or a message may come from anybody: it must not end the line, nor reach a terminal.
  @Test func textsStayOnTheirLine() throws {
    let hostile =
      "\u{0}\u{1}\u{1B}[31m\n\r\t\"\\\u{7F}\u{85}\u{9B}\u{2028}\u{202E}\u{2066}\u{E9}\u{1F600}"
    for format in LogFormat.allCases {
      let text = line(format, message: hostile, fields: [(hostile, .string(hostile))])
      #expect(text.utf8.filter { $0 == 0x0A }.count == 1 && text.hasSuffix("\n"))
      let scalars = text.unicodeScalars.dropLast()
      #expect(!scalars.contains { $0.properties.generalCategory == .control && $0 != "\t" })
      #expect(!scalars.contains { $0.value == 0x202E || $0.value == 0x2028 || $0.value == 0x2066 })
      #expect(text.contains("\u{E9}\u{1F600}"))
    }
    let json = line(message: hostile, fields: [(hostile, .string(hostile))])
    let object = try #require(try TestFile.objects(in: json).first)
    #expect(object["msg"] as? String == hostile)
    #expect(object[hostile] as? String == hostile)
  }

  @Test func fieldsAreNotNestedWithoutEnd() throws {
    var value = Logger.MetadataValue.string("x")
    for _ in 0..<10_000 { value = .array([value]) }
    let text = line(fields: [("deep", value)])
    #expect(text.contains(#"[[[[[[[["..."]]]]]]]]"#))
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00"), (-1, "1969-12-31T23:59:59"), (951_782_399, "2000-02-28T23:59:59"),
    (951_782_400, "2000-02-29T00:00:00"), (951_868_800, "2000-03-01T00:00:00"),
    (1_614_834_367, "2021-03-04T05:06:07"), (4_107_542_400, "2100-03-01T00:00:00"),
    (1_735_689_599, "2024-12-31T23:59:59"), (253_402_300_799, "9999-12-31T23:59:59"),
  ])
  func aTimeIsADateAndAClock(_ seconds: Int, _ expected: String) {
    var bytes: [UInt8] = []
    LogTime.append(seconds: seconds, nanoseconds: 89_999, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == expected + ".000089Z")
  }

  @Test func everyDayFollowsTheOneBefore() {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    for day in stride(from: -1000, to: 60_000, by: 1) {
      var bytes: [UInt8] = []
      LogTime.append(seconds: day * 86_400, nanoseconds: 0, to: &bytes)
      let date = Date(timeIntervalSince1970: Double(day) * 86_400)
      let parts = calendar.dateComponents([.year, .month, .day], from: date)
      let text = String(decoding: bytes.prefix(10), as: UTF8.self)
      let numbers = text.split(separator: "-").map { Int($0) }
      guard numbers == [parts.year, parts.month, parts.day] else {
        Issue.record("day \(day): \(text)")
        return
      }
    }
  }
}
