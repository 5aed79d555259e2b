internal import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import NIOCore
internal import RPC
internal import SwiftProtobuf

/// The service `v3electionpb.Election`: whoever has the oldest key under a name leads.
///
/// Format: a candidate has a key `NAME/LEASE`, the lease in hexadecimal, whose value is what it
/// proclaims.
///
/// Source: etcd 3.5, `server/etcdserver/api/v3election/election.go`,
/// `client/v3/concurrency/election.go`.
struct ElectionService: Sendable {
  /// What it calls: the methods of KV, Lease and Watch.
  let inner: [String: RPCMethod]

  /// Its methods by their paths.
  var methods: [String: RPCMethod] {
    let service = "/v3electionpb.Election/"
    return [
      service + "Campaign": .unary(V3electionpb_CampaignRequest.self) { call, request in
        Campaign(call, InnerClient(inner, for: call), request).begin()
      },
      service + "Proclaim": .unary(V3electionpb_ProclaimRequest.self, proclaim),
      service + "Leader": .unary(V3electionpb_LeaderRequest.self, leader),
      service + "Observe": .stream { call in Observation(call, InnerClient(inner, for: call)) },
      service + "Resign": .unary(V3electionpb_ResignRequest.self, resign),
    ]
  }

  private func leader(_ call: RPCCall, _ message: V3electionpb_LeaderRequest) {
    InnerClient(inner, for: call).range(.firstOfPrefix(.prefix(of: message.name))) { result in
      switch result {
      case .failure(let status): call.fail(status.asInner)
      case .success(let response):
        guard let leader = response.kvs.first else { return call.fail(.electionNoLeader) }
        call.answer(
          V3electionpb_LeaderResponse.with {
            $0.header = response.header
            $0.kv = leader
          }
        )
      }
    }
  }

  private func proclaim(_ call: RPCCall, _ message: V3electionpb_ProclaimRequest) {
    guard message.hasLeader else { return call.fail(.leaderMissing) }
    let client = InnerClient(inner, for: call)
    let session = Session(message.leader.lease, client)
    session.open { result in
      switch result {
      case .failure(let status): call.fail(status.asInner)
      case .success(let lease):
        let request = Etcdserverpb_TxnRequest.proclaiming(
          message.value,
          by: message.leader.key,
          since: message.leader.rev,
          lease: lease
        )
        client.txn(request) { result in
          switch result {
          case .success(let response) where response.succeeded:
            call.answer(V3electionpb_ProclaimResponse.with { $0.header = response.header })
          case .success:
            session.close()
            call.fail(.electionNotLeader)
          case .failure(let status):
            session.close()
            call.fail(status.asInner)
          }
        }
      }
    }
  }

  private func resign(_ call: RPCCall, _ message: V3electionpb_ResignRequest) {
    guard message.hasLeader else { return call.fail(.leaderMissing) }
    let leader = message.leader
    let request = Etcdserverpb_TxnRequest.resigning(leader.key, since: leader.rev)
    InnerClient(inner, for: call).txn(request) { result in
      switch result {
      case .failure(let status): call.fail(status.asInner)
      // Somebody who does not lead has resigned.
      case .success(let response):
        call.answer(V3electionpb_ResignResponse.with { $0.header = response.header })
      }
    }
  }
}

extension Etcdserverpb_TxnRequest {
  /// Changes what a candidate proclaims, as long as it is one.
  static func proclaiming(
    _ value: Data,
    by key: Data,
    since revision: Int64,
    lease: Int64
  ) -> Etcdserverpb_TxnRequest {
    .with {
      $0.compare = [.isCreated(key, at: revision)]
      $0.success = [.put(key, value, lease: lease)]
    }
  }

  /// Takes a candidate away, if it is the same.
  static func resigning(_ key: Data, since revision: Int64) -> Etcdserverpb_TxnRequest {
    .with {
      $0.compare = [.isCreated(key, at: revision)]
      $0.success = [.delete(key)]
    }
  }
}
