/// A change of a key as watchers get it.
struct Event: Hashable, Sendable {
  /// The row after a put; of a deletion, only the key and the mod revision.
  var row: Row

  var isDeletion: Bool

  /// The row before; nil if there was none or it was not asked for.
  var previous: Row?
}

/// One response to a watcher.
struct WatchResponse: Sendable {
  /// How many times the watcher had to begin again before.
  var attempt: Int

  /// The revision in the header.
  var revision: Int64

  /// Whether the events go on in the next response.
  var isFragment = false

  /// The events; none if the response only tells how far the watcher is.
  var events: [Event]
}

/// What a watcher asked for and got, over all its attempts.
struct WatchRecord: Sendable {
  let keys: Keys
  let firstRevision: Int64
  var wantsPrevious = true
  var skipsPuts = false
  var skipsDeletions = false
  var responses: [WatchResponse] = []

  /// The revision of the last event that came.
  var lastRevision: Int64 {
    responses.last { !$0.events.isEmpty }?.events.last?.row.modRevision ?? 0
  }

  /// Whether an event is one of those that were asked for.
  func wants(_ event: Event) -> Bool {
    event.row.modRevision >= firstRevision && keys.contains(event.row.key)
      && !(event.isDeletion ? skipsDeletions : skipsPuts)
  }
}
