import TestSupport
import Testing

private import Glibc

/// Whoever may not write anything may read everything: a backup lies on a disk that is mounted so.
@Suite struct ReadOnlyTests {
  /// All commands that read, with DIR for the data directory and OUT for a folder to write to.
  static let commands: [[String]] = [
    ["keys", "--file", "DIR"], ["keys", "--file", "DIR", "--wal"],
    ["keys", "--file", "DIR", "--salvage", "--all-revisions", "-o", "json"],
    ["keys", "--file", "DIR", "--by", "kind", "--sizes"], ["keys", "--file", "DIR", "--tree"],
    ["keys", "--file", "DIR", "--unlocked"], ["keys", "--file", "DIR/member/snap/db", "--count"],
    ["get", "--file", "DIR", "-A", "-o", "wide"],
    ["get", "--file", "DIR", "/lives", "--rev", "55"],
    ["get", "--file", "DIR", "/lives", "--all-revisions", "-o", "fields", "--wal"],
    ["history", "--file", "DIR", "/lives"], ["history", "--file", "DIR", "/lives", "--wal"],
    ["diff", "DIR@55", "DIR", "--keys-only"], ["diff", "DIR", "DIR/../snapshot.db", "-o", "yaml"],
    ["diff", "DIR", "DIR/../snapshot.db", "--wal", "--unlocked"],
    ["check", "DIR"], ["checksum", "DIR"], ["hash", "DIR"], ["snapshot", "status", "DIR"],
    ["snapshot", "status", "DIR/../snapshot.db"], ["wal", "DIR"],
    ["wal", "DIR", "--records", "-o", "yaml"],
    ["snapshot", "restore", "DIR/../snapshot.db", "--data-dir", "OUT/a"],
    [
      "snapshot", "restore", "DIR/member/snap/db", "--skip-hash-check", "--data-dir", "OUT/b",
      "--bump-revision", "10", "--mark-compacted",
    ],
  ]

  private func output(_ script: String) throws -> String {
    let result = try FileCommands.shell(script)
    #expect(result.status == 0, "\(result.errors)")
    return result.text
  }

  /// All folders with mode 0555, all files with 0444, read by a user who is nobody.
  @Test(arguments: EtcdVersion.allCases)
  func readOnlyFilesAreEnough(version: EtcdVersion) throws {
    let fixture = try EtcdFixture(version, "plain")
    let out = try TemporaryFolder()
    let folder = String(fixture.dataDirectory.dropLast("/data".count))
    // Whoever is root may write all the same; nobody may not. The program may lie where nobody can
    // reach it, so a copy is run.
    let isRoot = geteuid() == 0
    let program = isRoot ? out.path("explorer") : Program.explorer
    let user = "/usr/bin/setpriv --reuid=65534 --regid=65534 --clear-groups"
    let prefix = isRoot ? user.split(separator: " ").map(String.init) : []
    _ = try output(
      """
      find '\(folder)' -type f -exec chmod 0444 {} + && find '\(folder)' -type d -exec chmod 0555 {} +
      chmod 0777 '\(out.path)'
      """
    )
    if isRoot { _ = try output("cp '\(Program.explorer)' '\(program)'; chmod 755 '\(program)'") }
    let attempt = try FileCommands.shell(
      """
      \(isRoot ? user : "") touch '\(fixture.databasePath)' ||
      \(isRoot ? user : "") touch '\(fixture.dataDirectory)/member/new'
      """
    )
    #expect(attempt.status != 0 && attempt.errors.contains("Permission denied"))
    let before = try FolderState(of: folder)
    for command in Self.commands {
      let arguments = command.map {
        $0.replacing("DIR", with: fixture.dataDirectory).replacing("OUT", with: out.path)
      }
      let line = prefix + [program] + arguments
      let result = try Program.run(line[0], Array(line.dropFirst()))
      #expect(result.status < 2, "\(command): \(result.errors)")
    }
    #expect(try FolderState(of: folder) == before)
    _ = try output("chmod -R u+w '\(folder)'")
    _ = out.path
  }
}
