import RPC
import Testing

@Suite struct HTTP2ExchangeTests {
  private static func headers(
    _ method: String,
    _ path: String,
    _ more: [(String, String)] = []
  ) -> [(String, String)] {
    [(":method", method), (":scheme", "http"), (":path", path), (":authority", "test")] + more
  }

  @Test func bodyIsAnsweredBesideCalls() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      client.send(headers: Self.headers("POST", "/echo"), stream: 1)
      client.send(.data, stream: 1, Array("hel".utf8))
      #expect(client.call("/test.Echo/Unary", [4], stream: 3)?.messages == [[4]])
      client.send(.data, flags: 1, stream: 1, Array("lo".utf8))
      let head = try #require(client.next(.headers, stream: 1))
      let fields = client.fields(head)
      #expect(fields[":status"] == "200")
      #expect(fields["content-length"] == "5")
      #expect(client.next(.data, stream: 1)?.payload == Array("hello".utf8))
    }
  }

  @Test func queryIsTakenApart() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      let path = "/%71uery?a=1&b=x%20y+z&c&=d&a=%zz"
      client.send(headers: Self.headers("GET", path), stream: 1, isEnd: true)
      let text = "a=1\nb=x y z\nc=\n=d\na=%zz\n"
      #expect(client.next(.data, stream: 1)?.payload == Array(text.utf8))
    }
  }

  @Test func headHasNoBody() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      client.send(headers: Self.headers("HEAD", "/bytes?n=10"), stream: 1, isEnd: true)
      let head = try #require(client.next(.headers, stream: 1))
      #expect(client.fields(head)["content-length"] == "10")
      let end = try #require(client.next(.data, stream: 1))
      #expect(end.isEnd && end.payload.isEmpty)
    }
  }

  @Test func bodyThatIsTooLongIsRefused() async throws {
    try await TestServer.with {
      $0.limits.maximumBodyByteCount = 100
    } _: { server in
      let client = try server.client()
      client.send(headers: Self.headers("POST", "/echo"), stream: 1)
      client.send(.data, stream: 1, Array(repeating: 1, count: 101))
      let head = try #require(client.next(.headers, stream: 1))
      #expect(client.fields(head)[":status"] == "413")
      #expect(client.call("/test.Echo/Unary", [4], stream: 3)?.messages == [[4]])
    }
  }

  @Test func clientThatGoesIsNoticed() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      client.send(headers: Self.headers("GET", "/wait"), stream: 1, isEnd: true)
      #expect(server.events.wait(for: "wait"))
      client.send(.reset, stream: 1, FrameClient.big(8, 4))
      #expect(server.events.wait(for: "cancel exchange"))
    }
  }
}
