import TestSupport
import Testing

private import Glibc

/// Pipes that close, streams that are not there, terminals, and Ctrl-C.
@Suite struct StreamTests {
  private let cluster = FileCommands.cluster

  @Test(arguments: [
    "keys --all-revisions", "keys -o json", "get -A", "get -A -o table", "get -A -o hex",
    "get -n demo --clean", "keys --tree", "keys --by prefix:9",
  ])
  func aReaderThatGoesAwayIsNoError(command: String) throws {
    let result = try FileCommands.shell(
      """
      for i in 1 2 3 4 5 6; do
        "$EXPLORER" \(command) --file '\(cluster)' | head -c 1 > /dev/null
        echo "${PIPESTATUS[0]}"
      done
      "$EXPLORER" \(command) --file '\(cluster)' | true; echo "${PIPESTATUS[0]}"
      """
    )
    #expect(result.lines == Array(repeating: "0", count: 7))
    #expect(!result.errors.contains("standard output"))
  }

  @Test func aClosedStandardOutputIsAnError() throws {
    for command in ["keys", "get ns/demo", "snapshot status", "--help"] {
      let source = command == "--help" ? "" : "--file '\(cluster)'"
      let result = try FileCommands.shell("\"$EXPLORER\" \(command) \(source) >&-")
      #expect(result.status == 2, "\(command)")
      #expect(result.errors == "explorer: standard output: Bad file descriptor\n")
    }
    let full = try FileCommands.shell("\"$EXPLORER\" keys --file '\(cluster)' > /dev/full")
    #expect(full.status == 2)
    #expect(full.errors == "explorer: standard output: No space left on device\n")
  }

  /// What is told of a database must not be written into it.
  ///
  /// The number of a closed stream goes to the next file that is opened.
  @Test func closedStreamsAreNotTheDatabase() throws {
    let fixture = try EtcdFixture(.v35, "defragmented")
    let hash = "\"$EXPLORER\" hash '\(fixture.dataDirectory)'"
    let before = try FileCommands.shell(hash)
    #expect(before.status == 0)
    for streams in ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
      _ = try FileCommands.shell(
        "\"$EXPLORER\" defrag --data-dir '\(fixture.dataDirectory)' \(streams)"
      )
      let after = try FileCommands.shell(hash)
      #expect(after.text == before.text, "\(streams)")
      #expect(try Program.explorer("check", fixture.dataDirectory).status == 0, "\(streams)")
    }
    let missing = try FileCommands.shell("\"$EXPLORER\" keys --file /none 2>&-")
    #expect(missing.status == 2)
    #expect(missing.output.isEmpty)
  }

  @Test func interruptingEndsTheProgram() throws {
    let folder = try TemporaryFolder()
    // What reads from a pipe that nobody writes to waits as long as it takes.
    let child = try ChildProcess(
      "/bin/bash",
      [
        "-c",
        "mkfifo '\(folder.path)/pipe'; exec '\(Program.explorer)' decode -f '\(folder.path)/pipe'",
      ],
      output: folder.path("output")
    )
    while access(folder.path("pipe"), F_OK) != 0, child.isRunning { usleep(1000) }
    usleep(50_000)
    #expect(child.isRunning)
    child.signal(SIGINT)
    #expect(child.wait(seconds: 10) == 128 + SIGINT)
    _ = folder.path
  }

  /// A reader that stands still keeps the program waiting in the midst of its output.
  @Test func interruptingEndsAProgramThatIsWriting() throws {
    let folder = try TemporaryFolder()
    for command in ["get -A", "get -A -o hex"] {
      let pipe = folder.path("pipe")
      let child = try ChildProcess(
        "/bin/bash",
        [
          "-c",
          "mkfifo '\(pipe)'; exec 3<>'\(pipe)'; "
            + "exec '\(Program.explorer)' \(command) --file '\(cluster)' > '\(pipe)'",
        ],
        output: folder.path("output")
      )
      // A pipe that nobody reads is full at 64 KiB.
      for _ in 0..<1000 where child.isRunning {
        let waiting = try FileCommands.shell("cat /proc/\(child.id)/wchan /proc/\(child.id)/comm")
        if waiting.text.contains("pipe_write") && waiting.text.contains("explorer") { break }
        usleep(5_000)
      }
      child.signal(SIGINT)
      #expect(child.wait(seconds: 10) == 128 + SIGINT, "\(command)")
      try FileCommands.remove(pipe)
    }
    _ = folder.path
  }

  // MARK: Terminals

  private static let hasScript = access("/usr/bin/script", X_OK) == 0

  /// Runs `explorer` on a terminal.
  private func terminal(_ command: String) throws -> Program.Result {
    try FileCommands.shell(
      "NO_COLOR= TERM=xterm script -qec \"'$EXPLORER' \(command)\" /dev/null < /dev/null"
    )
  }

  @Test(.enabled(if: hasScript, "script is not on this machine"))
  func textOfTheStoreIsEscapedOnATerminal() throws {
    let fixture = try EtcdFixture(.v35, "plain")
    let piped = try Program.explorer("keys", "--file", fixture.dataDirectory)
    #expect(piped.output.contains(0))
    #expect(piped.output.contains(0xFF))
    let shown = try terminal("keys --file '\(fixture.dataDirectory)'")
    #expect(shown.status == 0)
    #expect(!shown.output.contains(0))
    #expect(!shown.output.contains(0xFF))
    #expect(shown.text.contains("\\u{0}\\u{0}\r\n"))
    // As many lines as keys: no line break in a key makes two of one.
    let count = try Program.explorer("keys", "--count", "--file", fixture.dataDirectory)
    #expect("\(shown.text.split(separator: "\r\n").count)\n" == count.text)
    #expect(shown.text.contains("/\u{FC}mlaut/\u{20AC}\r\n"))
    let raw = try terminal("get --file '\(fixture.dataDirectory)' --prefix $'\\\\x00' -o raw")
    #expect(!raw.output.contains(0x1B))
  }

  @Test(.enabled(if: hasScript, "script is not on this machine"))
  func differencesHaveColoursOnATerminalOnly() throws {
    let fixture = try EtcdFixture(.v35, "plain")
    let source = "\(fixture.dataDirectory)/member/snap/db"
    let compared = "diff '\(source)@2' '\(source)'"
    let piped = try FileCommands.shell("\"$EXPLORER\" \(compared)")
    #expect(piped.status == 1, "\(piped.errors)")
    #expect(!piped.output.contains(0x1B))
    let shown = try terminal("\(compared)")
    #expect(shown.text.contains("\u{1B}[32m+ "))
    #expect(shown.text.contains("\u{1B}[0m\r\n"))
    for setting in ["NO_COLOR=1", "TERM=dumb"] {
      let plain = try FileCommands.shell(
        "\(setting) script -qec \"'$EXPLORER' \(compared)\" /dev/null < /dev/null"
      )
      #expect(!plain.output.contains(0x1B), "\(setting)")
    }
  }

  @Test(.enabled(if: hasScript, "script is not on this machine"))
  func aTerminalShowsWhatAPipeDoes() throws {
    for command in ["get deploy -n demo", "keys --tree ns", "snapshot status -o table"] {
      let shown = try terminal("\(command) --file '\(cluster)'")
      let piped = try FileCommands.shell("\"$EXPLORER\" \(command) --file '\(cluster)'")
      #expect(shown.text.replacing("\r\n", with: "\n") == piped.text)
    }
  }
}
