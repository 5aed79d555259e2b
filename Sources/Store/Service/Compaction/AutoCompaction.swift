/// When to compact, and to which revision: by time, or by a count of revisions.
///
/// Source: etcd 3.5, `server/etcdserver/api/v3compactor/periodic.go`, `revision.go`.
struct AutoCompaction {
  typealias Instant = ContinuousClock.Instant

  /// What is kept.
  enum Retention: Equatable, Sendable {
    /// All that was current within so much time.
    case period(Duration)

    /// So many revisions.
    case revisions(Int64)
  }

  /// How often revisions are counted (etcd `revInterval`).
  private static let revisionInterval = Duration.seconds(300)

  /// Into how many parts the time is divided at whose ends the revision is noted.
  private static let divisions = 10

  /// How long to wait between two calls of ``compactRevision(now:currentRevision:)``.
  let interval: Duration

  private let retention: Retention
  private let compactInterval: Duration
  /// The revisions at the ends of the last intervals, the oldest first; as many as fill the period.
  private var noted: [Int64] = []
  private let notedCount: Int
  private var last: Instant
  private var compacted: Int64 = 0

  /// Begins to count.
  ///
  /// - Parameters:
  ///   - retention: What is kept.
  ///   - now: The time.
  init(keeping retention: Retention, now: Instant) {
    self.retention = retention
    last = now
    switch retention {
    case .revisions:
      interval = AutoCompaction.revisionInterval
      compactInterval = interval
      notedCount = 0
    case .period(let period):
      // Within an hour it is compacted once a period, else once an hour.
      compactInterval = min(period, .seconds(3600))
      interval = compactInterval / AutoCompaction.divisions
      notedCount = max(1, Int(period / interval)) + 1
    }
  }

  /// Takes note of the current revision.
  ///
  /// - Parameters:
  ///   - now: The time.
  ///   - currentRevision: The revision.
  /// - Returns: The revision to compact to; nil if it is not time, or nothing has changed.
  mutating func compactRevision(now: Instant, currentRevision: Int64) -> Int64? {
    switch retention {
    case .revisions(let count):
      let target = currentRevision - count
      return target > 0 && target != compacted ? target : nil
    case .period(let period):
      noted.append(currentRevision)
      if noted.count > notedCount { noted.removeFirst() }
      let wait = compacted == 0 ? period : compactInterval
      guard last.duration(to: now) >= wait, let target = noted.first else { return nil }
      return target != compacted ? target : nil
    }
  }

  /// Notes that it was compacted, or had been already.
  mutating func noteCompaction(to revision: Int64, now: Instant) {
    compacted = revision
    last = now
  }
}
