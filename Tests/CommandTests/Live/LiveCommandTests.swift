import EtcdClient
import EtcdMessages
import Foundation
import SwiftProtobuf
import TestSupport
import Testing

/// The commands that read, against living servers of every kind, beside what they say of files.
@Suite(.enabled(if: EtcdVersion.installed.first != nil))
struct LiveCommandTests {
  static let kinds = [ServerKind.etcd(.v34), .etcd(.v35), .node].filter(\.isThere)

  private func run(
    _ server: Server,
    _ arguments: [String],
    input: [UInt8] = []
  ) throws -> Program.Result {
    try Program.run(
      Program.explorer,
      [arguments[0], "--endpoints", server.endpoint] + arguments.dropFirst(),
      input: input
    )
  }

  private func etcdctl(_ server: Server, _ arguments: [String], input: [UInt8] = []) throws {
    let version = EtcdVersion.installed.last ?? .v34
    let result = try version.etcdctl(["--endpoints", server.endpoint] + arguments, input: input)
    #expect(result.status == 0, "\(result.errors)")
  }

  /// A server that was started with a real cluster's objects.
  private func cluster(_ kind: ServerKind) throws -> (server: Server, file: String) {
    let file = FileCommands.cluster
    let server = try Server(kind, electsFast: true)
    let restored = try Program.explorer(
      "snapshot",
      "restore",
      file,
      "--data-dir",
      server.dataDirectory
    )
    #expect(restored.status == 0, "\(restored.errors)")
    try server.start()
    return (server, file)
  }

  @Test(arguments: kinds)
  func answersAreThoseOfTheFile(kind: ServerKind) async throws {
    try await onOwnThread {
      let (server, file) = try cluster(kind)
      for arguments in [
        ["keys"], ["keys", "pods"], ["keys", "-n", "kube-system"], ["keys", "--count"],
        ["keys", "--by", "resource"], ["keys", "--by", "kind", "--sizes"], ["keys", "--tree"],
        ["keys", "--by", "prefix:2", "--sizes"], ["keys", "-o", "json", "--limit", "20"],
        ["keys", "services", "--sizes"], ["keys", "crontabs.stable.example.com"],
        ["keys", "/registry/pods/", "--prefix", "--limit", "3"],
        ["get", "pods", "-A"], ["get", "pods/demo/db-0"],
        ["get", "deploy", "svc", "-A", "-o", "name"],
        ["get", "events", "-n", "demo", "-o", "json"], ["get", "crontabs", "-A"],
        ["get", "cm", "-A", "-o", "jsonpath={.metadata.name}"], ["get", "-n", "demo", "--clean"],
        ["get", "pods/demo/db-0", "pods/demo/nothing"], ["get", "po/demo/db-0", "-o", "raw"],
        ["get", "po/demo/db-0", "-o", "fields"], ["history", "pods/demo/db-0"],
        ["keys", "nothing/", "--prefix"], ["keys", "--rev", "100000"],
      ] {
        let live = try run(server, arguments)
        let stored = try Program.run(
          Program.explorer,
          [arguments[0], "--file", file] + arguments.dropFirst()
        )
        #expect(live.status == stored.status, "\(arguments): \(live.errors)")
        if arguments[0] != "history" {
          // Compared as one truth: a difference of megabytes would take for ever to show.
          let isSame = live.output == stored.output
          #expect(isSame, "\(arguments)")
          #expect(live.errors == stored.errors, "\(arguments)")
        }
      }
    }
  }

  @Test(arguments: kinds)
  func oddKeysAndValuesAreShownAsTheyAre(kind: ServerKind) async throws {
    let server = try await onOwnThread {
      try Server.start(kind, arguments: ["--max-request-bytes", "10000000"], electsFast: true)
    }
    let large = [UInt8](repeating: UInt8(ascii: "x"), count: 8 << 20)
    let odd: [UInt8] = [0x2F, 0xFF, 0xFE, 0x00, 0x41]
    let control = Array("/control\u{1B}[31m\u{202E}".utf8)
    let client = EtcdClient(.init(endpoints: [try Endpoint(server.endpoint)]))
    for (key, value) in [
      (Array("/large".utf8), large), (Array("/empty".utf8), []), (control, [0x76]), (odd, []),
      (Array("-dash".utf8), [0x76]),
    ] as [([UInt8], [UInt8])] {
      _ = try await client.call(.put, .with { ($0.key, $0.value) = (Data(key), Data(value)) })
    }
    try await onOwnThread {
      let keys = try run(server, ["keys"])
      #expect(keys.status == 0, "\(keys.errors)")
      let lines = Array("-dash\n".utf8) + control + Array("\n/empty\n/large\n".utf8) + odd + [0x0A]
      #expect(keys.output == lines)
      let json = try run(server, ["keys", "-o", "json"])
      #expect(json.text.contains("\"keyBase64\":\"\(Data(odd).base64EncodedString())\""))
      let sizes = try run(server, ["keys", "/large", "--sizes"])
      #expect(sizes.text.contains("8388608"))
      let raw = try run(server, ["get", "/large", "--exact", "-o", "raw"])
      let isSame = raw.output == large
      #expect(isSame)
      let empty = try run(server, ["get", "/empty", "--exact", "-o", "fields"])
      #expect(empty.text.contains("\"Value\" : \"\"\n"))
      let tree = try run(server, ["keys", "--tree"])
      #expect(tree.status == 0)
    }
  }

  @Test(arguments: kinds)
  func historyIsThatOfTheFile(kind: ServerKind) async throws {
    try await onOwnThread {
      let (server, _) = try cluster(kind)
      let key = "/registry/pods/demo/db-0"
      let value = try run(server, ["get", "pods/demo/db-0", "-o", "raw"]).output
      for _ in 0..<3 { try etcdctl(server, ["put", key], input: value) }
      try etcdctl(server, ["del", key])
      try etcdctl(server, ["put", key], input: value)
      try etcdctl(server, ["put", key], input: value)
      let live = try run(server, ["history", "pods/demo/db-0"])
      #expect(live.status == 0, "\(live.errors)")
      #expect(live.text.split(separator: "\n").count == 7, "\(live.text)")
      server.kill()
      let stored = try Program.explorer(
        "history",
        "pods/demo/db-0",
        "--file",
        server.dataDirectory,
        "--wal"
      )
      #expect(live.text == stored.text)
    }
  }

  @Test(arguments: kinds)
  func serverThatDoesNotEncryptIsSaidToBeOne(kind: ServerKind) async throws {
    try await onOwnThread {
      let server = try Server.start(kind, electsFast: true)
      let endpoint = server.endpoint.replacing("http://", with: "https://")
      let result = try Program.explorer("keys", "--endpoints", endpoint, "--dial-timeout", "2s")
      #expect(result.status == 2)
      #expect(result.errors.contains(endpoint), "\(result.errors)")
      #expect(result.errors.contains("does not encrypt"), "\(result.errors)")
    }
  }

  @Test(arguments: kinds)
  func objectsWithLabelsComeAndGoWithTheirLabels(kind: ServerKind) async throws {
    try await onOwnThread {
      let server = try Server.start(kind, electsFast: true)
      func put(_ name: String, _ labels: String) throws {
        let json =
          #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(name)","labels":{\#(labels)}}}"#
        try etcdctl(server, ["put", "/registry/pods/a/\(name)", json])
      }
      try put("web", #""app":"web""#)
      try put("db", #""app":"db""#)
      try put("web", #""app":"web","tier":"front""#)
      try put("web", #""app":"none""#)
      try put("web", #""app":"web""#)
      try etcdctl(server, ["del", "/registry/pods/a/db"])
      try etcdctl(server, ["del", "/registry/pods/a/web"])
      func events(_ arguments: String...) throws -> [String] {
        let watch = ["watch", "pods", "-l", "app=web", "--rev", "1", "--limit", "5"] + arguments
        let result = try run(server, watch)
        #expect(result.status == 0, "\(result.errors)")
        return result.text.split(separator: "\n").map(String.init)
      }
      let kinds = ["ADDED", "MODIFIED", "DELETED", "ADDED", "DELETED"]
      let words = try events().map { $0.split(separator: " ").dropFirst().first.map(String.init) }
      #expect(words == kinds)
      let objects = try events("-o", "json")
      #expect(objects.count == 5)
      for (object, kind) in zip(objects, kinds) {
        #expect(object.contains("\"type\":\"\(kind)\""), "\(object)")
        #expect(object.contains("\"app\":\"web\""), "\(object)")
      }
    }
  }

  @Test(arguments: kinds)
  func watchShowsWhatItsOptionsSay(kind: ServerKind) async throws {
    try await onOwnThread {
      let server = try Server.start(kind, electsFast: true)
      let key = "/registry/pods/a/web"
      func put(_ phase: String, generation: Int) throws {
        let metadata = #"{"name":"web","namespace":"a","generation":\#(generation)}"#
        let status = #"{"phase":"\#(phase)"}"#
        let json = #"{"apiVersion":"v1","kind":"Pod","metadata":\#(metadata),"status":\#(status)}"#
        try etcdctl(server, ["put", key, json])
      }
      try put("Pending", generation: 1)
      try put("Running", generation: 1)
      try put("Running", generation: 2)
      try put("Failed", generation: 2)
      try etcdctl(server, ["del", key])
      #expect(try run(server, ["keys", "--rev", "5", "--match", "*/we?"]).text == "\(key)\n")
      #expect(try run(server, ["keys", "--rev", "5", "--match", "*/we"]).status == 1)
      #expect(try run(server, ["compact", "3"]).status == 0)
      func watch(_ limit: Int, _ arguments: String...) throws -> Program.Result {
        let watch = ["watch", "pods", "--since-compaction", "--limit", "\(limit)"]
        let result = try run(server, watch + arguments)
        #expect(result.status == 0, "\(result.errors)")
        return result
      }
      func revisions(_ limit: Int, _ arguments: String...) throws -> [String] {
        try watch(limit, arguments[0], arguments[1]).text.split(separator: "\n")
          .compactMap { $0.split(separator: " ").dropFirst(3).first.map(String.init) }
      }
      // A generation says nothing of itself, unless it is asked for.
      #expect(try revisions(2, "-o", "text") == ["5", "6"])
      #expect(try revisions(3, "--ignore", "none") == ["4", "5", "6"])
      #expect(try revisions(2, "--ignore", "status") == ["4", "6"])
      let difference = try watch(2, "-o", "diff").text
      for line in ["-  phase: Running", "+  phase: Failed", "-  phase: Failed", "+++ /dev/null"] {
        #expect(difference.contains("\(line)\n"), "\(difference)")
      }
      let yaml = try watch(2, "-o", "yaml").text
      #expect(yaml.hasPrefix("# MODIFIED \(key) at revision 5\napiVersion: v1\n"), "\(yaml)")
      #expect(yaml.contains("---\n# DELETED \(key) at revision 6\n"))
      let raw = try watch(3, "-o", "raw").text
      #expect(raw.hasPrefix("PUT\n\(key)\n{") && raw.hasSuffix("}\nDELETE\n\(key)\n\n"), "\(raw)")
      let statistics = try watch(2, "--stats").errors
      #expect(statistics.contains("3 changes, "), "\(statistics)")
      #expect(statistics.contains("resources: pods 3") && statistics.contains("keys: \(key) 3"))
    }
  }

  @Test func tooFewOpenFilesAreSaid() async throws {
    try await onOwnThread {
      let result = try Program.run(
        "/bin/sh",
        ["-c", "ulimit -n 12; \"$0\" keys --endpoints 127.0.0.1:1", Program.explorer]
      )
      #expect(result.status == 2)
      #expect(result.errors.hasPrefix("explorer: open files are limited to 12, "))
    }
  }

  @Test func nobodyThereIsSaidAtOnce() async throws {
    try await onOwnThread {
      let port = try Loopback.freePorts(1)[0]
      for command in [["keys"], ["get", "pods"], ["history", "pods/a/b"], ["watch", "pods"]] {
        let result = try Program.run(
          Program.explorer,
          command + ["--endpoints", "127.0.0.1:\(port)", "--command-timeout", "1s"]
        )
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains("127.0.0.1:\(port)"), "\(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
      }
    }
  }

  @Test(arguments: kinds)
  func readerThatGoesAwayEndsQuietly(kind: ServerKind) async throws {
    try await onOwnThread {
      let (server, _) = try cluster(kind)
      let result = try Program.run(
        "/bin/sh",
        [
          "-c", "\"$0\" \"$@\" | head -n 1", Program.explorer, "get", "-A", "--endpoints",
          server.endpoint,
        ]
      )
      #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
      let watch = try Program.run(
        "/bin/sh",
        [
          "-c", "\"$0\" \"$@\" | head -n 1", Program.explorer, "watch", "-A", "--rev", "1",
          "--endpoints", server.endpoint, "--limit", "100000",
        ]
      )
      #expect(watch.text.split(separator: "\n").count <= 1)
    }
  }
}
