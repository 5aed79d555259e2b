internal import MVCC
internal import NIOCore
internal import RPC

// Rounds for watchers that are behind.
//
// A round visits rows from one revision on, and all watchers that stand there or are met on the way go
// along. Rounds sweep from the lowest revision to the end, again and again, so that everybody's turn
// comes; every other one goes to those that are nearest to the end, which have little to wait for.
extension WatchShard {
  /// Has a round done soon.
  func scheduleRound() {
    guard !hasRound, !isStopped else { return }
    hasRound = true
    // Not by execute: what a loop is given to do at once, it does before it looks at its sockets.
    eventLoop.scheduleTask(in: options.limits.pause) { [self] in round() }
  }

  /// Lets the watchers of a stream go on that takes something again.
  func resume(_ stream: WatchStream) {
    while let watcher = stream.waiting.first { move(watcher, to: .catchingUp) }
  }

  private func round() {
    hasRound = false
    let view = keyspace.view()
    cancelCompacted(view.compactRevision)
    guard let start = nextStart() else { return tellProgress() }
    do throws(MVCCError) {
      let covered = try collect(
        from: start,
        through: deliveredRevision,
        in: view,
        for: .catchingUp
      )
      deliver(from: view, as: view.currentRevision)
      advance(from: start, through: covered)
    } catch {
      pass.clear()
      // Those that begin behind the fault may go on without it.
      let concerned = start...visitedRevision
      fail(error) { $0.state == .catchingUp && concerned.contains($0.nextRevision) }
    }
    if !catchingUp.isEmpty { scheduleRound() }
    tellProgress()
  }

  /// Notes how far those are that went along.
  private func advance(from start: Int64, through covered: Int64) {
    let isSynced = covered >= deliveredRevision
    // From the end, since the last one takes the place of one that leaves.
    for place in catchingUp.indices.reversed() {
      let watcher = catchingUp[place]
      guard watcher.nextRevision >= start, watcher.nextRevision <= covered else { continue }
      watcher.nextRevision = covered + 1
      if isSynced { move(watcher, to: .synced) }
    }
  }

  /// Where the next round begins; nil if nobody is behind.
  private func nextStart() -> Int64? {
    var lowest = Int64.max
    var swept = Int64.max
    var nearest = Int64.max
    let near = deliveredRevision - Int64(options.limits.rowsPerRound)
    for watcher in catchingUp {
      let revision = watcher.nextRevision
      lowest = min(lowest, revision)
      if revision >= sweptRevision { swept = min(swept, revision) }
      if revision > near { nearest = min(nearest, revision) }
    }
    guard lowest < .max else { return nil }
    takesNearest.toggle()
    if takesNearest, nearest < .max { return nearest }
    sweptRevision = (swept < .max ? swept : lowest) + 1
    return sweptRevision - 1
  }

  /// Tells those whose next revision is compacted that they get no more.
  private func cancelCompacted(_ compactRevision: Int64) {
    let compacted = catchingUp.filter { $0.nextRevision < compactRevision }
    for watcher in compacted {
      // Telling one may have ended others.
      guard watcher.state == .catchingUp else { continue }
      end(watcher, as: .compacted)
      var head = WatchResponseWriter.Head(revision: 0, watchID: watcher.id)
      head.isCanceled = true
      head.compactRevision = compactRevision
      watcher.stream.call.send(writer.response(head))
    }
  }
}
