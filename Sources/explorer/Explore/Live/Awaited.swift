internal import Dispatch
internal import Synchronization

/// Asynchronous work that a thread can wait for.
///
/// The questions of ``Source`` are asked one after the other by a thread that tasks do not run on: its
/// waiting holds nothing up.
package final class Awaited<Value: Sendable, Failure: Error>: Sendable {
  private let outcome = Mutex<Result<Value, Failure>?>(nil)
  private let done = DispatchSemaphore(value: 0)

  /// Begins work.
  ///
  /// - Parameters:
  ///   - whenDone: Is called when the outcome is there.
  ///   - work: The work.
  package init(
    whenDone: @escaping @Sendable () -> Void = {},
    _ work: @escaping @Sendable () async -> Result<Value, Failure>
  ) {
    Task.detached {
      let outcome = await work()
      self.outcome.withLock { $0 = outcome }
      self.done.signal()
      whenDone()
    }
  }

  /// What came of it, if it has ended.
  var current: Result<Value, Failure>? { outcome.withLock { $0 } }

  /// Waits for the end, and returns what came of it.
  package func get() throws(Failure) -> Value {
    while true {
      if let outcome = outcome.withLock({ $0 }) { return try outcome.get() }
      done.wait()
    }
  }

  /// Waits for the end for some time, or for ever.
  ///
  /// - Returns: What came of it; nothing if it has not ended.
  func get(within time: Duration?) throws(Failure) -> Value? {
    guard let time else { return try get() }
    if outcome.withLock({ $0 }) == nil {
      let (seconds, attoseconds) = time.components
      let nanoseconds = Int(clamping: seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000)
      guard done.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success else { return nil }
    }
    return try outcome.withLock { $0 }?.get()
  }
}

extension Awaited where Value == Void, Failure == Never {
  /// Lets some time pass.
  static func sleep(_ time: Duration) {
    Awaited {
      try? await Task.sleep(for: time)
      return .success(())
    }.get()
  }
}
