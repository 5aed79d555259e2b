import EtcdClient
import EtcdMessages
import Foundation
import SwiftProtobuf
import TestSupport
import Testing

/// The program against a real cluster of three members, encrypted and with users, while members fail.
///
/// Whoever lists must get all there is or be told that it is not all, and whoever watches must see
/// every change once.
@Suite(.enabled(if: EtcdVersion.installed.first != nil), .serialized)
struct ClusterCommandTests {
  private static func client(
    _ cluster: Cluster,
    _ endpoints: [String]? = nil
  ) throws -> EtcdClient {
    let endpoints = try (endpoints ?? cluster.endpoints).map { try Endpoint($0) }
    var options = EtcdClient.Options(endpoints: endpoints)
    options.connection.certificates.authorities = cluster.certificates.authority.certificate
    options.connection.certificates.certificate = cluster.certificates.client.certificate
    options.connection.certificates.key = cluster.certificates.client.key
    options.callTimeout = .seconds(20)
    options.user = .init(name: "root", password: Cluster.password)
    return EtcdClient(options)
  }

  private static func puts(_ keys: some Sequence<String>, _ value: String)
    -> Etcdserverpb_TxnRequest
  {
    .with { request in
      for key in keys {
        request.success.append(
          .with {
            $0.requestPut = .with { ($0.key, $0.value) = (Data(key.utf8), Data(value.utf8)) }
          }
        )
      }
    }
  }

  /// A program that runs beside, and what it has written.
  private final class Beside: Sendable {
    let process: ChildProcess
    let folder: TemporaryFolder

    init(_ arguments: [String]) throws {
      folder = try TemporaryFolder()
      process = try ChildProcess(Program.explorer, arguments, output: folder.path("output"))
    }

    var text: String {
      String(
        decoding: FileManager.default.contents(atPath: folder.path("output")) ?? Data(),
        as: UTF8.self
      )
    }

    var lines: [Substring] { text.split(separator: "\n") }

    /// How it ended; nil if it has not.
    func end(seconds: Double) async throws -> Int32? {
      let process = process
      return try await onOwnThread { process.wait(seconds: seconds) }
    }

    func wait(until holds: (String) -> Bool, seconds: Double = 60) async throws {
      let deadline = ContinuousClock.now + .seconds(seconds)
      while !holds(text), ContinuousClock.now < deadline {
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(holds(text), "\(text.suffix(2_000))")
    }
  }

  @Test func listingIsWholeAlthoughTheLeaderIsKilled() async throws {
    try await SharedCluster.use { cluster in
      let client = try Self.client(cluster)
      let count = 200_000
      try await withThrowingTaskGroup(of: Void.self) { group in
        for worker in 0..<8 {
          group.addTask {
            for first in stride(from: worker * 125, to: count, by: 1_000) {
              let keys = (first..<first + 125).map { String("/list/\(1_000_000 + $0)") }
              _ = try await client.call(.txn, Self.puts(keys, "value"))
            }
          }
        }
        try await group.waitForAll()
      }
      let leader = try cluster.waitForLeader()
      let listing = try Beside(["keys", "/list/"] + cluster.clientArguments)
      try await listing.wait(until: { !$0.isEmpty })
      leader.kill()
      #expect(try await listing.end(seconds: 120) == 0)
      let lines = listing.lines
      #expect(lines.count == count)
      let isOrdered = lines.enumerated().allSatisfy { $1 == "/list/\(1_000_000 + $0)" }
      #expect(isOrdered, "not all keys, in order")
    }
  }

  @Test func watchShowsEachChangeOnceAlthoughTheLeaderIsKilled() async throws {
    try await SharedCluster.use { cluster in
      let client = try Self.client(cluster)
      let first = try await client.call(.put, .with { $0.key = Data("/watched/".utf8) })
      let arguments = ["/watched/", "/also/", "--prefix", "-o", "json"] + cluster.clientArguments
      let watch = try Beside(["watch"] + arguments + ["--rev", "\(first.header.revision + 1)"])
      var last: Int64 = 0
      for step in 0..<120 {
        // One after the other: one of them leads, and one is watched.
        if step % 40 == 10 { cluster.members[step / 40].kill() }
        if step % 40 == 30 { try cluster.heal() }
        let keys = (0..<3).map { "\(step % 2 == 0 ? "/watched" : "/also")/\(step % 7)/\($0)" }
        // Whether a change was made that was not answered does not matter here.
        let answer = try? await client.call(.txn, Self.puts(keys, "\(step)"))
        last = answer?.header.revision ?? last
      }
      let lastKeys = ["/watched/last", "/also/last"]
      let final = try await client.call(.txn, Self.puts(lastKeys, "last"))
      let mark = "\"revision\":\(final.header.revision)"
      try await watch.wait(until: { $0.split(separator: mark).count == 3 })
      watch.process.signal(SIGINT)
      #expect(try await watch.end(seconds: 20) == 0)
      let seen = watch.lines.filter { $0.hasPrefix("{") }
      let count = seen.count
      let past = try await onOwnThread {
        try Program.run(
          Program.explorer,
          ["watch"] + arguments
            + ["--rev", "\(first.header.revision + 1)", "--limit", "\(count)"]
        )
      }
      #expect(past.status == 0, "\(past.errors)")
      #expect(Set(seen).count == seen.count, "a change was shown twice")
      #expect(seen.sorted() == past.text.split(separator: "\n").sorted())
      #expect(seen.count > 300)
      #expect(watch.text.contains("trying again"))
    }
  }

  @Test func pausedMemberIsLeft() async throws {
    try await SharedCluster.use { cluster in
      let client = try Self.client(cluster)
      let first = try await client.call(.put, .with { $0.key = Data("/paused".utf8) })
      let watch = try Beside(
        ["watch", "/paused", "--exact", "-o", "json", "--keepalive-time", "5s"]
          + ["--keepalive-timeout", "1s", "--rev", "\(first.header.revision + 1)"]
          + cluster.clientArguments
      )
      for (place, member) in cluster.members.enumerated() {
        let others = cluster.endpoints.filter { $0 != member.endpoint }
        member.pause()
        let put = try await Self.client(cluster, others).call(
          .put,
          .with { ($0.key, $0.value) = (Data("/paused".utf8), Data("\(place)".utf8)) }
        )
        // Who is on this member is told after it was silent for long enough, by another.
        try await watch.wait(until: { $0.contains("\"revision\":\(put.header.revision)") })
        let keys = try await onOwnThread {
          try Program.run(
            Program.explorer,
            ["keys", "/paused", "--exact"] + cluster.clientArguments
          )
        }
        #expect(keys.text == "/paused\n", "\(keys.errors)")
        try cluster.heal()
      }
      #expect(watch.text.contains("trying again"))
      watch.process.signal(SIGINT)
      #expect(try await watch.end(seconds: 20) == 0)
    }
  }

  @Test func oneMemberAloneIsReadIfItIsAskedFor() async throws {
    try await SharedCluster.use { cluster in
      let client = try Self.client(cluster)
      _ = try await client.call(.put, .with { $0.key = Data("/alone".utf8) })
      // Nobody can give a token without a majority: users are not asked for meanwhile.
      _ = try await client.call(.authDisable, .init())
      for member in cluster.members.dropFirst() { member.kill() }
      let left = cluster.members[0].endpoint
      let arguments = ["--endpoints", left] + cluster.clientArguments.dropFirst(2).dropLast(2)
      try await onOwnThread {
        let question = ["keys", "/alone", "--exact", "--command-timeout", "1s"] + arguments
        let unanswered = try Program.run(Program.explorer, question)
        #expect(unanswered.status == 2)
        #expect(unanswered.errors.contains("\(left): "), "\(unanswered.errors)")
        #expect(unanswered.errors.contains("--consistency s"), "\(unanswered.errors)")
        let answered = try Program.run(Program.explorer, question + ["--consistency", "s"])
        #expect(answered.status == 0, "\(answered.errors)")
        #expect(answered.text == "/alone\n")
      }
      try cluster.heal()
      _ = try await client.call(.authEnable, .init())
    }
  }

  @Test func everyCommandWorksWithCertificatesAndUsers() async throws {
    try await SharedCluster.use { cluster in
      try await onOwnThread {
        func run(_ words: String...) throws -> Program.Result {
          let command =
            words[0] == "snapshot" || words[0] == "endpoint" || words[0] == "member" ? 2 : 1
          let result = try Program.run(
            Program.explorer,
            Array(words[..<command]) + cluster.clientArguments + words[command...]
          )
          #expect(result.status == 0, "\(words): \(result.errors)")
          return result
        }
        let json =
          #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"1"}}"#
        #expect(try run("put", "/registry/configmaps/every/x", json).text == "OK\n")
        #expect(try run("keys", "configmaps/every").text == "/registry/configmaps/every/x\n")
        #expect(try run("get", "cm/every/x", "-o", "jsonpath={.data.a}").text == "1\n")
        #expect(try run("history", "cm/every/x").text.contains("ADDED"))
        let revision = try run("get", "cm/every/x", "-o", "fields").text
          .split(separator: "\n").first { $0.hasPrefix("\"ModRevision\"") }
        let number = try #require(revision?.split(separator: " ").last)
        let watched = try run("watch", "cm/every/x", "--rev", String(number), "--limit", "1")
        #expect(watched.text.contains("ADDED     configmaps/every/x"), "\(watched.text)")
        #expect(try run("endpoint", "health").status == 0)
        #expect(try run("endpoint", "status").text.split(separator: "\n").count == 3)
        #expect(try run("member", "list").text.split(separator: "\n").count == 3)
        #expect(try run("del", "/registry/configmaps/every/x").text == "1\n")
        let deleted = try Program.run(
          Program.explorer,
          ["get", "cm/every/x"] + cluster.clientArguments
        )
        #expect(deleted.status == 1)
        #expect(deleted.errors.contains("deleted at revision"), "\(deleted.errors)")
        let folder = try TemporaryFolder()
        let one = ["--endpoints", cluster.endpoints[0]] + cluster.clientArguments.dropFirst(2)
        let saved = try Program.run(
          Program.explorer,
          ["snapshot", "save", folder.path("backup.db")] + one
        )
        #expect(saved.status == 0, "\(saved.errors)")
        let stored = try Program.explorer("keys", "--count", "--file", folder.path("backup.db"))
        #expect(stored.text == (try run("keys", "--count").text))
      }
    }
  }

  @Test func whatIsWrongIsSaidWithTheEndpoint() async throws {
    try await SharedCluster.use { cluster in
      try await onOwnThread {
        let root = cluster.clientArguments
        let endpoint = cluster.endpoints[0]
        func run(_ arguments: [String]) throws -> Program.Result {
          try Program.run(Program.explorer, arguments)
        }
        let anybody = Array(root.dropLast(2))
        let one = ["--endpoints", endpoint] + anybody.dropFirst(2)
        for command in [
          ["keys"], ["get", "/x"], ["history", "/x", "--exact"], ["watch", "pods"],
        ] {
          let wrong = try run(command + one + ["--user", "root:wrong"])
          #expect(wrong.status == 2 && wrong.output.isEmpty)
          #expect(wrong.errors.contains(endpoint), "\(wrong.errors)")
          #expect(wrong.errors.contains("invalid user ID or password"), "\(wrong.errors)")
          let plain = try run(command + ["--endpoints", endpoint, "--dial-timeout", "2s"])
          #expect(plain.status == 2 && plain.output.isEmpty)
          #expect(plain.errors.contains(endpoint), "\(plain.errors)")
        }
        let reader = one + ["--user", "reader:\(Cluster.password)"]
        #expect(try run(["keys", "/readable/"] + reader).status == 1)
        let denied = try run(["keys", "/secret/"] + reader)
        #expect(denied.status == 2)
        #expect(denied.errors.contains("permission denied"), "\(denied.errors)")
        let deniedWatch = try run(["watch", "/secret/", "--prefix"] + reader)
        #expect(deniedWatch.status == 2)
        #expect(deniedWatch.errors.contains("permission denied"), "\(deniedWatch.errors)")
      }
    }
  }
}
