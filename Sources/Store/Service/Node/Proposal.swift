internal import Apply
internal import EtcdMessages
internal import RPC

/// A request on its way into the log, with the way back.
struct Proposal: Sendable {
  /// What is asked for.
  let request: Etcdserverpb_InternalRaftRequest

  /// The same, as the log has it.
  let data: [UInt8]

  /// Where the answer is awaited; nil if nobody waits.
  let reply: Reply?

  /// The way back.
  struct Reply: Sendable {
    /// The loop that waits.
    let loop: NodeLoop

    /// Called there, once.
    let complete: @Sendable (Result<Applied, RPCStatus>) -> Void
  }
}

/// What has become of a request that is in the log.
struct Applied: Sendable {
  /// What was done.
  let answer: Applier.Answer

  /// The current revision behind it.
  let revision: Int64
}
