internal import EtcdMessages
internal import MVCC
internal import NIOCore
internal import RPC
internal import SwiftProtobuf

/// A call of `Watch`: any number of watches, each with an id of its own.
///
/// It belongs to the loop of its call.
///
/// Source: etcd 3.5, `server/etcdserver/api/v3rpc/watch.go`.
final class WatchStream: @unchecked Sendable {
  // The reason for @unchecked: everything belongs to the loop.

  let call: RPCCall
  let shard: WatchShard

  /// Whether it is to end when the node can take no requests.
  let requiresLeader: Bool

  /// Its watchers, by their ids.
  private(set) var watchers: [Watcher] = []

  /// Its watchers that are behind and wait until it takes something again.
  var waiting = WatcherList()

  /// Its place among the shard's streams.
  var place = 0

  /// Up to which revision everything is to be sent before it is told how far it is; nil if it has not
  /// asked.
  private(set) var progressRevision: Int64?

  private var nextID: Int64 = 0
  private var progressTimer: Scheduled<Void>?
  private var isOver = false
  /// How many answers were sent since the client has last been seen to read.
  private var unreadAnswerCount = 0

  init(of call: RPCCall, in shard: WatchShard) {
    self.call = call
    self.shard = shard
    requiresLeader = call.metadata["hasleader"] == "true"
    shard.add(self)
    if shard.isStopped {
      finish(.stopped)
    } else if requiresLeader, !shard.hasLeader {
      finish(.noLeader)
    }
  }

  /// Ends the call.
  func finish(_ status: RPCStatus) {
    guard !isOver else { return }
    call.finish(status)
    end()
  }

  private func end() {
    guard !isOver else { return }
    isOver = true
    progressTimer?.cancel()
    progressTimer = nil
    shard.remove(self)
  }
}

extension WatchStream: RPCStreamHandler {
  func receive(_ message: ByteBuffer) {
    guard !isOver else { return }
    let request: Etcdserverpb_WatchRequest
    do {
      request = try Etcdserverpb_WatchRequest(serializedBytes: Array(message.readableBytesView))
    } catch {
      return finish(.malformedMessage)
    }
    switch request.requestUnion {
    case .createRequest(let request): create(request)
    case .cancelRequest(let request): cancel(request.watchID)
    case .progressRequest: requestProgress()
    // What a later etcd may ask: this one says nothing to it either.
    case nil: break
    }
  }

  // The watches go on: there are clients that say what they want and then no more.
  func receiveEnd() {}

  func cancel(_ reason: RPCCancellation) { end() }

  func becomeWritable() {
    guard !isOver else { return }
    unreadAnswerCount = 0
    shard.resume(self)
    shard.tellProgress()
  }

  func drain() { finish(.stopped) }
}

// Creating and cancelling.
extension WatchStream {
  private func create(_ request: Etcdserverpb_WatchCreateRequest) {
    let revision = shard.keyspace.currentRevision
    // Before anybody asks who it is, as in etcd.
    guard request.startRevision >= 0 else {
      return refuse(RPCStatus.compacted.message, at: revision)
    }
    let key = request.key.isEmpty ? [0] : [UInt8](request.key)
    let rangeEnd = [UInt8](request.rangeEnd)
    if let refusal = shard.options.authorize(call, key, rangeEnd) {
      return refuse(
        "rpc error: code = \(refusal.code.name) desc = \(refusal.message)",
        at: revision
      )
    }
    let range = KeyRange(key: key, rangeEnd: rangeEnd)
    if case .before(let end) = range.end, !key.lexicographicallyPrecedes(end) {
      return refuse("mvcc: watcher range is empty", at: revision)
    }
    guard let id = takeID(request.watchID) else {
      return refuse("mvcc: duplicate watch ID provided on the WatchStream", at: revision)
    }
    var head = WatchResponseWriter.Head(revision: revision, watchID: id)
    head.isCreated = true
    answer(head)
    guard !isOver else { return }
    var options = Watcher.Options(request)
    if request.startRevision > shard.deliveredRevision { options.insert(.fromFuture) }
    let start = request.startRevision > 0 ? request.startRevision : revision + 1
    let watcher = shard.add(id, of: self, on: range, from: start, options)
    watchers.insert(watcher, at: placeOfWatcher(id))
    if options.contains(.withProgress) { startProgress() }
  }

  /// The id of a new watcher.
  ///
  /// - Parameter wanted: The id that was asked for; 0 for any.
  /// - Returns: The id; nil if it is in use.
  private func takeID(_ wanted: Int64) -> Int64? {
    if wanted != 0 { return find(wanted) == nil ? wanted : nil }
    while find(nextID) != nil { nextID &+= 1 }
    defer { nextID &+= 1 }
    return nextID
  }

  private func refuse(_ reason: String, at revision: Int64) {
    var head = WatchResponseWriter.Head(revision: revision, watchID: -1)
    head.isCreated = true
    head.isCanceled = true
    head.reason = reason
    answer(head)
  }

  private func cancel(_ id: Int64) {
    guard let watcher = find(id) else { return }
    shard.end(watcher)
    watchers.remove(at: placeOfWatcher(id))
    var head = WatchResponseWriter.Head(revision: shard.keyspace.currentRevision, watchID: id)
    head.isCanceled = true
    answer(head)
  }

  /// Answers a request.
  private func answer(_ head: WatchResponseWriter.Head) {
    if call.isWritable {
      unreadAnswerCount = 0
    } else {
      // Whoever asks and asks and never reads must not fill the memory.
      unreadAnswerCount += 1
      guard unreadAnswerCount <= shard.options.limits.unreadAnswerCount else {
        return finish(.tooManyRequests)
      }
    }
    call.send(shard.writer.response(head))
  }

  private func find(_ id: Int64) -> Watcher? {
    let place = placeOfWatcher(id)
    guard place < watchers.count, watchers[place].id == id else { return nil }
    return watchers[place]
  }

  /// The place of the first watcher whose id is not below another one.
  private func placeOfWatcher(_ id: Int64) -> Int {
    // Most ids ascend.
    guard let last = watchers.last, id <= last.id else { return watchers.count }
    var low = 0
    var high = watchers.count
    while low < high {
      let middle = (low + high) / 2
      if watchers[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

// Telling how far it is.
extension WatchStream {
  private func requestProgress() {
    // etcd says nothing either unless every watcher is synced, and has one.
    guard !watchers.isEmpty else { return }
    let revision = shard.keyspace.currentRevision
    for watcher in watchers {
      guard watcher.state == .synced, !watcher.isFuture(at: revision) else { return }
    }
    if progressRevision == nil { shard.ask(self) }
    progressRevision = revision
    shard.tellProgress()
  }

  /// Tells how far it is, if it has asked and has been sent everything up to that revision.
  ///
  /// - Returns: Whether there is nothing to be told any more.
  func tellProgress() -> Bool {
    guard let revision = progressRevision else { return true }
    guard shard.deliveredRevision >= revision else { return false }
    for watcher in watchers {
      switch watcher.state {
      case .synced where !watcher.isFuture(at: shard.deliveredRevision): continue
      case .catchingUp, .waiting: return false
      // One that came meanwhile begins later, or one lacks for ever what is compacted.
      case .synced, .compacted, .ended:
        progressRevision = nil
        return true
      }
    }
    guard call.isWritable else { return false }
    progressRevision = nil
    call.send(
      shard.writer.response(
        WatchResponseWriter.Head(revision: shard.deliveredRevision, watchID: -1)
      )
    )
    return true
  }

  private func startProgress() {
    guard progressTimer == nil else { return }
    let interval = shard.options.progressInterval.nanoseconds
    let jitter = Int64.random(in: 0...max(0, interval / 10))
    progressTimer = call.eventLoop.scheduleTask(in: .nanoseconds(interval + jitter)) {
      [weak self] in self?.tellWatchers()
    }
  }

  /// Tells the watchers that want it how far they are, unless events have told them.
  private func tellWatchers() {
    progressTimer = nil
    let revision = shard.deliveredRevision
    var isAwaited = false
    for watcher in watchers where watcher.options.contains(.withProgress) {
      isAwaited = true
      let hadEvents = watcher.hadEvents
      watcher.hadEvents = false
      guard !hadEvents, watcher.state == .synced, !watcher.isFuture(at: revision) else { continue }
      // Who reads nothing is told the next time.
      guard call.isWritable else { break }
      call.send(
        shard.writer.response(WatchResponseWriter.Head(revision: revision, watchID: watcher.id))
      )
    }
    if isAwaited, !isOver { startProgress() }
  }
}

extension Watcher {
  /// Whether it begins only after a revision.
  fileprivate func isFuture(at revision: Int64) -> Bool {
    options.contains(.fromFuture) && nextRevision > revision
  }
}

extension Watcher.Options {
  fileprivate init(_ request: Etcdserverpb_WatchCreateRequest) {
    self = []
    if request.filters.contains(.noput) { insert(.withoutPuts) }
    if request.filters.contains(.nodelete) { insert(.withoutDeletes) }
    if request.prevKv { insert(.withPrevious) }
    if request.fragment { insert(.withFragments) }
    if request.progressNotify { insert(.withProgress) }
  }
}
