import NIOCore
import NIOEmbedded

@testable import RPC

/// One connection of a server without sockets and threads.
final class EmbeddedServer {
  let channel = EmbeddedChannel()
  let loop: LoopState
  let events = Recorder<String>()
  let gate = ConnectionGate()

  init(_ change: (inout RPCConfiguration) -> Void = { _ in }) throws {
    var configuration = RPCConfiguration(listeners: [])
    change(&configuration)
    let events = events
    loop = LoopState(
      eventLoop: channel.eventLoop,
      configuration: configuration,
      methods: TestMethods.table(events, Recorder()),
      http: { TestMethods.answer($0, events) }
    )
    loop.accept(channel)
    let peer = RPCPeer(address: "test")
    try channel.pipeline.syncOperations.addHandlers([
      gate,
      ProtocolDetector(loop: loop, peer: peer, gate: gate, tls: nil),
    ])
    try channel.connect(to: SocketAddress(unixDomainSocketPath: "/test")).wait()
  }

  /// Takes bytes as if they had come from a socket.
  func receive(_ bytes: some Sequence<UInt8>) {
    // An error has been handled by the connection; it comes out at the end of the pipeline too.
    _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
    channel.embeddedEventLoop.run()
  }

  /// What was sent.
  func sent() -> [UInt8] {
    var bytes: [UInt8] = []
    while let data = try? channel.readOutbound(as: IOData.self) {
      if case .byteBuffer(let buffer) = data { bytes += buffer.readableBytesView }
    }
    return bytes
  }

  /// Ends the connection.
  func close() {
    channel.close(promise: nil)
    channel.embeddedEventLoop.run()
    _ = try? channel.finish(acceptAlreadyClosed: true)
  }

  /// A connection over HTTP/2 that is in no channel.
  static func connection() -> HTTP2Connection {
    let loop = LoopState(
      eventLoop: EmbeddedEventLoop(),
      configuration: RPCConfiguration(listeners: []),
      methods: [:],
      http: { _ in }
    )
    return HTTP2Connection(loop: loop, peer: RPCPeer(address: "test"), gate: ConnectionGate())
  }
}
