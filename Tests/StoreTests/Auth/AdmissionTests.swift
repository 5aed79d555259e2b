import EtcdMessages
import Foundation
import MVCC
import NIOCore
import NIOEmbedded
import RPC
import SwiftProtobuf
import TestSupport
import Testing

@testable import Apply
@testable import Store

/// Who makes a call, and what is told to who may not.
@Suite struct AdmissionTests {
  private let loop = EmbeddedEventLoop()

  /// Takes nothing.
  private final class Nowhere: RPCCall.Sink {
    let isWritable = true
    func send(_: ByteBuffer) {}
    func finish(_: RPCStatus) {}
  }

  private func call(
    _ metadata: [(name: String, value: String)] = [],
    certificateName: String? = nil
  ) -> RPCCall {
    RPCCall(
      path: "/test",
      metadata: RPCMetadata(metadata),
      peer: RPCPeer(address: "test", certificateName: certificateName),
      eventLoop: loop,
      sink: Nowhere()
    )
  }

  /// A node with the administrator root, and alice, who may read from `a` to `c`.
  private func node(trustsCertificates: Bool = false) throws -> (AuthNode, SimpleTokens) {
    let tokens = SimpleTokens()
    let node = try AuthNode(tokens: .simple(tokens), trustsCertificates: trustsCertificates)
    try node.apply { $0.authUserAdd.name = "root" }
    try node.apply {
      $0.authUserGrantRole.user = "root"
      $0.authUserGrantRole.role = "root"
    }
    try node.apply { $0.authRoleAdd.name = "r" }
    try node.apply {
      $0.authRoleGrantPermission.name = "r"
      $0.authRoleGrantPermission.perm.key = Data("a".utf8)
      $0.authRoleGrantPermission.perm.rangeEnd = Data("c".utf8)
    }
    try node.apply { $0.authUserAdd.name = "alice" }
    try node.apply {
      $0.authUserGrantRole.user = "alice"
      $0.authUserGrantRole.role = "r"
    }
    tokens.assign("root.1", to: "root")
    tokens.assign("alice.1", to: "alice")
    return (node, tokens)
  }

  private func refusal(_ body: () throws -> Void) -> RPCStatus? {
    do { try body() } catch { return error as? RPCStatus }
    return nil
  }

  @Test func whileItIsOffEverybodyMayEverything() throws {
    let (node, _) = try node()
    for call in [call(), call([("token", "nobodys.1")]), call(certificateName: "alice")] {
      #expect(try node.admission.admitAdministrator(call).isNobody)
      #expect(try node.admission.admit(call, toRange: .with { $0.key = Data("z".utf8) }).isNobody)
    }
    #expect(node.admission.node.isNobody)
  }

  @Test func tokensComeBeforeCertificates() throws {
    let (node, _) = try node(trustsCertificates: true)
    try node.apply { $0.authEnable = .init() }
    func name(
      _ metadata: [(name: String, value: String)],
      _ certificateName: String? = nil
    ) throws -> String {
      try node.admission.admitUser(call(metadata, certificateName: certificateName)).name
    }
    #expect(try name([("token", "root.1")], "alice") == "root")
    #expect(try name([("token", "alice.1"), ("authorization", "root.1")]) == "alice")
    #expect(try name([("authorization", "root.1")]) == "root")
    #expect(try name([("authorization", "Bearer root.1")]) == "root")
    #expect(try name([], "alice") == "alice")
    // A certificate is no way around a token that is worth nothing.
    #expect(refusal { _ = try name([("token", "x.1")], "root") } == .invalidAuthToken)
    #expect(refusal { _ = try name([("token", "")], "root") } == .invalidAuthToken)
    #expect(refusal { _ = try name([("authorization", "bearer root.1")]) } == .invalidAuthToken)
    // The gateway shows the node's own certificate.
    let gateway = [(name: "grpcgateway-accept", value: "*/*")]
    #expect(refusal { _ = try name(gateway, "root") } == .userEmpty)
    #expect(try name(gateway + [("authorization", "alice.1")], "root") == "alice")
    #expect(refusal { _ = try name([]) } == .userEmpty)
  }

  @Test func certificatesCountOnlyWhereTheyAreTrusted() throws {
    let (node, _) = try node()
    try node.apply { $0.authEnable = .init() }
    let call = call(certificateName: "root")
    #expect(refusal { _ = try node.admission.admitUser(call) } == .userEmpty)
  }

  @Test func watchesAreToldOneOfFourReasons() throws {
    let (node, _) = try node()
    try node.apply { $0.authEnable = .init() }
    func reason(_ token: String?, _ key: String, _ end: String = "") -> String? {
      let call = call(token.map { [("token", $0)] } ?? [])
      return refusal {
        try node.admission.admit(call, toWatch: Array(key.utf8), Array(end.utf8))
      }?.cancelReason
    }
    #expect(reason("alice.1", "a", "c") == nil)
    #expect(
      reason("alice.1", "a", "d")
        == "rpc error: code = PermissionDenied desc = etcdserver: permission denied"
    )
    #expect(
      reason(nil, "a") == "rpc error: code = InvalidArgument desc = etcdserver: user name is empty"
    )
    #expect(
      reason("x.1", "a")
        == "rpc error: code = Unauthenticated desc = etcdserver: invalid auth token"
    )
    #expect(
      RPCStatus.authRevisionOld.cancelReason
        == "rpc error: code = InvalidArgument desc = etcdserver: revision of auth store is old"
    )
  }

  @Test func whatWasReadBeforeAChangeIsNotTold() throws {
    let (node, _) = try node()
    try node.apply { $0.authEnable = .init() }
    let range = Etcdserverpb_RangeRequest.with { $0.key = Data("a".utf8) }
    let requester = try node.admission.admit(call([("token", "alice.1")]), toRange: range)
    try node.admission.confirm(requester)
    try node.apply(by: node.admission.node) { $0.authRoleDelete.role = "r" }
    #expect(refusal { try node.admission.confirm(requester) } == .authRevisionOld)
    #expect(
      refusal { _ = try node.admission.admit(call([("token", "alice.1")]), toRange: range) }
        == .permissionDenied
    )
  }

  @Test func theNodeItselfEndsLeases() throws {
    let (node, _) = try node()
    try node.apply { $0.leaseGrant.id = 7 }
    try node.apply {
      $0.put.key = Data("z".utf8)
      $0.put.lease = 7
    }
    try node.apply { $0.authEnable = .init() }
    let revoke: (inout Etcdserverpb_InternalRaftRequest) -> Void = { $0.leaseRevoke.id = 7 }
    #expect(refusal { try node.apply(revoke) } == .userEmpty)
    try node.apply(by: node.admission.node, revoke)
    #expect(node.keyspace.keyCount == 0)
  }
}

extension AuthNode {
  /// Applies a request.
  func apply(
    by requester: AuthStore.Requester = .init(),
    _ fill: (inout Etcdserverpb_InternalRaftRequest) -> Void
  ) throws {
    var request = Etcdserverpb_InternalRaftRequest()
    fill(&request)
    _ = try writer.apply(request, by: requester)
  }
}
