import Foundation
import TestSupport

/// What one server's users saw: a script's commands, and what came of each.
///
/// A script is a file of shell commands, one a line, or several lines of which all but the last end
/// with a backslash. `3.5: ` before a command says which release of etcd it is for; a comment says
/// why. All run in one shell, in a folder of its own, behind what `prelude.sh` declares.
struct Transcript {
  /// A command, and what came of it.
  struct Step: Equatable, CustomStringConvertible {
    let command: String
    let status: String
    let output: String
    let errors: String

    var description: String { "$ \(command)\nstatus \(status)\n\(output)\nstderr: \(errors)" }
  }

  let steps: [Step]

  static let folder = "\(Fixture.root)/Tests/EtcdctlTests/Scripts"

  /// The commands of a script that are for a release.
  static func commands(_ script: String, _ version: EtcdVersion) throws -> [String] {
    let text = try String(contentsOfFile: "\(folder)/\(script).sh", encoding: .utf8)
    let lines = text.replacing("\\\n", with: "").split(separator: "\n")
    return lines.compactMap { line in
      guard !line.hasPrefix("#") else { return nil }
      for other in EtcdVersion.allCases where line.hasPrefix("\(other.rawValue): ") {
        return other == version ? String(line.dropFirst(other.rawValue.count + 2)) : nil
      }
      return String(line)
    }
  }

  /// Runs a script with etcdctl of a release against a server of some kind.
  static func record(
    _ script: String,
    _ version: EtcdVersion,
    against kind: ServerKind
  ) throws -> Transcript {
    try Running(script, version, against: kind).finished()
  }

  /// A script that runs.
  final class Running {
    private let commands: [String]
    private let servers: [Server]
    private let folder: TemporaryFolder
    private let process: ChildProcess

    init(_ script: String, _ version: EtcdVersion, against kind: ServerKind) throws {
      commands = try Transcript.commands(script, version)
      // With the same URLs, members and clusters have the same ids.
      let arguments = [
        "--advertise-client-urls", "http://127.0.0.1:2379",
        "--initial-advertise-peer-urls", "http://127.0.0.1:2380",
        "--initial-cluster", "test=http://127.0.0.1:2380",
        "--bcrypt-cost", "4", "--heartbeat-interval", "5", "--election-timeout", "50",
      ]
      servers = try (0..<(script == "mirror" ? 2 : 1)).map { _ in
        try Server.start(kind, arguments: arguments)
      }
      folder = try TemporaryFolder()
      let work = folder.path("work")
      try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
      var text = "cd \(work) || exit\n. \(Transcript.folder)/prelude.sh\n"
      for (slot, command) in commands.enumerated() {
        let file = folder.path("\(slot)")
        text += "{ \(command)\n} >\(file).out 2>\(file).err </dev/null; echo $? >\(file).status\n"
      }
      try text.write(toFile: folder.path("script"), atomically: true, encoding: .utf8)
      let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
      process = try ChildProcess(
        "/bin/bash",
        [folder.path("script")],
        environment: [
          "PATH": "\(version.folder ?? ""):\(path)", "ETCDCTL_API": "3", "LC_ALL": "C",
          "ETCDCTL_ENDPOINTS": servers[0].endpoint, "PORT": "\(servers[0].clientPort)",
          "OTHER": "127.0.0.1:\(servers[servers.count - 1].clientPort)",
        ],
        output: folder.path("shell")
      )
    }

    /// Waits for its end.
    func finished() throws -> Transcript {
      process.wait(seconds: 240)
      let steps = commands.enumerated().map { slot, command in
        Step(
          command: command,
          status: contents("\(slot).status") ?? "not ended",
          output: contents("\(slot).out") ?? "",
          errors: contents("\(slot).err") ?? ""
        )
      }
      return Transcript(steps: steps)
    }

    /// A file's text, with names for the ports, which are never the same.
    private func contents(_ name: String) -> String? {
      guard let data = FileManager.default.contents(atPath: folder.path(name)) else { return nil }
      // What is no UTF-8 stays apart from everything else: Latin-1 has a character for each byte.
      var text =
        String(data: data, encoding: .utf8) ?? String(data: data, encoding: .isoLatin1) ?? ""
      for (slot, server) in servers.enumerated() {
        text = text.replacing(":\(server.clientPort)", with: ":PORT\(slot)")
      }
      return text
    }
  }
}

extension Transcript.Step {
  /// Without what may differ between two servers.
  var masked: Self {
    func masked(_ text: String) -> String {
      Mask.all.reduce(text) { $1.applied(to: $0) }
    }
    return Self(command: command, status: status, output: masked(output), errors: masked(errors))
  }
}
