internal import MVCC
internal import NIOCore
internal import RPC

/// The watches of one event loop.
///
/// The writer's news come as views, in order: see ``advance(to:)``. A watcher is **synced** if it has
/// been sent everything up to ``deliveredRevision``; news are matched with these at once. All others
/// are **behind**: they began in the past, or their stream took nothing for a while. These get what
/// they lack from the rows, in rounds that leave the loop to others in between, and become synced when
/// they have got everything up to ``deliveredRevision``: nothing is left out and nothing comes twice.
/// What is kept for a watcher that is behind is a number, however slow its client is.
///
/// Invariants:
///
/// * A synced watcher is in its target's list `synced`; one that catches up in its target's list
///   `catchingUp` and in the shard's array; one that waits in its stream's list.
/// * Of a watcher that is behind, `nextRevision` is at most `deliveredRevision`.
/// * The index has a target if and only if that has watchers that are not compacted.
final class WatchShard: @unchecked Sendable {
  // The reason for @unchecked: everything but the constants belongs to the event loop.

  let eventLoop: any EventLoop
  let options: WatchOptions
  let keyspace: Keyspace

  /// Up to which revision synced watchers have been sent everything.
  var deliveredRevision: Int64

  var index = WatchIndex()
  var writer: WatchResponseWriter

  /// The watchers that are catching up, in no order.
  private(set) var catchingUp: [Watcher] = []
  private(set) var syncedCount = 0
  private var waitingCount = 0

  /// What has been found and is being sent.
  var pass = WatchPass()
  var isDelivering = false
  var found: [Unmanaged<WatchTarget>] = []
  /// The main revision of the row that was visited last.
  var visitedRevision: Int64 = 0

  // Rounds: see WatchShard+CatchingUp.swift.
  var hasRound = false
  var sweptRevision: Int64 = 0
  var takesNearest = false

  private var streams: [WatchStream] = []
  /// Streams that have ended while events were sent; the pass still knows their watchers.
  private var ended: [WatchStream] = []
  /// Streams that are to be told how far they are.
  private var asking: [WatchStream] = []

  private(set) var isStopped = false
  private(set) var hasLeader = true
  var eventCount = 0

  init(
    on eventLoop: any EventLoop,
    of keyspace: Keyspace,
    identity: WatchIdentity,
    _ options: WatchOptions
  ) {
    self.eventLoop = eventLoop
    self.keyspace = keyspace
    self.options = options
    writer = WatchResponseWriter(identity)
    deliveredRevision = keyspace.currentRevision
  }

  /// What there is to count.
  var counts: WatchCounts {
    WatchCounts(
      streams: streams.count,
      watchers: syncedCount + catchingUp.count + waitingCount,
      slowWatchers: catchingUp.count + waitingCount,
      events: eventCount
    )
  }

  // MARK: Streams

  func add(_ stream: WatchStream) {
    stream.place = streams.count
    streams.append(stream)
  }

  /// Takes out a stream that is over, with its watchers.
  func remove(_ stream: WatchStream) {
    let last = streams.removeLast()
    if last !== stream {
      streams[stream.place] = last
      last.place = stream.place
    }
    if stream.progressRevision != nil { asking.removeAll { $0 === stream } }
    for watcher in stream.watchers { end(watcher) }
    if isDelivering { ended.append(stream) }
  }

  /// Ends all streams, and takes no more.
  func stop() {
    isStopped = true
    for stream in streams { stream.finish(.stopped) }
  }

  /// Says whether the node can take requests.
  func setLeader(_ hasLeader: Bool) {
    self.hasLeader = hasLeader
    guard !hasLeader else { return }
    for stream in streams where stream.requiresLeader { stream.finish(.noLeader) }
  }

  // MARK: Watchers

  /// Adds a watcher for all from a revision on.
  func add(
    _ id: Int64,
    of stream: WatchStream,
    on range: KeyRange,
    from revision: Int64,
    _ options: Watcher.Options
  ) -> Watcher {
    let isBehind = revision <= deliveredRevision
    let watcher = Watcher(
      id,
      of: stream,
      on: index.target(of: range),
      from: revision,
      options,
      state: isBehind ? .catchingUp : .synced
    )
    watcher.target.watcherCount += 1
    link(watcher)
    return watcher
  }

  /// Takes a watcher out for good.
  func end(_ watcher: Watcher, as state: Watcher.State = .ended) {
    guard watcher.state != .ended, watcher.state != .compacted else {
      watcher.state = state
      return
    }
    unlink(watcher)
    watcher.state = state
    watcher.target.watcherCount -= 1
    if watcher.target.watcherCount == 0 { index.remove(watcher.target) }
  }

  /// Gives a watcher another state.
  func move(_ watcher: Watcher, to state: Watcher.State) {
    unlink(watcher)
    watcher.state = state
    link(watcher)
  }

  private func link(_ watcher: Watcher) {
    switch watcher.state {
    case .synced:
      watcher.target.synced.insert(watcher)
      syncedCount += 1
    case .catchingUp:
      watcher.target.catchingUp.insert(watcher)
      watcher.place = UInt32(truncatingIfNeeded: catchingUp.count)
      catchingUp.append(watcher)
      scheduleRound()
    case .waiting:
      watcher.stream.waiting.insert(watcher)
      waitingCount += 1
    case .compacted, .ended: break
    }
  }

  private func unlink(_ watcher: Watcher) {
    switch watcher.state {
    case .synced:
      watcher.target.synced.remove(watcher)
      syncedCount -= 1
    case .catchingUp:
      watcher.target.catchingUp.remove(watcher)
      let last = catchingUp.removeLast()
      if last !== watcher {
        catchingUp[Int(watcher.place)] = last
        last.place = watcher.place
      }
    case .waiting:
      watcher.stream.waiting.remove(watcher)
      waitingCount -= 1
    case .compacted, .ended: break
    }
  }

  // MARK: News

  /// Sends what is new to who wants it.
  ///
  /// Views come in the order of their revisions; one that was made before a compaction went on has the
  /// rows of all that the last one had not.
  ///
  /// - Parameter view: What is seen from now on.
  func advance(to view: KeyspaceView) {
    eventLoop.assertInEventLoop()
    while deliveredRevision < view.currentRevision, syncedCount > 0 {
      do throws(MVCCError) {
        let covered = try collect(
          from: deliveredRevision + 1,
          through: view.currentRevision,
          in: view,
          for: .synced
        )
        deliver(from: view, as: nil)
        deliveredRevision = covered
      } catch {
        pass.clear()
        fail(error) { $0.state == .synced }
      }
    }
    deliveredRevision = max(deliveredRevision, view.currentRevision)
    tellProgress()
  }

  /// Ends the streams of some watchers, since what they are to be sent cannot be read.
  func fail(_ error: MVCCError, _ isConcerned: (Watcher) -> Bool) {
    options.onFault(error)
    for stream in streams where stream.watchers.contains(where: isConcerned) {
      stream.finish(RPCStatus(error))
    }
  }

  /// Called when events have been sent.
  func endDelivery() {
    isDelivering = false
    pass.clear()
    ended = []
    writer.trim()
  }

  // MARK: Progress

  /// Notes that a stream is to be told how far it is.
  func ask(_ stream: WatchStream) { asking.append(stream) }

  /// Tells streams how far they are that have asked, as far as they are.
  func tellProgress() {
    guard !asking.isEmpty else { return }
    asking.removeAll { $0.tellProgress() }
  }
}
