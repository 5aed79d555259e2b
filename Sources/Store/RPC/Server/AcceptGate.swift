internal import NIOCore

#if canImport(Glibc)
internal import Glibc
#endif

/// Stands at the beginning of a listener: takes no connections while there are too many, or the system
/// has no file for another.
///
/// NIO by itself goes on asking a system that has none, without a pause. Whoever wants to connect
/// waits in the system's queue meanwhile.
final class AcceptGate: ChannelInboundHandler {
  typealias InboundIn = any Channel

  private let limit: Int
  private let count: @Sendable () -> Int
  private let log: @Sendable (RPCLogLine) -> Void
  private var isShut = false
  private var loggedAt: NIODeadline?

  /// After what time it looks whether there is room again.
  private static let pauseTime = TimeAmount.milliseconds(100)

  /// How far apart lines of the log about it are.
  private static let logInterval = TimeAmount.minutes(1)

  /// A gate that is open.
  ///
  /// - Parameters:
  ///   - limit: How many connections there may be.
  ///   - count: How many there are.
  ///   - log: Takes a line for the log.
  init(
    limit: Int,
    count: @escaping @Sendable () -> Int,
    log: @escaping @Sendable (RPCLogLine) -> Void
  ) {
    self.limit = limit
    self.count = count
    self.log = log
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    context.fireChannelRead(data)
    if count() >= limit { shut(context, "\(limit) connections are open") }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError,
      [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode)
    else {
      context.fireErrorCaught(error)
      return
    }
    shut(context, "accept: \(String(cString: strerror(error.errnoCode)).lowercased())")
  }

  private func shut(_ context: ChannelHandlerContext, _ reason: String) {
    guard !isShut else { return }
    isShut = true
    let now = NIODeadline.now()
    if loggedAt.map({ now - $0 > Self.logInterval }) ?? true {
      loggedAt = now
      log(RPCLogLine(.warning, "accepting no connections for now", error: reason))
    }
    setReading(false, context.channel)
    reopenLater(context.channel)
  }

  private func reopenLater(_ channel: any Channel) {
    channel.eventLoop.assumeIsolated().scheduleTask(in: Self.pauseTime) { [weak self] in
      guard let self, channel.isActive else { return }
      guard self.count() < self.limit else { return self.reopenLater(channel) }
      self.isShut = false
      self.setReading(true, channel)
    }
  }

  private func setReading(_ isReading: Bool, _ channel: any Channel) {
    // Fails only for a listener that is closed, which reads nothing.
    try? channel.syncOptions?.setOption(.autoRead, value: isReading)
  }
}
