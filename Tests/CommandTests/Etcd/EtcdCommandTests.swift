import Foundation
import TestSupport
import Testing

/// Commands that etcdctl has by the same names, beside the real one.
@Suite struct EtcdCommandTests {
  /// What is done, in this order, by etcdctl on one server and by explorer on another.
  private static let script: [(arguments: [String], input: String)] = [
    (["put", "a", "b\n<&>\u{E9}\u{1}\""], ""),
    (["put", "a", "c", "--prev-kv"], ""),
    (["put", "a", "--ignore-value", "--ignore-lease", "--prev-kv"], ""),
    (["put", "stdin"], "two\nlines\n\u{7}"),
    (["put", "none", "--ignore-value"], ""),
    (["put", "leased", "v", "--lease", "7"], ""),
    (["put", "none"], ""),
    (["put", "", "v"], ""),
    (["del", "a", "--prev-kv"], ""),
    (["del", "a"], ""),
    (["put", "k1", "1"], ""), (["put", "k2", "2"], ""), (["put", "k3", "3"], ""),
    (["del", "k1", "k3", "--prev-kv"], ""),
    (["del", "k", "--prefix", "--prev-kv"], ""),
    (["put", "z", "1"], ""),
    (["del", "y", "--from-key"], ""),
    (["del", "", "--prefix"], ""),
    (["member", "list"], ""),
    (["endpoint", "status"], ""),
    (["endpoint", "hashkv"], ""),
    (["endpoint", "hashkv", "--rev", "3"], ""),
    (["endpoint", "health"], ""),
    (["endpoint", "health", "--cluster"], ""),
  ]

  /// Lets nothing stand that differs between two runs of the same program.
  static func masked(_ output: [UInt8]) -> String {
    var text = String(decoding: output, as: UTF8.self)
    // Debian's etcdctl draws other lines than etcd's own.
    for (line, character) in [("│", "|"), ("─", "-")] {
      text = text.replacingOccurrences(of: line, with: character)
    }
    for (pattern, mask) in [
      ("[┌┬┐├┼┤└┴┘]", "+"), (#"127\.0\.0\.1:\d+"#, "ADDRESS"),
      (#"\b\d{16,20}\b|\b[0-9a-f]{13,16}\b"#, "ID"), (#"\b[0-9.]+ ?[nµm]?s\b"#, "TIME"),
      (#"\b[0-9.]+ [kM]?B\b"#, "SIZE"), (#"("dbSize(InUse)?":|"DBSize" : )\d+"#, "$1SIZE"),
      (#"("raft(Applied)?Index":|"Raft(Applied)?Index" : )\d+"#, "$1INDEX"),
      (#"(true|false), (\d+), \d+, \d+"#, "$1, $2, INDEX, INDEX"),
      (#"\| +(\d+) \| +\d+ \| +\d+ \|"#, "| $1 | INDEX | INDEX |"), ("  +", " "), ("--+", "-"),
    ] {
      text = text.replacingOccurrences(of: pattern, with: mask, options: .regularExpression)
    }
    return text
  }

  private func explorer(
    _ arguments: [String],
    input: [UInt8] = [],
    environment: [String: String] = [:]
  ) throws -> Program.Result {
    try Program.run(Program.explorer, arguments, input: input, environment: environment)
  }

  @Test(
    .enabled(if: EtcdVersion.v35.isThere),
    arguments: [.etcd(.v35), .etcd(.v34), ServerKind.node]
  )
  func answersAreThoseOfEtcdctl(kind: ServerKind) throws {
    guard kind.isThere else { return }
    let theirs = try Server.start(kind, electsFast: true)
    let ours = try Server.start(kind, electsFast: true)
    // One form is enough to see what the releases have in common.
    let forms = kind == .etcd(.v34) ? ["json"] : ["simple", "json", "fields", "table"]
    for form in forms {
      for (command, input) in Self.script {
        let arguments = ["-w", form] + command
        // Where there is no such form, etcdctl says so only when all is done.
        if form == "table", ["put", "del"].contains(command[0]) { continue }
        let expected = try EtcdVersion.v35.etcdctl(
          ["--endpoints", "127.0.0.1:\(theirs.clientPort)"] + arguments,
          input: Array(input.utf8)
        )
        let found = try explorer(
          command + ["-w", form, "--endpoints", "127.0.0.1:\(ours.clientPort)"],
          input: Array(input.utf8)
        )
        let name = "\(kind) \(arguments)"
        #expect(Self.masked(found.output) == Self.masked(expected.output), "\(name)")
        #expect((found.status == 0) == (expected.status == 0), "\(name): \(found.errors)")
        if expected.status != 0 {
          #expect(found.status == 2, "\(name)")
          // The server's own words.
          if let words = expected.errors.split(separator: "etcdserver: ").last,
            words != expected.errors[...]
          {
            #expect(found.errors.contains(words.trimmingCharacters(in: .whitespacesAndNewlines)))
          }
        }
      }
    }
    for server in [theirs, ours] {
      let endpoint = ["--endpoints", server.endpoint]
      let done = try explorer(["compaction", "5"] + endpoint)
      #expect(done.text == "compacted revision 5\n")
      let again = try explorer(["compact", "5", "--physical"] + endpoint)
      #expect(again.status == 2)
      #expect(again.errors.contains("mvcc: required revision has been compacted"))
    }
  }

  @Test func serverThatIsGoneMakesAClusterUnhealthy() throws {
    let server = try Server.start(.node)
    let nobody = "127.0.0.1:\(try Loopback.freePorts(1)[0])"
    let someone = "127.0.0.1:\(server.clientPort)"
    let arguments = ["--endpoints", "\(nobody),\(someone)", "--command-timeout", "300ms"]
    let health = try explorer(["endpoint", "health"] + arguments)
    #expect(health.status == 1)
    #expect(health.text.hasPrefix("\(someone) is healthy: "))
    #expect(
      health.errors == """
        \(nobody) is unhealthy: failed to commit proposal: unreachable, Connection refused
        explorer: unhealthy cluster

        """
    )
    let status = try explorer(["endpoint", "status"] + arguments)
    #expect(status.status == 2)
    #expect(status.text.hasPrefix("\(someone), "))
    #expect(status.errors == "explorer: http://\(nobody): unreachable, Connection refused\n")
    let none = try explorer(["put", "a", "b", "--endpoints", nobody, "--command-timeout", "300ms"])
    #expect(none.status == 2)
    #expect(none.errors == "explorer: http://\(nobody): unreachable, Connection refused\n")
  }

  @Test func environmentSaysWhereToCall() throws {
    let server = try Server.start(.node)
    let variables = ["ETCDCTL_ENDPOINTS": "127.0.0.1:\(server.clientPort)"]
    // Bytes as they are.
    let value: [UInt8] = [0xFF, 0, 10, 0xC3]
    #expect(try explorer(["put", "k"], input: value, environment: variables).text == "OK\n")
    let deleted = try explorer(["del", "k", "--prev-kv"], environment: variables)
    #expect(deleted.output == Array("1\nk\n".utf8) + value + [10])
  }

  @Test func wrongArgumentsAreRefusedBeforeAnybodyIsCalled() throws {
    for arguments in [
      ["put"], ["put", "a", "b", "c"], ["put", "a", "b", "--lease", "x"],
      ["put", "a", "b", "--ignore-value"], ["put", "a", "b", "-o", "table"], ["del"],
      ["del", "a", "--prefix", "--from-key"], ["del", "a", "b", "--prefix"],
      ["del", "a", "-w", "table"], ["compact"], ["compact", "x"], ["snapshot", "save"],
      ["member", "list", "x"], ["endpoint", "status", "--no-such-flag"],
    ] {
      let result = try explorer(arguments)
      #expect(result.status == 2, "\(arguments)")
      #expect(result.output.isEmpty, "\(arguments)")
      #expect(result.errors.hasPrefix("Error: "), "\(arguments)")
    }
  }

  @Test(
    arguments: [
      ["put"], ["del"], ["compact"], ["snapshot", "save"], ["member", "list"],
      ["endpoint", "status"], ["endpoint", "health"], ["endpoint", "hashkv"],
    ]
  )
  func helpHasAnExample(command: [String]) throws {
    let result = try explorer(command + ["--help"])
    #expect(result.status == 0)
    #expect(result.text.contains("For example:\n\n  explorer \(command.joined(separator: " ")) "))
    #expect(result.text.contains("\n  --endpoints <host:port> "))
  }

  @Test(.enabled(if: EtcdVersion.installed.first != nil))
  func clusterIsAskedMemberByMember() async throws {
    try await SharedCluster.use { cluster in
      var arguments = cluster.clientArguments
      arguments[1] = cluster.endpoints[1]
      let list = try explorer(["member", "list"] + arguments)
      #expect(list.status == 0)
      #expect(list.output == (try cluster.etcdctl("member", "list").output))
      let status = try explorer(["endpoint", "status", "--cluster"] + arguments)
      #expect(status.status == 0, "\(status.errors)")
      let lines = status.text.split(separator: "\n")
      #expect(lines.count == 3)
      #expect(lines.filter { $0.contains(", true, false, ") }.count == 1)
      for endpoint in cluster.endpoints { #expect(status.text.contains("\(endpoint), ")) }
      let health = try explorer(["endpoint", "health", "--cluster"] + arguments)
      #expect(health.status == 0, "\(health.errors)")
      // A member is named with what is wrong, and nothing else is said.
      arguments[arguments.count - 1] = "root:guess"
      let wrong = try explorer(["put", "a", "b"] + arguments)
      #expect(wrong.status == 2)
      #expect(
        wrong.errors == "explorer: \(cluster.endpoints[1]): invalidArgument: etcdserver: "
          + "authentication failed, invalid user ID or password\n"
      )
    }
  }
}
