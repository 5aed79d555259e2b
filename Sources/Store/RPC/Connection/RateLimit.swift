internal import NIOCore

/// How often something may happen: at once as often as its burst, and on average as often as its rate.
struct RateLimit {
  private let burst: Int
  private let perSecond: Int
  private var left: Int
  private var filledAt: NIODeadline?

  init(burst: Int, perSecond: Int) {
    self.burst = burst
    self.perSecond = perSecond
    left = burst
  }

  /// Takes note that it happened.
  ///
  /// - Parameter now: When.
  /// - Returns: Whether that was allowed.
  mutating func take(at now: @autoclosure () -> NIODeadline) -> Bool {
    if left > 0 {
      left -= 1
      return true
    }
    let now = now()
    let since = filledAt.map { (now - $0).nanoseconds } ?? 1_000_000_000
    filledAt = now
    // Time is only looked at when nothing is left: what was gained meanwhile counts whole seconds'
    // parts, and never more than a burst.
    let gained = Double(max(since, 0)) / 1e9 * Double(perSecond)
    left = Int(min(gained, Double(burst)))
    guard left > 0 else { return false }
    left -= 1
    return true
  }
}
