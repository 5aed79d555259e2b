import TestSupport
import Testing

/// The same questions to a file and to a real etcd that serves a copy of it.
@Suite struct EtcdComparisonTests {
  /// Starts a server on what etcd's own tool restores from a snapshot.
  private func server(
    _ version: EtcdVersion,
    on snapshot: String,
    in folder: TemporaryFolder
  ) throws -> EtcdServer {
    let data = folder.path("data")
    let arguments = ["snapshot", "restore", snapshot, "--data-dir", data]
    let result = version == .v34 ? try version.etcdctl(arguments) : try version.etcdutl(arguments)
    #expect(result.status == 0, "\(result.errors)")
    return try EtcdServer.start(version: version, dataDirectory: data)
  }

  /// The lines of `-w fields` that tell of keys.
  private func fields(_ text: String) -> [String] {
    let names = ["Key", "CreateRevision", "ModRevision", "Version", "Value", "Lease"]
    return text.split(separator: "\n").map(String.init).filter { line in
      names.contains { line.hasPrefix("\"\($0)\" : ") }
    }
  }

  @Test(arguments: EtcdVersion.installed)
  func aClusterIsReadAsEtcdServesIt(version: EtcdVersion) throws {
    let folder = try TemporaryFolder()
    let cluster = FileCommands.cluster
    let server = try server(version, on: cluster, in: folder)
    for revision in ["0", "511", "300", "42"] {
      for prefix in ["/registry/pods", "/registry/", "/registry/services/specs/demo/", "/none"] {
        let options = ["--prefix", prefix, "--rev", revision]
        let keys = try FileCommands.run("keys", cluster, options)
        let asked = try server.etcdctl("get", prefix, "--prefix", "--keys-only", "--rev", revision)
        #expect(keys.lines == asked.text.split(separator: "\n").map(String.init))
        let count = try FileCommands.run("keys", cluster, options + ["--count"])
        #expect(count.text == "\(keys.lines.count)\n")
      }
      let ours = try FileCommands.run(
        "get",
        cluster,
        ["--prefix", "/registry/", "--rev", revision, "-o", "fields"]
      )
      let theirs = try server.etcdctl(
        "get",
        "/registry/",
        "--prefix",
        "--rev",
        revision,
        "-w",
        "fields"
      )
      let (ourFields, theirFields) = (fields(ours.text), fields(theirs.text))
      #expect(ourFields.count == theirFields.count)
      #expect(zip(ourFields, theirFields).first { $0 != $1 } == nil)
    }
    try expectDeletions(cluster, server)
    try server.stop()
    _ = folder.path
  }

  /// A deleted key is gone at its revision, and there at the one that the message names.
  private func expectDeletions(_ cluster: String, _ server: EtcdServer) throws {
    for key in ["/registry/configmaps/other/gone", "/registry/secrets/demo/sec-basic"] {
      let result = try FileCommands.run("get", cluster, ["--exact", key])
      #expect(result.status == 1)
      let words = result.errors.split { $0 == " " || $0 == ";" }.map(String.init)
      let deleted = try #require(words.firstIndex(of: "revision").map { words[$0 + 1] })
      let last = try #require(words.firstIndex(of: "--rev").map { words[$0 + 1] })
      #expect(try server.etcdctl("get", key, "--rev", deleted).output.isEmpty)
      let value = try server.etcdctl("get", key, "--rev", last, "--print-value-only")
      let ours = try FileCommands.run("get", cluster, ["--exact", key, "--rev", last, "-o", "raw"])
      #expect(ours.status == 0)
      // etcdctl ends a value with a line break.
      #expect(value.output == ours.output + [0x0A])
      let history = try FileCommands.run("history", cluster, ["--exact", key])
      #expect(history.lines.first?.hasPrefix("\(deleted)  DELETED") == true)
    }
  }

  /// Each event of a watch from the beginning is a revision of the history, and there are no others.
  @Test(arguments: EtcdVersion.installed)
  func historyIsWhatAWatchTells(version: EtcdVersion) throws {
    let folder = try TemporaryFolder()
    let cluster = FileCommands.cluster
    let server = try server(version, on: cluster, in: folder)
    let keys = [
      "/registry/deployments/demo/web", "/registry/configmaps/other/hist",
      "/registry/configmaps/other/gone", "/registry/minions/node-0",
    ]
    for key in keys {
      let output = folder.path("watch")
      let watch = try ChildProcess(
        try #require(version.program("etcdctl")),
        ["--endpoints", server.endpoint, "watch", key, "--rev", "1", "-w", "fields"],
        environment: ["ETCDCTL_API": "3"],
        output: output
      )
      let history = try FileCommands.run("history", cluster, ["--exact", key, "-o", "json"])
      let rows = try history.lines.compactMap { try JSONObject($0.utf8) }
      var events: [Int64] = []
      for _ in 0..<200 where events.count < rows.count {
        let text = try FileCommands.shell("cat '\(output)'; sleep 0.05").lines
        events = text.filter { $0.hasPrefix("\"ModRevision\" : ") }.compactMap {
          Int64($0.dropFirst("\"ModRevision\" : ".count))
        }
      }
      watch.kill()
      #expect(rows.count > 1 && rows.count == history.lines.count)
      #expect(rows.compactMap { $0.number("revision") } == events.reversed(), "\(key)")
      try FileCommands.remove(output)
    }
    try server.stop()
    _ = folder.path
  }
}
