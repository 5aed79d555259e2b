import EtcdClient
import EtcdMessages
import TestSupport
import Testing

/// A real etcd and the node take turns on one data directory, and neither ever ends in order: what
/// one has answered the other has, and both find the same in it.
///
/// The one that is killed under load leaves a log that is not in its database yet, leases, and
/// compactions begun and not ended; the other goes on from these. `EXPLORER_TORTURE_TURNS` says how
/// often, `EXPLORER_TORTURE_SEED` from which seed.
@Suite struct SharedKillTests {
  /// What both have to agree on.
  private struct Contents: Equatable {
    let revision: Int64
    let compactRevision: Int64
    let hash: UInt32
  }

  /// A directory that has something wrong in it.
  private struct Unsound: Error, CustomStringConvertible {
    let description: String
  }

  @Test(arguments: EtcdVersion.installed)
  func etcdAndTheNodeAreKilledInTurns(version: EtcdVersion) async throws {
    let turnCount = KillTests.number("EXPLORER_TORTURE_TURNS", default: 3)
    let first = KillTests.number("EXPLORER_TORTURE_SEED", default: 1)
    let programs = [ServerKind.etcd(version), .node]
    let server = try Server.start(programs[0], electsFast: true)
    var store: Set<StoreModel> = [StoreModel()]
    for turn in 0..<turnCount {
      let loaded = programs[turn % 2]
      let other = programs[(turn + 1) % 2]
      let round = Round(
        server: server,
        seed: UInt64(first + turn),
        initial: store,
        // etcd can tell of progress before the events that it is about.
        asksForProgress: false,
        restart: { server in
          try Self.check(server)
          try server.start(as: other)
        }
      )
      store = try await round.run().after
      let contents = try await Self.contents(server)
      #expect(contents.revision == store.first?.revision)
      for next in [loaded, other] {
        try await Round.onThread {
          server.kill()
          try Self.check(server)
          try server.start(as: next)
        }
        let found = try await Self.contents(server)
        #expect(found == contents, "seed \(first + turn): \(next) after the other")
      }
    }
  }

  /// Sees that the files of a killed server are read without a fault.
  private static func check(_ server: Server) throws {
    let result = try Program.explorer("check", server.dataDirectory)
    guard result.status == 0 else { throw Unsound(description: result.text + result.errors) }
  }

  private static func contents(_ server: Server) async throws -> Contents {
    let connection = try await Connection.open(try Endpoint(server.endpoint))
    defer { connection.close() }
    let response = try await connection.call(.hashKV, .init(), timeout: .seconds(20))
    return Contents(
      revision: response.header.revision,
      compactRevision: response.compactRevision,
      hash: response.hash
    )
  }
}
