import ArgumentParser
import Explore

/// `explorer checksum`: auger's.
struct ChecksumCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checksum",
    _superCommandName: "explorer",
    abstract: "Prints the checksum of the live keys and values, as auger computes it.",
    discussion: """
      Two files have the same checksum if the same keys live in them with the same values, whatever \
      history they have. It is not etcd's hash: that is `explorer hash`.

      For example:

        explorer checksum backup.db
        explorer checksum backup.db --rev 5120
      """
  )

  @OptionGroup var argument: FileArgument

  @Option(
    name: [.short, .customLong("rev"), .customLong("revision")],
    help: "As of this revision."
  )
  var rev: Int64?

  @Flag(name: .long, help: "As if the log of the data directory had been replayed.")
  var wal = false

  mutating func run() throws {
    let source = try FileOptions.open(try argument.given, unlocked: argument.unlocked, wal: wal)
    let progress = Progress(source.databasePath)
    let sum: LiveChecksum
    do {
      sum = try source.liveChecksum(at: rev) { progress.show($0, of: $1) }
    } catch {
      throw CommandFailure("", error)
    }
    progress.end()
    var output = StandardOutput()
    output.write(
      """
      checksum: \(sum.checksum)
      compact-revision: \(sum.compactRevision)
      revision: \(sum.revision)

      """
    )
    if SourceNotes.report(source) { throw ExitCode(2) }
  }
}
