import NIOCore
import RPC
import Testing

/// What a client may do to a connection that costs the server more than the client.
///
/// Each has to end with a GOAWAY that names it, and honest clients that do nearly the same must not be
/// touched.
@Suite struct PolicingTests {
  private static let enhanceYourCalm = 11

  private func expectGoAway(_ client: FrameClient, _ text: String) {
    guard let frame = client.next(.goAway) else {
      Issue.record("no GOAWAY")
      return
    }
    #expect(frame.number(at: 4) == Self.enhanceYourCalm)
    #expect(String(decoding: frame.payload.dropFirst(8), as: UTF8.self) == text)
    #expect(client.wire.waitForClose())
  }

  private func ping(_ client: FrameClient) {
    client.send(.ping, stream: 0, [1, 2, 3, 4, 5, 6, 7, 8])
  }

  @Test func pingsWithoutNeedAreTooMany() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      for _ in 0..<4 { ping(client) }
      expectGoAway(client, "too_many_pings")
      #expect(server.log.wait { $0.error == "too_many_pings" && $0.level == .warning })
    }
  }

  @Test func pingsWithACallMayComeAsOftenAsConfigured() async throws {
    try await TestServer.with {
      $0.keepalive.minimumClientInterval = .zero
    } _: { server in
      let client = try server.client()
      client.begin("/test.Echo/Wait", stream: 1)
      for _ in 0..<100 { ping(client) }
      for _ in 0..<100 { #expect(client.next(.ping)?.isAcknowledgement == true) }
      client.send(.reset, stream: 1, FrameClient.big(8, 4))
      for _ in 0..<4 { ping(client) }
      expectGoAway(client, "too_many_pings")
    }
  }

  /// Go's clients ping with every burst of data that they get, to estimate the bandwidth.
  @Test func pingsBesideAnswersAreSuffered() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      for round in 0..<300 {
        ping(client)
        #expect(client.call("/test.Echo/Unary", [1], stream: 2 * round + 1)?.code == 0)
      }
    }
  }

  @Test func callsTakenBackAtOnceAreTooMany() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      var bytes: [UInt8] = []
      for round in 0..<3_000 {
        let stream = 2 * round + 1
        bytes += client.headerBytes(FrameClient.headers("/test.Echo/Wait"), stream: stream)
        bytes += FrameClient.bytes(.reset, stream: stream, FrameClient.big(8, 4))
      }
      client.wire.send(bytes)
      expectGoAway(client, "too_many_resets")
    }
  }

  @Test func oldCallsMayAllBeTakenBack() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      for round in 0..<3_000 { client.begin("/test.Echo/Stream", stream: 2 * round + 1) }
      #expect(client.call("/test.Echo/Unary", [1], stream: 7_001)?.code == 0)
      #expect(client.call("/test.Echo/Unary", [1], stream: 7_003)?.code == 0)
      for round in 0..<3_000 {
        client.send(.reset, stream: 2 * round + 1, FrameClient.big(8, 4))
      }
      #expect(client.call("/test.Echo/Unary", [1], stream: 7_005)?.code == 0)
      #expect(server.events.all.count { $0 == "cancel byClient" } == 3_000)
    }
  }

  @Test func settingsAndPrioritiesAndWindowUpdatesHaveALimit() async throws {
    let floods: [(text: String, frame: [UInt8])] = [
      ("too_many_settings", FrameClient.bytes(.settings, stream: 0)),
      ("too_many_priorities", FrameClient.bytes(.priority, stream: 3, [0, 0, 0, 1, 16])),
      (
        "too_many_window_updates",
        FrameClient.bytes(.windowUpdate, stream: 0, FrameClient.big(1, 4))
      ),
    ]
    try await TestServer.with { server in
      for flood in floods {
        let client = try server.client()
        client.wire.send(Array(repeatElement(flood.frame, count: 3_000).joined()))
        expectGoAway(client, flood.text)
      }
    }
  }

  @Test func windowUpdatesForWhatWasSentAreSuffered() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      for round in 0..<1_500 {
        #expect(client.call("/test.Echo/Unary", [1], stream: 2 * round + 1)?.code == 0)
      }
    }
  }

  @Test func emptyFramesHaveALimit() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      client.begin("/test.Echo/Stream", stream: 1)
      let empty = FrameClient.bytes(.data, stream: 1)
      client.wire.send(Array(repeatElement(empty, count: 1_000).joined()))
      expectGoAway(client, "too_many_empty_frames")
      #expect(server.events.wait(for: "cancel connectionLost"))
    }
  }

  @Test func headersThatAreTooLongEndTheConnection() async throws {
    try await TestServer.with {
      $0.limits.maximumHeaderByteCount = 4_096
    } _: { server in
      let client = try server.client()
      client.begin("/test.Echo/Unary", [("x", String(repeating: "a", count: 8_192))], stream: 1)
      #expect(client.next(.goAway) != nil)
      #expect(client.wire.waitForClose())
      // Few bytes that stand for many: one long field in the table, named again and again.
      let bomb = try server.client()
      bomb.begin("/test.Echo/Stream", [("x", String(repeating: "a", count: 3_000))], stream: 1)
      bomb.send(
        .headers,
        flags: 4,
        stream: 3,
        [0x83, 0x86, 0x84] + Array(repeating: 0xbe, count: 16_000)
      )
      #expect(bomb.next(.goAway) != nil)
      #expect(bomb.wire.waitForClose())
    }
  }

  @Test func continuationsHaveALimit() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      client.send(.headers, flags: 0, stream: 1, [0x83])
      let more = FrameClient.bytes(.continuation, flags: 0, stream: 1, [])
      client.wire.send(Array(repeatElement(more, count: 1_000).joined()))
      #expect(client.next(.goAway) != nil)
      #expect(client.wire.waitForClose())
    }
  }

  @Test func streamErrorsHaveALimit() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      var bytes: [UInt8] = []
      for round in 0..<1_000 {
        // A request without a path is an error of its stream.
        let headers = [(":method", "POST"), (":scheme", "http")]
        bytes += client.headerBytes(headers, stream: 2 * round + 1)
      }
      client.wire.send(bytes)
      expectGoAway(client, "too_many_errors")
    }
  }

  @Test func streamsBeyondTheLimitAreRefused() async throws {
    try await TestServer.with {
      $0.limits.maximumConcurrentStreams = 10
    } _: { server in
      let client = try server.client()
      let settings = try #require(client.next(.settings))
      #expect(settings.payload.starts(with: [0, 3, 0, 0, 0, 10]))
      for round in 0..<11 { client.begin("/test.Echo/Stream", stream: 2 * round + 1) }
      let reset = try #require(client.next(.reset))
      #expect(reset.stream == 21)
      // REFUSED_STREAM: the client may ask again.
      #expect(reset.number(at: 0) == 7)
    }
  }

  @Test func silentClientIsAskedAndThenClosed() async throws {
    try await TestServer.with {
      $0.keepalive.interval = .milliseconds(100)
      $0.keepalive.timeout = .seconds(1)
    } _: { server in
      let client = try server.client()
      for _ in 0..<3 {
        let ping = try #require(client.next(.ping))
        client.send(.ping, flags: 1, stream: 0, ping.payload)
      }
      #expect(client.next(.ping) != nil)
      #expect(client.wire.waitForClose())
      #expect(server.log.wait { $0.message == "closed a connection that does not answer" })
    }
  }
}
