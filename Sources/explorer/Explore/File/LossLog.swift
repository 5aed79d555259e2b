internal import Synchronization

/// What was passed over because it is damaged.
///
/// Several threads may add to it.
final class LossLog: Sendable {
  /// How many losses are kept; the others are counted.
  private static let keptCount = 100

  private let log = Mutex((first: [SourceError](), count: 0))

  var found: (first: [SourceError], count: Int) { log.withLock { ($0.first, $0.count) } }

  func add(_ loss: SourceError) {
    log.withLock { log in
      log.count += 1
      if log.first.count < LossLog.keptCount, !log.first.contains(loss) { log.first.append(loss) }
    }
  }
}
