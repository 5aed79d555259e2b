internal import NIOCore

/// Whether a client pings too often.
///
/// A ping too early is a strike, and the third is too much. Whatever the server has sent meanwhile
/// forgives all: clients that estimate the bandwidth ping with every burst of data that they get, as
/// often as they like. Without calls there is nothing to keep alive, and pings are to be two
/// hours apart.
///
/// Source: grpc-go, `internal/transport/http2_server.go`, `handlePing`.
struct PingPolicy {
  private static let maximumStrikes = 2
  private static let minimumIntervalWithoutCalls = TimeAmount.hours(2)

  let minimumInterval: TimeAmount
  let permitsWithoutCalls: Bool

  private var lastPing: NIODeadline?
  private var strikes = 0

  /// Whether headers or data were sent since the last ping; the connection sets it.
  var hasSent = false

  init(minimumInterval: TimeAmount, permitsWithoutCalls: Bool) {
    self.minimumInterval = minimumInterval
    self.permitsWithoutCalls = permitsWithoutCalls
  }

  /// Takes note of a ping.
  ///
  /// - Parameters:
  ///   - now: When it came.
  ///   - hasCalls: Whether any call is open.
  /// - Returns: Whether it is to be suffered.
  mutating func receive(at now: NIODeadline, hasCalls: Bool) -> Bool {
    defer { lastPing = now }
    if hasSent {
      hasSent = false
      strikes = 0
      return true
    }
    let interval =
      hasCalls || permitsWithoutCalls ? minimumInterval : Self.minimumIntervalWithoutCalls
    if let lastPing, now - lastPing < interval { strikes += 1 }
    return strikes <= Self.maximumStrikes
  }
}
