internal import Synchronization

/// How long something took, each time, sorted by how long.
///
/// Any thread may record and read; a reader may see a time that was not added to the sum yet.
final class Histogram: @unchecked Sendable {
  // The memory of `counts` is the histogram's own, and only atomics are in it.

  /// The upper bounds, in nanoseconds, in ascending order.
  let bounds: [UInt64]

  // One for each bound and one for what is above; written with relaxed atomic additions.
  private let counts: UnsafeMutablePointer<Atomic<Int>>
  private let nanoseconds = Atomic<UInt64>(0)

  /// A histogram whose bounds double.
  ///
  /// - Parameters:
  ///   - first: The first bound.
  ///   - count: How many bounds there are.
  init(from first: Duration, count: Int) {
    let start = Histogram.nanoseconds(of: first)
    bounds = (0..<count).map { start << UInt64($0) }
    counts = .allocate(capacity: count + 1)
    for slot in 0...count { (counts + slot).initialize(to: Atomic(0)) }
  }

  deinit {
    counts.deinitialize(count: bounds.count + 1)
    counts.deallocate()
  }

  /// Adds a time.
  func record(_ duration: Duration) {
    let value = Histogram.nanoseconds(of: duration)
    var slot = 0
    while slot < bounds.count, value > bounds[slot] { slot += 1 }
    counts[slot].wrappingAdd(1, ordering: .relaxed)
    nanoseconds.wrappingAdd(value, ordering: .relaxed)
  }

  /// How many times were at most as long as each bound, and how many there were at all.
  var cumulativeCounts: [Int] {
    var sum = 0
    return (0...bounds.count).map { slot in
      sum += counts[slot].load(ordering: .relaxed)
      return sum
    }
  }

  /// All times together, in seconds.
  var seconds: Double { Double(nanoseconds.load(ordering: .relaxed)) / 1e9 }

  private static func nanoseconds(of duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max : product &+ UInt64(attoseconds / 1_000_000_000)
  }
}
