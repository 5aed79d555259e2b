internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import NIOTLS

/// Finds out by the first bytes what a client speaks, and builds what understands it.
///
/// Source of the preface: RFC 9113, section 3.4.
final class ProtocolDetector: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  /// What a client speaks.
  enum Spoken: Equatable {
    case http1
    case http2
    case tls
  }

  private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  private let loop: LoopState
  private var peer: RPCPeer
  private let gate: ConnectionGate
  private let tls: RPCTLS?
  private var isEncrypted = false
  private var bytes = ByteBuffer()
  private var timeout: Scheduled<Void>?
  private var isRefused = false

  init(loop: LoopState, peer: RPCPeer, gate: ConnectionGate, tls: RPCTLS?) {
    self.loop = loop
    self.peer = peer
    self.gate = gate
    self.tls = tls
  }

  /// What the first bytes tell.
  ///
  /// - Parameter bytes: What has come.
  /// - Returns: What is spoken, or nil if that needs more bytes.
  static func spoken(_ bytes: ByteBufferView) -> Spoken? {
    guard let first = bytes.first else { return nil }
    // A handshake record of TLS: nothing in HTTP begins with this byte.
    if first == 0x16 { return .tls }
    guard zip(bytes, preface).allSatisfy({ $0 == $1 }) else { return .http1 }
    return bytes.count >= preface.count ? .http2 : nil
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let limit = loop.configuration.limits.handshakeTimeout
    let channel = context.channel
    timeout = loop.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
  }

  func handlerRemoved(context: ChannelHandlerContext) { timeout?.cancel() }

  func channelInactive(context: ChannelHandlerContext) {
    timeout?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isRefused else { return }
    bytes.writeImmutableBuffer(unwrapInboundIn(data))
    guard let spoken = Self.spoken(bytes.readableBytesView) else { return }
    do {
      switch spoken {
      case .http1: try addHTTP1(context.pipeline.syncOperations)
      case .http2: try addHTTP2(context.pipeline.syncOperations)
      case .tls:
        reject("TLS on a port for plain text", context: context)
        return
      }
    } catch {
      context.close(promise: nil)
      return
    }
    context.fireChannelRead(wrapInboundOut(bytes))
    bytes = ByteBuffer()
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let tls, case TLSUserEvent.handshakeCompleted = event {
      isEncrypted = true
      let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
      if let certificate = handler?.peerCertificate.map({ ClientCertificate($0) }) {
        peer.certificateName = certificate.commonName
        if let refusal = certificate.refusal(tls) { reject(refusal, context: context) }
      }
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if tls != nil, !isEncrypted, error is NIOSSLError {
      reject("\(error)", context: context)
    } else {
      loop.log(.debug, "lost a connection", peer: peer.address, error: "\(error)")
      context.close(promise: nil)
    }
  }

  private func reject(_ reason: String, context: ChannelHandlerContext) {
    guard !isRefused else { return }
    isRefused = true
    loop.log(.warning, "rejected connection", peer: peer.address, error: reason)
    context.close(promise: nil)
  }

  private func addHTTP1(_ pipeline: ChannelPipeline.SynchronousOperations) throws {
    var encoding = HTTPResponseEncoder.Configuration()
    encoding.automaticallySetFramingHeaders = false
    try pipeline.addHandlers([
      HTTPResponseEncoder(configuration: encoding),
      NIOHTTPResponseHeadersValidator(),
      ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)),
      HTTP1Connection(loop: loop, peer: peer, gate: gate),
    ])
  }

  private func addHTTP2(_ pipeline: ChannelPipeline.SynchronousOperations) throws {
    try pipeline.addHandler(HTTP2Connection(loop: loop, peer: peer, gate: gate))
  }
}
