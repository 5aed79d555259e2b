import NIOCore
import RPC
import Testing

/// What waits for a slow client must not pile up, and what a client sends must never come to a stop.
@Suite struct FlowControlTests {
  @Test func messagesLargerThanAnyWindowArrive() async throws {
    try await TestServer.with {
      $0.limits.callWindowByteCount = 65_535
      $0.limits.connectionWindowByteCount = 65_535
    } _: { server in
      let client = try server.client()
      let message = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      client.begin("/test.Echo/Unary", stream: 1)
      var window = 65_535
      var rest = FrameClient.framed(message)[...]
      // As a client has to: never more than the windows allow, of which both are as large here.
      while !rest.isEmpty {
        while window < 16_384 {
          let update = try #require(client.next(.windowUpdate, stream: 1))
          window += update.number(at: 0)
        }
        let piece = rest.prefix(16_384)
        rest = rest.dropFirst(piece.count)
        window -= piece.count
        client.send(.data, flags: rest.isEmpty ? 1 : 0, stream: 1, Array(piece))
      }
      let isSame = client.answer(of: 1)?.messages == [message]
      #expect(isSame)
    }
  }

  @Test func connectionWindowIsOpenedFromTheStart() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      let update = try #require(client.next(.windowUpdate))
      #expect(update.stream == 0)
      #expect(update.number(at: 0) == 16_777_216 - 65_535)
    }
  }

  @Test func streamThatSendsMuchStopsForASlowClient() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      client.begin("/test.Echo/Flood", stream: 1)
      client.send(message: Array("1000".utf8), stream: 1)
      // 65,535 bytes go out by the windows of the start, and some wait in the server.
      #expect(server.events.wait(for: "full"))
      #expect(server.events.all == ["full"])
      let answer = try #require(client.answer(of: 1))
      #expect(answer.messages.count == 1_000)
      #expect(answer.messages.allSatisfy { $0.count == 16_384 })
      #expect(answer.code == 0)
      // However often it had to wait, it never sent while it should not.
      #expect(server.events.all.count > 10)
    }
  }

  @Test func streamThatWaitsUntilItIsIdleSendsNothingBehindWhatWaits() async throws {
    try await TestServer.with { server in
      let client = try server.client(settings: [(4, 0)])
      client.begin("/test.Echo/Trickle", stream: 1)
      client.send(message: Array("3".utf8), stream: 1)
      #expect(server.events.wait(count: 1))
      // But five bytes of the first message.
      client.send(window: 16_384, stream: 1)
      #expect(client.next(.data, stream: 1)?.payload.count == 16_384)
      #expect(server.events.wait(count: 2))
      client.send(.reset, stream: 1, FrameClient.big(8, 4))
      #expect(server.events.wait { $0.hasSuffix(" left 2") })

      client.begin("/test.Echo/Trickle", stream: 3)
      client.send(window: 1 << 20, stream: 3)
      client.send(message: Array("3".utf8), stream: 3)
      #expect(client.answer(of: 3)?.messages.count == 3)
    }
  }

  @Test func slowStreamsDoNotStopOthers() async throws {
    try await TestServer.with {
      $0.limits.connectionHighWaterMark = 1_000_000
      $0.limits.connectionLowWaterMark = 500_000
    } _: { server in
      // Windows of nothing: whatever is answered stays in the server.
      let client = try server.client(settings: [(4, 0)])
      for round in 0..<100 {
        client.begin("/test.Echo/Flood", stream: 2 * round + 1)
        client.send(message: Array("1000".utf8), stream: 2 * round + 1)
      }
      #expect(server.events.wait(count: 100))
      client.begin("/test.Echo/Stream", stream: 1_001)
      client.send(window: 1_000, stream: 1_001)
      for number in 0..<10 {
        client.send(message: [UInt8(number)], stream: 1_001)
        #expect(client.next(.data, stream: 1_001)?.payload == FrameClient.framed([UInt8(number)]))
      }
    }
  }

  /// A client that asks for much and takes nothing.
  @Test func unaryCallsWaitWhileTheirAnswersWouldPileUp() async throws {
    try await TestServer.with {
      $0.limits.connectionHighWaterMark = 1_000_000
      $0.limits.connectionLowWaterMark = 500_000
    } _: { server in
      let client = try server.client(settings: [(4, 0)])
      for round in 0..<100 {
        client.begin("/test.Echo/Bytes", stream: 2 * round + 1)
        client.send(message: Array("100000".utf8), stream: 2 * round + 1, isEnd: true)
      }
      // Headers are not held up by windows: as many as are answered have them.
      var begun: Set<Int> = []
      while let frame = client.next(within: begun.count < 10 ? 10 : 0.3) {
        if frame.kind == .headers {
          _ = client.fields(frame)
          begun.insert(frame.stream)
        }
      }
      #expect(begun.count == 10)
      client.send(window: 1 << 30, stream: 0)
      client.send(settings: [(4, 1 << 20)])
      var byteCounts: [Int: Int] = [:]
      var ended = 0
      while ended < 100, let frame = client.next() {
        if frame.kind == .data { byteCounts[frame.stream, default: 0] += frame.payload.count }
        if frame.isEnd { ended += 1 }
      }
      #expect(ended == 100)
      #expect(byteCounts.count == 100)
      #expect(byteCounts.values.allSatisfy { $0 == 100_005 })
    }
  }

  @Test func incompleteMessagesOfAConnectionHaveALimit() async throws {
    try await TestServer.with {
      $0.limits.maximumIncompleteByteCount = 100_000
    } _: { server in
      let client = try server.client()
      for round in 0..<10 {
        client.begin("/test.Echo/Stream", stream: 2 * round + 1)
        client.send(
          .data,
          stream: 2 * round + 1,
          [0, 0, 1, 0, 0] + Array(repeating: 1, count: 9_995)
        )
      }
      #expect(client.call("/test.Echo/Unary", [1], stream: 101)?.code == 0)
      client.begin("/test.Echo/Stream", stream: 103)
      client.send(.data, stream: 103, [0, 0, 1, 0, 0, 1])
      #expect(client.answer(of: 103)?.code == 8)
      // What ended makes room again.
      client.send(.reset, stream: 1, FrameClient.big(8, 4))
      client.begin("/test.Echo/Stream", stream: 105)
      client.send(.data, stream: 105, [0, 0, 0, 0, 2, 1])
      client.send(.data, stream: 105, [2])
      #expect(client.next(.data, stream: 105)?.payload == FrameClient.framed([1, 2]))
    }
  }

  @Test func longHeadersOfAConnectionHaveALimit() async throws {
    try await TestServer.with {
      $0.limits.maximumIncompleteByteCount = 20_000
    } _: { server in
      let client = try server.client()
      let long = [("token", String(repeating: "a", count: 6_000))]
      for stream in [1, 3, 5] { client.begin("/test.Echo/Stream", long, stream: stream) }
      client.begin("/test.Echo/Stream", long, stream: 7)
      #expect(client.answer(of: 7)?.code == 8)
      client.send(.data, flags: 1, stream: 1)
      #expect(client.answer(of: 1)?.code == 0)
      client.begin("/test.Echo/Stream", long, stream: 9)
      client.send(.data, flags: 1, stream: 9)
      #expect(client.answer(of: 9)?.code == 0)
    }
  }

  @Test func clientThatDoesNotReadItsSocketHoldsUpNothingElse() async throws {
    try await TestServer.with { server in
      let slow = try server.client(settings: [(4, Int(Int32.max))])
      slow.send(window: Int(Int32.max) - 65_535, stream: 0)
      try slow.wire.stopReading()
      slow.begin("/test.Echo/Flood", stream: 1)
      // 1.6 GB, if nothing held it up.
      slow.send(message: Array("100000".utf8), stream: 1)
      #expect(server.events.wait(for: "full"))
      let other = try server.client()
      #expect(other.call("/test.Echo/Unary", [1], stream: 1)?.code == 0)
      slow.wire.close()
      #expect(server.events.wait { $0.hasPrefix("cancel connectionLost left 9") })
    }
  }
}
