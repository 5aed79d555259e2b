import NIOCore
import RPC
import Testing

/// An answer that is made while it is sent: no more of it than the client takes, and nothing once the
/// client has gone.
@Suite struct PiecewiseAnswerTests {
  private static let pieces = "/test.Echo/Pieces"

  private func numbered(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0) }
  }

  @Test(arguments: [0, 1, 50_000, 50_001, 2_000_003])
  func answersInPiecesAreWhole(count: Int) async throws {
    try await TestServer.with { server in
      let client = try server.client()
      let answer = client.call(Self.pieces, Array("\(count)".utf8), stream: 1)
      #expect(answer?.code == 0)
      let isWhole = answer?.messages == [numbered(count)]
      #expect(isWhole)
      #expect(server.events.wait(for: "released"))
    }
  }

  @Test func noMoreIsMadeThanTheClientTakes() async throws {
    try await TestServer.with { server in
      let client = try server.client(settings: [(4, 0)])
      client.begin(Self.pieces, stream: 1)
      client.send(message: Array("5000000".utf8), stream: 1, isEnd: true)
      #expect(server.events.wait(count: 6))
      #expect(client.call("/test.Echo/Fail", [1], stream: 3)?.code == 9)
      // The mark is 262,144 bytes.
      #expect(server.events.all.count == 6)
      client.send(window: 5_100_000, stream: 1)
      let answer = client.answer(of: 1)
      let isWhole = answer?.messages == [numbered(5_000_000)]
      #expect(isWhole)
      #expect(answer?.code == 0)
    }
  }

  @Test func failureOfAPieceEndsTheCall() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      let answer = client.call(Self.pieces, Array("120000f".utf8), stream: 1)
      #expect(answer?.code == 15)
      #expect(answer?.text == "the last piece is missing")
      #expect(answer?.messages.first?.count != 120_000)
      #expect(server.events.wait(for: "released"))
      #expect(client.call("/test.Echo/Unary", [1], stream: 3)?.code == 0)
    }
  }

  @Test func piecesAreReleasedWhenTheClientIsGone() async throws {
    try await TestServer.with { server in
      let client = try server.client(settings: [(4, 0)])
      for stream in [1, 3] {
        client.begin(Self.pieces, stream: stream)
        client.send(message: Array("5000000".utf8), stream: stream, isEnd: true)
      }
      #expect(server.events.wait(count: 12))
      #expect(!server.events.all.contains("released"))
      client.send(.reset, stream: 1, FrameClient.big(8, 4))
      #expect(server.events.wait(for: "released"))
      client.wire.close()
      #expect(server.events.wait(count: 14))
      #expect(server.events.all.count { $0 == "released" } == 2)
    }
  }

  /// Until then it would keep what the answer is made from.
  @Test func clientThatTakesNothingLosesTheCall() async throws {
    try await TestServer.with {
      $0.limits.stallTimeout = .milliseconds(200)
    } _: { server in
      let client = try server.client(settings: [(4, 0)])
      client.begin(Self.pieces, stream: 1)
      client.send(message: Array("5000000".utf8), stream: 1, isEnd: true)
      let enhanceYourCalm = 11
      #expect(client.next(.reset, stream: 1)?.number(at: 0) == enhanceYourCalm)
      #expect(server.events.wait(for: "released"))
      #expect(server.log.wait { $0.error == "client takes nothing of an answer" })
      #expect(client.call("/test.Echo/Fail", [1], stream: 3)?.code == 9)
      #expect(server.log.all.count == 1)
    }
  }

  @Test func messagesOfAHandlerThatAnswersEachWaitForTheClient() async throws {
    try await TestServer.with {
      $0.limits.callWindowByteCount = 400_000
    } _: { server in
      let client = try server.client(settings: [(4, 0)])
      client.begin("/test.Echo/Paced", stream: 1)
      let message = [UInt8](repeating: 3, count: 9_995)
      for number in 0..<40 { client.send(message: message, stream: 1, isEnd: number == 39) }
      #expect(client.call("/test.Echo/Fail", [1], stream: 3)?.code == 9)
      // 27 answers of 10,000 bytes are more than the mark.
      #expect(server.events.all == Array(repeating: "message", count: 27))
      client.send(window: 1 << 20, stream: 1)
      let answer = client.answer(of: 1)
      let isWhole = answer?.messages == Array(repeating: message, count: 40)
      #expect(isWhole)
      #expect(answer?.code == 0)
      #expect(server.events.all == Array(repeating: "message", count: 40) + ["end"])
    }
  }

  @Test func windowOfACallThatWaitsIsOpenedWhenItGoesOn() async throws {
    try await TestServer.with {
      $0.limits.callWindowByteCount = 400_000
    } _: { server in
      let client = try server.client(settings: [(4, 0)])
      client.begin("/test.Echo/Paced", stream: 1)
      let message = [UInt8](repeating: 3, count: 9_995)
      // The window is opened once, before the call has to wait, and then used up.
      for _ in 0..<60 { client.send(message: message, stream: 1) }
      #expect(client.call("/test.Echo/Fail", [1], stream: 3)?.code == 9)
      client.send(window: 1 << 20, stream: 1)
      client.send(window: 1 << 20, stream: 0)
      var window = 0
      while window < 350_000, let frame = client.next(.windowUpdate, stream: 1) {
        window += frame.number(at: 0)
      }
      #expect(window >= 350_000)
      client.send(message: [1], stream: 1, isEnd: true)
      #expect(client.answer(of: 1)?.code == 0)
      #expect(server.events.all.count == 62)
    }
  }
}
