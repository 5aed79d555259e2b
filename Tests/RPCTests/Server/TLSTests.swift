import Foundation
import NIOCore
import NIOSSL
import RPC
import Testing

private let comment: Comment = "openssl is not on the PATH"

@Suite(.enabled(if: Certificates.openssl != nil, comment))
struct TLSTests {
  private let certificates: Certificates

  init() throws {
    certificates = try Certificates()
    try certificates.make("server", commonName: "server")
  }

  private func listener(clients: Bool = false) -> RPCListener {
    let tls = RPCTLS(
      certificatePath: certificates.path("server.pem"),
      privateKeyPath: certificates.path("server.key"),
      clientAuthoritiesPath: clients ? certificates.path("ca.pem") : nil
    )
    return RPCListener(.tcp(host: "127.0.0.1", port: 0), tls: tls)
  }

  private func configuration(client: String? = nil, protocols: [String] = ["h2"]) throws
    -> TLSConfiguration
  {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .file(certificates.path("ca.pem"))
    configuration.applicationProtocols = protocols
    if let client {
      configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(
        certificates.path("\(client).pem")
      ).map { .certificate($0) }
      configuration.privateKey = .privateKey(
        try NIOSSLPrivateKey(file: certificates.path("\(client).key"), format: .pem)
      )
    }
    return configuration
  }

  private func client(_ server: TestServer, _ certificate: String? = nil) throws -> FrameClient {
    let configuration = try configuration(client: certificate)
    return FrameClient(
      try Wire(server.addresses[0], tls: configuration, serverName: "localhost")
    )
  }

  @Test func callsAndRequestsShareTheEncryptedPort() async throws {
    try await TestServer.with(listeners: [listener()]) { server in
      let client = try client(server)
      #expect(client.call("/test.Echo/Unary", [1], stream: 1)?.messages == [[1]])
      let large = [UInt8](repeating: 7, count: 1_000_000)
      let isSame = client.call("/test.Echo/Unary", large, stream: 3)?.messages == [large]
      #expect(isSame)
      let wire = try Wire(
        server.addresses[0],
        tls: configuration(protocols: ["http/1.1"]),
        serverName: "localhost"
      )
      wire.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok")
      #expect(wire.read(until: "\r\n\r\nok").hasPrefix("HTTP/1.1 200 OK\r\n"))
    }
  }

  @Test func plainTextIsRefusedWithOneLine() async throws {
    try await TestServer.with(listeners: [listener()]) { server in
      let wire = try server.connect()
      wire.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
      let answer = wire.readToEnd()
      #expect(answer.hasPrefix("HTTP/1.0 400 Bad Request\r\n"))
      #expect(answer.hasSuffix("Client sent an HTTP request to an HTTPS server.\n"))
      let other = try server.client()
      #expect(other.wire.waitForClose())
      let lines = server.log.all.filter { $0.level != .debug }
      #expect(lines.map(\.message) == ["rejected connection", "rejected connection"])
      #expect(lines.allSatisfy { $0.error == "plain text on a port for TLS" })
      #expect(try client(server).call("/test.Echo/Unary", [1], stream: 1)?.code == 0)
    }
  }

  @Test func encryptionOnAPlainPortIsRefusedWithOneLine() async throws {
    try await TestServer.with { server in
      let wire = try Wire(server.addresses[0], tls: configuration(), serverName: "localhost")
      #expect(wire.waitForClose())
      let lines = server.log.all.filter { $0.level != .debug }
      #expect(lines.map(\.error) == ["TLS on a port for plain text"])
    }
  }

  @Test func clientIsKnownByItsCertificate() async throws {
    try certificates.make("alice", commonName: "alice")
    try await TestServer.with(listeners: [listener(clients: true)]) { server in
      let answer = try client(server, "alice").call("/test.Echo/Who", [], stream: 1)
      #expect(answer?.messages == [Array("alice -".utf8)])
    }
  }

  @Test func clientWithoutACertificateOfTheAuthorityIsRefused() async throws {
    let others = try Certificates()
    try others.make("mallory", commonName: "mallory")
    try await TestServer.with(listeners: [listener(clients: true)]) { server throws in
      #expect(try client(server).call("/test.Echo/Who", [], stream: 1) == nil)
      var stranger = try configuration()
      stranger.certificateChain = try NIOSSLCertificate.fromPEMFile(
        others.path("mallory.pem")
      ).map { .certificate($0) }
      stranger.privateKey = .privateKey(
        try NIOSSLPrivateKey(file: others.path("mallory.key"), format: .pem)
      )
      let wire = try Wire(server.addresses[0], tls: stranger, serverName: "localhost")
      #expect(FrameClient(wire).call("/test.Echo/Who", [], stream: 1) == nil)
      let areLogged = server.log.wait(count: 2) { $0.message == "rejected connection" }
      #expect(areLogged)
    }
  }

  @Test func onlyTheAllowedNameIsServed() async throws {
    try certificates.make("alice", commonName: "alice")
    try certificates.make("bob", commonName: "bob")
    var listener = listener(clients: true)
    listener.tls?.allowedClientNames = ["carol", "alice"]
    try await TestServer.with(listeners: [listener]) { server throws in
      #expect(try client(server, "alice").call("/test.Echo/Who", [], stream: 1)?.code == 0)
      #expect(try client(server, "bob").call("/test.Echo/Who", [], stream: 1) == nil)
      let text = "client certificate's common name is bob, not carol, alice"
      let isLogged = server.log.wait { $0.error == text }
      #expect(isLogged)
    }
  }

  @Test func onlyTheAllowedHostIsServed() async throws {
    try certificates.make("alice", commonName: "alice", hosts: "DNS:*.example.com,IP:10.0.0.1")
    var listener = listener(clients: true)
    for (host, isServed) in [
      ("a.example.com", true), ("A.Example.com", true), ("10.0.0.1", true),
      ("a.b.example.com", false), ("example.com", false), ("10.0.0.2", false), ("alice", false),
    ] {
      listener.tls?.allowedClientHostnames = ["other.example", host]
      try await TestServer.with(listeners: [listener]) { server in
        let answer = try client(server, "alice").call("/test.Echo/Who", [], stream: 1)
        #expect((answer?.code == 0) == isServed, "\(host)")
      }
    }
  }

  @Test func renewedCertificatesAreUsedForNewConnections() async throws {
    try await TestServer.with(listeners: [listener()]) { server in
      let old = try client(server)
      #expect(old.call("/test.Echo/Unary", [1], stream: 1)?.code == 0)
      let configuration = try configuration()
      // A name that only the new certificate is made out to.
      let before = try Wire(server.addresses[0], tls: configuration, serverName: "new.test")
      #expect(before.waitForClose())
      try certificates.make("server", commonName: "server", hosts: "DNS:new.test")
      let after = try Wire(server.addresses[0], tls: configuration, serverName: "new.test")
      #expect(FrameClient(after).call("/test.Echo/Unary", [2], stream: 1)?.messages == [[2]])
      #expect(old.call("/test.Echo/Unary", [3], stream: 3)?.messages == [[3]])
    }
  }

  @Test func unusableNewFilesLeaveTheOldOnesInUse() async throws {
    try await TestServer.with(listeners: [listener()]) { server in
      try "nonsense".write(
        toFile: certificates.path("server.pem"),
        atomically: true,
        encoding: .utf8
      )
      for _ in 0..<3 { #expect(try client(server).call("/test.Echo/Unary", [1], stream: 1) != nil) }
      let errors = server.log.all.filter { $0.level == .error }
      #expect(errors.map(\.message) == ["cannot use new certificates"])
    }
  }

  @Test func serverDoesNotStartWithoutItsFiles() async throws {
    let path = certificates.path("missing.pem")
    var tls = RPCTLS(certificatePath: path, privateKeyPath: certificates.path("server.key"))
    let place = RPCListener.Address.tcp(host: "127.0.0.1", port: 0)
    await #expect {
      try await TestServer.with(listeners: [RPCListener(place, tls: tls)]) { _ in }
    } throws: { error in
      guard case .certificate(let found, _) = error as? RPCError else { return false }
      return found == path
    }
    tls.certificatePath = certificates.path("server.pem")
    tls.cipherSuites = ["TLS_NONSENSE"]
    await #expect(throws: RPCError.cipherSuite("TLS_NONSENSE")) {
      try await TestServer.with(listeners: [RPCListener(place, tls: tls)]) { _ in }
    }
  }

  @Test func versionsCanBeBounded() async throws {
    var listener = listener()
    listener.tls?.minimumVersion = .v1_3
    try await TestServer.with(listeners: [listener]) { server in
      var old = try configuration()
      old.maximumTLSVersion = .tlsv12
      let wire = try Wire(server.addresses[0], tls: old, serverName: "localhost")
      #expect(wire.waitForClose())
      #expect(try client(server).call("/test.Echo/Unary", [1], stream: 1)?.code == 0)
    }
    listener.tls?.minimumVersion = .v1_2
    listener.tls?.maximumVersion = .v1_2
    listener.tls?.cipherSuites = ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"]
    try await TestServer.with(listeners: [listener]) { server throws in
      #expect(try client(server).call("/test.Echo/Unary", [1], stream: 1)?.code == 0)
    }
  }
}
