internal import NIOCore

/// One timer for the deadlines of all calls of a connection.
///
/// Nearly every call is over long before its deadline, so that none of them sets a timer or stops one:
/// the timer stands at the earliest deadline that was seen, and then all calls are looked at.
struct DeadlineTimer {
  // All calls are looked at once in this time at most, however many deadlines there are.
  private static let granularity = TimeAmount.milliseconds(5)

  private var task: Scheduled<Void>?
  private var time = NIODeadline.distantFuture

  /// Has a deadline looked at when it has passed.
  mutating func arm(
    _ deadline: NIODeadline,
    on eventLoop: any EventLoop,
    _ body: @escaping () -> Void
  ) {
    guard deadline < time else { return }
    task?.cancel()
    time = max(deadline, .now() + Self.granularity)
    task = eventLoop.assumeIsolated().scheduleTask(deadline: time, body)
  }

  /// Forgets where it stands.
  mutating func cancel() {
    task?.cancel()
    task = nil
    time = .distantFuture
  }
}
