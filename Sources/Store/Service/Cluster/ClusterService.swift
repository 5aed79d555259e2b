internal import EtcdMessages
internal import NIOCore
internal import RPC
internal import Snapshot
internal import SwiftProtobuf

/// The service `etcdserverpb.Cluster`, of a cluster that has one member and never gets another.
///
/// What etcd refuses is refused alike. A member that etcd would add is refused as well, since this
/// node does not replicate its log; and peer URLs that are none, which etcd takes in an update.
///
/// Source: etcd 3.5, `server/etcdserver/api/v3rpc/member.go`, `server/etcdserver/server.go`.
struct ClusterService: Sendable {
  let node: Node

  /// Its methods by their paths.
  var methods: [String: RPCMethod] {
    let service = "/etcdserverpb.Cluster/"
    return [
      service + "MemberList": .unary(Etcdserverpb_MemberListRequest.self, list),
      service + "MemberAdd": .unary(Etcdserverpb_MemberAddRequest.self, add),
      service + "MemberRemove": .unary(Etcdserverpb_MemberRemoveRequest.self, remove),
      service + "MemberUpdate": .unary(Etcdserverpb_MemberUpdateRequest.self, update),
      service + "MemberPromote": .unary(Etcdserverpb_MemberPromoteRequest.self, promote),
    ]
  }

  /// The list is the same whether it is to be linearizable or not: see ``Node``.
  private func list(_ call: RPCCall, _ request: Etcdserverpb_MemberListRequest) {
    let requester = call.admitted { () throws(RPCStatus) in
      try node.admission.admitUser(call)
    }
    guard requester != nil else { return }
    call.answer(
      Etcdserverpb_MemberListResponse.with {
        $0.header = header
        $0.members = [node.member]
      }
    )
  }

  private func add(_ call: RPCCall, _ request: Etcdserverpb_MemberAddRequest) {
    guard let urls = ClusterService.urls(request.peerUrls) else {
      return call.fail(.badMemberURLs)
    }
    guard isAdministrator(call) else { return }
    let known = Set(node.member.peerUrls)
    call.fail(urls.contains(where: known.contains) ? .peerURLExists : .servesAlone)
  }

  private func remove(_ call: RPCCall, _ request: Etcdserverpb_MemberRemoveRequest) {
    guard isAdministrator(call) else { return }
    call.fail(request.id == node.member.id ? .onlyMember : .memberNotFound)
  }

  private func promote(_ call: RPCCall, _ request: Etcdserverpb_MemberPromoteRequest) {
    guard isAdministrator(call) else { return }
    call.fail(request.id == node.member.id ? .memberNotLearner : .memberNotFound)
  }

  private func update(_ call: RPCCall, _ request: Etcdserverpb_MemberUpdateRequest) {
    guard isAdministrator(call) else { return }
    guard request.id == node.member.id else { return call.fail(.memberNotFound) }
    guard let urls = ClusterService.urls(request.peerUrls) else {
      return call.fail(.badMemberURLs)
    }
    let pending = NIOLoopBound(call, eventLoop: call.eventLoop)
    let loop = call.eventLoop
    let isTaken = node.writer.perform { [node] writer in
      let result: Result<Void, RPCStatus>
      do throws(RPCStatus) {
        try writer.updateMember(peerURLs: urls)
        result = .success(())
      } catch {
        result = .failure(error)
      }
      loop.execute {
        let call = pending.value
        switch result {
        case .failure(let status): call.fail(status)
        case .success:
          call.answer(
            Etcdserverpb_MemberUpdateResponse.with {
              $0.header = node.header.message(revision: 0)
              $0.members = [node.member]
            }
          )
        }
      }
    }
    if !isTaken { call.fail(.stopped) }
  }

  private func isAdministrator(_ call: RPCCall) -> Bool {
    call.admitted { () throws(RPCStatus) in try node.admission.admitAdministrator(call) } != nil
  }

  /// What etcd answers here has no revision.
  private var header: Etcdserverpb_ResponseHeader { node.header.message(revision: 0) }

  /// URLs as etcd writes them down; nil if there are none, or something else among them.
  private static func urls(_ texts: [String]) -> [String]? {
    let urls = texts.compactMap { try? PeerURL($0).text }
    return urls.isEmpty || urls.count != texts.count ? nil : urls
  }
}
