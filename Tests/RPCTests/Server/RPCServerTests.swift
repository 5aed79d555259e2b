import Foundation
import NIOCore
import NIOPosix
import RPC
import TestSupport
import Testing

@Suite struct RPCServerTests {
  @Test func unixSocketServesAndIsRemovedWhenLeftOver() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path("socket")
    for _ in 0..<2 {
      try await TestServer.with(listeners: [RPCListener(.unix(path: path))]) { server in
        let client = try server.client()
        #expect(client.call("/test.Echo/Unary", [1], stream: 1)?.messages == [[1]])
      }
      #expect(!FileManager.default.fileExists(atPath: path))
    }
    // As a killed process leaves it.
    let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { Glibc.close(left) }
    let address = try SocketAddress(unixDomainSocketPath: path)
    try address.withSockAddr { pointer, size in
      try #require(bind(left, pointer, socklen_t(size)) == 0)
    }
    try await TestServer.with(listeners: [RPCListener(.unix(path: path))]) { server throws in
      #expect(try server.client().call("/test.Echo/Unary", [1], stream: 1)?.code == 0)
    }
  }

  @Test func severalListenersServeAtOnce() async throws {
    let listener = RPCListener(.tcp(host: "127.0.0.1", port: 0))
    try await TestServer.with(listeners: [listener, listener]) { server in
      #expect(Set(server.addresses.compactMap(\.port)).count == 2)
      for address in server.addresses {
        let client = FrameClient(try Wire(address))
        #expect(client.call("/test.Echo/Unary", [1], stream: 1)?.messages == [[1]])
      }
    }
  }

  @Test func shutdownAnswersUnaryCallsAndEndsStreams() async throws {
    // A port could be another server's as soon as it is free.
    let folder = try TemporaryFolder()
    try await TestServer.with(listeners: [RPCListener(.unix(path: folder.path("socket")))]) {
      server in
      let client = try server.client()
      client.begin("/test.Echo/Stream", stream: 1)
      client.send(message: [1], stream: 1)
      #expect(client.next(.data, stream: 1) != nil)
      client.begin("/test.Echo/Later", stream: 3)
      client.send(message: [2], stream: 3, isEnd: true)
      #expect(server.events.wait(for: "later"))
      let end = server.shutDown(grace: .seconds(20))
      let goAway = try #require(client.next(.goAway))
      #expect(goAway.number(at: 0) == 3)
      #expect(goAway.number(at: 4) == 0)
      let stream = try #require(client.answer(of: 1))
      #expect(stream.code == 14)
      #expect(stream.text == "server is shutting down")
      #expect(server.events.all.contains("drain"))
      server.release.append("go")
      #expect(client.answer(of: 3)?.messages == [[2]])
      #expect(client.wire.waitForClose())
      end()
      #expect(server.server.connectionCount == 0)
      #expect(throws: (any Error).self) { _ = try server.connect() }
    }
  }

  @Test func shutdownDoesNotWaitForEver() async throws {
    try await TestServer.with { server in
      let client = try server.client()
      client.begin("/test.Echo/Wait", stream: 1)
      client.send(message: [2], stream: 1, isEnd: true)
      #expect(server.events.wait(for: "wait"))
      server.shutDown(grace: .milliseconds(50))()
      #expect(server.events.wait(for: "cancel connectionLost"))
      #expect(client.wire.waitForClose())
    }
  }

  @Test func shutdownEndsIdleConnectionsOfAllKinds() async throws {
    try await TestServer.with { server in
      let silent = try server.connect()
      let http = try server.connect()
      http.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(http.read(until: "\r\n\r\n").contains("200 OK"))
      let client = try server.client()
      #expect(client.call("/test.Echo/Unary", [1], stream: 1)?.code == 0)
      server.shutDown(grace: .seconds(20))()
      for wire in [silent, http, client.wire] { #expect(wire.waitForClose()) }
      #expect(server.server.connectionCount == 0)
      #expect(server.server.streamCount == 0)
    }
  }

  @Test func requestOverHTTP1IsAnsweredBeforeTheEnd() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    try await TestServer.with(group: group) { server in
      let wire = try server.connect()
      wire.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\no")
      let other = try server.client()
      // The first byte must have come before the end begins.
      while server.server.streamCount == 0 { usleep(1_000) }
      let end = server.shutDown(grace: .seconds(20))
      // On the one loop, whoever is told of the end shows that it has begun.
      #expect(other.next(.goAway) != nil)
      wire.send("k")
      let answer = wire.readToEnd()
      #expect(answer.contains("connection: close\r\n"))
      #expect(answer.hasSuffix("\r\n\r\nok"))
      end()
    }
    try await group.shutdownGracefully()
  }

  @Test func openConnectionsAndStreamsAreCounted() async throws {
    try await TestServer.with { server in
      let clients = try (0..<3).map { _ in try server.client() }
      for client in clients {
        client.begin("/test.Echo/Stream", stream: 1)
        client.begin("/test.Echo/Stream", stream: 3)
        client.send(message: [1], stream: 3)
        #expect(client.next(.data, stream: 3) != nil)
      }
      #expect(server.server.connectionCount == 3)
      #expect(server.server.streamCount == 6)
      for client in clients { client.wire.close() }
      for _ in 0..<6 { #expect(server.events.wait(for: "cancel connectionLost")) }
      while server.server.connectionCount > 0 { usleep(1_000) }
      #expect(server.server.streamCount == 0)
    }
  }

  @Test func clientThatSaysNothingIsClosed() async throws {
    try await TestServer.with {
      $0.limits.handshakeTimeout = .seconds(1)
    } _: { server in
      let silent = try server.connect()
      let slow = try server.connect()
      slow.send("PRI * HTTP")
      #expect(silent.waitForClose())
      #expect(slow.waitForClose())
      let client = try server.client()
      usleep(1_200_000)
      #expect(client.call("/test.Echo/Unary", [1], stream: 1)?.code == 0)
    }
  }
}
