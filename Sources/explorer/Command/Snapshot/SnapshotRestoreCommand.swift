import ArgumentParser
import Snapshot
import WAL

/// `explorer snapshot restore`: what `etcdutl snapshot restore` does.
struct SnapshotRestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Makes the data directory of a new cluster's member from a snapshot.",
    discussion: """
      The keys are those of the snapshot; the cluster is a new one. Every member is restored from the \
      same file, with the same initial cluster and token, each under its own name.

      For example:

        explorer snapshot restore backup.db --data-dir /var/lib/etcd

        explorer snapshot restore backup.db --name m1 --data-dir m1.etcd \\
          --initial-cluster m1=https://10.0.0.1:2380,m2=https://10.0.0.2:2380 \\
          --initial-advertise-peer-urls https://10.0.0.1:2380
      """
  )

  @Argument(help: "The file that `snapshot save` wrote.")
  var file: String

  @Option(name: .long, help: ArgumentHelp("Where to make the directory.", valueName: "path"))
  var dataDir = ""

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Where to put the log, if not into the data directory.",
      valueName: "path"
    )
  )
  var walDir: String?

  @Option(name: .long, help: "What people call this member.")
  var name = "default"

  @Option(
    name: .long,
    help: ArgumentHelp("All members and where they listen for each other.", valueName: "name=url,…")
  )
  var initialCluster = "default=http://localhost:2380"

  @Option(name: .long, help: "What tells clusters apart that have the same URLs.")
  var initialClusterToken = "etcd-cluster"

  @Option(
    name: .customLong("initial-advertise-peer-urls"),
    help: ArgumentHelp("Where this member listens for the others.", valueName: "url,…")
  )
  var initialAdvertisePeerURLs = "http://localhost:2380"

  @Flag(name: .long, help: "Take a database from a data directory, which has no hash behind it.")
  var skipHashCheck = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Raise the revision by so much, so that clients of the old cluster never see it go back.",
      valueName: "count"
    )
  )
  var bumpRevision: UInt64 = 0

  @Flag(name: .long, help: "Mark what is older than the raised revision as compacted.")
  var markCompacted = false

  @Option(
    name: .long,
    help: ArgumentHelp("Taken for etcdutl's sake; nothing needs it here.", visibility: .hidden)
  )
  var initialMemoryMapSize: UInt64 = 0

  mutating func run() throws {
    var options = RestoreOptions(dataDirectory: dataDir)
    options.walDirectory = walDir
    options.name = name
    options.initialCluster = initialCluster
    options.initialClusterToken = initialClusterToken
    options.advertisedPeerURLs = initialAdvertisePeerURLs
    options.skipsHashCheck = skipHashCheck
    options.revisionBump = bumpRevision
    options.marksCompacted = markCompacted
    let progress = Progress(file)
    defer { progress.end() }
    do {
      let restore = try SnapshotRestore(from: file, options)
      let revision = try restore.run { done, total in progress.show(done, of: total) }
      progress.end()
      let directory = dataDir.isEmpty ? "\(name).etcd" : dataDir
      Diagnostics.note(
        directory,
        "restored at revision \(revision) as member "
          + "\(restore.member.id.hexadecimal) of cluster \(restore.clusterID.hexadecimal)"
      )
    } catch {
      throw CommandFailure("", error)
    }
  }
}
