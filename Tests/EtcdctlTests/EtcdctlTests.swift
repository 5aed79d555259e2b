import Foundation
import TestSupport
import Testing

/// What etcdctl prints of the node is what it prints of etcd: output, errors and exit status of
/// every command, line by line.
///
/// The scripts lie in the folder `Scripts`. `EXPLORER_TESTED` says which server is asked instead of
/// the node, as `ServerKind` reads it; `EXPLORER_CHECK_PERF=1` also runs the load of `check perf`,
/// for a minute.
@Suite struct EtcdctlTests {
  static let tested = ServerKind.named("EXPLORER_TESTED") ?? .node
  static let scripts = [
    "auth", "cluster", "get", "lease", "lock", "maintenance", "mirror", "put", "txn", "watch",
  ]

  @Test(.enabled(if: tested.isThere), arguments: EtcdVersion.installed, scripts)
  func nodeIsAnsweredOfAsEtcdIs(version: EtcdVersion, script: String) throws {
    let tested = try Transcript.Running(script, version, against: Self.tested)
    let etcd = try Transcript.Running(script, version, against: .etcd(version))
    let pairs = zip(try tested.finished().steps, try etcd.finished().steps)
    for (found, expected) in pairs where found != expected {
      #expect(found.status != "not ended")
      #expect(found.masked == expected.masked)
    }
  }

  @Test(arguments: EtcdVersion.installed)
  func everyCommandIsInAScript(version: EtcdVersion) throws {
    let help = try version.etcdctl(["--help"]).text
    let table = try #require(
      help.split(separator: "COMMANDS:").last?.split(separator: "OPTIONS:").first
    )
    // Two blanks or a tab stand before what a command is for.
    let commands = table.split(separator: "\n").compactMap { line -> String? in
      let name = line.drop { $0 == "\t" || $0 == " " }.prefix { $0 != "\t" }
      return name.isEmpty ? nil : name.trimmingCharacters(in: .whitespaces)
    }
    let all = try Self.scripts.flatMap { try Transcript.commands($0, version) }
    // They ask no server, are only for the second API, or run for minutes.
    let others: Set = ["migrate", "check datascale", "check perf"]
    #expect(commands.count > 40)
    for command in commands where !command.hasPrefix("completion ") && !others.contains(command) {
      #expect(all.contains { $0.contains("etcdctl \(command)") }, "\(command)")
    }
  }

  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["EXPLORER_CHECK_PERF"] != nil),
    arguments: EtcdVersion.installed
  )
  func loadOfCheckPerfIsBorne(version: EtcdVersion) throws {
    let server = try Server.start(Self.tested, electsFast: true)
    // It ends with its last reference.
    defer { withExtendedLifetime(server) {} }
    let result = try version.etcdctl(["--endpoints", server.endpoint, "check", "perf", "--load=s"])
    #expect(result.status == 0, "\(result.text)")
  }
}
