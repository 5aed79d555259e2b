import TestSupport
import Testing

/// `explorer serve` before it serves.
@Suite struct ServeCommandTests {
  @Test func helpNamesFlagsAndWhatBecomesOfOthers() throws {
    for arguments in [["serve", "--help"], ["serve", "-h"]] {
      let result = try Program.run(Program.explorer, arguments)
      #expect(result.status == 0)
      #expect(result.text.hasPrefix("Usage:\n\n  explorer serve [flags]\n"))
      #expect(result.text.contains("\n  --listen-client-urls 'http://localhost:2379'\n"))
      #expect(result.text.contains("\nNot served:\n"))
    }
    #expect(try Program.explorer("--help").text.contains("  serve "))
  }

  @Test func theVersionIsPrinted() throws {
    let result = try Program.explorer("serve", "--version")
    #expect(result.status == 0)
    #expect(result.text.hasPrefix("explorer Version: "))
  }

  @Test(arguments: [
    (["--nosuch"], 2, "flag provided but not defined: -nosuch (see `explorer serve --help`)"),
    (["--name"], 2, "flag needs an argument: -name (see `explorer serve --help`)"),
    (
      ["--enable-pprof"], 2,
      "--enable-pprof=true is not served: there is no Go program to profile "
        + "(see `explorer serve --help`)"
    ),
    (["--heartbeat-interval=0"], 1, "--heartbeat-interval must be >0 (set to 0ms)"),
    (["--config-file=/nosuch"], 1, "/nosuch: No such file or directory"),
  ])
  func whatIsWrongIsOneLine(_ arguments: [String], _ status: Int32, _ cause: String) throws {
    let result = try Program.run(Program.explorer, ["serve"] + arguments)
    #expect(result.status == status)
    #expect(result.output.isEmpty)
    #expect(result.errors == "explorer: serve: \(cause)\n")
  }

  @Test func theEnvironmentIsRead() throws {
    let result = try Program.run(
      Program.explorer,
      ["serve"],
      environment: ["ETCD_ELECTION_TIMEOUT": "60000"]
    )
    #expect(result.status == 1)
    #expect(result.errors.contains("--election-timeout[60000ms] is too long"))
  }
}
