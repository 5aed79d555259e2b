import NIOCore
import RPC
import Testing

@Suite struct CancellationTests {
  @Test(arguments: ["/test.Echo/Wait", "/test.Echo/Stream"])
  func resetReachesTheHandler(path: String) async throws {
    try await TestServer.with { server in
      let client = try server.client()
      client.begin(path, stream: 1)
      client.send(message: [1], stream: 1, isEnd: path == "/test.Echo/Wait")
      if path == "/test.Echo/Wait" {
        #expect(server.events.wait(for: "wait"))
      } else {
        #expect(client.next(.data) != nil)
      }
      client.send(.reset, stream: 1, FrameClient.big(8, 4))
      #expect(server.events.wait(for: "cancel byClient"))
      #expect(client.call("/test.Echo/Unary", [1], stream: 3)?.code == 0)
      let counts = server.server.methodCounts.first { $0.path == path }
      #expect(counts?.handled == [.cancelled: 1])
    }
  }

  @Test func lossOfTheConnectionReachesAllHandlers() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      for stream in stride(from: 1, to: 21, by: 2) {
        client.begin("/test.Echo/Stream", stream: stream)
      }
      #expect(client.call("/test.Echo/Unary", [1], stream: 21)?.code == 0)
      client.wire.close()
      #expect(server.events.wait(count: 10))
      #expect(server.events.all.allSatisfy { $0 == "cancel connectionLost" })
    }
  }

  @Test(arguments: ["/test.Echo/Wait", "/test.Echo/Stream"])
  func deadlineEndsTheCall(path: String) async throws {
    try await TestServer.with { server in
      let client = try server.client()
      // Long enough for the message to come, on a busy machine too.
      client.begin(path, [("grpc-timeout", "1S")], stream: 1)
      client.send(message: [1], stream: 1, isEnd: path == "/test.Echo/Wait")
      let answer = try #require(client.answer(of: 1))
      #expect(answer.code == 4)
      #expect(answer.text == "context deadline exceeded")
      #expect(server.events.wait(for: "cancel deadline"))
    }
  }

  @Test func earlierDeadlinesOvertakeLaterOnes() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      for (stream, timeout) in [(1, "1H"), (3, "3S"), (5, "200m")] {
        client.begin("/test.Echo/Stream", [("grpc-timeout", timeout)], stream: stream)
      }
      var order: [Int] = []
      while order.count < 2, let frame = client.next(.headers) {
        #expect(client.fields(frame)["grpc-status"] == "4")
        order.append(frame.stream)
      }
      #expect(order == [5, 3])
    }
  }

  @Test func deadlineThatHasPassedIsNotEvenBegun() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      #expect(client.call("/test.Echo/Unary", [1], [("grpc-timeout", "0n")], stream: 1)?.code == 4)
      let answer = client.call("/test.Echo/Unary", [1], [("grpc-timeout", "soon")], stream: 3)
      #expect(answer?.code == 13)
      #expect(answer?.text == "malformed grpc-timeout: soon")
      #expect(answer?.headers[":status"] == "400")
    }
  }

  @Test func answerAfterTheEndIsIgnored() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      client.begin("/test.Echo/Later", stream: 1)
      client.send(message: [1], stream: 1, isEnd: true)
      #expect(server.events.wait(for: "later"))
      client.send(.reset, stream: 1, FrameClient.big(8, 4))
      #expect(client.call("/test.Echo/Unary", [1], stream: 3)?.code == 0)
      server.release.append("go")
      #expect(server.events.wait(for: "answered"))
      #expect(client.call("/test.Echo/Unary", [1], stream: 5)?.code == 0)
    }
  }
}
