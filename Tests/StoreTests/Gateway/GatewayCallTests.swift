import NIOCore
import NIOEmbedded
import NIOHTTP1
import RPC
import Testing

@testable import Store

/// A request whose client reads as slowly as the test likes.
private final class SlowExchange: HTTPExchange {
  let request: HTTPRequest
  let eventLoop: any EventLoop
  var onCancel: (() -> Void)?
  var onWritable: (() -> Void)?
  var status: HTTPResponseStatus?
  var pieces: [String] = []
  var room = 0
  var hasEnded = false

  init(_ body: String, on eventLoop: any EventLoop, headers: HTTPHeaders = [:]) {
    request = HTTPRequest(
      method: .POST,
      path: "/v3/lease/keepalive",
      headers: headers,
      body: ByteBuffer(string: body),
      peer: RPCPeer(address: "test", certificateName: "somebody")
    )
    self.eventLoop = eventLoop
  }

  var isWritable: Bool { pieces.count < room }

  func begin(_ status: HTTPResponseStatus, _ headers: HTTPHeaders) { self.status = status }

  func send(_ bytes: ByteBuffer) { pieces.append(String(buffer: bytes)) }

  func end() { hasEnded = true }
}

/// Answers every message with itself, and ends when there are no more.
private final class Echo: RPCStreamHandler {
  let call: RPCCall
  var reason: RPCCancellation?

  init(_ call: RPCCall) { self.call = call }

  func receive(_ message: ByteBuffer) { call.send(message) }

  func receiveEnd() { call.finish() }

  func cancel(_ reason: RPCCancellation) { self.reason = reason }

  func becomeWritable() {}
}

@Suite struct GatewayCallTests {
  private static let path = "/etcdserverpb.Lease/LeaseKeepAlive"

  private func gateway(_ method: RPCMethod, limit: Int = 100) -> Gateway {
    Gateway(to: [GatewayCallTests.path: method], maximumMessageByteCount: limit)
  }

  @Test func clientThatReadsNothingIsAnsweredNoFurther() {
    let loop = EmbeddedEventLoop()
    let exchange = SlowExchange(String(repeating: #"{"ID":7}"#, count: 1000), on: loop)
    exchange.room = 10
    gateway(.stream { Echo($0) }).handle(exchange, "lease/keepalive", [:])
    #expect(exchange.pieces.count == 10)
    #expect(!exchange.hasEnded)
    while exchange.room < 1000 {
      exchange.room += 90
      exchange.onWritable?()
      #expect(exchange.pieces.count == min(exchange.room, 1000))
    }
    #expect(!exchange.hasEnded)
    exchange.room += 1
    exchange.onWritable?()
    #expect(Set(exchange.pieces) == ["{\"result\":{}}\n"])
    #expect(exchange.hasEnded)
    #expect(exchange.status == .ok)
  }

  @Test func handlerIsToldThatTheClientIsGoneAndNothingIsKept() {
    let loop = EmbeddedEventLoop()
    nonisolated(unsafe) weak var handler: Echo?
    weak var exchange: SlowExchange?
    do {
      let talk = SlowExchange(#"{"ID":7} {"ID":"#, on: loop)
      exchange = talk
      talk.room = 1
      gateway(
        .stream { call in
          let echo = Echo(call)
          handler = echo
          return echo
        }
      ).handle(talk, "lease/keepalive", [:])
      #expect(handler != nil)
      let echo = handler
      talk.onCancel?()
      #expect(echo?.reason == .connectionLost)
      #expect(echo?.call.isOver == true)
      #expect(!talk.hasEnded)
      #expect(talk.onCancel == nil && talk.onWritable == nil)
    }
    #expect(handler == nil)
    #expect(exchange == nil)
  }

  @Test func bodyThatEndsWithinAMessageIsAnErrorIfNothingCameBeforeIt() {
    let loop = EmbeddedEventLoop()
    let exchange = SlowExchange(#"{"ID":"#, on: loop)
    exchange.room = 100
    gateway(.stream { Echo($0) }).handle(exchange, "lease/keepalive", [:])
    #expect(exchange.status == .badRequest)
    #expect(exchange.pieces.count == 1)
    #expect(exchange.pieces.first?.hasPrefix("{\"error\":{\"grpc_code\":3,") == true)
    #expect(exchange.hasEnded)
  }

  @Test func messageBeyondTheLimitIsRefused() {
    let loop = EmbeddedEventLoop()
    let name = String(repeating: "A", count: 200)
    let exchange = SlowExchange(#"{"key":"\#(name)"}"#, on: loop)
    exchange.room = 100
    Gateway(to: ["/etcdserverpb.KV/Range": .unary { call, _ in call.answer(ByteBuffer()) }])
      .handle(exchange, "kv/range", [:])
    #expect(exchange.status == .ok)
    let other = SlowExchange(#"{"key":"\#(name)"}"#, on: loop)
    Gateway(
      to: ["/etcdserverpb.KV/Range": .unary { call, _ in call.answer(ByteBuffer()) }],
      maximumMessageByteCount: 100
    ).handle(other, "kv/range", [:])
    #expect(other.status == .tooManyRequests)
  }

  @Test func methodIsToldWhoAsksButNotOfTheCertificate() {
    let loop = EmbeddedEventLoop()
    let exchange = SlowExchange(
      "{}",
      on: loop,
      headers: ["Authorization": "t", "Grpc-Metadata-hasLeader": "true", "X": "y"]
    )
    nonisolated(unsafe) var seen: RPCCall?
    Gateway(to: ["/etcdserverpb.KV/Range": .unary { call, _ in seen = call }])
      .handle(exchange, "kv/range", [:])
    #expect(seen?.metadata["authorization"] == "t")
    #expect(seen?.metadata["hasleader"] == "true")
    #expect(seen?.metadata["grpcgateway-accept"] != nil)
    #expect(seen?.metadata["x"] == nil)
    #expect(seen?.peer.certificateName == nil)
    #expect(seen?.path == "/etcdserverpb.KV/Range")
  }

  @Test func everyMethodOfTheAPIHasItsPath() {
    let methods = Set(GatewayRoute.all.values.map(\.method))
    #expect(GatewayRoute.all.count == 51)
    #expect(methods.count == 48)
    for method in methods { #expect(method.split(separator: "/").count == 2) }
  }
}
