import Foundation
import NIOCore
import RPC
import Testing

@Suite struct HTTP1ConnectionTests {
  @Test func bodyWithALengthIsAnswered() async throws {
    try await TestServer.with { server in
      let wire = try server.connect()
      wire.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
      let answer = wire.read(until: "hello")
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(answer.contains("content-length: 5\r\n"))
      #expect(answer.hasSuffix("\r\n\r\nhello"))
    }
  }

  @Test func chunkedBodiesGoInAndOut() async throws {
    try await TestServer.with { server in
      let wire = try server.connect()
      wire.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
      wire.send("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")
      #expect(wire.read(until: "hello").hasSuffix("hello"))
      wire.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
      let answer = wire.read(until: "0\r\n\r\n")
      #expect(answer.contains("transfer-encoding: chunked\r\n"))
      #expect(answer.hasSuffix("4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n"))
    }
  }

  @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
    try await TestServer.with { server in
      let wire = try server.connect()
      wire.send(
        (0..<50).map {
          "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\(1_000 + $0)"
        }.joined()
      )
      let answers = wire.read(until: "1049")
      let bodies = answers.components(separatedBy: "\r\n\r\n").dropFirst().map { $0.prefix(4) }
      #expect(bodies == (0..<50).map { "\(1_000 + $0)"[...] })
    }
  }

  @Test func requestBehindOneThatWaitsIsNotLost() async throws {
    try await TestServer.with { server in
      let wire = try server.connect()
      wire.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(server.events.wait(for: "wait"))
      #expect(wire.read(within: 0.2) == nil)
      wire.close()
      #expect(server.events.wait(for: "cancel exchange"))
    }
  }

  @Test func continueIsSaidOnDemand() async throws {
    try await TestServer.with { server in
      let wire = try server.connect()
      wire.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
      )
      #expect(wire.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
      wire.send("ok")
      #expect(wire.read(until: "\r\n\r\nok").hasPrefix("HTTP/1.1 200 OK\r\n"))
    }
  }

  @Test(arguments: [
    "Content-Length: 101\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n65\r\n\(String(repeating: "x", count: 0x65))\r\n0\r\n\r\n",
  ])
  func bodyThatIsTooLongEndsTheConnection(rest: String) async throws {
    try await TestServer.with {
      $0.limits.maximumBodyByteCount = 100
    } _: { server in
      let wire = try server.connect()
      wire.send("POST /echo HTTP/1.1\r\nHost: a\r\n" + rest)
      let answer = wire.readToEnd()
      #expect(answer.hasPrefix("HTTP/1.1 413 "))
      #expect(answer.contains("connection: close\r\n"))
    }
  }

  @Test func headHasNoBody() async throws {
    try await TestServer.with { server in
      let wire = try server.connect()
      wire.send(
        "HEAD /bytes?n=10 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n"
      )
      wire.send("GET /bytes?n=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      let answers = wire.readToEnd().components(separatedBy: "\r\n\r\n")
      try #require(answers.count == 4)
      #expect(answers[0].contains("content-length: 10"))
      #expect(!answers[1].contains("transfer-encoding") && answers[1].hasPrefix("HTTP/1.1 200"))
      #expect(answers[3] == "\u{7}")
    }
  }

  @Test func oldClientsGetTheEndOfTheConnection() async throws {
    try await TestServer.with { server in
      let wire = try server.connect()
      wire.send("GET /stream HTTP/1.0\r\n\r\n")
      let answer = wire.readToEnd()
      #expect(answer.hasPrefix("HTTP/1.0 200 OK\r\n"))
      #expect(answer.hasSuffix("\r\n\r\none two three"))
    }
  }

  @Test func offerToChangeTheProtocolIsDeclined() async throws {
    try await TestServer.with { server in
      let wire = try server.connect()
      wire.send("GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
      let answer = wire.readToEnd()
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(answer.contains("connection: close\r\n"))
    }
  }

  @Test func nonsenseIsABadRequest() async throws {
    try await TestServer.with { server in
      let wire = try server.connect()
      wire.send("nonsense\r\n\r\n")
      #expect(wire.readToEnd().hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
      #expect(server.log.wait { $0.level == .warning })
    }
  }

  @Test func silentConnectionsAreClosed() async throws {
    try await TestServer.with {
      $0.limits.idleTimeout = .milliseconds(50)
    } _: { server in
      let wire = try server.connect()
      wire.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(wire.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200"))
      #expect(wire.waitForClose())
      // Half a request is no reason to wait for ever either.
      let other = try server.connect()
      other.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
      #expect(other.waitForClose())
    }
  }

  @Test func handlerThatAnswersNothingIsAnInternalError() async throws {
    try await TestServer.with { server in
      let wire = try server.connect()
      wire.send("GET /fail HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(wire.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 500 "))
    }
  }

  @Test func largeAnswersArriveWhole() async throws {
    try await TestServer.with { server in
      let wire = try server.connect()
      wire.send("GET /bytes?n=5000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      let answer = wire.readToEnd()
      #expect(answer.utf8.count { $0 == 7 } == 5_000_000)
    }
  }
}
