import EtcdClient
import EtcdMessages
import Foundation
import RPC
import SwiftProtobuf
import TestSupport
import Testing

/// Calls to whichever member can be reached.
@Suite(.enabled(if: EtcdVersion.installed.first != nil))
struct EtcdClientTests {
  static let version = EtcdVersion.installed.last ?? .v34

  static let put = Etcdserverpb_PutRequest.with { $0.key = Data([1]) }
  static let read = Etcdserverpb_RangeRequest.with { $0.key = Data([1]) }

  @Test func nextMemberIsCalledWhenOneIsGone() async throws {
    let servers = try (0..<2).map { _ in try Server.start(.etcd(Self.version), electsFast: true) }
    let nobody = try Loopback.freePorts(1)[0]
    let endpoints = ["http://127.0.0.1:\(nobody)"] + servers.map(\.endpoint)
    let client = EtcdClient(.init(endpoints: try endpoints.map { try Endpoint($0) }))
    _ = try await client.call(.put, Self.put)
    #expect(client.endpoint == (try Endpoint(servers[0].endpoint)))
    servers[0].kill()
    // A read goes on at once, whenever the loss is noticed.
    let count = try await client.call(.range, Self.read).count
    #expect(count == 0)
    #expect(client.endpoint == (try Endpoint(servers[1].endpoint)))
    servers[1].kill()
    let error = await #expect(throws: EtcdClientError.self) {
      try await client.call(.range, Self.read, timeout: .seconds(3))
    }
    for endpoint in endpoints { #expect(error?.description.contains(endpoint) == true) }
  }

  @Test(arguments: [.node, ServerKind.etcd(Self.version)])
  func readsGoOnWhenTheOnlyServerIsStartedAgain(kind: ServerKind) async throws {
    guard kind.isThere else { return }
    let server = try Server.start(kind, electsFast: true)
    var options = EtcdClient.Options(endpoints: [try Endpoint(server.endpoint)])
    options.callTimeout = .seconds(30)
    let client = EtcdClient(options)
    _ = try await client.call(.put, Self.put)
    let reading = Task {
      let end = ContinuousClock.now + .milliseconds(500)
      var count = 0
      while ContinuousClock.now < end {
        let found = try await client.call(.range, Self.read).count
        #expect(found == 1)
        count += 1
      }
      return count
    }
    try await Task.sleep(for: .milliseconds(100))
    server.kill()
    // A write waits, too, as long as there is nobody to carry it out.
    let writing = Task { try await client.call(.put, Self.put) }
    try await Task.sleep(for: .milliseconds(100))
    try server.start()
    let readCount = try await reading.value
    #expect(readCount > 0)
    _ = try? await writing.value
    let count = try await client.call(.range, Self.read).count
    #expect(count == 1)
  }

  @Test func writeWithoutAnAnswerIsNotMadeAgain() async throws {
    let server = try Server.start(.etcd(Self.version), electsFast: true)
    let client = EtcdClient(.init(endpoints: [try Endpoint(server.endpoint)]))
    _ = try await client.call(.put, Self.put)
    server.signal(SIGSTOP)
    let writing = Task { try await client.call(.put, Self.put) }
    try await Task.sleep(for: .milliseconds(50))
    server.kill()
    let error = await #expect(throws: EtcdClientError.self) { try await writing.value }
    guard case .lost(_, _, false) = error else {
      Issue.record("not lost: \(String(describing: error))")
      return
    }
    try server.start()
    let again = try await client.call(.put, Self.put)
    #expect(again.header.revision <= 4)
  }

  @Test func tokenIsFetchedAndRenewed() async throws {
    let server = try Server.start(.etcd(Self.version), electsFast: true)
    let endpoint = try Endpoint(server.endpoint)
    let nobody = EtcdClient(.init(endpoints: [endpoint]))
    var options = EtcdClient.Options(endpoints: [endpoint])
    options.user = .init(name: "root", password: "secret")
    let root = EtcdClient(options)
    // Before there are users, nobody is asked for one.
    _ = try await root.call(.put, Self.put)
    _ = try await nobody.call(.userAdd, .with { ($0.name, $0.password) = ("root", "secret") })
    _ = try await nobody.call(.roleAdd, .with { $0.name = "root" })
    _ = try await nobody.call(.userGrantRole, .with { ($0.user, $0.role) = ("root", "root") })
    _ = try await nobody.call(.authEnable, .init())
    let error = await #expect(throws: EtcdClientError.self) {
      try await nobody.call(.put, Self.put)
    }
    #expect(error?.status == RPCStatus(.invalidArgument, "etcdserver: user name is empty"))
    _ = try await root.call(.put, Self.put)
    let stream = try await root.stream(.watch)
    try stream.send(.with { $0.createRequest = .with { $0.key = Data([1]) } })
    let created = try await stream.next()
    #expect(created?.canceled == false)
    // A server that was started again knows no token any more.
    server.kill()
    try server.start()
    let count = try await root.call(.range, Self.read).count
    #expect(count == 1)
    options.user?.password = "wrong"
    let wrong = await #expect(throws: EtcdClientError.self) {
      try await EtcdClient(options).call(.range, Self.read)
    }
    #expect(wrong?.status?.message.contains("invalid user ID or password") == true)
  }

  /// A signed token tells by itself until when it is good.
  @Test func signedTokenThatHasExpiredIsRenewed() async throws {
    let folder = try TemporaryFolder()
    let certificates = try TestCertificates(in: folder.path)
    let files = "pub-key=\(certificates.server.certificate),priv-key=\(certificates.server.key)"
    let server = try Server.start(
      .etcd(Self.version),
      arguments: ["--auth-token", "jwt,\(files),sign-method=ES256,ttl=1s", "--bcrypt-cost", "4"],
      electsFast: true
    )
    let endpoint = try Endpoint(server.endpoint)
    let nobody = EtcdClient(.init(endpoints: [endpoint]))
    _ = try await nobody.call(.userAdd, .with { ($0.name, $0.password) = ("root", "secret") })
    _ = try await nobody.call(.roleAdd, .with { $0.name = "root" })
    _ = try await nobody.call(.userGrantRole, .with { ($0.user, $0.role) = ("root", "root") })
    _ = try await nobody.call(.authEnable, .init())
    var options = EtcdClient.Options(endpoints: [endpoint])
    options.user = .init(name: "root", password: "secret")
    let root = EtcdClient(options)
    _ = try await root.call(.put, Self.put)
    try await Task.sleep(for: .milliseconds(1_500))
    _ = try await root.call(.put, Self.put)
    withExtendedLifetime(folder) {}
  }

  @Test func answerIsHandedOutAsItCame() async throws {
    let server = try Server.start(.etcd(Self.version), electsFast: true)
    let client = EtcdClient(.init(endpoints: [try Endpoint(server.endpoint)]))
    let value = Data(repeating: 7, count: 1 << 20)
    for number in 0..<40 {
      _ = try await client.call(
        .put,
        .with { ($0.key, $0.value) = (Data("\(number)".utf8), value) }
      )
    }
    let request = Etcdserverpb_RangeRequest.with { ($0.key, $0.rangeEnd) = (Data([0]), Data([0])) }
    let raw = try await client.callRaw(.range, request)
    #expect(raw.count > 40 << 20)
    let answer = try raw.withUnsafeBytes { bytes in
      try Etcdserverpb_RangeResponse(serializedBytes: Data(bytes))
    }
    #expect(answer.count == 40)
    #expect(answer == (try await client.call(.range, request)))
  }

  @Test func closedClientCallsNobody() async throws {
    let server = try Server.start(.etcd(Self.version), electsFast: true)
    let client = EtcdClient(.init(endpoints: [try Endpoint(server.endpoint)]))
    _ = try await client.call(.put, Self.put)
    client.close()
    await #expect(throws: EtcdClientError.cancelled) { try await client.call(.put, Self.put) }
  }
}
