import NIOSSL
import TestSupport
import Testing

/// What a client sends is wrong: it is told so, others are served on, and at most one line of the log
/// speaks of it.
@Suite struct BadInputTests {
  private static let range = "/etcdserverpb.KV/Range"
  private static let put = "/etcdserverpb.KV/Put"

  @Test func wrongRequestsGetAStatusEach() async throws {
    try await LoadedNode.with { node in
      let client = try node.client()
      var stream = 1
      func expect(
        _ code: Int,
        _ text: String,
        _ body: [UInt8],
        path: String = Self.range,
        headers more: [(String, String)] = [],
        _ place: SourceLocation = #_sourceLocation
      ) {
        client.begin(path, more, stream: stream)
        client.send(.data, flags: 1, stream: stream, body)
        let answer = client.answer(of: stream)
        #expect(answer?.code == code, "\(answer?.trailers ?? [:])", sourceLocation: place)
        #expect(answer?.text.contains(text) == true, "\(answer?.text ?? "")", sourceLocation: place)
        stream += 2
      }
      let good = FrameClient.framed(Request.range("a"))
      expect(12, "unknown method Nothing", good, path: "/etcdserverpb.KV/Nothing")
      expect(12, "unknown service", good, path: "/no.Service/Range")
      expect(12, "malformed method name", good, path: "nothing")
      expect(12, "Decompressor is not installed", good, headers: [("grpc-encoding", "zip")])
      expect(13, "malformed grpc-timeout", good, headers: [("grpc-timeout", "soon")])
      expect(13, "compressed flag set", FrameClient.framed(Request.range("a"), flag: 1))
      expect(13, "unexpected payload format 9", FrameClient.framed([], flag: 9))
      expect(13, "unexpected EOF", Array(good.dropLast()))
      expect(13, "without a message", [])
      expect(13, "more than one message", good + good)
      expect(13, "error unmarshalling request", FrameClient.framed([0xFF, 0xFF, 0xFF]))
      expect(13, "error unmarshalling request", FrameClient.framed([0x0A, 0x7F, 1]))
      expect(8, "received message larger than max", [0] + FrameClient.big(1 << 30, 4) + [1])
      expect(3, "key is not provided", FrameClient.framed([]))
      #expect(client.call(Self.range, Request.range("a"), stream: stream)?.code == 0)
      #expect(node.complaints.isEmpty, "\(node.complaints)")
    }
  }

  @Test func oversizedRequestsAreRefusedAndForgotten() async throws {
    try await LoadedNode.with { node in
      let client = try node.client()
      let value = [UInt8](repeating: 1, count: 1_600_000)
      var before = 0
      for round in 0..<40 {
        // More than a request may have, but not more than a message.
        let answer = client.call(Self.put, Request.put("large", value), stream: 2 * round + 1)
        #expect(answer?.code == 3)
        #expect(answer?.text == "etcdserver: request is too large")
        if round == 4 { before = node.memory }
      }
      #expect(node.memory - before < 16 << 20)
      #expect(try node.serves())
      #expect(node.complaints.count <= 40)
    }
  }

  /// A megabyte of headers in pieces, one name over and over in HPACK's table, and a CONTINUATION
  /// that never ends.
  @Test func headerBombsEndTheirConnectionOnly() async throws {
    try await LoadedNode.with { node in
      #expect(try node.serves())
      let before = node.memory
      for round in 0..<9 {
        let client = try node.client()
        switch round % 3 {
        case 0:
          let long = String(repeating: "x", count: 200_000)
          var bytes = client.headerBytes(
            FrameClient.headers(Self.range, [("long", long)]),
            stream: 1
          )
          bytes[4] = 0
          client.wire.send(Array(bytes.prefix(16_384 + 9)))
        case 1:
          // A field of 4,000 bytes goes into the table, and then 3,000 references to it.
          let name: [UInt8] = [0x40, 1, 0x61, 0x7F] + [0xA1, 0x1E]
          let field = name + [UInt8](repeating: 0x62, count: 4_000)
          let block = field + [UInt8](repeating: 0xBE, count: 3_000)
          client.send(.headers, flags: 5, stream: 1, block)
        default:
          var bytes = client.headerBytes(FrameClient.headers(Self.range), stream: 1)
          bytes[4] = 0
          for _ in 0..<2_000 { bytes += FrameClient.bytes(.continuation, stream: 1, []) }
          client.wire.send(bytes)
        }
        #expect(client.next(.goAway) != nil || client.wire.waitForClose(), "\(round)")
        client.wire.close()
      }
      #expect(try node.serves())
      #expect(node.complaints.count <= 9, "\(node.complaints)")
      #expect(node.memory - before < 16 << 20)
    }
  }

  @Test func abuseOfFramesEndsTheConnectionWithOneLine() async throws {
    try await LoadedNode.with { node in
      let floods: [(text: String, bytes: (FrameClient) -> [UInt8])] = [
        (
          "too_many_resets",
          { client in
            (0..<3_000).flatMap { round in
              client.headerBytes(FrameClient.headers(Self.range), stream: 2 * round + 1)
                + FrameClient.bytes(.reset, stream: 2 * round + 1, FrameClient.big(8, 4))
            }
          }
        ),
        (
          "too_many_pings",
          { _ in
            (0..<1_000).flatMap { _ in
              FrameClient.bytes(.ping, stream: 0, [UInt8](repeating: 7, count: 8))
            }
          }
        ),
        (
          "too_many_settings",
          { _ in (0..<3_000).flatMap { _ in FrameClient.bytes(.settings, stream: 0) } }
        ),
        (
          "too_many_window_updates",
          { _ in
            (0..<3_000).flatMap { _ in
              FrameClient.bytes(.windowUpdate, stream: 0, FrameClient.big(1, 4))
            }
          }
        ),
      ]
      for flood in floods {
        let client = try node.client()
        client.wire.send(flood.bytes(client))
        let frame = client.next(.goAway)
        #expect(
          frame.map { String(decoding: $0.payload.dropFirst(8), as: UTF8.self) } == flood.text
        )
        #expect(client.wire.waitForClose())
        #expect(node.comes { node.complaints.contains { $0.contains(flood.text) } })
      }
      #expect(node.complaints.count == floods.count, "\(node.complaints)")
      #expect(try node.serves())
    }
  }

  @Test func garbageIsNotAnsweredForEver() async throws {
    try await LoadedNode.with { node in
      #expect(try node.serves())
      let before = node.settledDescriptorCount
      var random = SeededGenerator(seed: 7)
      for round in 0..<60 {
        let wire = try node.connect()
        var bytes = (0..<2_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        // A third each: nothing, HTTP/2 and then garbage, a frame of a wrong length.
        if round % 3 == 1 { bytes = FrameClient.preface + bytes }
        if round % 3 == 2 {
          bytes = FrameClient.preface + FrameClient.bytes(.settings, stream: 0, [1, 2, 3])
        }
        wire.send(bytes)
        wire.close()
      }
      #expect(node.comes { node.descriptorCount <= before })
      #expect(node.complaints.count <= 60)
      #expect(try node.serves())
    }
  }

  @Test func wrongPasswordsAndTokensAreRefused() async throws {
    try await LoadedNode.with(["--bcrypt-cost", "4"]) { node in
      let client = try node.client()
      var stream = -1
      func call(
        _ path: String,
        _ message: [UInt8],
        _ more: [(String, String)] = []
      ) -> FrameClient.Answer? {
        stream += 2
        return client.call("/etcdserverpb.\(path)", message, more, stream: stream)
      }
      func pair(_ first: String, _ second: String) -> [UInt8] {
        TestSupport.Wire.field(1, first) + TestSupport.Wire.field(2, second)
      }
      #expect(call("Auth/UserAdd", pair("root", "secret"))?.code == 0)
      #expect(call("Auth/RoleAdd", TestSupport.Wire.field(1, "root"))?.code == 0)
      #expect(call("Auth/UserGrantRole", pair("root", "root"))?.code == 0)
      #expect(call("Auth/AuthEnable", [])?.code == 0)
      let before = node.complaints.count
      for round in 0..<100 {
        let answer = call("Auth/Authenticate", pair("root", "wrong\(round)"))
        #expect(answer?.code == 3)
        #expect(
          answer?.text == "etcdserver: authentication failed, invalid user ID or password"
        )
      }
      for round in 0..<100 {
        let answer = call("KV/Range", Request.range("a"), [("token", "wrong.\(round)")])
        #expect(answer?.code == 16)
        #expect(answer?.text == "etcdserver: invalid auth token")
      }
      let refused = call("KV/Range", Request.range("a"))
      #expect(refused?.text == "etcdserver: user name is empty")
      #expect(node.complaints.count - before <= 201)
      let login = call("Auth/Authenticate", pair("root", "secret"))
      #expect(login?.code == 0)
    }
  }

  @Test(.enabled(if: Certificates.openssl != nil))
  func plainTextOnAnEncryptedPortIsRefused() async throws {
    let certificates = try Certificates()
    try certificates.make("server", commonName: "server")
    try await LoadedNode.with(
      [
        "--cert-file", certificates.path("server.pem"), "--key-file",
        certificates.path("server.key"),
      ],
      scheme: "https"
    ) { node in
      let before = node.settledDescriptorCount
      for _ in 0..<10 {
        let wire = try node.connect()
        wire.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(wire.readToEnd().hasPrefix("HTTP/1.0 400 Bad Request\r\n"))
      }
      for _ in 0..<10 {
        let wire = try node.connect()
        wire.send(FrameClient.preface)
        #expect(wire.waitForClose())
      }
      // A handshake that goes wrong, and one that never goes on.
      let broken = try node.connect()
      broken.send([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5])
      #expect(broken.waitForClose())
      let silent = try node.connect()
      silent.send([0x16, 3, 1])
      #expect(node.comes { node.complaints.count >= 21 })
      #expect(node.complaints.count <= 21, "\(node.complaints)")
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.trustRoots = .file(certificates.path("ca.pem"))
      tls.applicationProtocols = ["h2"]
      let client = FrameClient(try node.connect(tls: tls))
      #expect(client.call(Self.range, Request.range("a"), stream: 1)?.code == 0)
      silent.close()
      client.wire.close()
      #expect(node.comes { node.descriptorCount <= before })
    }
  }

  @Test func encryptionOnAPlainPortIsRefused() async throws {
    try await LoadedNode.with { node in
      let wire = try node.connect()
      wire.send([0x16, 3, 1, 0, 200, 1, 0, 0, 196])
      #expect(wire.waitForClose())
      #expect(node.comes { node.complaints.count == 1 })
      #expect(try node.serves())
    }
  }
}
