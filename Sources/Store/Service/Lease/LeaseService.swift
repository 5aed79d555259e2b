internal import Apply
internal import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import MVCC
internal import NIOCore
internal import RPC
internal import SwiftProtobuf

/// The service `etcdserverpb.Lease`.
///
/// Source: etcd 3.5, `server/etcdserver/api/v3rpc/lease.go`, `server/etcdserver/v3_server.go`.
struct LeaseService: Sendable {
  let node: Node

  /// Its methods by their paths.
  var methods: [String: RPCMethod] {
    [
      "/etcdserverpb.Lease/LeaseGrant": .unary(Etcdserverpb_LeaseGrantRequest.self, grant),
      "/etcdserverpb.Lease/LeaseRevoke": .unary(Etcdserverpb_LeaseRevokeRequest.self, revoke),
      "/etcdserverpb.Lease/LeaseTimeToLive": .unary(
        Etcdserverpb_LeaseTimeToLiveRequest.self,
        timeToLive
      ),
      "/etcdserverpb.Lease/LeaseLeases": .unary(Etcdserverpb_LeaseLeasesRequest.self, leases),
      "/etcdserverpb.Lease/LeaseKeepAlive": .stream { call in KeepAlive(call, node) },
    ]
  }

  /// How much the database grows by a lease, about (etcd `leaseOverhead`).
  private static let byteCost = 64

  private func grant(_ call: RPCCall, _ message: Etcdserverpb_LeaseGrantRequest) {
    guard node.hasRoom(for: LeaseService.byteCost, on: node.loop(of: call)) else {
      return call.fail(.noSpace)
    }
    guard
      let requester = call.admitted(by: { () throws(RPCStatus) in
        try node.admission.admitUser(call)
      })
    else { return }
    var request = Etcdserverpb_InternalRaftRequest()
    request.leaseGrant = message
    while request.leaseGrant.id == 0 {
      request.leaseGrant.id = Int64(bitPattern: node.ids.next() & (1 << 63 - 1))
    }
    node.answer(call, with: request, by: requester) { [node] applied in
      Etcdserverpb_LeaseGrantResponse.with {
        $0.header = node.header.message(revision: applied.revision)
        guard case .lease(let lease) = applied.answer else { return }
        $0.id = lease.id.rawValue
        $0.ttl = lease.ttlSeconds
      }
    }
  }

  private func revoke(_ call: RPCCall, _ message: Etcdserverpb_LeaseRevokeRequest) {
    let lease = LeaseID(rawValue: message.id)
    guard
      let requester = call.admitted(by: { () throws(RPCStatus) in
        try node.admission.admit(call, toRevoke: lease)
      })
    else { return }
    var request = Etcdserverpb_InternalRaftRequest()
    request.leaseRevoke = message
    node.answer(call, with: request, by: requester) { [node] applied in
      Etcdserverpb_LeaseRevokeResponse.with {
        $0.header = node.header.message(revision: applied.revision)
      }
    }
  }

  private func timeToLive(_ call: RPCCall, _ message: Etcdserverpb_LeaseTimeToLiveRequest) {
    let lease = LeaseID(rawValue: message.id)
    let keys = message.keys ? node.keyspace.keys(attachedTo: lease) : nil
    guard
      call.admitted(by: { () throws(RPCStatus) in
        try node.admission.admit(call, toSeeLeaseOf: keys)
      }) != nil
    else { return }
    var response = Etcdserverpb_LeaseTimeToLiveResponse()
    response.header = node.currentHeader
    response.id = message.id
    if let term = node.lessor.remaining(lease, now: .now) {
      response.ttl = term.rest.components.seconds
      response.grantedTtl = term.ttl.components.seconds
      response.keys = (keys ?? []).map { Data($0) }
    } else {
      response.ttl = -1
    }
    call.answer(response)
  }

  private func leases(_ call: RPCCall, _ message: Etcdserverpb_LeaseLeasesRequest) {
    guard
      call.admitted(by: { () throws(RPCStatus) in
        try node.admission.admitToSeeLeases(call)
      }) != nil
    else { return }
    var response = Etcdserverpb_LeaseLeasesResponse()
    response.header = node.currentHeader
    response.leases = node.lessor.inOrderOfEnd.map { lease in
      Etcdserverpb_LeaseStatus.with { $0.id = lease.rawValue }
    }
    call.answer(response)
  }
}

/// A client that keeps leases alive.
private final class KeepAlive: RPCStreamHandler {
  private let call: RPCCall
  private let node: Node

  init(_ call: RPCCall, _ node: Node) {
    self.call = call
    self.node = node
  }

  func receive(_ message: ByteBuffer) {
    guard let request: Etcdserverpb_LeaseKeepAliveRequest = call.read(message) else { return }
    let lease = LeaseID(rawValue: request.id)
    guard
      call.admitted(by: { () throws(RPCStatus) in
        try node.admission.admit(call, toKeepAlive: lease)
      }) != nil
    else { return }
    if let failure = node.status.failure { return call.fail(failure) }
    var response = Etcdserverpb_LeaseKeepAliveResponse()
    response.header = node.currentHeader
    response.id = request.id
    // A lease that is not there has no time left, which is no error.
    let renewal = node.lessor.renew(lease, now: .now)
    response.ttl = renewal?.ttlSeconds ?? 0
    guard let renewal, renewal.wasCheckpointed else {
      call.send(response)
      return
    }
    // Not answered before it is durable: after a start the lease would have less than was promised.
    var checkpoint = Etcdserverpb_InternalRaftRequest()
    checkpoint.leaseCheckpoint.checkpoints = [.with { $0.id = request.id }]
    let pending = NIOLoopBound((call, response), eventLoop: call.eventLoop)
    node.propose(checkpoint, on: node.loop(of: call)) { result in
      let (call, response) = pending.value
      switch result {
      case .success: call.send(response)
      case .failure(let status): call.fail(status)
      }
    }
  }

  func receiveEnd() { call.finish() }

  func cancel(_ reason: RPCCancellation) {}

  func becomeWritable() {}

  // There is one answer for each request.
  var receivesOnlyWhenWritable: Bool { true }
}
