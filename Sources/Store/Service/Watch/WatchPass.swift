/// Some events of the keyspace, and who is to be sent which: what one visit of rows has found.
///
/// Events are not copied: their memory is that of the view whose rows were visited. The events of a
/// watcher are a chain of matches, in the order of their revisions.
struct WatchPass {
  /// No place.
  static let none = UInt32.max

  /// A change of a key.
  struct Event {
    /// What was there before.
    enum Previous {
      /// Nobody has looked yet.
      case unknown

      /// Nothing, or nothing any more.
      case absent

      /// This row.
      case row(UnsafeRawBufferPointer)
    }

    /// The row's value: the message `mvccpb.KeyValue`, which of a tombstone has a key only.
    let row: UnsafeRawBufferPointer
    let key: UnsafeRawBufferPointer

    /// Its main revision.
    let revision: Int64
    let isTombstone: Bool
    var previous: Previous
  }

  private struct Match {
    let event: UInt32
    var next: UInt32
  }

  private(set) var events: [Event] = []
  private var matches: [Match] = []

  /// The watchers that have events.
  private(set) var watchers: [Watcher] = []

  var matchCount: Int { matches.count }

  /// Adds an event, which is later than all that are there.
  ///
  /// - Returns: Its place.
  mutating func add(_ event: Event) -> UInt32 {
    events.append(event)
    return UInt32(events.count - 1)
  }

  /// Adds an event to those of a watcher.
  @inline(__always)
  mutating func add(_ event: UInt32, for watcher: Watcher) {
    // 4 billion matches would take 32 GiB: memory ends before.
    let place = UInt32(matches.count)
    matches.append(Match(event: event, next: WatchPass.none))
    if watcher.firstMatch == WatchPass.none {
      watcher.firstMatch = place
      watchers.append(watcher)
    } else {
      matches[Int(watcher.lastMatch)].next = place
    }
    watcher.lastMatch = place
  }

  /// The place of a match's event.
  @inline(__always)
  func event(of match: UInt32) -> Int { Int(matches[Int(match)].event) }

  /// The match after another one.
  @inline(__always)
  func next(after match: UInt32) -> UInt32 { matches[Int(match)].next }

  /// Notes what was there before an event.
  mutating func set(_ previous: Event.Previous, of event: Int) { events[event].previous = previous }

  /// Forgets everything.
  mutating func clear() {
    for watcher in watchers { watcher.firstMatch = WatchPass.none }
    // What a large pass took is given back.
    let isLarge = matches.count > 10_000
    events.removeAll(keepingCapacity: !isLarge)
    matches.removeAll(keepingCapacity: !isLarge)
    watchers.removeAll(keepingCapacity: !isLarge)
  }
}
