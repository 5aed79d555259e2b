internal import Apply
internal import EtcdMessages
internal import MVCC
internal import NIOCore
internal import RPC
internal import SwiftProtobuf

extension Node: LogProposer {
  var requestByteCount: Int { options.requestByteCount }

  func propose(
    _ request: Etcdserverpb_InternalRaftRequest,
    by requester: AuthStore.Requester,
    on loop: any EventLoop,
    _ complete: @escaping @Sendable (Result<Applier.Answer, RPCStatus>) -> Void
  ) {
    propose(request, by: requester, on: self.loop(of: loop)) { complete($0.map(\.answer)) }
  }

  /// Has a request applied and answers a call with a message of what comes of it.
  ///
  /// - Parameters:
  ///   - call: The call.
  ///   - request: The request.
  ///   - requester: Who asked.
  ///   - response: Makes the message, on the call's loop.
  func answer<Response: Message>(
    _ call: RPCCall,
    with request: Etcdserverpb_InternalRaftRequest,
    by requester: AuthStore.Requester,
    _ response: @escaping (Applied) -> Response
  ) {
    // The answer comes on the loop that the call belongs to.
    let pending = NIOLoopBound((call, response), eventLoop: call.eventLoop)
    propose(request, by: requester, on: loop(of: call)) { result in
      let (call, response) = pending.value
      switch result {
      case .failure(let status): call.fail(status)
      case .success(let applied): call.answer(response(applied))
      }
    }
  }

  /// The header of an answer, as of now.
  var currentHeader: Etcdserverpb_ResponseHeader {
    header.message(revision: keyspace.currentRevision)
  }
}
