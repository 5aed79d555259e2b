import ArgumentParser
import EtcdClient
import EtcdMessages

/// `explorer snapshot save`: what `etcdctl snapshot save` does.
struct SnapshotSaveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "save",
    abstract: "Saves a server's whole database as a file.",
    discussion: """
      The file has its name only when it is whole, its checksum is right, and it lies on the disk.

      For example:

        explorer snapshot save backup.db
        explorer snapshot save backup.db --endpoints https://10.0.0.1:2379 --cacert ca.crt

      Exit status: 0 done, 2 error.
      """
  )

  @Argument(help: "The file to be made; one that is there is replaced.")
  var path: String

  @OptionGroup var connection: ConnectionOptions

  mutating func run() throws {
    var called = try connection.called()
    guard called.names.count == 1 else {
      let names = called.names.joined(separator: ", ")
      throw CommandFailure("--endpoints", "a snapshot is one server's, not that of \(names)")
    }
    // Without a limit that was asked for, it takes the time that it takes.
    let limit = connection.commandTimeout?.duration
    called.options.callTimeout = limit ?? called.options.callTimeout
    let client = EtcdClient(called.options)
    let name = called.options.endpoints[0].description
    let path = path
    try Calling.wait {
      let progress = Progress(path)
      defer { progress.end() }
      guard let limit, limit > .zero else {
        return try await Self.save(client, as: path, progress)
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await Self.save(client, as: path, progress) }
        group.addTask {
          try await Task.sleep(for: limit)
          throw EtcdClientError.timedOut(endpoint: name, after: limit)
        }
        defer { group.cancelAll() }
        try await group.next()
      }
    }
    var output = StandardOutput()
    output.write("Snapshot saved at \(path)\n")
  }

  private static func save(
    _ client: EtcdClient,
    as path: String,
    _ progress: Progress
  ) async throws {
    let stream = try await client.stream(.snapshot)
    try stream.sendLast(Etcdserverpb_SnapshotRequest())
    var file = try SnapshotDownload(path)
    while let piece = try await stream.next() {
      try file.append(piece.blob)
      let left = Int(clamping: piece.remainingBytes)
      progress.show(file.byteCount, of: file.byteCount + max(0, min(left, .max / 2)))
    }
    try file.finish()
  }
}
