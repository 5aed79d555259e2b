import ArgumentParser
import Explore
import Bolt

/// `explorer defrag`: rewrites a database without its free pages.
struct DefragCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "defrag",
    _superCommandName: "explorer",
    abstract: "Rewrites the database of a stopped etcd without its free pages.",
    discussion: """
      The copy takes the place of the file once it is complete and durable. A file that a running \
      etcd holds is refused.

      For example:

        explorer defrag --data-dir /var/lib/etcd
      """
  )

  @Option(name: .long, help: ArgumentHelp("The data directory.", valueName: "path"))
  var dataDir: String?

  @Option(name: .long, help: ArgumentHelp("The database.", valueName: "path"))
  var file: String?

  mutating func run() throws {
    guard (dataDir == nil) != (file == nil) else {
      throw ValidationError("Give either --data-dir or --file.")
    }
    let path = file ?? "\(dataDir ?? "")/member/snap/db"
    let progress = Progress(path)
    defer { progress.end() }
    do {
      let sizes = try Database.defragment(path) { done, total in progress.show(done, of: total) }
      progress.end()
      var output = StandardOutput()
      output.write(
        "Finished defragmenting \(path): \(HumanText.byteCount(sizes.before)) before, "
          + "\(HumanText.byteCount(sizes.after)) after\n"
      )
    } catch {
      if case .file = error { throw CommandFailure("", error) }
      throw CommandFailure(path, error)
    }
  }
}
