internal import NIOCore

/// Makes connections of what a listener accepts.
struct ConnectionSetup: Sendable {
  private let tls: TLSContext?
  private let loops: [ObjectIdentifier: LoopState]

  /// Reads the certificates, if there are any.
  init(_ listener: RPCListener, loops: [ObjectIdentifier: LoopState]) throws(RPCError) {
    if let configuration = listener.tls {
      tls = try TLSContext(configuration)
    } else {
      tls = nil
    }
    self.loops = loops
  }

  /// Puts the first handlers into a connection.
  func begin(_ channel: any Channel) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else {
        preconditionFailure("connections belong to the loops of the server's group")
      }
      let peer = RPCPeer(address: Self.describe(channel.remoteAddress))
      loop.accept(channel)
      let gate = ConnectionGate()
      let detector = ProtocolDetector(
        loop: loop,
        peer: peer,
        gate: gate,
        tls: tls?.configuration
      )
      let pipeline = channel.pipeline.syncOperations
      if let tls { try pipeline.addHandler(TLSDetector(tls, loop: loop, peer: peer)) }
      try pipeline.addHandlers([gate, detector])
    }
  }

  /// An address as logs have it: `127.0.0.1:2379`, `[::1]:2379`, or `@` for a unix socket.
  private static func describe(_ address: SocketAddress?) -> String {
    switch address {
    case .v4(let address): "\(SocketAddress.v4(address).ipAddress ?? ""):\(port(of: .v4(address)))"
    case .v6(let address):
      "[\(SocketAddress.v6(address).ipAddress ?? "")]:\(port(of: .v6(address)))"
    case .unixDomainSocket, nil: "@"
    }
  }

  private static func port(of address: SocketAddress) -> Int { address.port ?? 0 }
}
