import RPC
import Testing

@Suite struct RPCStreamTests {
  @Test func unaryCallIsAnswered() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      let answer = try #require(client.call("/test.Echo/Unary", [1, 2, 3], stream: 1))
      #expect(answer.headers[":status"] == "200")
      #expect(answer.headers["content-type"] == "application/grpc")
      #expect(answer.messages == [[1, 2, 3]])
      #expect(answer.code == 0)
      #expect(answer.trailers["grpc-message"] == nil)
    }
  }

  @Test func answersFromOtherThreadsArrive() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      for round in 0..<100 {
        client.begin("/test.Echo/Elsewhere", stream: 2 * round + 1)
        client.send(message: [UInt8(round)], stream: 2 * round + 1, isEnd: true)
      }
      var answered: [Int: [UInt8]] = [:]
      while answered.count < 100, let frame = client.next(.data) {
        answered[frame.stream] = Array(frame.payload.dropFirst(5))
      }
      for round in 0..<100 { #expect(answered[2 * round + 1] == [UInt8(round)]) }
    }
  }

  @Test func streamEchoesUntilTheClientEnds() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      client.begin("/test.Echo/Stream", stream: 1)
      client.send(message: [1], stream: 1)
      #expect(client.next(.data, stream: 1)?.payload == FrameClient.framed([1]))
      client.send(message: [], stream: 1)
      #expect(client.next(.data, stream: 1)?.payload == FrameClient.framed([]))
      client.send(.data, flags: 1, stream: 1)
      let answer = try #require(client.answer(of: 1))
      #expect(answer.code == 0)
      #expect(server.events.all == ["end"])
    }
  }

  @Test func messagesAreFoundHoweverTheyAreCut() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      let bytes = FrameClient.framed([1, 2]) + FrameClient.framed([]) + FrameClient.framed([3])
      for cut in 0...bytes.count {
        let stream = 2 * cut + 1
        client.begin("/test.Echo/Stream", stream: stream)
        client.send(.data, stream: stream, Array(bytes[..<cut]))
        client.send(.data, flags: 1, stream: stream, Array(bytes[cut...]))
        #expect(client.answer(of: stream)?.messages == [[1, 2], [], [3]])
      }
    }
  }

  @Test func failureTellsItsTextPercentEncoded() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      let text = "100% wrong: \u{e4}\n"
      let answer = try #require(client.call("/test.Echo/Fail", Array(text.utf8), stream: 1))
      #expect(answer.headers[":status"] == "200")
      #expect(answer.code == 9)
      #expect(answer.text == "100%25 wrong: %C3%A4%0A")
      #expect(answer.messages.isEmpty)
    }
  }

  @Test func metadataReachTheHandler() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      let answer = client.call("/test.Echo/Who", Array("token".utf8), [("token", "a.1")], stream: 1)
      #expect(answer?.messages == [Array("- a.1".utf8)])
    }
  }

  @Test func unknownServiceAndMethodAreUnimplemented() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      let texts = [
        "/test.Other/Unary": "unknown service test.Other",
        "/test.Echo/Other": "unknown method Other for service test.Echo",
        "nothing": "malformed method name: \"nothing\"",
      ]
      for (index, (path, text)) in texts.enumerated() {
        client.begin(path, stream: 2 * index + 1, isEnd: true)
        let answer = try #require(client.answer(of: 2 * index + 1))
        #expect(answer.code == 12)
        #expect(answer.text == text)
      }
    }
  }

  /// Whoever calls an unknown method does not know yet, and sends the message after the headers.
  @Test func dataOfRefusedCallsAreDropped() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      for stream in stride(from: 1, to: 101, by: 2) {
        client.begin("/test.Other/Unary", stream: stream)
        #expect(client.answer(of: stream)?.code == 12)
        #expect(client.next(.reset, stream: stream)?.number(at: 0) == 0)
        client.send(message: [1, 2, 3], stream: stream)
        client.send(.data, flags: 1, stream: stream)
      }
      #expect(client.call("/test.Echo/Unary", [4], stream: 101)?.messages == [[4]])
    }
  }

  @Test func streamThatIsRefusedAtOnceEndsForTheClientToo() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      client.begin("/test.Echo/Refuse", stream: 1)
      let answer = try #require(client.answer(of: 1))
      #expect(answer.code == 14)
      #expect(answer.text == "no leader")
      #expect(client.next(.reset, stream: 1)?.number(at: 0) == 0)
      client.send(message: [1], stream: 1)
      #expect(client.call("/test.Echo/Unary", [4], stream: 3)?.messages == [[4]])
    }
  }

  @Test func messageThatIsTooLongIsResourceExhausted() async throws {
    try await TestServer.with {
      $0.limits.maximumMessageByteCount = 1_000
    } _: { server in
      let client = try server.client()
      #expect(
        client.call("/test.Echo/Unary", Array(repeating: 1, count: 1_000), stream: 1)?.code == 0
      )
      let answer = client.call("/test.Echo/Unary", Array(repeating: 1, count: 1_001), stream: 3)
      #expect(answer?.code == 8)
      #expect(answer?.text == "grpc: received message larger than max (1001 vs. 1000)")
      // It is refused as soon as it is announced.
      client.begin("/test.Echo/Stream", stream: 5)
      client.send(.data, stream: 5, [0, 255, 255, 255, 255])
      let other = client.answer(of: 5)
      #expect(other?.code == 8)
      #expect(other?.text == "grpc: received message larger than max (4294967295 vs. 1000)")
    }
  }

  @Test func unaryCallNeedsExactlyOneMessage() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      client.begin("/test.Echo/Unary", stream: 1, isEnd: true)
      #expect(client.answer(of: 1)?.code == 13)
      client.begin("/test.Echo/Unary", stream: 3)
      client.send(.data, flags: 1, stream: 3, [0, 0, 0, 0, 9, 1])
      #expect(client.answer(of: 3)?.code == 13)
      client.begin("/test.Echo/Unary", stream: 5)
      client.send(message: [1], stream: 5)
      client.send(message: [2], stream: 5, isEnd: true)
      #expect(client.answer(of: 5)?.code == 13)
    }
  }

  @Test func compressedCallsAreUnimplemented() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      let answer = client.call("/test.Echo/Unary", [1], [("grpc-encoding", "gzip")], stream: 1)
      #expect(answer?.code == 12)
      #expect(answer?.text == "grpc: Decompressor is not installed for grpc-encoding \"gzip\"")
      #expect(answer?.trailers["grpc-accept-encoding"] == "identity")
      client.begin("/test.Echo/Unary", stream: 3)
      client.send(.data, flags: 1, stream: 3, FrameClient.framed([1], flag: 1))
      #expect(client.answer(of: 3)?.code == 13)
    }
  }

  @Test func getOfGRPCIsRefused() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      client.send(
        headers: [
          (":method", "GET"), (":scheme", "http"), (":path", "/test.Echo/Unary"),
          (":authority", "test"), ("content-type", "application/grpc+proto"),
        ],
        stream: 1,
        isEnd: true
      )
      let answer = try #require(client.answer(of: 1))
      #expect(answer.headers[":status"] == "405")
      #expect(answer.code == 13)
    }
  }

  @Test func callsAreCountedByMethodAndCode() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      for stream in [1, 3, 5] { _ = client.call("/test.Echo/Unary", [1], stream: stream) }
      _ = client.call("/test.Echo/Fail", [1], stream: 7)
      let counts = server.server.methodCounts
      let echo = try #require(counts.first { $0.path == "/test.Echo/Unary" })
      #expect([echo.started, echo.received, echo.sent] == [3, 3, 3])
      #expect(!echo.isStream)
      #expect(echo.handled == [.ok: 3])
      let fail = try #require(counts.first { $0.path == "/test.Echo/Fail" })
      #expect(fail.handled == [.failedPrecondition: 1])
      #expect(server.server.connectionCount == 1)
    }
  }
}
