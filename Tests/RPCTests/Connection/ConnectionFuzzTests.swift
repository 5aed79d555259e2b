import NIOCore
import NIOEmbedded
import NIOHPACK
import TestSupport
import Testing

@testable import RPC

/// Bytes of the network, which anybody may send: the server may close the connection, but must not
/// trap, must not keep more than its limits say, and must hold nothing when the connection is gone.
@Suite struct ConnectionFuzzTests {
  private static let limits = 200_000

  private func check(_ input: [UInt8], _ generator: inout SeededGenerator, round: Int) throws {
    let server = try EmbeddedServer {
      $0.limits.maximumMessageByteCount = 10_000
      $0.limits.maximumBodyByteCount = 10_000
      $0.limits.maximumIncompleteByteCount = 50_000
      $0.limits.connectionHighWaterMark = 100_000
      $0.limits.connectionLowWaterMark = 50_000
      $0.limits.callHighWaterMark = 20_000
      $0.limits.callLowWaterMark = 10_000
    }
    var rest = input[...]
    while !rest.isEmpty, server.channel.isActive {
      let piece = rest.prefix(Int.random(in: 1...2_000, using: &generator))
      rest = rest.dropFirst(piece.count)
      server.receive(piece)
      if let connection = server.connection {
        #expect(connection.incompleteByteCount <= 50_000 + 10_005, "round \(round)")
        #expect(connection.incompleteByteCount >= 0, "round \(round)")
        #expect(connection.pendingByteCount >= 0, "round \(round)")
        #expect(connection.pendingByteCount <= Self.limits + 100 * 16_389, "round \(round)")
        let streams = connection.streams.all
        #expect(streams.reduce(0) { $0 + $1.pendingByteCount } == connection.pendingByteCount)
        #expect(streams.reduce(0) { $0 + $1.incompleteByteCount } == connection.incompleteByteCount)
        #expect(server.loop.openStreams.value == streams.count, "round \(round)")
      }
      _ = server.sent()
    }
    server.close()
    #expect(server.loop.openStreams.value == 0, "round \(round)")
    #expect(server.loop.openConnections.value == 0, "round \(round)")
  }

  @Test func framesOfAllKindsInAnyOrder() throws {
    var generator = SeededGenerator(seed: Fuzz.seed)
    for round in Fuzz.rounds(150) {
      var frames = FrameGenerator(&generator)
      let input = frames.bytes(count: 60, &generator)
      try check(input, &generator, round: round)
    }
  }

  @Test func framesWithDamage() throws {
    var generator = SeededGenerator(seed: Fuzz.seed &+ 1)
    for round in Fuzz.rounds(300) {
      var frames = FrameGenerator(&generator)
      var input = frames.bytes(count: 20, &generator)
      for _ in 0..<Int.random(in: 1...10, using: &generator) {
        let place = Int.random(in: 24..<input.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: input[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1: input[place] = UInt8.random(in: 0...255, using: &generator)
        default: input.remove(at: place)
        }
      }
      try check(input, &generator, round: round)
    }
  }

  @Test func anyBytesBehindThePreface() throws {
    var generator = SeededGenerator(seed: Fuzz.seed &+ 2)
    for round in Fuzz.rounds(300) {
      let count = Int.random(in: 0...500, using: &generator)
      let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      try check(FrameClient.preface + noise, &generator, round: round)
    }
  }

  @Test func anyBytesFromTheStart() throws {
    var generator = SeededGenerator(seed: Fuzz.seed &+ 3)
    for round in Fuzz.rounds(300) {
      let count = Int.random(in: 0...500, using: &generator)
      let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let start = Int.random(in: 0...24, using: &generator)
      try check(Array(FrameClient.preface.prefix(start)) + noise, &generator, round: round)
    }
  }

  @Test func requestsOverHTTP1WithDamage() throws {
    var generator = SeededGenerator(seed: Fuzz.seed &+ 4)
    let requests = [
      "GET /echo?a=b%20c HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
      "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      "HEAD /bytes?n=3000 HTTP/1.0\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 20000\r\n\r\n",
      "GET http://host/query?x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ]
    for round in Fuzz.rounds(500) {
      var input: [UInt8] = []
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        input += Array((requests.randomElement(using: &generator) ?? "").utf8)
      }
      for _ in 0..<Int.random(in: 0...6, using: &generator) {
        let place = Int.random(in: 0..<input.count, using: &generator)
        input[place] = UInt8.random(in: 0...255, using: &generator)
      }
      try check(input, &generator, round: round)
    }
  }

  @Test func nothingHoldsAConnectionThatIsGone() throws {
    weak var connection: HTTP2Connection?
    weak var gate: ConnectionGate?
    try {
      let server = try EmbeddedServer()
      server.receive(FrameClient.preface + FrameClient.bytes(.settings, stream: 0))
      var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
      for (stream, path) in [(1, "/test.Echo/Stream"), (3, "/test.Echo/Wait")] {
        var block = ByteBuffer()
        try encoder.encode(headers: HPACKHeaders(FrameClient.headers(path)), to: &block)
        let bytes = Array(block.readableBytesView)
        server.receive(FrameClient.bytes(.headers, flags: 4, stream: stream, bytes))
        server.receive(
          FrameClient.bytes(.data, flags: 1, stream: stream, FrameClient.framed([1]))
        )
      }
      #expect(server.events.all == ["end", "wait"])
      connection = server.connection
      gate = server.gate
      #expect(connection != nil)
      server.close()
      #expect(server.events.all == ["end", "wait", "cancel connectionLost"])
    }()
    #expect(connection == nil)
    #expect(gate == nil)
  }
}

extension EmbeddedServer {
  /// The connection's handler, if HTTP/2 is spoken.
  var connection: HTTP2Connection? {
    try? channel.pipeline.syncOperations.handler(type: HTTP2Connection.self)
  }
}

/// Makes frames that are mostly as they should be.
private struct FrameGenerator {
  private var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
  private var nextStream = 1
  private var openStreams: [Int] = []

  private static let paths = [
    "/test.Echo/Unary", "/test.Echo/Stream", "/test.Echo/Flood", "/test.Echo/Bytes",
    "/test.Echo/Fail", "/test.Echo/Wait", "/test.Echo/Refuse", "/test.Echo/Other", "/echo",
    "/bytes",
    "nonsense", "",
  ]

  init(_ generator: inout SeededGenerator) {}

  mutating func bytes(count: Int, _ generator: inout SeededGenerator) -> [UInt8] {
    let window = [0, 1, 100, 65_535, Int(Int32.max)].randomElement(using: &generator) ?? 0
    var bytes = FrameClient.preface
    let settings = FrameClient.big(4, 2) + FrameClient.big(window, 4)
    bytes += FrameClient.bytes(.settings, stream: 0, settings)
    bytes += FrameClient.bytes(.settings, flags: 1, stream: 0)
    for _ in 0..<count { bytes += frame(&generator) }
    return bytes
  }

  private mutating func frame(_ generator: inout SeededGenerator) -> [UInt8] {
    let number = Int.random(in: 0..<100, using: &generator)
    let stream = openStreams.randomElement(using: &generator) ?? 1
    switch number {
    case 0..<30: return headers(&generator)
    case 30..<65:
      let end: UInt8 = number < 45 ? 1 : 0
      let count = [0, 1, 5, 100, 9_000].randomElement(using: &generator) ?? 0
      var message = (0..<count).map { _ in UInt8.random(in: 48...57, using: &generator) }
      if number < 60 { message = FrameClient.framed(Array(message.prefix(4))) + message }
      return FrameClient.bytes(.data, flags: end, stream: stream, message)
    case 65..<70: return FrameClient.bytes(.reset, stream: stream, FrameClient.big(8, 4))
    case 70..<85:
      let increment = [0, 1, 1_000, 1 << 20, Int(Int32.max)].randomElement(using: &generator) ?? 0
      let target = number < 78 ? stream : 0
      return FrameClient.bytes(.windowUpdate, stream: target, FrameClient.big(increment, 4))
    case 85..<88: return FrameClient.bytes(.ping, stream: 0, [1, 2, 3, 4, 5, 6, 7, 8])
    case 88..<91:
      let window = Int.random(in: 0...100_000, using: &generator)
      let settings = FrameClient.big(4, 2) + FrameClient.big(window, 4)
      return FrameClient.bytes(.settings, stream: 0, settings)
    case 91..<94:
      return FrameClient.bytes(.priority, stream: stream, [0, 0, 0, 0, 16])
    case 94..<95: return FrameClient.bytes(.goAway, stream: 0, [0, 0, 0, 0, 0, 0, 0, 0])
    case 95..<97: return FrameClient.bytes(.continuation, flags: 4, stream: stream, [0x82])
    default: return FrameClient.bytes(.pushPromise, flags: 4, stream: stream, [0, 0, 0, 2, 0x82])
    }
  }

  private mutating func headers(_ generator: inout SeededGenerator) -> [UInt8] {
    let path = Self.paths.randomElement(using: &generator) ?? ""
    var fields = FrameClient.headers(path)
    switch Int.random(in: 0..<20, using: &generator) {
    case 0: fields.append(("grpc-timeout", "1n"))
    case 1: fields.append(("grpc-timeout", "99999999H"))
    case 2: fields.append(("grpc-encoding", "gzip"))
    case 3: fields.removeAll { $0.0 == "content-type" }
    case 4: fields.remove(at: Int.random(in: 0..<fields.count, using: &generator))
    case 5: fields.append((":path", "twice"))
    default: break
    }
    var block = ByteBuffer()
    try? encoder.encode(headers: HPACKHeaders(fields), to: &block)
    var stream = nextStream
    // Now and then one that is open already, or even.
    switch Int.random(in: 0..<30, using: &generator) {
    case 0: stream = openStreams.randomElement(using: &generator) ?? 1
    case 1: stream += 1
    default: nextStream += 2
    }
    openStreams.append(stream)
    if openStreams.count > 20 { openStreams.removeFirst() }
    let flags: UInt8 = Int.random(in: 0..<10, using: &generator) == 0 ? 5 : 4
    return FrameClient.bytes(.headers, flags: flags, stream: stream, Array(block.readableBytesView))
  }
}
