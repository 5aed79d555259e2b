import ArgumentParser
import Bolt
import Explore

/// `explorer snapshot status`: what `etcdutl snapshot status` tells.
struct SnapshotStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Tells the hash, revision, number of rows and size of a snapshot or database.",
    discussion: """
      The structure of the file is checked first; a damaged one is refused, as etcdutl does.

      For example:

        explorer snapshot status backup.db
        explorer snapshot status backup.db -o table
      """
  )

  @OptionGroup var argument: FileArgument
  @OptionGroup var writeOut: WriteOutOptions

  mutating func run() throws {
    let source = try FileOptions.open(
      try argument.given,
      unlocked: argument.unlocked,
      notes: .distance
    )
    let progress = Progress(source.databasePath)
    let (report, result) = source.status { done, total in progress.show(done, of: total) }
    progress.end()
    guard report.faults.isEmpty else {
      for fault in report.faults { Diagnostics.report(CommandFailure(source.databasePath, fault)) }
      throw CommandFailure(
        source.databasePath,
        "integrity check failed, \(report.faultCount) faults found"
      )
    }
    let status: SnapshotStatus
    do {
      status = try result.get()
    } catch {
      throw CommandFailure("", error)
    }
    var output = StandardOutput()
    output.write(SnapshotStatusCommand.record(status).text(as: writeOut.output))
    if SourceNotes.report(source) { throw ExitCode(2) }
  }

  private static func record(_ status: SnapshotStatus) -> WrittenRecord {
    WrittenRecord(values: [
      .init(
        header: "HASH",
        field: "Hash",
        json: "hash",
        shown: String(status.hash, radix: 16),
        exact: "\(status.hash)"
      ),
      .init(
        header: "REVISION",
        field: "Revision",
        json: "revision",
        shown: "\(status.revision)",
        exact: "\(status.revision)"
      ),
      .init(
        header: "TOTAL KEYS",
        field: "Keys",
        json: "totalKey",
        shown: "\(status.totalKey)",
        exact: "\(status.totalKey)"
      ),
      .init(
        header: "TOTAL SIZE",
        field: "Size",
        json: "totalSize",
        shown: HumanText.byteCount(status.totalSize),
        exact: "\(status.totalSize)"
      ),
    ])
  }
}
