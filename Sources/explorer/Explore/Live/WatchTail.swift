internal import Decode
internal import EtcdClient
internal import EtcdMessages
internal import MVCC
internal import RPC

/// Follows the changes of some keys, each exactly once, through lost connections and dead members.
///
/// What is asked of it is done by one thread. Changes of several ranges come in the order of their
/// revisions, except that servers which fall behind may tell of one range before another.
public final class WatchTail {
  /// What is followed, and from when.
  public struct Options: Sendable {
    /// The keys.
    public var selection: KeySelection

    /// Where it begins.
    public var start = Start.now

    /// Whether the rows before the changes are wanted.
    public var wantsPrevious = true

    /// How many keys are remembered at most, so that deletions can be told of although their changes
    /// have been compacted.
    public var knownKeyLimit = 500_000

    /// How often a server is asked how far it has come, also in ranges that nothing happens in, so
    /// that the tail can go on from there.
    public var progressInterval = Duration.seconds(60)

    /// The keys of a selection, from now on.
    public init(_ selection: KeySelection) { self.selection = selection }
  }

  /// Where a tail begins.
  public enum Start: Hashable, Sendable {
    /// With the next change.
    case now

    /// With a revision.
    case revision(Int64)

    /// With the oldest change that is still stored.
    case compaction
  }

  /// What a tail shows; its memory is that of the call.
  public enum Item {
    /// A change.
    case event(WatchEvent)

    /// What a listing shows where changes can no longer be had.
    case listed(ListedChange)

    /// What happened to the tail itself.
    case notice(Notice)
  }

  /// What happened to a tail.
  public enum Notice: Equatable, Sendable {
    /// The server is gone; it, or another one, is called until it answers.
    case lost(SourceError)

    /// It goes on with a revision.
    case resumed(revision: Int64)

    /// Changes from one revision to another were compacted before they were seen; what a listing at a
    /// revision says instead follows.
    case compacted(from: Int64, to: Int64, listing: Int64)

    /// The store has become older than it was: it was restored from a backup.
    case wentBack(from: Int64, to: Int64)

    /// The listing is over.
    case listingEnded(changeCount: Int, knowsDeletions: Bool)
  }

  /// What a listing tells of a key.
  public struct ListedChange {
    /// What must have happened.
    public let kind: ChangeKind

    /// The key.
    public let key: UnsafeRawBufferPointer

    /// Its row, unless it was deleted.
    public let row: StoredRow?
  }

  /// How long to wait before a server is called again.
  private static let pauses = (shortest: Duration.milliseconds(50), longest: Duration.seconds(2))

  private let source: LiveSource
  private let options: Options
  private var places: [WatchedRange] = []
  private var known: KnownKeys?
  private var stream: WatchStream?

  /// The places of the watchers, by the numbers that the server gave them.
  private var watchers: [Int64: Int] = [:]
  private var isLost = false
  private var pause = WatchTail.pauses.shortest
  private var lastAsked = ContinuousClock.now
  private var answersProgress: Bool?

  /// A tail of a cluster's changes.
  public init(_ source: LiveSource, _ options: Options) {
    self.source = source
    self.options = options
  }

  /// The revision up to which everything has been shown.
  public var revision: Int64 { (places.map(\.next).min() ?? 1) - 1 }

  /// The store's revision when the tail began: changes up to there are of the past.
  public private(set) var presentRevision: Int64 = 0

  /// Shows what comes next.
  ///
  /// - Parameters:
  ///   - time: How long to wait for it; calling a server may take longer.
  ///   - body: Sees what there is, nothing if nothing came in time.
  /// - Throws: ``SourceError``, if it is of no use to try again.
  public func advance(
    within time: Duration,
    _ body: (Item) -> Void
  ) throws(SourceError) {
    do throws(SourceError) {
      if places.isEmpty { try begin() }
      if stream == nil { try connect(body) }
      try receive(within: time, body)
    } catch {
      try lose(error, within: time, body)
    }
  }

  /// Turns away from a server that has failed, and waits before another is called.
  private func lose(
    _ error: SourceError,
    within time: Duration,
    _ body: (Item) -> Void
  ) throws(SourceError) {
    stream = nil
    guard !places.isEmpty, WatchTail.mayPass(error) else { throw error }
    for place in places.indices { places[place].lose() }
    if !isLost {
      isLost = true
      body(.notice(.lost(error)))
    }
    Awaited<Void, Never>.sleep(min(pause, max(time, WatchTail.pauses.shortest)))
    pause = min(pause * 2, WatchTail.pauses.longest)
  }

  /// Finds out how far the tail has come in ranges that nothing happens in.
  ///
  /// - Parameters:
  ///   - time: How long to wait for it.
  ///   - body: Sees what comes meanwhile.
  /// - Throws: ``SourceError``.
  public func settle(
    within time: Duration,
    _ body: (Item) -> Void
  ) throws(SourceError) {
    let deadline = ContinuousClock.now + time
    guard let stream, answersProgress ?? source.answersProgress() else { return }
    answersProgress = true
    let before = revision
    try stream.requestProgress()
    while revision == before, ContinuousClock.now < deadline {
      try advance(within: .milliseconds(20), body)
    }
  }

  // MARK: Beginning

  private func begin() throws(SourceError) {
    let ranges = options.selection.ranges
    guard let first = ranges.first else { return }
    let next: Int64
    let current = try source.currentRevision(for: first)
    presentRevision = current
    switch options.start {
    case .now: next = current + 1
    case .compaction: next = (source.findCompactRevision(for: first) ?? 0) + 1
    case .revision(let revision):
      next = max(revision, 1)
      // A revision that can be read can be watched from.
      if next <= current {
        var request = source.request(for: first, at: next)
        request.countOnly = true
        _ = try source.page(request)
      }
    }
    known = try KnownKeys(
      source,
      options.selection,
      at: min(next - 1, current),
      limit: options.knownKeyLimit
    )
    places = ranges.map { WatchedRange(range: $0, next: next) }
  }

  private func connect(_ body: (Item) -> Void) throws(SourceError) {
    guard let first = places.first else { return }
    let current = try source.currentRevision(for: first.range)
    let seen = (places.map(\.next).max() ?? 1) - 1
    if current < seen, isLost {
      body(.notice(.wentBack(from: seen, to: current)))
      try list(body)
    }
    // One watcher tells of its changes in order; several, of the past, one after the other.
    if places.count > 1, source.isMember { try catchUp(to: current, body) }
    let stream = try WatchStream(source)
    watchers = [:]
    try watch(places[0], stream)
    self.stream = stream
    lastAsked = .now
  }

  private func watch(_ place: WatchedRange, _ stream: WatchStream) throws(SourceError) {
    let wish = WatchStream.Wish(
      range: place.range,
      firstRevision: place.next,
      wantsPrevious: options.wantsPrevious
    )
    try stream.watch(wish)
  }

  /// Shows what happened up to a revision, of all ranges in order.
  private func catchUp(
    to current: Int64,
    _ body: (Item) -> Void
  ) throws(SourceError) {
    guard let next = places.map(\.next).min(), next <= current else { return }
    let past = PastEvents(
      source,
      of: places.map(\.range),
      in: next...current,
      wantsPrevious: options.wantsPrevious
    )
    do throws(SourceError) {
      try past.forEach { event throws(SourceError) in
        if let place = places.firstIndex(where: { $0.range.contains(event.row.key) }) {
          show(event, of: place, body)
        }
        return true
      }
    } catch .compacted(_, let compactRevision?) {
      return try relist(compactRevision: compactRevision, body)
    } catch .watchCancelled {
      // Who may not read all keys watches the ranges one by one.
      return
    }
    for place in places.indices { places[place].reach(current + 1) }
  }

  // MARK: Messages

  private func receive(
    within time: Duration,
    _ body: (Item) -> Void
  ) throws(SourceError) {
    guard let stream else { return }
    try askForProgress(stream)
    let answer = try stream.next(within: time)
    guard let answer else { return }
    if answer.isCanceled {
      if answer.compactRevision > 0 {
        return try relist(compactRevision: answer.compactRevision, body)
      }
      throw source.cancellation(answer, from: revision)
    }
    if answer.isCreated {
      // Which number a watcher has is known if no other is on its way.
      watchers[answer.watchID] = watchers.count
      if watchers.count < places.count { return try watch(places[watchers.count], stream) }
      pause = WatchTail.pauses.shortest
      if isLost {
        isLost = false
        body(.notice(.resumed(revision: revision + 1)))
      }
      return
    }
    if answer.watchID == -1, answer.eventCount == 0 {
      // All watchers have been told of all changes up to there.
      if answersProgress == true, watchers.count == places.count {
        for place in places.indices { places[place].reach(answer.revision + 1) }
      }
      return
    }
    guard let place = watchers[answer.watchID] else {
      throw .answer(source: source.name, fault: "watcher \(answer.watchID)")
    }
    if answer.eventCount == 0 { return places[place].reach(answer.revision + 1) }
    try answer.forEachEvent(of: source.name) { event throws(SourceError) in
      show(event, of: place, body)
    }
    if !answer.isFragment { places[place].endRevision() }
  }

  private func askForProgress(_ stream: WatchStream) throws(SourceError) {
    guard ContinuousClock.now - lastAsked > options.progressInterval else { return }
    lastAsked = .now
    let answers = answersProgress ?? source.answersProgress()
    answersProgress = answers
    guard answers else { return }
    try stream.requestProgress()
  }

  private func show(_ event: WatchEvent, of place: Int, _ body: (Item) -> Void) {
    guard places[place].take(event.row.revision.main) else { return }
    guard options.selection.contains(event.row.key) else { return }
    known?.take(event.row.key, isDeleted: event.row.isTombstone)
    body(.event(event))
  }

  // MARK: Listing

  /// Says what was lost, and shows what is there now instead.
  private func relist(
    compactRevision: Int64,
    _ body: (Item) -> Void
  ) throws(SourceError) {
    stream = nil
    let first = places.map(\.next).min() ?? 1
    let current = try source.currentRevision(for: places[0].range)
    body(.notice(.compacted(from: first, to: compactRevision, listing: current)))
    try list(at: current, body)
  }

  /// Shows what is different from what was seen.
  private func list(
    at revision: Int64? = nil,
    _ body: (Item) -> Void
  ) throws(SourceError) {
    var changeCount = 0
    var current = KnownKeys(limit: options.knownKeyLimit)
    let question = RowQuestion(options.selection, at: revision)
    let isWhole = revision != nil
    let answer = try source.forEachLiveRow(question, progress: nil) { row throws(SourceError) in
      current.take(row.key, isDeleted: false)
      let isKnown = known?.contains(row.key)
      let next = places.first { $0.range.contains(row.key) }?.next ?? 1
      // In a store that has gone back, revisions cannot be compared.
      guard isKnown == false || isWhole && row.revision.main >= next else { return }
      let createRevision = try row.keyValue(in: source).createRevision
      let isAdded = isKnown.map { !$0 } ?? (createRevision >= next)
      changeCount += 1
      body(.listed(ListedChange(kind: isAdded ? .added : .modified, key: row.key, row: row)))
    }
    for key in known?.keys(notIn: current) ?? [] {
      changeCount += 1
      key.withBytes { key in
        body(.listed(ListedChange(kind: .deleted, key: key, row: nil)))
      }
    }
    let knowsDeletions = known?.isComplete == true
    known = current
    places = places.map { WatchedRange(range: $0.range, next: answer.revision + 1) }
    body(.notice(.listingEnded(changeCount: changeCount, knowsDeletions: knowsDeletions)))
  }

  // MARK: Errors

  /// Whether an error may be gone when the server, or another one, is called again.
  static func mayPass(_ error: SourceError) -> Bool {
    switch error {
    case .call(.lost), .call(.unreachable), .call(.timedOut): true
    case .call(.refused(_, let status)):
      switch status.code {
      case .unavailable, .deadlineExceeded, .resourceExhausted, .unknown, .internal: true
      default: false
      }
    case .watchCancelled(_, let reason): reason.contains("no leader")
    default: false
    }
  }
}

/// One of the ranges that a tail follows, and how far it has come there.
struct WatchedRange {
  let range: KeyRange

  /// Every change before this revision has been shown.
  private(set) var next: Int64

  /// How many changes of that revision have been shown, while more may follow.
  private var shownCount = 0

  /// How many changes of it have come on this connection.
  private var comingCount = 0

  init(range: KeyRange, next: Int64) {
    self.range = range
    self.next = next
  }

  /// Takes a change.
  ///
  /// - Returns: Whether it has not been shown yet.
  mutating func take(_ revision: Int64) -> Bool {
    guard revision >= next else { return false }
    if revision > next {
      next = revision
      (shownCount, comingCount) = (0, 0)
    }
    comingCount += 1
    guard comingCount > shownCount else { return false }
    shownCount = comingCount
    return true
  }

  /// Is told that no more changes of the last revision follow.
  mutating func endRevision() {
    guard shownCount > 0 else { return }
    next += 1
    (shownCount, comingCount) = (0, 0)
  }

  /// Is told that everything before a revision has been shown.
  mutating func reach(_ revision: Int64) {
    guard revision > next else { return }
    next = revision
    (shownCount, comingCount) = (0, 0)
  }

  /// Is told that the connection is lost: changes of the revision at hand come again.
  mutating func lose() { comingCount = 0 }
}
