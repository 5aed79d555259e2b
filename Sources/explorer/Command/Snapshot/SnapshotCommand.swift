import ArgumentParser

/// `explorer snapshot`: saved snapshots, as etcdutl handles them.
struct SnapshotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot",
    _superCommandName: "explorer",
    abstract: "Tells the status of a snapshot, or makes a data directory of it.",
    subcommands: [SnapshotStatusCommand.self, SnapshotRestoreCommand.self]
  )
}
