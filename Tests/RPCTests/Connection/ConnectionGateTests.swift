import NIOCore
import NIOEmbedded
import Testing

@testable import RPC

@Suite struct ConnectionGateTests {
  private let channel: EmbeddedChannel
  private let gate = ConnectionGate()

  init() throws {
    channel = EmbeddedChannel(handler: gate)
    try channel.connect(to: SocketAddress(unixDomainSocketPath: "/test")).wait()
  }

  private func write(_ byteCount: Int, _ byte: UInt8 = 1) {
    channel.write(IOData.byteBuffer(ByteBuffer(repeating: byte, count: byteCount)), promise: nil)
  }

  private func written() throws -> [Int] {
    var counts: [Int] = []
    while case .byteBuffer(let bytes)? = try channel.readOutbound(as: IOData.self) {
      counts.append(bytes.readableBytes)
    }
    return counts
  }

  @Test func smallPiecesGoOutTogether() throws {
    for count in [9, 20, 9, 325, 9, 2] { write(count) }
    #expect(try written() == [])
    channel.flush()
    #expect(try written() == [374])
    channel.flush()
    #expect(try written() == [])
    _ = try channel.finish()
  }

  @Test func largePiecesKeepTheirPlace() throws {
    write(9)
    write(16_384)
    write(9)
    channel.flush()
    #expect(try written() == [9, 16_384, 9])
    _ = try channel.finish()
  }

  @Test func muchGoesOutBeforeTheFlush() throws {
    for _ in 0..<100 { write(10_000) }
    let early = try written()
    #expect(early.reduce(0, +) >= 900_000)
    channel.flush()
    #expect(try early.reduce(0, +) + written().reduce(0, +) == 1_000_000)
    _ = try channel.finish()
  }

  @Test func promisesAreKept() throws {
    write(9)
    let promise = channel.eventLoop.makePromise(of: Void.self)
    channel.writeAndFlush(IOData.byteBuffer(ByteBuffer(repeating: 1, count: 3)), promise: promise)
    try promise.futureResult.wait()
    #expect(try written() == [9, 3])
    _ = try channel.finish()
  }

  @Test func shutGateLetsNothingIn() throws {
    try channel.writeInbound(ByteBuffer(string: "a"))
    #expect(try channel.readInbound(as: ByteBuffer.self) == ByteBuffer(string: "a"))
    gate.shut()
    try channel.writeInbound(ByteBuffer(string: "b"))
    #expect(try channel.readInbound(as: ByteBuffer.self) == nil)
    write(9)
    gate.closeWhenWritten()
    channel.embeddedEventLoop.run()
    #expect(!channel.isActive)
    #expect(try written().reduce(0, +) == 9)
  }
}
