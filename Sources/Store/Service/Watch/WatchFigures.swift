internal import NIOCore
internal import Synchronization

/// What the shards have counted, for threads that are not theirs.
///
/// Asking has the shards tell their counts anew, for the next time: who asks now and then sees what
/// was there when somebody asked before.
final class WatchFigures: Sendable {
  private let shards: [WatchShard]
  private let told: Mutex<[WatchCounts]>

  /// The counts of some shards.
  init(of shards: [WatchShard]) {
    self.shards = shards
    told = Mutex(Array(repeating: WatchCounts(), count: shards.count))
  }

  /// The counts of all shards together.
  var counts: WatchCounts {
    for (slot, shard) in shards.enumerated() {
      shard.eventLoop.execute { [self] in
        let counts = shard.counts
        told.withLock { $0[slot] = counts }
      }
    }
    return told.withLock { told in
      told.reduce(into: WatchCounts()) { sum, counts in
        sum.streams += counts.streams
        sum.watchers += counts.watchers
        sum.slowWatchers += counts.slowWatchers
        sum.events += counts.events
      }
    }
  }
}
