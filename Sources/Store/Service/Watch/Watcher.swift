/// One watch of a stream.
///
/// It belongs to its stream, and to the loop of that.
final class Watcher {
  /// How far it is.
  enum State: UInt8 {
    /// It has been sent all that its shard has delivered.
    case synced

    /// It is behind, and is sent what it lacks from the rows, from `nextRevision` on.
    case catchingUp

    /// It is behind, and its stream takes nothing at present.
    case waiting

    /// What it was to be sent is compacted, and it was told so. It keeps its id until it is
    /// cancelled, as in etcd.
    case compacted

    /// It was cancelled, or its stream is over.
    case ended
  }

  /// What was asked for.
  struct Options: OptionSet {
    let rawValue: UInt8
    static let withoutPuts = Options(rawValue: 1)
    static let withoutDeletes = Options(rawValue: 2)
    static let withPrevious = Options(rawValue: 4)
    static let withFragments = Options(rawValue: 8)
    static let withProgress = Options(rawValue: 16)

    /// It asked for a revision that had not been delivered yet.
    static let fromFuture = Options(rawValue: 32)
  }

  unowned(unsafe) let stream: WatchStream
  let target: WatchTarget

  /// Its name on the stream.
  let id: Int64

  /// The first revision that it has not been sent; if it is synced, that it wants at all.
  var nextRevision: Int64

  /// The watchers before and after it in the one list that it is in: of its target, or of its stream.
  unowned(unsafe) var previous: Watcher?
  unowned(unsafe) var next: Watcher?

  /// Its place among those of the shard that are catching up.
  var place: UInt32 = 0

  /// The first and the last of its matches in the pass under way; see ``WatchPass``.
  var firstMatch = WatchPass.none
  var lastMatch = WatchPass.none

  let options: Options
  var state: State

  /// Whether it was sent events since it was last told how far it is.
  var hadEvents = false

  init(
    _ id: Int64,
    of stream: WatchStream,
    on target: WatchTarget,
    from revision: Int64,
    _ options: Options,
    state: State
  ) {
    self.id = id
    self.stream = stream
    self.target = target
    nextRevision = revision
    self.options = options
    self.state = state
  }

  /// Whether it wants an event.
  @inline(__always)
  func admits(isTombstone: Bool) -> Bool {
    !options.contains(isTombstone ? .withoutDeletes : .withoutPuts)
  }
}

/// Watchers that are linked to each other; it owns none of them.
struct WatcherList {
  unowned(unsafe) private(set) var first: Watcher?

  /// Adds a watcher that is in no list.
  mutating func insert(_ watcher: Watcher) {
    watcher.previous = nil
    watcher.next = first
    first?.previous = watcher
    first = watcher
  }

  /// Takes out a watcher that is in this list.
  mutating func remove(_ watcher: Watcher) {
    if let previous = watcher.previous {
      previous.next = watcher.next
    } else {
      first = watcher.next
    }
    watcher.next?.previous = watcher.previous
    watcher.previous = nil
    watcher.next = nil
  }
}
