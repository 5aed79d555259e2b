internal import Apply
internal import EtcdMessages
internal import NIOCore
internal import RPC

/// The way into the log, for services.
protocol LogProposer: AnyObject, Sendable {
  /// How large a request may be, in bytes.
  var requestByteCount: Int { get }

  /// Has a request written to the log and applied.
  ///
  /// - Parameters:
  ///   - request: The request; its header is filled by the proposer.
  ///   - requester: Who asks; goes into the header.
  ///   - loop: Where to answer.
  ///   - complete: Called on the loop, once the request has been applied and is durable, or refused.
  func propose(
    _ request: Etcdserverpb_InternalRaftRequest,
    by requester: AuthStore.Requester,
    on loop: any EventLoop,
    _ complete: @escaping @Sendable (Result<Applier.Answer, RPCStatus>) -> Void
  )
}
