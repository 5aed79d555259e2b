internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Does what takes long enough to keep others waiting, beside the event loops: hashing and checking
/// passwords, signing.
///
/// Any number of threads hand it work; what it finds comes back on a loop.
final class PasswordWorker: Sendable {
  /// How much may wait: with the usual cost a core does some twenty a second, and whoever has waited
  /// for minutes is gone.
  static let waitingCount = 1024

  /// The cost of new passwords' hashes.
  let cost: Int

  private let pool: NIOThreadPool
  private let count = Atomic(0)

  /// A worker on a pool of threads, which is running.
  ///
  /// - Parameters:
  ///   - pool: The threads.
  ///   - cost: The cost of new hashes; the usual one is taken instead of one that cannot be.
  init(on pool: NIOThreadPool, cost: Int = Bcrypt.defaultCost) {
    self.pool = pool
    self.cost = Bcrypt.costs.contains(cost) ? cost : Bcrypt.defaultCost
  }

  /// Does something, and tells what came of it on a loop.
  ///
  /// - Parameters:
  ///   - loop: The loop.
  ///   - work: What is to be done.
  ///   - complete: Given what came of it; nothing if too much waits, or the threads have been stopped.
  func run<Result: Sendable>(
    backOn loop: any EventLoop,
    _ work: @escaping @Sendable () -> Result,
    _ complete: @escaping @Sendable (Result?) -> Void
  ) {
    guard count.add(1, ordering: .relaxed).newValue <= PasswordWorker.waitingCount else {
      count.subtract(1, ordering: .relaxed)
      return complete(nil)
    }
    pool.submit { state in
      let result = state == .active ? work() : nil
      self.count.subtract(1, ordering: .relaxed)
      loop.execute { complete(result) }
    }
  }
}
