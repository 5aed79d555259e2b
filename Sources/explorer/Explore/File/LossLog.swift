internal import Synchronization

/// What was passed over because it is damaged.
///
/// Several threads may add to it, and what is met again is no other loss.
final class LossLog: Sendable {
  /// How many losses are kept; the others are counted.
  private static let keptCount = 100

  /// How many losses are told apart.
  private static let knownCount = 100_000

  private struct State {
    var first: [SourceError] = []
    var count = 0
    /// Hashes of what the losses say.
    var known: Set<Int> = []
  }

  private let state = Mutex(State())

  /// The first losses, and how many there are.
  var found: (first: [SourceError], count: Int) { state.withLock { ($0.first, $0.count) } }

  func add(_ loss: SourceError) {
    let hash = loss.description.hashValue
    state.withLock { state in
      if state.known.count < LossLog.knownCount {
        guard state.known.insert(hash).inserted else { return }
      }
      state.count += 1
      if state.first.count < LossLog.keptCount { state.first.append(loss) }
    }
  }
}
