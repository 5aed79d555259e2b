import Decode
import ArgumentParser
import EtcdClient
import EtcdMessages

/// `explorer compact`: what `etcdctl compaction` does.
struct CompactCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact",
    _superCommandName: "explorer",
    abstract: "Drops what was before a revision, but for what is still live at it.",
    discussion: """
      History before the revision cannot be read any more, by nobody. A cluster's API server compacts
      by itself, every five minutes.

      For example:

        explorer compact 1234567
        explorer compact --physical 1234567

      Exit status: 0 done, 2 error.
      """,
    aliases: ["compaction"]
  )

  @Argument(help: "The first revision that can be read afterwards.")
  var revision: Int64

  @Flag(name: .long, help: "Wait until all of it is removed from the database.")
  var physical = false

  @OptionGroup var connection: ConnectionOptions

  mutating func run() throws {
    var request = Etcdserverpb_CompactionRequest()
    request.revision = revision
    request.physical = physical
    let client = try connection.open()
    _ = try Calling.wait { [request] in try await client.call(.compact, request) }
    var output = StandardOutput()
    output.write("compacted revision \(revision)\n")
  }
}
