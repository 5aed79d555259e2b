import EtcdClient
import EtcdMessages
import Foundation
import RPC
import SwiftProtobuf
import TestSupport
import Testing

/// Calls to a real cluster of three members, encrypted and with users, while its members fail.
///
/// A failure of one member must not be seen by who reads, and who writes must be told of it only if it
/// cannot be known whether the write was carried out.
@Suite(.enabled(if: EtcdVersion.installed.first != nil), .serialized)
struct ClusterTests {
  static func options(
    _ cluster: Cluster,
    _ endpoints: [String]? = nil,
    user: String? = "root",
    password: String = Cluster.password
  ) throws -> EtcdClient.Options {
    let endpoints = try (endpoints ?? cluster.endpoints).map { try Endpoint($0) }
    var options = EtcdClient.Options(endpoints: endpoints)
    options.connection.certificates.authorities = cluster.certificates.authority.certificate
    options.connection.certificates.certificate = cluster.certificates.client.certificate
    options.connection.certificates.key = cluster.certificates.client.key
    options.callTimeout = .seconds(10)
    options.user = user.map { .init(name: $0, password: password) }
    return options
  }

  static func put(_ key: String) -> Etcdserverpb_PutRequest {
    .with {
      $0.key = Data(key.utf8)
      $0.value = Data(key.utf8)
    }
  }

  static func read(_ key: String) -> Etcdserverpb_RangeRequest { .with { $0.key = Data(key.utf8) } }

  @Test func readsGoOnWhenTheLeaderIsKilled() async throws {
    try await SharedCluster.use { cluster in
      let client = EtcdClient(try Self.options(cluster))
      _ = try await client.call(.put, Self.put("killed"))
      let leader = try cluster.waitForLeader()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask {
            let end = ContinuousClock.now + .seconds(2)
            while ContinuousClock.now < end {
              let answer = try await client.call(.range, Self.read("killed"))
              #expect(answer.count == 1)
            }
          }
        }
        group.addTask {
          let end = ContinuousClock.now + .seconds(2)
          while ContinuousClock.now < end {
            do throws(EtcdClientError) {
              _ = try await client.call(.put, Self.put("killed"))
            } catch {
              // What is certain not to have been carried out, is made again.
              #expect(!error.isUntouched, "\(error)")
            }
          }
        }
        try await Task.sleep(for: .milliseconds(200))
        leader.kill()
        try await group.waitForAll()
      }
      _ = try await client.call(.put, Self.put("killed"))
      #expect(client.endpoint?.description != leader.endpoint)
    }
  }

  /// Its connection is open, and nothing comes on it.
  @Test func pausedMemberHoldsUpNoRead() async throws {
    try await SharedCluster.use { cluster in
      let leader = try cluster.waitForLeader()
      let paused = try #require(cluster.members.first { $0 !== leader })
      let others = cluster.members.filter { $0 !== paused }.map(\.endpoint)
      let client = EtcdClient(try Self.options(cluster, [paused.endpoint] + others))
      _ = try await client.call(.put, Self.put("paused"))
      #expect(client.endpoint?.description == paused.endpoint)
      paused.pause()
      // Half of the time is for one member, half for the others.
      #expect(try await client.call(.range, Self.read("paused"), timeout: .seconds(4)).count == 1)
      #expect(client.endpoint?.description != paused.endpoint)
      // One that has not been called before does not even wait so long.
      let other = EtcdClient(try Self.options(cluster, [paused.endpoint] + others))
      #expect(try await other.call(.range, Self.read("paused"), timeout: .seconds(4)).count == 1)
      _ = try await other.call(.put, Self.put("paused"))
    }
  }

  @Test func silentMemberIsNamedWithTheTimeItHad() async throws {
    try await SharedCluster.use { cluster in
      let paused = cluster.members[0]
      var options = try Self.options(cluster, [paused.endpoint])
      options.connection.dialTimeout = .milliseconds(100)
      let client = EtcdClient(options)
      _ = try await client.call(.put, Self.put("silent"))
      paused.pause()
      for method in ["put", "range"] {
        let error = await #expect(throws: EtcdClientError.self) {
          if method == "put" {
            _ = try await client.call(.put, Self.put("silent"), timeout: .milliseconds(300))
          } else {
            _ = try await EtcdClient(options)
              .call(.range, Self.read("silent"), timeout: .milliseconds(300))
          }
        }
        let expected = method == "put" ? "no answer within 300ms" : "no greeting within 100ms"
        #expect(error?.description.hasPrefix("\(paused.endpoint): ") == true)
        #expect(error?.description.hasSuffix(expected) == true, "\(String(describing: error))")
      }
    }
  }

  /// Two of three are gone: nobody leads, and nobody can say what is true.
  @Test func readWaitsUntilThereIsAMajority() async throws {
    try await SharedCluster.use { cluster in
      let left = cluster.members[0]
      let client = EtcdClient(try Self.options(cluster))
      _ = try await client.call(.put, Self.put("majority"))
      for member in cluster.members.dropFirst() { member.kill() }
      let one = EtcdClient(try Self.options(cluster, [left.endpoint], user: nil))
      let start = ContinuousClock.now
      let error = await #expect(throws: EtcdClientError.self) {
        try await one.call(.range, Self.read("majority"), timeout: .milliseconds(500))
      }
      #expect(ContinuousClock.now - start < .seconds(10))
      #expect(error?.description.hasPrefix("\(left.endpoint): ") == true)
      let waiting = Task {
        try await client.call(.range, Self.read("majority"), timeout: .seconds(60))
      }
      try await Task.sleep(for: .milliseconds(300))
      for member in cluster.members.dropFirst() { try member.launch() }
      let count = try await waiting.value.count
      #expect(count == 1)
    }
  }

  @Test func stoppingMemberIsLeftInPeace() async throws {
    try await SharedCluster.use { cluster in
      let leader = try cluster.waitForLeader()
      let stopped = try #require(cluster.members.first { $0 !== leader })
      let others = cluster.members.filter { $0 !== stopped }.map(\.endpoint)
      let client = EtcdClient(try Self.options(cluster, [stopped.endpoint] + others))
      _ = try await client.call(.put, Self.put("stopped"))
      let stopping = Task.detached { stopped.stop() }
      let end = ContinuousClock.now + .seconds(1)
      while ContinuousClock.now < end {
        #expect(try await client.call(.range, Self.read("stopped")).count == 1)
      }
      await stopping.value
      _ = try await client.call(.put, Self.put("stopped"))
      #expect(client.endpoint?.description != stopped.endpoint)
    }
  }

  @Test func tokenThatHasExpiredIsRenewed() async throws {
    try await SharedCluster.use { cluster in
      let client = EtcdClient(try Self.options(cluster))
      _ = try await client.call(.put, Self.put("token"))
      // The server forgets one that is not used for a second, within another.
      try await Task.sleep(for: .milliseconds(2_500))
      _ = try await client.call(.put, Self.put("token"))
      let stream = try await client.stream(.watch)
      try stream.send(.with { $0.createRequest = .with { $0.key = Data("token".utf8) } })
      let created = try await stream.nextRaw()
      let message = try #require(created).withUnsafeBytes { bytes in
        try Etcdserverpb_WatchResponse(serializedBytes: Data(bytes))
      }
      #expect(message.created)
      #expect(!message.canceled)
    }
  }

  /// A password costs the server much time to check.
  @Test func oneTokenIsFetchedForAll() async throws {
    try await SharedCluster.use { cluster in
      let member = cluster.members[0]
      func count() throws -> Int {
        let line = try member.metrics().split(separator: "\n").first {
          $0.hasPrefix("grpc_server_started_total{") && $0.contains("\"Authenticate\"")
        }
        return try #require(line?.split(separator: " ").last.flatMap { Int($0) })
      }
      let before = try count()
      let client = EtcdClient(try Self.options(cluster, [member.endpoint]))
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<20 {
          group.addTask { _ = try await client.call(.range, Self.read("\(number)")) }
        }
        try await group.waitForAll()
      }
      #expect(try count() == before + 1)
    }
  }

  @Test func wrongUsersAreToldWhatIsWrong() async throws {
    try await SharedCluster.use { cluster in
      let wrong = EtcdClient(try Self.options(cluster, password: "guess"))
      let refused = await #expect(throws: EtcdClientError.self) {
        try await wrong.call(.range, Self.read("a"))
      }
      #expect(refused?.description.hasPrefix("https://127.0.0.1:") == true)
      #expect(refused?.description.contains("invalid user ID or password") == true)
      let reader = EtcdClient(try Self.options(cluster, user: "reader"))
      #expect(try await reader.call(.range, Self.read("/readable/a")).count == 0)
      let permission = RPCStatus(.permissionDenied, "etcdserver: permission denied")
      for key in ["/secret", "/readable"] {
        let denied = await #expect(throws: EtcdClientError.self) {
          try await reader.call(.range, Self.read(key))
        }
        #expect(denied?.status == permission)
      }
      let denied = await #expect(throws: EtcdClientError.self) {
        try await reader.call(.put, Self.put("/readable/a"))
      }
      #expect(denied?.status == permission)
    }
  }

  /// Each is told at once: to try again would change nothing.
  @Test func wrongCertificatesAreToldApart() async throws {
    try await SharedCluster.use { cluster in
      let files = cluster.certificates
      let endpoint = cluster.endpoints[0]
      func failure(
        _ change: (inout EtcdClient.Options) throws -> Void
      ) async throws -> String {
        var options = try Self.options(cluster, [endpoint])
        options.callTimeout = .seconds(60)
        try change(&options)
        let client = EtcdClient(options)
        let error = await #expect(throws: EtcdClientError.self) {
          try await client.call(.range, Self.read("a"))
        }
        #expect(error?.isUntouched == true)
        return error?.description ?? ""
      }
      let unknown = try await failure {
        $0.connection.certificates.authorities = files.stranger.certificate
      }
      let signers = files.stranger.certificate
      #expect(
        unknown == "\(endpoint): no trusted connection, the server's certificate is not signed by "
          + "those in \(signers)"
      )
      let none = try await failure {
        $0.connection.certificates.certificate = nil
        $0.connection.certificates.key = nil
      }
      #expect(
        none == "\(endpoint): no trusted connection, the server wants a certificate of the client"
      )
      let strange = try await failure {
        $0.connection.certificates.certificate = files.stranger.certificate
        $0.connection.certificates.key = files.stranger.key
      }
      #expect(
        strange.hasPrefix(
          "\(endpoint): no trusted connection, the server refuses the client's certificate, "
        )
      )
      let pair = try await failure { $0.connection.certificates.key = files.server.key }
      #expect(pair.hasSuffix("do not belong together"), "\(pair)")
      let key = try await failure { $0.connection.certificates.key = files.client.certificate }
      #expect(key == "certificates: \(files.client.certificate): no private key in PEM")
      let file = try await failure { $0.connection.certificates.authorities = "/nowhere" }
      #expect(file == "certificates: /nowhere: No such file or directory")
      let host = try await failure { $0.endpoints = [try Endpoint("https://a.invalid:1")] }
      #expect(host.contains("a.invalid"))
    }
  }

  @Test func wrongKindOfConnectionIsSaid() async throws {
    try await SharedCluster.use { cluster in
      let member = cluster.members[0]
      var options = try Self.options(cluster, ["http://127.0.0.1:\(member.clientPort)"])
      options.callTimeout = .milliseconds(200)
      let plain = await #expect(throws: EtcdClientError.self) {
        try await EtcdClient(options).call(.range, Self.read("a"))
      }
      #expect(
        plain?.description == "http://127.0.0.1:\(member.clientPort): unreachable, closed by the "
          + "server: it may want an encrypted connection"
      )
      let encrypted = "https://127.0.0.1:\(member.observationPort)"
      options.endpoints = [try Endpoint(encrypted)]
      let error = await #expect(throws: EtcdClientError.self) {
        try await EtcdClient(options).call(.range, Self.read("a"))
      }
      #expect(
        error?.description == "\(encrypted): no trusted connection, the server does not encrypt"
      )
    }
  }

  @Test func certificateForOthersOrOfThePastIsSaid() async throws {
    let folder = try TemporaryFolder()
    let files = try TestCertificates(in: folder.path)
    let others = try files.sign(
      "others",
      names: ["DNS:etcd.example", "IP:192.0.2.1", "IP:2001:db8::1"]
    )
    let old = try files.sign("old", names: ["IP:127.0.0.1"], days: -1)
    for (pair, reason) in [
      (old, "the server's certificate has expired"),
      (
        others,
        "the server's certificate is not for 127.0.0.1, but for etcd.example, 192.0.2.1, 2001:db8::1"
      ),
    ] {
      let port = try Loopback.freePorts(1)[0]
      // Anything that shows a certificate will do.
      let server = try ChildProcess(
        "/usr/bin/openssl",
        [
          "s_server", "-accept", "127.0.0.1:\(port)", "-cert", pair.certificate, "-key", pair.key,
          "-alpn", "h2", "-quiet",
        ]
      )
      defer { server.kill() }
      while server.isRunning, !Loopback.isListening(server.id, on: port) {
        try await Task.sleep(for: .milliseconds(5))
      }
      var options = Connection.Options()
      options.certificates.authorities = files.authority.certificate
      let endpoint = try Endpoint("https://127.0.0.1:\(port)")
      let expected = EtcdClientError.untrusted(endpoint: endpoint.description, reason: reason)
      await #expect(throws: expected) { try await Connection.open(endpoint, options: options) }
    }
    withExtendedLifetime(folder) {}
  }
}
