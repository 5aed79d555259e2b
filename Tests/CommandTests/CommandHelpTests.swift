import TestSupport
import Testing

/// What the commands about files say of themselves, and of arguments that they do not take.
@Suite struct CommandHelpTests {
  static let commands = [
    ["check"], ["hash"], ["checksum"], ["snapshot", "status"], ["snapshot", "restore"], ["defrag"],
    ["wal"],
  ]

  /// Those about keys, whose wrong arguments are tested with each.
  static let commandsAboutKeys = [["keys"], ["get"], ["watch"], ["history"], ["diff"]]

  @Test(arguments: commands + commandsAboutKeys)
  func helpHasAnExampleAndNamesEveryOption(command: [String]) throws {
    let result = try Program.run(Program.explorer, command + ["--help"])
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    #expect(result.text.hasPrefix("OVERVIEW: "))
    #expect(result.text.contains("For example:\n\n  explorer \(command.joined(separator: " ")) "))
    #expect(result.text.contains("USAGE: explorer \(command.joined(separator: " ")) "))
    let usage = result.text.split(separator: "\n").first { $0.hasPrefix("USAGE: ") } ?? ""
    for word in usage.split(separator: " ") where word.hasPrefix("[--") {
      let option = word.drop { $0 == "[" }.prefix { $0 != "]" }
      #expect(result.text.contains("\n  \(option)") || result.text.contains(", \(option)"))
    }
  }

  @Test func everyCommandHasAnExample() throws {
    let overview = try Program.explorer("--help").text
    let subcommands = try #require(overview.split(separator: "SUBCOMMANDS:\n").last)
    let names = subcommands.split(separator: "\n")
      .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
      .compactMap { $0.split { " ,".contains($0) }.first }
      .filter { $0 != "See" }
    #expect(names.count >= 20)
    for name in names {
      let help = try Program.explorer(String(name), "--help")
      #expect(help.status == 0)
      #expect(help.text.contains("For example:\n\n  "), "\(name)")
    }
  }

  @Test func commandsThatAreNotThereAreNamed() throws {
    for (word, hint) in [("keyss", "did you mean keys?"), ("qqqqqqqq", "see explorer --help")] {
      let result = try Program.explorer(word, "--endpoints", "127.0.0.1:1")
      #expect(result.status == 2)
      #expect(result.errors == "explorer: \(word): no such command, \(hint)\n")
    }
    #expect(try Program.explorer("get", "--help").text.contains("(default: yaml)"))
    let tree = try Program.explorer("keys", "--tree", "-o", "json", "--file", "/nowhere")
    #expect(tree.status == 2 && tree.errors.contains("--tree has no JSON"))
  }

  @Test(arguments: commands) func wrongArgumentsAreErrorsWithStatusTwo(command: [String]) throws {
    let file = command == ["defrag"] ? ["--file", "/nowhere"] : ["/nowhere"]
    for wrong in [["--no-such-flag"], ["-o", "xml"], ["one", "two"], ["--file"]] {
      let result = try Program.run(Program.explorer, command + file + wrong)
      #expect(result.status == 2, "\(wrong)")
      #expect(result.output.isEmpty, "\(wrong)")
      #expect(result.errors.hasPrefix("Error: "), "\(wrong)")
    }
    let nothing = try Program.run(Program.explorer, command)
    #expect(nothing.status == 2)
    #expect(nothing.output.isEmpty)
    #expect(nothing.errors.hasPrefix("Error: "))
  }

  /// The file may be named either way, and one of the ways has to be taken.
  @Test(arguments: [["check"], ["hash"], ["checksum"], ["snapshot", "status"]])
  func theFileIsNamedOnce(command: [String]) throws {
    let fixture = try EtcdFixture(.v35, "leases")
    let path = fixture.dataDirectory
    let bare = try Program.run(Program.explorer, command + [path])
    let named = try Program.run(Program.explorer, command + ["--file", path])
    #expect(bare.status == 0 && !bare.output.isEmpty)
    #expect(named.status == 0 && named.output == bare.output)
    let twice = try Program.run(Program.explorer, command + [path, "--file", path])
    #expect(twice.status == 2)
    #expect(twice.errors.hasPrefix("Error: Give one file, not two.\n"))
    let never = try Program.run(Program.explorer, command)
    #expect(never.errors.hasPrefix("Error: Give the file to read.\n"))
  }

  @Test func optionsThatExcludeEachOtherAreRefused() throws {
    let both = try Program.explorer("defrag", "--file", "a", "--data-dir", "b")
    #expect(both.status == 2)
    #expect(both.errors.hasPrefix("Error: Give either --data-dir or --file.\n"))
    let negative = try Program.explorer("wal", "/nowhere", "--limit=-1")
    #expect(negative.status == 2)
    #expect(negative.errors.hasPrefix("Error: --limit must not be negative.\n"))
    for number in ["x", "-1", "99999999999999999999"] {
      let result = try Program.explorer("snapshot", "restore", "f", "--bump-revision=\(number)")
      #expect(result.status == 2, "\(number)")
      #expect(result.errors.contains("The value '\(number)' is invalid"))
    }
    let revision = try Program.explorer("hash", "f", "--rev", "last")
    #expect(revision.status == 2)
    #expect(revision.errors.contains("The value 'last' is invalid"))
  }
}
