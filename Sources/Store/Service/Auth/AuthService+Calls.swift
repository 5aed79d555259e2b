internal import Apply
internal import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import NIOCore
internal import RPC
internal import SwiftProtobuf

// From a call to its answer.
extension AuthService {
  /// A method that takes one message.
  func unary<Request: Message>(
    _ handle: @escaping @Sendable (AuthService, RPCCall, Request) -> Void
  ) -> RPCMethod {
    .unary { call, bytes in
      guard let request = try? Request(serializedBytes: Array(bytes.readableBytesView)) else {
        return call.fail(RPCStatus(.internal, "grpc: error unmarshalling request"))
      }
      handle(self, call, request)
    }
  }

  /// A method that only administrators may call, and that changes what the log says.
  ///
  /// - Parameters:
  ///   - fill: Puts the request into an entry.
  ///   - type: What is answered: a header and nothing else.
  /// - Returns: The method.
  func change<Request: Message, Response: HeaderOnly>(
    _ fill: @escaping @Sendable (inout Etcdserverpb_InternalRaftRequest, Request) -> Void,
    _ type: Response.Type
  ) -> RPCMethod {
    let respond = response(type)
    return unary { (service: AuthService, call, request: Request) in
      service.admitting(call) { () throws(RPCStatus) in
        let requester = try service.administrator(call, asking: request)
        var proposal = Etcdserverpb_InternalRaftRequest()
        fill(&proposal, request)
        service.propose(proposal, by: requester, call, respond)
      }
    }
  }

  /// The administrator who calls.
  ///
  /// etcd looks at permissions when it applies, after the request was too large for the log.
  func administrator(
    _ call: RPCCall,
    asking request: some Message
  ) throws(RPCStatus) -> AuthStore.Requester {
    do throws(RPCStatus) {
      return try admission.admitAdministrator(call)
    } catch {
      let bytes: [UInt8] = (try? request.serializedBytes()) ?? []
      guard error != .invalidAuthToken, bytes.count > proposer.requestByteCount else { throw error }
      throw .requestTooLarge
    }
  }

  /// Answers with a header and nothing else.
  func response<Response: HeaderOnly>(
    _ type: Response.Type
  ) -> @Sendable (AuthService, RPCCall, Applier.Answer) -> Void {
    { service, call, _ in
      service.answer(call) { () throws(RPCStatus) in
        var response = Response()
        response.header = service.header()
        return response
      }
    }
  }

  /// Calls something that may refuse a call.
  func admitting(_ call: RPCCall, _ body: () throws(RPCStatus) -> Void) {
    do throws(RPCStatus) {
      try body()
    } catch {
      call.fail(error)
    }
  }

  /// Answers a call.
  func answer(_ call: RPCCall, _ body: () throws(RPCStatus) -> some Message) {
    admitting(call) { () throws(RPCStatus) in
      let message = try body()
      // Every message of these can be serialized: it has no required fields.
      let bytes: [UInt8] = (try? message.serializedBytes()) ?? []
      call.answer(ByteBuffer(bytes: bytes))
    }
  }

  /// Has a request written to the log and applied, for a call.
  func propose(
    _ request: Etcdserverpb_InternalRaftRequest,
    by requester: AuthStore.Requester,
    _ call: RPCCall,
    _ respond: @escaping @Sendable (AuthService, RPCCall, Applier.Answer) -> Void
  ) {
    let loop = call.eventLoop
    let call = NIOLoopBound(call, eventLoop: loop)
    proposer.propose(request, by: requester, on: loop) { result in
      switch result {
      case .success(let answer): respond(self, call.value, answer)
      case .failure(let status): call.value.fail(status)
      }
    }
  }
}

/// An answer that has a header and nothing else.
protocol HeaderOnly: Message {
  var header: Etcdserverpb_ResponseHeader { get set }
}

extension Etcdserverpb_AuthEnableResponse: HeaderOnly {}
extension Etcdserverpb_AuthDisableResponse: HeaderOnly {}
extension Etcdserverpb_AuthUserAddResponse: HeaderOnly {}
extension Etcdserverpb_AuthUserDeleteResponse: HeaderOnly {}
extension Etcdserverpb_AuthUserChangePasswordResponse: HeaderOnly {}
extension Etcdserverpb_AuthUserGrantRoleResponse: HeaderOnly {}
extension Etcdserverpb_AuthUserRevokeRoleResponse: HeaderOnly {}
extension Etcdserverpb_AuthRoleAddResponse: HeaderOnly {}
extension Etcdserverpb_AuthRoleDeleteResponse: HeaderOnly {}
extension Etcdserverpb_AuthRoleGrantPermissionResponse: HeaderOnly {}
extension Etcdserverpb_AuthRoleRevokePermissionResponse: HeaderOnly {}
