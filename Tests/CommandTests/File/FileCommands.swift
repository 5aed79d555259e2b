import Foundation
import TestSupport

/// Files that commands are asked about.
enum FileCommands {
  /// The snapshot of a real cluster; read only.
  static let cluster = "\(SharedArchive.cluster.folder ?? "")/cluster.db"

  /// Runs a command of `explorer` about a file.
  static func run(
    _ command: String,
    _ file: String,
    _ arguments: [String]
  ) throws -> Program.Result {
    try Program.run(Program.explorer, [command, "--file", file] + arguments)
  }

  /// Removes a file.
  static func remove(_ path: String) throws {
    try FileManager.default.removeItem(atPath: path)
  }

  /// Runs a shell script with the path of `explorer` as `$EXPLORER`.
  static func shell(_ script: String, environment: [String: String] = [:]) throws -> Program.Result
  {
    try Program.run(
      "/bin/bash",
      ["-c", script],
      environment: environment.merging(["EXPLORER": Program.explorer]) { $1 }
    )
  }
}

extension Program.Result {
  /// The lines of standard output.
  var lines: [String] { text.split(separator: "\n").map(String.init) }
}
