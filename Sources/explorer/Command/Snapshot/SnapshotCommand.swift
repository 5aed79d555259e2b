import ArgumentParser

/// `explorer snapshot`: snapshots, as etcdctl and etcdutl handle them.
struct SnapshotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot",
    _superCommandName: "explorer",
    abstract: "Saves a snapshot, tells its status, or makes a data directory of it.",
    discussion: """
      For example:

        explorer snapshot save backup.db
        explorer snapshot status backup.db
      """,
    subcommands: [
      SnapshotSaveCommand.self, SnapshotStatusCommand.self, SnapshotRestoreCommand.self,
    ]
  )
}
