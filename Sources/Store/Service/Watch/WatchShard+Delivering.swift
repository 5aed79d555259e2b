internal import MVCC
internal import RPC

// Finding who wants which rows, and sending them.
extension WatchShard {
  /// Which watchers of a target are meant.
  enum Group {
    case synced
    case catchingUp
  }

  /// Visits rows and gathers in the pass who is to be sent which, as much as is done at a time.
  ///
  /// - Parameters:
  ///   - start: The first main revision.
  ///   - end: The last main revision.
  ///   - view: What is read.
  ///   - group: Who is meant. Of those that catch up, the ones that are not beyond `start` yet, and
  ///     are before it, are left out.
  /// - Returns: Up to which main revision everything has been gathered: `start` at least.
  /// - Throws: The fault of a row or a page.
  func collect(
    from start: Int64,
    through end: Int64,
    in view: KeyspaceView,
    for group: Group
  ) throws(MVCCError) -> Int64 {
    pass.clear()
    var covered = end
    visitedRevision = start
    var rowCount = 0
    var byteCount = 0
    let limits = options.limits
    try view.visitRows(from: start, through: end) { row throws(MVCCError) in
      let main = row.key.revision.main
      if main != visitedRevision {
        let isEnough =
          rowCount >= limits.rowsPerRound || byteCount >= limits.bytesPerRound
          || pass.matchCount >= limits.matchesPerRound
        if isEnough {
          covered = main - 1
          return false
        }
        visitedRevision = main
      }
      rowCount += 1
      byteCount += row.bytes.count
      try match(row, with: group, notBefore: start)
      return true
    }
    return covered
  }

  @inline(__always)
  private func match(
    _ row: Row,
    with group: Group,
    notBefore start: Int64
  ) throws(MVCCError) {
    let keyValue = try row.keyValue()
    // A row without a key is left of a restored snapshot: nobody wrote it.
    guard !keyValue.key.isEmpty else { return }
    found.removeAll(keepingCapacity: true)
    index.collect(keyValue.key, into: &found)
    let revision = row.key.revision.main
    let isTombstone = row.key.isTombstone
    var event: UInt32?
    for target in found {
      var next = target._withUnsafeGuaranteedRef {
        group == .synced ? $0.synced.first : $0.catchingUp.first
      }
      while let watcher = next {
        next = watcher.next
        guard watcher.nextRevision <= revision, watcher.admits(isTombstone: isTombstone) else {
          continue
        }
        // One that is before the start lacks rows that are not visited now.
        if group == .catchingUp, watcher.nextRevision < start { continue }
        let place = event ?? pass.add(WatchPass.Event(row, keyValue))
        event = place
        pass.add(place, for: watcher)
      }
    }
  }

  /// Sends what has been gathered.
  ///
  /// A watcher whose stream takes nothing more, or has not taken all, waits from the first revision on
  /// that it was not sent.
  ///
  /// - Parameters:
  ///   - view: What the rows were read from, and what was there before them is.
  ///   - revision: The revision that responses name; nil for that of their last event.
  func deliver(from view: KeyspaceView, as revision: Int64?) {
    guard pass.matchCount > 0 else { return pass.clear() }
    isDelivering = true
    for watcher in pass.watchers {
      // Sending to one may have ended others.
      guard watcher.state == .synced || watcher.state == .catchingUp else { continue }
      do throws(MVCCError) {
        let isDone = try send(to: watcher, from: view, as: revision)
        if !isDone, watcher.state != .ended { move(watcher, to: .waiting) }
      } catch {
        options.onFault(error)
        watcher.stream.finish(RPCStatus(error))
      }
    }
    endDelivery()
  }

  /// Sends a watcher's events, a response at a time.
  ///
  /// - Returns: Whether the stream has taken all; if not, the watcher knows where to go on.
  private func send(
    to watcher: Watcher,
    from view: KeyspaceView,
    as revision: Int64?
  ) throws(MVCCError) -> Bool {
    let stream = watcher.stream
    let withPrevious = watcher.options.contains(.withPrevious)
    var match = watcher.firstMatch
    while match != WatchPass.none {
      // News can wait, and come in fewer messages, which costs a slow client less. What catches up comes
      // in large ones.
      guard revision == nil ? stream.call.isIdle : stream.call.isWritable else {
        watcher.nextRevision = pass.events[pass.event(of: match)].revision
        return false
      }
      let events = try nextEvents(from: match, withPrevious, in: view)
      watcher.hadEvents = true
      eventCount += events.count
      let head = WatchResponseWriter.Head(
        revision: revision ?? events.lastRevision,
        watchID: watcher.id
      )
      let isLarge = events.byteCount >= options.limits.responseByteCount
      if isLarge, events.count > 1, watcher.options.contains(.withFragments),
        writer.byteCount(head) + events.byteCount >= options.fragmentByteCount
      {
        sendFragments(from: match, to: events.end, withPrevious, head, on: stream)
      } else {
        send(from: match, to: events.end, events.byteCount, withPrevious, head, on: stream)
      }
      match = events.end
    }
    return true
  }

  /// What a response has of a chain of matches.
  private struct Events {
    /// The first match that it has not.
    var end: UInt32
    var count = 0
    var byteCount = 0
    var lastRevision: Int64
  }

  /// Takes as many events as go into a response: whole revisions, until it is large.
  private func nextEvents(
    from match: UInt32,
    _ withPrevious: Bool,
    in view: KeyspaceView
  ) throws(MVCCError) -> Events {
    let first = pass.events[pass.event(of: match)].revision
    var events = Events(end: match, lastRevision: first)
    while events.end != WatchPass.none {
      let place = pass.event(of: events.end)
      let revision = pass.events[place].revision
      if revision != events.lastRevision {
        if events.byteCount >= options.limits.responseByteCount { break }
        events.lastRevision = revision
      }
      if withPrevious { try findPrevious(of: place, in: view) }
      events.count += 1
      events.byteCount += pass.events[place].byteCount(withPrevious: withPrevious)
      events.end = pass.next(after: events.end)
    }
    return events
  }

  private func send(
    from start: UInt32,
    to end: UInt32,
    _ byteCount: Int,
    _ withPrevious: Bool,
    _ head: WatchResponseWriter.Head,
    on stream: WatchStream
  ) {
    let message = writer.response(head, eventByteCount: byteCount) { writer in
      var match = start
      while match != end {
        pass.events[pass.event(of: match)].put(&writer, withPrevious: withPrevious)
        match = pass.next(after: match)
      }
    }
    stream.call.send(message)
  }

  /// Sends events in responses below the limit, or of one event.
  ///
  /// Source: etcd, `server/etcdserver/api/v3rpc/watch.go`, `sendFragments`.
  private func sendFragments(
    from start: UInt32,
    to end: UInt32,
    _ withPrevious: Bool,
    _ head: WatchResponseWriter.Head,
    on stream: WatchStream
  ) {
    var head = head
    head.isFragment = true
    let limit = options.fragmentByteCount - writer.byteCount(head)
    var first = start
    while first != end {
      var match = first
      var byteCount = 0
      while match != end {
        let more = pass.events[pass.event(of: match)].byteCount(withPrevious: withPrevious)
        if byteCount > 0, byteCount + more >= limit { break }
        byteCount += more
        match = pass.next(after: match)
      }
      head.isFragment = match != end
      send(from: first, to: match, byteCount, withPrevious, head, on: stream)
      first = match
    }
  }

  /// Finds what was there before an event, if nobody has done so yet.
  private func findPrevious(of place: Int, in view: KeyspaceView) throws(MVCCError) {
    let event = pass.events[place]
    guard case .unknown = event.previous else { return }
    let row: Row?
    do throws(MVCCError) {
      row = try view.row(of: event.key, at: event.revision - 1)
    } catch .compacted {
      row = nil
    }
    pass.set(row.map { .row($0.bytes) } ?? .absent, of: place)
  }
}

extension WatchPass.Event {
  /// The event that a row tells of.
  fileprivate init(_ row: Row, _ keyValue: KeyValueView) {
    self.row = row.bytes
    key = keyValue.key
    revision = row.key.revision.main
    isTombstone = row.key.isTombstone
    // The first put of a key has nothing before it.
    let isCreation = !isTombstone && keyValue.createRevision == keyValue.modRevision
    previous = isCreation ? .absent : .unknown
  }
}
