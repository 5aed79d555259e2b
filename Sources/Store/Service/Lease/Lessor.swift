internal import MVCC
internal import Synchronization

/// When leases end: what only the member knows that answers for them, since it is not in the log.
///
/// Any thread may ask and renew; the thread that applies the log tells of leases that come and go.
///
/// Source: etcd 3.5, `server/lease/lessor.go`.
final class Lessor: Sendable {
  typealias Instant = ContinuousClock.Instant

  /// The limits of etcd's own.
  enum Limits {
    /// How many leases are revoked at one time.
    static let revocationCount = 500

    /// How often it is looked for leases that have ended.
    static let interval: Duration = .milliseconds(500)

    /// How many leases that were armed again may end within a second before others are delayed.
    static let endsPerSecond = 750

    /// With how many leases it is worth the trouble.
    static let countToSpread = 1000

    /// How often it is written down what a lease has left (etcd `defaultLeaseCheckpointInterval`).
    static let checkpointInterval: Duration = .seconds(300)

    /// How many leases are written down at one time (etcd `maxLeaseCheckpointBatchSize`).
    static let checkpointCount = 1000
  }

  fileprivate struct Term {
    var ttl: Duration
    var end: Instant
    /// Whether it has ended and a request to revoke it is under way.
    var isRevoked = false
    /// Whether the log says that less is left than the whole TTL.
    var isCheckpointed = false
    /// When it is to be written down what is left.
    var checkpoint: Instant?
    /// The time of the one entry among the checkpoints that is this term's: a renewal does not look
    /// for its place.
    var queuedCheckpoint: Instant?
  }

  fileprivate struct State {
    var terms: [LeaseID: Term] = [:]
    /// When leases may end, the earliest first: ends that a renewal has moved stay until their time.
    var ends = EndQueue()
    /// When it is to be written down what leases have left.
    var checkpoints = EndQueue()
    var checkpointInterval: Duration?
    var renewalCount = 0
  }

  private let state: Mutex<State>

  /// No lease.
  ///
  /// - Parameter checkpointInterval: How often it is written down what leases have left that last
  ///   longer; nil for never.
  init(checkpointInterval: Duration? = nil) {
    state = Mutex(State(checkpointInterval: checkpointInterval))
  }

  /// How often a lease was renewed.
  var renewalCount: Int { state.withLock { $0.renewalCount } }

  /// How many leases there are.
  var count: Int { state.withLock { $0.terms.count } }

  /// Begins the time of a lease.
  func add(_ lease: Lease, now: Instant) {
    let ttl = Duration.seconds(lease.ttlSeconds)
    state.withLock {
      $0.set(lease.id, ttl, end: now + ttl)
      $0.scheduleCheckpoint(of: lease.id, now: now)
    }
  }

  /// Forgets a lease.
  func remove(_ id: LeaseID) { state.withLock { $0.terms[id] = nil } }

  /// Begins the time of all leases anew, as after a start or another member's failure.
  ///
  /// Nobody could renew them meanwhile, so each has what a checkpoint has left of its time, or all of
  /// it, and the time in which a leader is elected. If many were to end together, they are spread.
  ///
  /// - Parameters:
  ///   - leases: The leases.
  ///   - extension: The time of an election.
  ///   - now: The time.
  func arm(_ leases: [Lease], extension: Duration, now: Instant) {
    state.withLock { state in
      state = State(checkpointInterval: state.checkpointInterval)
      let ends = leases.map { lease -> (Lease, Duration) in
        let left = lease.remainingTTLSeconds > 0 ? lease.remainingTTLSeconds : lease.ttlSeconds
        return (lease, .seconds(left) + `extension`)
      }.sorted { $0.1 < $1.1 }
      var spread = EndSpread(count: ends.count)
      for (lease, rest) in ends {
        let end = now + rest + spread.delay(of: rest)
        state.set(lease.id, .seconds(lease.ttlSeconds), end: end)
        state.terms[lease.id]?.isCheckpointed = lease.remainingTTLSeconds > 0
        state.scheduleCheckpoint(of: lease.id, now: now)
      }
    }
  }

  /// Begins the time of a lease anew.
  ///
  /// - Returns: Its TTL in seconds, and whether the log says that less is left: whoever answers takes
  ///   that back before. Nil if there is no such lease, or it has ended.
  func renew(_ id: LeaseID, now: Instant) -> (ttlSeconds: Int64, wasCheckpointed: Bool)? {
    state.withLock { state in
      guard let term = state.terms[id], !term.isRevoked, term.end > now else { return nil }
      state.set(id, term.ttl, end: now + term.ttl)
      state.scheduleCheckpoint(of: id, now: now)
      state.terms[id]?.isCheckpointed = false
      state.renewalCount += 1
      return (term.ttl.components.seconds, term.isCheckpointed)
    }
  }

  /// When ``takeCheckpoints(now:)`` is to be called next; nil if nothing is to be written down.
  func nextCheckpoint() -> Instant? { state.withLock { $0.checkpoints.first?.end } }

  /// The leases of which it is to be written down now what they have left.
  ///
  /// - Returns: The seconds of each. At most as many leases as are written down at one time; the
  ///   caller writes them down.
  func takeCheckpoints(now: Instant) -> [(id: LeaseID, seconds: Int64)] {
    state.withLock { state in
      var taken: [(id: LeaseID, seconds: Int64)] = []
      while taken.count < Limits.checkpointCount, let first = state.checkpoints.first,
        first.end <= now
      {
        state.checkpoints.removeFirst()
        // Another lease may have had the number before.
        guard let term = state.terms[first.id], term.queuedCheckpoint == first.end else { continue }
        state.terms[first.id]?.queuedCheckpoint = nil
        guard let due = term.checkpoint, !term.isRevoked, term.end > now else { continue }
        guard due <= now else {
          // It was renewed meanwhile.
          state.queueCheckpoint(of: first.id, at: due)
          continue
        }
        let (seconds, fraction) = now.duration(to: term.end).components
        // Nobody has less than was promised.
        taken.append((first.id, seconds + (fraction > 0 ? 1 : 0)))
        state.terms[first.id]?.isCheckpointed = true
        state.scheduleCheckpoint(of: first.id, now: now)
      }
      return taken
    }
  }

  /// How long a lease still lasts.
  ///
  /// - Returns: Its TTL and what is left of it, below 0 if it has ended; nil if there is none.
  func remaining(_ id: LeaseID, now: Instant) -> (ttl: Duration, rest: Duration)? {
    state.withLock { state in
      state.terms[id].map { ($0.ttl, now.duration(to: $0.end)) }
    }
  }

  /// The leases in the order in which they end.
  var inOrderOfEnd: [LeaseID] {
    state.withLock { state in
      state.terms.sorted { ($0.value.end, $0.key) < ($1.value.end, $1.key) }.map(\.key)
    }
  }

  /// When ``takeEnded(now:)`` is to be called next; nil if there is no lease.
  func nextEnd() -> Instant? { state.withLock { $0.ends.first?.end } }

  /// The leases that have ended and that nobody revokes yet.
  ///
  /// - Returns: At most as many as are revoked at one time; the caller revokes them.
  func takeEnded(now: Instant) -> [LeaseID] {
    state.withLock { state in
      var ended: [LeaseID] = []
      while ended.count < Limits.revocationCount, let first = state.ends.first, first.end <= now {
        state.ends.removeFirst()
        guard let term = state.terms[first.id], !term.isRevoked else { continue }
        guard term.end <= now else {
          // It was renewed meanwhile.
          if term.end > first.end { state.ends.insert(first.id, term.end) }
          continue
        }
        state.terms[first.id]?.isRevoked = true
        ended.append(first.id)
      }
      return ended
    }
  }
}

extension Lessor.State {
  /// Sets the time of a lease.
  ///
  /// A renewal does not look for the place of the old end: one entry for each lease is enough, which
  /// is put back when its time comes.
  mutating func set(_ id: LeaseID, _ ttl: Duration, end: Lessor.Instant) {
    var term = terms[id] ?? Lessor.Term(ttl: ttl, end: end)
    let isKnown = terms[id] != nil && term.end <= end
    term.ttl = ttl
    term.end = end
    term.isRevoked = false
    terms[id] = term
    if !isKnown { ends.insert(id, end) }
  }

  /// Says when it is to be written down what a lease has left, if it lasts longer than that takes.
  mutating func scheduleCheckpoint(of id: LeaseID, now: Lessor.Instant) {
    guard let interval = checkpointInterval, let term = terms[id] else { return }
    let due = now + interval
    terms[id]?.checkpoint = term.end > due ? due : nil
    if term.end > due, term.queuedCheckpoint == nil { queueCheckpoint(of: id, at: due) }
  }

  mutating func queueCheckpoint(of id: LeaseID, at time: Lessor.Instant) {
    terms[id]?.queuedCheckpoint = time
    checkpoints.insert(id, time)
  }
}

/// Leases by when they end: a binary heap.
struct EndQueue {
  private var heap: [(id: LeaseID, end: ContinuousClock.Instant)] = []

  /// The one that ends first.
  var first: (id: LeaseID, end: ContinuousClock.Instant)? { heap.first }

  /// Adds one.
  mutating func insert(_ id: LeaseID, _ end: ContinuousClock.Instant) {
    heap.append((id, end))
    var place = heap.count - 1
    while place > 0, heap[place].end < heap[(place - 1) / 2].end {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  /// Takes away the one that ends first.
  mutating func removeFirst() {
    guard let last = heap.popLast(), !heap.isEmpty else { return }
    heap[0] = last
    var place = 0
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2]
      where child < heap.count && heap[child].end < heap[least].end { least = child }
      guard least != place else { return }
      heap.swapAt(place, least)
      place = least
    }
  }
}

/// Delays the ends of leases that would all come together.
///
/// Ends are taken in ascending order. Those that lie within a window are counted; what is beyond the
/// rate is moved behind it, and widens the window so far.
private struct EndSpread {
  private let isNeeded: Bool
  private var start: Duration?
  private var end = Duration.zero
  private var count = 0

  init(count: Int) { isNeeded = count >= Lessor.Limits.countToSpread }

  mutating func delay(of rest: Duration) -> Duration {
    guard isNeeded else { return .zero }
    guard let start, rest <= end else {
      start = rest
      end = rest + .seconds(1)
      count = 1
      return .zero
    }
    count += 1
    guard count > Lessor.Limits.endsPerSecond else { return .zero }
    let place = Duration.seconds(1) * (Double(count) / Double(Lessor.Limits.endsPerSecond))
    let delay = place - (rest - start)
    end = start + delay
    return max(.zero, delay)
  }
}
