internal import EtcdMessages
internal import Logging
internal import MVCC
internal import NIOCore
internal import RPC

/// Compacts a node now and then.
///
/// It belongs to one event loop, on which its timer runs.
final class AutoCompactor: @unchecked Sendable {
  // The reason for @unchecked: all of it is used on the loop only.

  private let node: Node
  private let loop: NodeLoop
  private let logger: Logger
  private var schedule: AutoCompaction
  private var task: RepeatedTask?

  /// A compactor that begins when it is started.
  init(
    of node: Node,
    on loop: NodeLoop,
    keeping retention: AutoCompaction.Retention,
    _ logger: Logger
  ) {
    self.node = node
    self.loop = loop
    self.logger = logger
    schedule = AutoCompaction(keeping: retention, now: .now)
  }

  /// Begins.
  func start() {
    loop.eventLoop.execute { [self] in
      let interval = TimeAmount(schedule.interval)
      task = loop.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) {
        [self] _ in compactIfDue()
      }
    }
  }

  /// Ends.
  func stop() {
    loop.eventLoop.execute { [self] in
      task?.cancel()
      task = nil
    }
  }

  private func compactIfDue() {
    let current = node.keyspace.currentRevision
    guard let revision = schedule.compactRevision(now: .now, currentRevision: current) else {
      return
    }
    logger.info("starting auto compaction", metadata: ["revision": "\(revision)"])
    var request = Etcdserverpb_InternalRaftRequest()
    request.compaction.revision = revision
    node.propose(request, by: node.admission.node, on: loop) { [self] result in
      switch result {
      // Somebody else may have compacted further.
      case .success, .failure(.compacted):
        schedule.noteCompaction(to: revision, now: .now)
        logger.info("completed auto compaction", metadata: ["revision": "\(revision)"])
      case .failure(let status):
        logger.warning(
          "failed auto compaction",
          metadata: ["revision": "\(revision)", "error": "\(status.message)"]
        )
      }
    }
  }
}
