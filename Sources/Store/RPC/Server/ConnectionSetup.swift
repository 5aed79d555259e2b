internal import NIOCore

/// Makes connections of what a listener accepts.
struct ConnectionSetup: Sendable {
  private let listener: RPCListener
  private let loops: [ObjectIdentifier: LoopState]
  private let configuration: RPCConfiguration

  init(
    listener: RPCListener,
    loops: [ObjectIdentifier: LoopState],
    configuration: RPCConfiguration
  ) {
    self.listener = listener
    self.loops = loops
    self.configuration = configuration
  }

  /// Puts the first handlers into a connection.
  func begin(_ channel: any Channel) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else {
        preconditionFailure("connections belong to the loops of the server's group")
      }
      let peer = RPCPeer(address: Self.describe(channel.remoteAddress))
      let gate = ConnectionGate()
      try channel.pipeline.syncOperations.addHandlers([
        gate,
        ProtocolDetector(loop: loop, peer: peer, gate: gate),
      ])
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
