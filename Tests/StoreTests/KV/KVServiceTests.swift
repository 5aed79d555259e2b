import EtcdMessages
import Foundation
import NIOCore
import RPC
import SwiftProtobuf
import TestSupport
import Testing

@testable import Store

/// Which of several things that are wrong with a request it is refused for: the first that etcd
/// looks at.
@Suite struct KVServiceTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func node(_ edit: (inout Node.Options) -> Void) throws -> TestNode {
    var options = Node.Options()
    edit(&options)
    return try TestNode(folder.path("data"), options)
  }

  /// Calls a method and waits for what it is refused for.
  private func refusal(
    _ node: TestNode,
    _ name: String,
    _ request: some Message,
    token: String? = nil
  ) throws -> RPCStatus? {
    let path = "/etcdserverpb.KV/\(name)"
    guard case .unary(let method) = KVService(node: node.node).methods[path] else { return nil }
    let loop = node.node.loops[0].eventLoop
    let promise = loop.makePromise(of: [UInt8].self)
    let bytes = ByteBuffer(bytes: try request.serializedBytes() as [UInt8])
    loop.execute {
      let call = RPCCall(
        path: path,
        metadata: RPCMetadata(token.map { [(name: "token", value: $0)] } ?? []),
        peer: RPCPeer(address: "test"),
        eventLoop: loop,
        sink: PromiseSink(promise)
      )
      method(call, bytes)
    }
    return #expect(throws: RPCStatus.self) { try promise.futureResult.wait() }
  }

  @Test func noRoomIsFoundBeforeWhatIsWrongWithARequest() throws {
    let node = try node { $0.quotaByteCount = 1 }
    let put = Etcdserverpb_PutRequest()
    #expect(try refusal(node, "Put", put) == .noSpace)
    let puts = Etcdserverpb_TxnRequest.with { $0.success = [.with { $0.requestPut = put }] }
    #expect(try refusal(node, "Txn", puts) == .noSpace)
    let deletes = Etcdserverpb_TxnRequest.with {
      $0.success = [.with { $0.requestDeleteRange = .init() }]
    }
    #expect(try refusal(node, "Txn", deletes) == .emptyKey)
  }

  @Test func whatIsTooLargeIsFoundBeforeWhoMayNot() throws {
    let node = try node { $0.requestByteCount = 1_000 }
    try node.propose {
      $0.authUserAdd.name = "root"
      $0.authUserAdd.options.noPassword = true
    }
    try node.propose {
      $0.authUserGrantRole.user = "root"
      $0.authUserGrantRole.role = "root"
    }
    try node.propose { $0.authEnable = .init() }
    var put = Etcdserverpb_PutRequest.with { $0.key = Data([1]) }
    #expect(try refusal(node, "Put", put) == .userEmpty)
    put.value = Data(count: 1_000)
    #expect(try refusal(node, "Put", put) == .requestTooLarge)
    #expect(try refusal(node, "Put", put, token: "none") == .invalidAuthToken)
    let puts = Etcdserverpb_TxnRequest.with { $0.success = [.with { $0.requestPut = put }] }
    #expect(try refusal(node, "Txn", puts) == .requestTooLarge)
    let delete = Etcdserverpb_DeleteRangeRequest.with { $0.key = put.value }
    #expect(try refusal(node, "DeleteRange", delete) == .requestTooLarge)
    // What only reads is not written to the log.
    let ranges = Etcdserverpb_TxnRequest.with {
      $0.success = [.with { $0.requestRange.key = put.value }]
    }
    #expect(try refusal(node, "Txn", ranges) == .userEmpty)
  }
}
