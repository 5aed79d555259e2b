internal import NIOCore

/// Something that is done again and again on an event loop, until it is cancelled.
final class Repetition {
  private let eventLoop: any EventLoop
  private let interval: TimeAmount

  // Invariant: both are nil as soon as it is cancelled.
  private var body: (() -> Void)?
  private var next: Scheduled<Void>?

  /// Begins, on the loop; the first time is after one interval.
  ///
  /// - Parameters:
  ///   - interval: How long to wait between two times.
  ///   - eventLoop: The loop.
  ///   - body: What is done.
  init(every interval: TimeAmount, on eventLoop: any EventLoop, _ body: @escaping () -> Void) {
    self.eventLoop = eventLoop
    self.interval = interval
    self.body = body
    schedule()
  }

  /// Ends it.
  func cancel() {
    body = nil
    next?.cancel()
    next = nil
  }

  private func schedule() {
    next = eventLoop.assumeIsolated().scheduleTask(in: interval) { [self] in
      guard let body else { return }
      body()
      if self.body != nil { schedule() }
    }
  }
}
