import Glibc
import Logging
import TestSupport
import Testing

@testable import Store

/// Where lines go.
///
/// What goes wrong otherwise: somebody stops reading the log, a pipe fills, and every connection of an
/// event loop stands still.
@Suite struct NodeLogTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func log(
    _ outputs: [String],
    level: LogLevel = .info,
    format: LogFormat = .json
  ) throws -> NodeLog {
    var configuration = NodeConfiguration.Log()
    configuration.outputs = outputs
    configuration.level = level
    configuration.format = format
    return try NodeLog(configuration)
  }

  @Test func linesGoToEveryFile() throws {
    let log = try log([folder.path("a"), "file://" + folder.path("b"), folder.path("a")])
    var logger = log.logger(label: "part")
    logger[metadataKey: "all"] = "x"
    logger.info("first", metadata: ["one": "1"])
    logger.error("second", metadata: ["all": "y"])
    for name in ["a", "b"] {
      let objects = try TestFile.objects(folder.path(name))
      #expect(objects.map { $0["msg"] as? String } == ["first", "second"])
      #expect(objects.map { $0["all"] as? String } == ["x", "y"])
      #expect(objects[0]["one"] as? String == "1")
      #expect(objects[0]["logger"] as? String == "part")
      let caller = try #require(objects[0]["caller"] as? String)
      #expect(caller.hasPrefix("StoreTests/NodeLogTests.swift:"))
    }
  }

  @Test func aFileIsAppendedTo() throws {
    for message in ["a", "b"] {
      let log = try log([folder.path("log")], format: .console)
      log.logger().info("\(message)")
      log.close()
    }
    let lines = try TestFile.text(folder.path("log")).split(separator: "\n")
    #expect(lines.count == 2 && lines[0].hasSuffix("\ta") && lines[1].hasSuffix("\tb"))
  }

  @Test(arguments: [
    (LogLevel.debug, 5), (.info, 4), (.warn, 3), (.error, 2), (.panic, 1), (.fatal, 1),
  ])
  func aLevelIsTheLeast(_ level: LogLevel, _ count: Int) throws {
    let logger = try log([folder.path("log")], level: level).logger()
    logger.debug("a")
    logger.info("b")
    logger.warning("c")
    logger.error("d")
    logger.critical("e")
    #expect(try TestFile.objects(folder.path("log")).count == count)
  }

  @Test func aMessageThatIsNotLoggedIsNotMade() throws {
    let logger = try log([folder.path("log")], level: .warn).logger()
    var count = 0
    func text() -> String {
      count += 1
      return "x"
    }
    for _ in 0..<100 { logger.info("\(text())", metadata: ["k": "\(text())"]) }
    #expect(count == 0)
    logger.warning("\(text())")
    #expect(count == 1)
  }

  @Test func whoAsksForNothingGetsNothing() throws {
    let logger = try log(["/dev/null", folder.path("log")]).logger()
    logger.info("a")
    #expect(try TestFile.text(folder.path("log")).isEmpty)
  }

  @Test func aFileThatCannotBeOpenedIsNamed() throws {
    let path = folder.path("none/log")
    #expect(
      throws: ConfigurationError.invalid(
        "open sink \"\(path)\": open \(path): no such file or directory"
      )
    ) { try log([path]) }
  }

  // MARK: Pipes

  /// A pipe, and a sink that writes to it.
  private func pipeAndSink() -> (reader: Int32, sink: LogSink) {
    var ends: [Int32] = [0, 0]
    pipe(&ends)
    let sink = LogSink(ends[1], isOwned: true) { count in Array("dropped \(count)\n".utf8) }
    return (ends[0], sink)
  }

  /// The lines that come from a pipe, up to one that is the last.
  private func lines(_ reader: Int32, until isLast: (Substring) -> Bool) -> [Substring] {
    var text: [UInt8] = []
    var lines: [Substring] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(reader, &piece, piece.count)
      guard count > 0 else { return lines }
      text += piece[..<count]
      guard let end = text.lastIndex(of: 0x0A) else { continue }
      let whole = String(decoding: text[...end], as: UTF8.self).split(separator: "\n")
      text.removeSubrange(...end)
      lines += whole
      if whole.contains(where: isLast) { return lines }
    }
  }

  @Test func nobodyWaitsForAPipeThatIsFull() throws {
    let (reader, sink) = pipeAndSink()
    defer { close(reader) }
    // Far more than a pipe holds, and less than may wait.
    let count = 5000
    for number in 0..<count {
      sink.write(Array("line \(number) \(String(repeating: "x", count: 90))\n".utf8))
    }
    #expect(!sink.flush(within: .milliseconds(20)))
    let found = lines(reader) { $0.hasPrefix("line \(count - 1) ") }
    #expect(found.count == count)
    #expect(found.enumerated().allSatisfy { $1.hasPrefix("line \($0) ") })
    #expect(sink.flush(within: .seconds(10)))
    sink.close()
  }

  @Test func whatIsTooMuchIsDroppedAndCounted() throws {
    let (reader, sink) = pipeAndSink()
    defer { close(reader) }
    let line = Array((String(repeating: "x", count: 999) + "\n").utf8)
    // 64 KiB are in the pipe, up to 1 MiB is on its way, and 1 MiB waits; the rest is lost.
    let count = 3000
    for _ in 0..<count { sink.write(line) }
    var droppedCount = 0
    var wholeCount = 0
    _ = lines(reader) { line in
      if line.hasPrefix("dropped ") {
        droppedCount += line.split(separator: " ").last.flatMap { Int($0) } ?? 0
      } else {
        #expect(line.utf8.count == 999)
        wholeCount += 1
      }
      return droppedCount + wholeCount == count
    }
    #expect(droppedCount > 700)
    sink.close()
  }

  @Test func linesOfManyThreadsStayWhole() async throws {
    let (reader, sink) = pipeAndSink()
    defer { close(reader) }
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask {
          for number in 0..<200 {
            sink.write(Array("\(task) \(number) \(String(repeating: "y", count: 60))\n".utf8))
          }
        }
      }
    }
    sink.write(Array("end\n".utf8))
    let found = lines(reader) { $0 == "end" }
    #expect(found.count == 1601)
    var next = [Int](repeating: 0, count: 8)
    for line in found.dropLast() {
      let words = line.split(separator: " ")
      guard words.count == 3, let task = Int(words[0]), Int(words[1]) == next[task],
        words[2].utf8.count == 60
      else {
        Issue.record("\(line)")
        return
      }
      next[task] += 1
    }
    sink.close()
  }

  @Test func aPipeThatNobodyReadsIsNoError() throws {
    // As the program does at its start.
    signal(SIGPIPE, SIG_IGN)
    let (reader, sink) = pipeAndSink()
    close(reader)
    for _ in 0..<100 { sink.write(Array("x\n".utf8)) }
    #expect(sink.flush(within: .seconds(10)))
    sink.close()
  }
}
