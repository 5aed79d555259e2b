import Synchronization

/// The time of a run, the same for all its clients.
struct RunClock: Sendable {
  private let start = ContinuousClock.now

  /// Nanoseconds since the beginning.
  var now: UInt64 {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }
}

/// What tells clients to stop.
final class StopSign: Sendable {
  private let flag = Atomic<Bool>(false)

  var isSet: Bool { flag.load(ordering: .relaxed) }

  func set() { flag.store(true, ordering: .relaxed) }
}
