import EtcdMessages
import Foundation
import MVCC
import Testing

/// Everything that has ever been written, kept as plainly as can be.
struct WatchModel {
  struct Event {
    var revision: Int64
    var key: [UInt8]
    var event: Mvccpb_Event
  }

  /// In the order of the revisions.
  private(set) var events: [Event] = []
  private(set) var revision: Int64 = 1
  var compactRevision: Int64 = -1
  private var live: [Data: Mvccpb_KeyValue] = [:]

  var keys: [Data] { live.keys.sorted { $0.lexicographicallyPrecedes($1) } }

  /// Puts and deletes at one revision.
  mutating func apply(puts: [(key: Data, value: Data)], deletes: [Data]) {
    let deletes = deletes.filter { live[$0] != nil }
    guard !puts.isEmpty || !deletes.isEmpty else { return }
    revision += 1
    for key in deletes {
      var event = Mvccpb_Event()
      event.type = .delete
      event.kv.key = key
      event.kv.modRevision = revision
      if let previous = live.removeValue(forKey: key) { event.prevKv = previous }
      events.append(Event(revision: revision, key: [UInt8](event.kv.key), event: event))
    }
    for put in puts {
      var event = Mvccpb_Event()
      event.kv.key = put.key
      event.kv.value = put.value
      event.kv.modRevision = revision
      event.kv.createRevision = live[put.key]?.createRevision ?? revision
      event.kv.version = (live[put.key]?.version ?? 0) + 1
      if let previous = live[put.key] { event.prevKv = previous }
      live[put.key] = event.kv
      events.append(Event(revision: revision, key: [UInt8](event.kv.key), event: event))
    }
  }
}

/// A watcher as it ought to be: it checks what it is sent.
struct ModelWatcher {
  var range: KeyRange
  var request: Etcdserverpb_WatchCreateRequest
  let filtersPuts: Bool
  let filtersDeletes: Bool
  var isCreated = false
  var isCompacted = false
  /// The first revision that it wants; known when it is created.
  private(set) var start: Int64 = 0
  /// The first event of the model that it has not been sent.
  private var place = 0
  private(set) var lastRevision: Int64 = 0
  private var isInFragments = false

  init(_ request: Etcdserverpb_WatchCreateRequest) {
    self.request = request
    filtersPuts = request.filters.contains(.noput)
    filtersDeletes = request.filters.contains(.nodelete)
    range = KeyRange(key: [UInt8](request.key), rangeEnd: [UInt8](request.rangeEnd))
  }

  mutating func create(at revision: Int64) {
    #expect(!isCreated)
    isCreated = true
    start = request.startRevision > 0 ? request.startRevision : revision + 1
  }

  /// The place of the next event that it is to be sent; the number of events if there is none.
  func nextPlace(in model: WatchModel) -> Int {
    var place = place
    while place < model.events.count, !wants(model.events[place]) { place += 1 }
    return place
  }

  private func wants(_ event: WatchModel.Event) -> Bool {
    guard event.revision >= start, range.contains(event.key) else { return false }
    return event.event.type == .put ? !filtersPuts : !filtersDeletes
  }

  /// Whether it has been sent everything up to a revision.
  func hasAll(upTo revision: Int64, in model: WatchModel) -> Bool {
    let place = nextPlace(in: model)
    return place == model.events.count || model.events[place].revision > revision
  }

  /// Checks a response with events.
  mutating func receive(_ response: Etcdserverpb_WatchResponse, _ model: WatchModel) -> Bool {
    guard isCreated, !isCompacted, let first = response.events.first else { return false }
    // The events of one revision come together, unless in fragments.
    guard isInFragments || first.kv.modRevision > lastRevision else { return false }
    isInFragments = response.fragment
    for event in response.events {
      place = nextPlace(in: model)
      guard place < model.events.count else { return false }
      var expected = model.events[place].event
      place += 1
      if !request.prevKv || (!event.hasPrevKv && event.kv.modRevision <= model.compactRevision) {
        expected.clearPrevKv()
      }
      guard event == expected else { return false }
      lastRevision = event.kv.modRevision
    }
    return response.header.revision >= lastRevision
  }
}
