internal import NIOCore

/// How often something may happen: at once as often as its burst, and on average as often as its rate.
struct RateLimit {
  private let burst: Double
  private let perSecond: Double
  private var left: Double
  private var filledAt: NIODeadline

  init(burst: Int, perSecond: Int, at now: NIODeadline) {
    self.burst = Double(burst)
    self.perSecond = Double(perSecond)
    left = Double(burst)
    filledAt = now
  }

  /// Takes note that it happened.
  ///
  /// - Parameter now: When; only looked at if nothing is left.
  /// - Returns: Whether that was allowed.
  mutating func take(at now: @autoclosure () -> NIODeadline) -> Bool {
    if left < 1 {
      let now = now()
      let seconds = Double((now - filledAt).nanoseconds) / 1e9
      filledAt = now
      left = min(left + max(seconds, 0) * perSecond, burst)
    }
    guard left >= 1 else { return false }
    left -= 1
    return true
  }
}
