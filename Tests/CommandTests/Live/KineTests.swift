import Foundation
import TestSupport
import Testing

/// The commands that read, of a server that is none of etcd's and knows only what Kubernetes asks for.
struct KineTests {
  private func with(
    _ body: @escaping @Sendable (KineLikeServer) throws -> Void
  ) async throws {
    let server = try await KineLikeServer()
    try await onOwnThread { try body(server) }
    await server.close()
  }

  private func run(_ server: KineLikeServer, _ arguments: String...) throws -> Program.Result {
    try Program.run(
      Program.explorer,
      [arguments[0], "--endpoints", server.endpoint] + arguments.dropFirst()
    )
  }

  private static let pod = Array(
    """
    {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"default"},\
    "status":{"phase":"Pending"}}
    """.utf8
  )

  private static let running = Array(
    String(decoding: pod, as: UTF8.self).replacing("Pending", with: "Running").utf8
  )

  @Test func keysAreListedInFull() async throws {
    try await with { server in
      for resource in ["pods", "configmaps", "events", "zebras.example.com/zebras"] {
        for number in 0..<1_500 {
          server.store.change("/registry/\(resource)/ns-\(number % 7)/\(number)", [0x7B, 0x7D])
        }
      }
      server.store.change("compact_rev_key", [0x31])
      let all = try run(server, "keys")
      #expect(all.status == 0, "\(all.errors)")
      #expect(all.text.split(separator: "\n").count == 6_000)
      #expect(all.errors.contains("those that begin with /"))
      let pods = try run(server, "keys", "pods")
      #expect(pods.text.split(separator: "\n").count == 1_500)
      #expect(pods.errors.isEmpty)
      #expect(try run(server, "keys", "--count").text == "6000\n")
      #expect(try run(server, "keys", "-n", "ns-3", "--count").text == "856\n")
      let groups = try run(server, "keys", "--by", "resource")
      #expect(groups.text.contains("zebras.zebras.example.com"))
      let some = try run(server, "keys", "pods", "--limit", "1200")
      #expect(some.text.split(separator: "\n").count == 1_200)
      #expect(server.store.refusals.isEmpty)
    }
  }

  @Test func objectsAreShownWithTheirHistory() async throws {
    try await with { server in
      server.store.change("/registry/pods/default/web", Self.pod)
      server.store.change("/registry/pods/default/web", Self.running)
      server.store.change("/registry/pods/default/web", nil)
      server.store.change("/registry/pods/default/web", Self.pod)
      let table = try run(server, "get", "pods", "-A")
      #expect(table.status == 0, "\(table.errors)")
      #expect(table.text.contains("Pending"))
      let object = try run(server, "get", "pods/default/web", "-o", "json")
      #expect(object.text.contains("\"phase\":\"Pending\""), "\(object.text) \(object.errors)")
      let missing = try run(server, "get", "pods/default/nothing")
      #expect(missing.status == 1)
      let history = try run(server, "history", "pods/default/web")
      #expect(history.status == 0, "\(history.errors)")
      for change in ["Pending", "Running"] { #expect(history.text.contains(change)) }
      #expect(server.store.refusals.isEmpty)
    }
  }

  @Test func changesAreFollowedInSeveralRanges() async throws {
    try await with { server in
      server.store.change("/registry/pods/default/web", Self.pod)
      server.store.change("/registry/configmaps/default/a", [0x7B, 0x7D])
      server.store.change("/registry/pods/default/web", Self.running)
      server.store.change("/registry/pods/default/web", nil)
      let past = try run(server, "watch", "pods", "configmaps", "--rev", "1", "--limit", "4")
      #expect(past.status == 0, "\(past.errors)")
      let lines = past.text.split(separator: "\n")
      #expect(lines.count == 4)
      #expect(lines.count { $0.contains("ADDED") } == 2)
      #expect(past.text.contains("status.phase Pending \u{2192} Running"), "\(past.text)")
      #expect(lines.count { $0.contains("DELETED") } == 1)
      #expect(server.store.refusals.isEmpty)
    }
  }

  @Test func whatIsRefusedIsSaid() async throws {
    try await with { server in
      server.store.change("/registry/pods/default/web", Self.pod)
      let serializable = try run(server, "keys", "--consistency", "s")
      #expect(serializable.status == 2)
      #expect(serializable.errors.contains("serializable is not implemented by kine"))
      #expect(serializable.errors.contains(server.endpoint.dropFirst("http://".count)))
      #expect(try run(server, "put", "a", "b").status == 2)
    }
  }
}
