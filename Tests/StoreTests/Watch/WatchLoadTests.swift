import EtcdMessages
import Foundation
import MVCC
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import Store

/// Whatever happens in whatever order, every watcher is sent what it is to be sent: each event once, in
/// order, a revision at a time, with what was before; and who does not read fills no memory.
@Suite struct WatchLoadTests {
  private static let tortureSeconds =
    ProcessInfo.processInfo.environment["EXPLORER_TORTURE_SECONDS"].flatMap { Double($0) }

  @Test(arguments: 0..<UInt64(16))
  func everyWatcherIsSentItsEventsUnderRandomLoad(seed: UInt64) throws {
    try run(seed: seed, steps: 4000)
  }

  @Test(.enabled(if: tortureSeconds != nil))
  func everyWatcherIsSentItsEventsForLong() throws {
    let deadline = ContinuousClock.now + .seconds(Self.tortureSeconds ?? 0)
    var seed: UInt64 = 1000
    while ContinuousClock.now < deadline {
      try run(seed: seed, steps: 5000)
      seed += 1
    }
  }

  private func run(seed: UInt64, steps: Int) throws {
    var load = try WatchLoad(seed: seed)
    for _ in 0..<steps {
      try load.step()
      if load.hasFailed { return }
    }
    try load.finish()
    // It has been a load worth the name.
    #expect(load.eventCount > 500)
    #expect(load.progressCount > 0)
  }
}

/// Random changes, views, watchers and readers, and a model to compare with.
struct WatchLoad {
  private struct Stream {
    var client: WatchClient
    var watchers: [Int64: ModelWatcher] = [:]
    /// Requests whose answer has not been read yet, oldest first.
    var pending: [Etcdserverpb_WatchCreateRequest] = []
    var isSlow: Bool
    /// The latest revision that it was told it has everything up to.
    var lastProgress: Int64 = 0
  }

  private let seed: UInt64
  private var generator: SeededGenerator
  private var model = WatchModel()
  private let node: WatchNode
  private var streams: [Stream] = []
  private var stepCount = 0
  private(set) var eventCount = 0
  private(set) var progressCount = 0
  private(set) var hasFailed = false

  init(seed: UInt64) throws {
    self.seed = seed
    generator = SeededGenerator(seed: seed)
    var options = WatchOptions()
    options.progressInterval = .milliseconds(300)
    options.limits.rowsPerRound = 20
    options.limits.bytesPerRound = 500
    options.limits.responseByteCount = 300
    options.limits.matchesPerRound = 50
    options.fragmentByteCount = 400
    node = try WatchNode(options)
  }

  private mutating func chance(_ percent: Int) -> Bool { number(0..<100) < percent }

  private mutating func number(_ range: Range<Int>) -> Int {
    Int.random(in: range, using: &generator)
  }

  private mutating func key() -> Data {
    Data("\(["a", "b", "b/"][number(0..<3)])\(number(0..<6))".utf8)
  }

  mutating func step() throws {
    stepCount += 1
    switch number(0..<100) {
    case 0..<35: try change()
    case 35..<50: node.advance(limit: number(1..<4))
    case 50..<60: node.run()
    case 60..<62: try node.keyspace.commit()
    case 62: try compact()
    case 63..<65: _ = try node.keyspace.continueCompaction()
    case 65..<67: open()
    case 67: close()
    case 68..<74: try createWatcher()
    case 74..<76: try cancelWatcher()
    case 76..<80:
      if !streams.isEmpty { try streams[number(0..<streams.count)].client.requestProgress() }
    default: try read()
    }
    if stepCount % 200 == 0 { checkCounts() }
  }

  /// Everybody reads until there is nothing more, and then has everything.
  mutating func finish() throws {
    node.publish()
    node.advance()
    for _ in 0..<200 {
      for place in streams.indices { try read(place, limit: .max) }
      node.run()
    }
    #expect(node.shard.counts.slowWatchers == 0, "seed \(seed)")
    for stream in streams {
      #expect(stream.pending.isEmpty)
      for (id, watcher) in stream.watchers where !watcher.isCompacted {
        #expect(watcher.hasAll(upTo: .max, in: model), "seed \(seed), watcher \(id)")
      }
    }
    checkCounts()
    for stream in streams { stream.client.close() }
    #expect(node.shard.index.count == 0)
    #expect(node.shard.counts.watchers == 0)
    #expect(node.faults.isEmpty)
  }

  private mutating func change() throws {
    var puts: [(key: Data, value: Data)] = []
    var deletes: [Data] = []
    switch number(0..<10) {
    case 0..<6: puts = [(key(), value())]
    case 6, 7: deletes = [key()]
    case 8:
      for _ in 0..<number(1..<12) {
        let key = key()
        if !puts.contains(where: { $0.key == key }) { puts.append((key, value())) }
      }
    default:
      let prefix = ["a", "b", "b/"][number(0..<3)]
      deletes = model.keys.filter { $0.starts(with: Data(prefix.utf8)) }
    }
    let operations =
      deletes.map { TransactionRequest.Operation.delete(DeleteRequest(KeyRange([UInt8]($0)))) }
      + puts.map { .put(PutRequest([UInt8]($0.key), [UInt8]($0.value))) }
    _ = try node.keyspace.apply(TransactionRequest(then: operations))
    model.apply(puts: puts, deletes: deletes)
    #expect(node.keyspace.currentRevision == model.revision)
    if chance(70) { node.publish() }
    if chance(30) { node.advance() }
  }

  private mutating func value() -> Data {
    Data(repeating: UInt8(number(0..<256)), count: chance(5) ? number(0..<600) : number(0..<30))
  }

  private mutating func compact() throws {
    let revision = model.revision - Int64(number(0..<40))
    guard revision > model.compactRevision, revision > 0 else { return }
    // The writer hands over what it has applied before it does anything else.
    node.publish()
    try node.keyspace.compact(to: revision)
    model.compactRevision = revision
  }

  private mutating func open() {
    guard streams.count < 8 else { return }
    let isSlow = chance(40)
    streams.append(Stream(client: node.client(window: isSlow ? 400 : .max), isSlow: isSlow))
  }

  private mutating func close() {
    guard !streams.isEmpty else { return }
    streams.remove(at: number(0..<streams.count)).client.close()
  }

  private mutating func createWatcher() throws {
    guard !streams.isEmpty else { return }
    let place = number(0..<streams.count)
    guard streams[place].watchers.count < 20 else { return }
    var request = Etcdserverpb_WatchCreateRequest()
    request.key = key()
    switch number(0..<6) {
    case 0: request.rangeEnd = Data([0])
    case 1: (request.key, request.rangeEnd) = (Data("a".utf8), Data("b".utf8))
    case 2: (request.key, request.rangeEnd) = (Data("b/".utf8), Data("b0".utf8))
    default: break
    }
    if chance(60) {
      request.startRevision = max(1, model.revision + Int64(number(-60..<10)))
    }
    request.prevKv = chance(50)
    request.fragment = chance(30)
    request.progressNotify = chance(30)
    if chance(10) { request.filters = [chance(50) ? .noput : .nodelete] }
    if chance(20) { request.watchID = Int64(number(1..<30)) }
    streams[place].pending.append(request)
    try streams[place].client.create { $0 = request }
  }

  private mutating func cancelWatcher() throws {
    guard !streams.isEmpty else { return }
    let place = number(0..<streams.count)
    let ids = streams[place].watchers.keys.sorted()
    guard let id = ids.randomElement(using: &generator) else { return }
    try streams[place].client.cancel(id)
  }

  private mutating func read() throws {
    guard !streams.isEmpty else { return }
    let place = number(0..<streams.count)
    if streams[place].isSlow, chance(70) { return }
    try read(place, limit: streams[place].isSlow ? number(1..<5) : .max)
  }

  private mutating func read(_ place: Int, limit: Int) throws {
    for response in try streams[place].client.read(limit: limit) {
      receive(response, at: place)
      if hasFailed { return }
    }
    // What waits is bounded: the window, one response beyond it, and answers to what was asked.
    #expect(streams[place].client.mostUnreadByteCount < 30_000 || !streams[place].isSlow)
  }

  private mutating func receive(_ response: Etcdserverpb_WatchResponse, at place: Int) {
    func fail(_ text: String) {
      Issue.record("seed \(seed), step \(stepCount), stream \(place): \(text): \(response)")
      hasFailed = true
    }
    let id = response.watchID
    if response.created {
      let request = streams[place].pending.removeFirst()
      if response.canceled {
        let isUsed = streams[place].watchers[request.watchID] != nil
        return isUsed && request.watchID != 0 ? () : fail("refused without a reason")
      }
      guard streams[place].watchers[id] == nil else { return fail("id given twice") }
      var watcher = ModelWatcher(request)
      watcher.create(at: response.header.revision)
      streams[place].watchers[id] = watcher
    } else if response.canceled {
      guard var watcher = streams[place].watchers[id] else { return fail("unknown watcher") }
      guard response.compactRevision != 0 else {
        streams[place].watchers[id] = nil
        return
      }
      guard response.header.revision == 0, response.compactRevision <= model.compactRevision,
        max(watcher.start, watcher.lastRevision) < response.compactRevision,
        !watcher.isCompacted
      else { return fail("cancelled without need") }
      watcher.isCompacted = true
      streams[place].watchers[id] = watcher
    } else if response.events.isEmpty {
      progressCount += 1
      let revision = response.header.revision
      for (other, watcher) in streams[place].watchers where id == -1 || id == other {
        if !watcher.hasAll(upTo: revision, in: model) { fail("\(other) lacks events") }
        if watcher.isCompacted { fail("\(other) is compacted") }
        if watcher.request.startRevision > revision { fail("\(other) begins later") }
      }
      guard revision >= streams[place].lastProgress || id != -1 else { return fail("goes back") }
      if id == -1 { streams[place].lastProgress = revision }
    } else {
      eventCount += response.events.count
      guard streams[place].watchers[id]?.receive(response, model) == true else {
        return fail("wrong events")
      }
    }
  }

  private func checkCounts() {
    let counts = node.shard.counts
    #expect(counts.streams == streams.count)
    #expect(counts.events >= eventCount)
  }
}
