internal import NIOCore
internal import NIOSSL

/// The first handler of a connection that is to be encrypted: looks at the first byte whether it is.
///
/// Only then are the certificates looked at, which may be new ones.
final class TLSDetector: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let tls: TLSContext
  private let loop: LoopState
  private let peer: RPCPeer
  private var isRefused = false

  init(_ tls: TLSContext, loop: LoopState, peer: RPCPeer) {
    self.tls = tls
    self.loop = loop
    self.peer = peer
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    guard !isRefused, bytes.readableBytes > 0 else { return }
    guard ProtocolDetector.spoken(bytes.readableBytesView) == .tls else {
      refuse(bytes, context: context)
      return
    }
    let current = tls.current { error in
      loop.log(.error, "cannot use new certificates", peer: nil, error: "\(error)")
    }
    do {
      try context.pipeline.syncOperations.addHandler(
        NIOSSLServerHandler(context: current),
        position: .after(self)
      )
    } catch {
      context.close(promise: nil)
      return
    }
    context.fireChannelRead(data)
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  /// Tells a client that speaks plain text so, if it will understand.
  private func refuse(_ bytes: ByteBuffer, context: ChannelHandlerContext) {
    isRefused = true
    loop.log(
      .warning,
      "rejected connection",
      peer: peer.address,
      error: "plain text on a port for TLS"
    )
    guard ProtocolDetector.spoken(bytes.readableBytesView) == .http1 else {
      context.close(promise: nil)
      return
    }
    let text = "Client sent an HTTP request to an HTTPS server.\n"
    let answer = "HTTP/1.0 400 Bad Request\r\nconnection: close\r\n\r\n\(text)"
    let written = context.eventLoop.makePromise(of: Void.self)
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: written)
    let channel = context.channel
    written.futureResult.whenComplete { _ in channel.close(promise: nil) }
  }
}
