internal import NIOCore

/// Stands between the socket, or its encryption, and what is spoken on it.
///
/// Outwards it puts small pieces together: an answer consists of five or so, and each would otherwise
/// be a block of encryption of its own, or an element of a gathering write. Inwards it can be shut.
final class ConnectionGate: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = IOData
  typealias OutboundOut = IOData

  /// Pieces from this size on are not worth copying.
  private static let largePieceByteCount = 16_384

  /// When so much has been gathered it goes on, flushed: only then does the channel notice that it has
  /// too much and stop what comes.
  private static let gatheredByteCount = 131_072

  private var context: ChannelHandlerContext?
  private var gathered = ByteBuffer()
  private var unflushedByteCount = 0
  private var isShut = false

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if !isShut { context.fireChannelRead(data) }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard case .byteBuffer(var piece) = unwrapOutboundIn(data) else {
      passGathered(context: context)
      context.write(data, promise: promise)
      return
    }
    unflushedByteCount += piece.readableBytes
    if piece.readableBytes >= Self.largePieceByteCount || promise != nil {
      passGathered(context: context)
      context.write(wrapOutboundOut(.byteBuffer(piece)), promise: promise)
    } else {
      if gathered.capacity == 0 { gathered = context.channel.allocator.buffer(capacity: 4_096) }
      gathered.writeBuffer(&piece)
    }
    if unflushedByteCount >= Self.gatheredByteCount { flush(context: context) }
  }

  func flush(context: ChannelHandlerContext) {
    passGathered(context: context)
    unflushedByteCount = 0
    context.flush()
  }

  /// Throws away what comes from now on.
  func shut() { isShut = true }

  /// Throws away what comes from now on, and closes when all that was written is with the system.
  func closeWhenWritten() {
    isShut = true
    guard let context else { return }
    passGathered(context: context)
    let written = context.eventLoop.makePromise(of: Void.self)
    context.writeAndFlush(wrapOutboundOut(.byteBuffer(ByteBuffer())), promise: written)
    written.futureResult.assumeIsolated().whenComplete { [weak self] _ in
      self?.context?.close(promise: nil)
    }
  }

  private func passGathered(context: ChannelHandlerContext) {
    guard gathered.readableBytes > 0 else { return }
    let bytes = gathered
    gathered = ByteBuffer()
    context.write(wrapOutboundOut(.byteBuffer(bytes)), promise: nil)
  }
}
