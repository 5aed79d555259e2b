private import Foundation
private import Glibc

/// One cluster for all tests that need any, which they use one after the other.
public enum SharedCluster {
  /// Gives the cluster to the caller alone; afterwards all its members run and serve again.
  ///
  /// Whoever needs keys gives them names that nobody else has: they stay.
  ///
  /// - Parameters:
  ///   - version: The release of etcd; the newest on this machine if nil.
  ///   - body: What uses it.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, or that there is no cluster.
  public static func use<Result: Sendable>(
    _ version: EtcdVersion? = nil,
    _ body: @Sendable (Cluster) async throws -> Result
  ) async throws -> Result {
    let version = version ?? EtcdVersion.installed.last ?? .v34
    await turns.take()
    do {
      let cluster = try clusters.get(version)
      let result = try await body(cluster)
      try cluster.heal()
      await turns.give()
      return result
    } catch {
      clusters.remove(version)
      await turns.give()
      throw error
    }
  }

  private static let turns = Turns()
  private static let clusters = Clusters()

  /// Who comes first, is first.
  private actor Turns {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func take() async {
      guard isTaken else {
        isTaken = true
        return
      }
      await withCheckedContinuation { waiting.append($0) }
    }

    func give() {
      if waiting.isEmpty {
        isTaken = false
      } else {
        waiting.removeFirst().resume()
      }
    }
  }

  /// Those that were started, until the process ends.
  private final class Clusters: @unchecked Sendable {
    // Only ever touched with the lock held.
    private var started: [EtcdVersion: Cluster] = [:]
    private let lock = NSLock()

    init() {
      // What is static is never let go: the folders would stay.
      atexit { SharedCluster.clusters.removeAll() }
    }

    func get(_ version: EtcdVersion) throws -> Cluster {
      if let cluster = lock.withLock({ started[version] }) { return cluster }
      let cluster = try Cluster.start(version)
      lock.withLock { started[version] = cluster }
      return cluster
    }

    func remove(_ version: EtcdVersion) {
      // Let go behind the lock: it takes a while.
      _ = lock.withLock { started.removeValue(forKey: version) }
    }

    func removeAll() {
      let all = lock.withLock {
        defer { started = [:] }
        return started
      }
      for member in all.values.flatMap(\.members) { member.kill() }
    }
  }
}
