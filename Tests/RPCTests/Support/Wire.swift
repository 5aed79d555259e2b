import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// A connection of a test: bytes out and in, over a socket of any kind, encrypted or not.
final class Wire: @unchecked Sendable {
  private let channel: any Channel
  private let inbox: Inbox

  /// Where the loops of all clients run.
  static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  /// What has come and was not read; what the loop puts in, the test takes out.
  private final class Inbox: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer

    private let condition = NSCondition()
    private var bytes = ByteBuffer()
    private var isClosed = false
    private(set) var error: (any Error)?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      condition.withLock {
        bytes.writeImmutableBuffer(unwrapInboundIn(data))
        condition.signal()
      }
    }

    func channelInactive(context: ChannelHandlerContext) { close() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      condition.withLock { self.error = error }
      close()
      context.close(promise: nil)
    }

    private func close() {
      condition.withLock {
        isClosed = true
        condition.signal()
      }
    }

    /// Takes what there is, when there is anything.
    func take(before deadline: Date, atLeast count: Int) -> ByteBuffer? {
      condition.lock()
      defer { condition.unlock() }
      while bytes.readableBytes < count, !isClosed {
        if !condition.wait(until: deadline) { return nil }
      }
      guard bytes.readableBytes >= count else { return nil }
      defer { bytes.clear() }
      return bytes
    }

    func waitForClose(before deadline: Date) -> Bool {
      condition.lock()
      defer { condition.unlock() }
      while !isClosed {
        if !condition.wait(until: deadline) { return false }
      }
      return true
    }
  }

  /// Connects.
  init(_ address: SocketAddress, tls: TLSConfiguration? = nil, serverName: String? = nil) throws {
    let inbox = Inbox()
    self.inbox = inbox
    let context = try tls.map { try NIOSSLContext(configuration: $0) }
    channel = try ClientBootstrap(group: Self.group)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let context {
            try channel.pipeline.syncOperations.addHandler(
              NIOSSLClientHandler(context: context, serverHostname: serverName)
            )
          }
          try channel.pipeline.syncOperations.addHandler(inbox)
        }
      }
      .connect(to: address).wait()
  }

  deinit { channel.close(promise: nil) }

  /// What went wrong, if anything did.
  var error: (any Error)? { inbox.error }

  /// Sends bytes; what the other end has closed meanwhile swallows them.
  func send(_ bytes: [UInt8]) { try? channel.writeAndFlush(ByteBuffer(bytes: bytes)).wait() }

  /// Sends text.
  func send(_ text: String) { send(Array(text.utf8)) }

  /// What comes next, or nil if nothing comes in time or at all.
  func read(atLeast count: Int = 1, within seconds: Double = 10) -> ByteBuffer? {
    inbox.take(before: Date(timeIntervalSinceNow: seconds), atLeast: count)
  }

  /// Everything up to the end.
  func readToEnd(within seconds: Double = 10) -> String {
    var all = ""
    while let more = read(within: seconds) { all += String(buffer: more) }
    return all
  }

  /// Reads until something has come.
  func read(until text: String, within seconds: Double = 10) -> String {
    var all = ""
    while !all.contains(text), let more = read(within: seconds) { all += String(buffer: more) }
    return all
  }

  /// Whether the other end closes in time.
  func waitForClose(within seconds: Double = 10) -> Bool {
    inbox.waitForClose(before: Date(timeIntervalSinceNow: seconds))
  }

  /// Closes.
  func close() { try? channel.close().wait() }

  /// Lets nothing more come in, so that the system's buffers fill up.
  func stopReading() throws { try channel.setOption(.autoRead, value: false).wait() }

  /// Lets it come in again.
  func startReading() throws { try channel.setOption(.autoRead, value: true).wait() }
}
