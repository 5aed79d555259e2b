import NIOCore
import RPC
import Testing

@Suite struct SlowCallTests {
  @Test func unaryCallsThatTakeLongAreTold() async throws {
    let calls = Recorder<RPCSlowCall>()
    try await TestServer.with {
      $0.expectedCallDuration = .nanoseconds(-1)
      $0.onSlowCall = { calls.append($0) }
    } _: { server in
      let client = try server.client()
      for (place, (method, text)) in [
        ("Unary", "hello"), ("Fail", "no"), ("Pieces", "100000"), ("Stream", "not unary"),
      ].enumerated() {
        let stream = 2 * place + 1
        client.begin("/test.Echo/\(method)", stream: stream)
        client.send(message: Array(text.utf8), stream: stream, isEnd: true)
        #expect(client.answer(of: stream) != nil)
      }
      let told = calls.all
      #expect(told.map(\.path) == ["Unary", "Fail", "Pieces"].map { "/test.Echo/\($0)" })
      #expect(told.map { String(buffer: $0.request) } == ["hello", "no", "100000"])
      #expect(told.map { $0.answer.map(String.init(buffer:)) } == ["hello", nil, nil])
      #expect(told.map(\.answerByteCount) == [5, 0, 100_000])
      #expect(told.allSatisfy { $0.peer?.contains("127.0.0.1") == true && $0.duration > .zero })
    }
  }

  @Test func callsAsQuickAsTheyShouldBeAreNotTold() async throws {
    let calls = Recorder<RPCSlowCall>()
    try await TestServer.with {
      $0.expectedCallDuration = .hours(1)
      $0.onSlowCall = { calls.append($0) }
    } _: { server in
      let client = try server.client()
      client.begin("/test.Echo/Unary", stream: 1)
      client.send(message: [1], stream: 1, isEnd: true)
      #expect(client.answer(of: 1)?.messages == [[1]])
      #expect(calls.all.isEmpty)
    }
  }
}
