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
    #expect(throws: RPCStatus.self) { try answer(node, name, request, token: token) }
  }

  /// Calls a method and waits for its answer.
  private func answer(
    _ node: TestNode,
    _ name: String,
    _ request: some Message,
    token: String? = nil
  ) throws -> [UInt8] {
    let path = "/etcdserverpb.KV/\(name)"
    guard case .unary(let method) = KVService(node: node.node).methods[path] else {
      throw RPCStatus(.unimplemented, path)
    }
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
    return try promise.futureResult.wait()
  }

  @Test func whatIsReadBesideTheLoopIsAnsweredAllTheSame() throws {
    let node = try node { _ in }
    let count = LargeRead.rowCount + 1
    try node.propose {
      $0.txn.success = (0..<count).map { number in
        .with {
          $0.requestPut.key = Data("key-\(100_000 + number)".utf8)
          $0.requestPut.value = Data("\(number * 7919 % count)".utf8)
        }
      }
    }
    let range = Etcdserverpb_RangeRequest.with {
      $0.key = Data([0])
      $0.rangeEnd = Data([0])
      $0.limit = 3
      $0.sortTarget = .value
      $0.sortOrder = .descend
    }
    let found = try Etcdserverpb_RangeResponse(
      serializedBytes: answer(node, "Range", range)
    )
    let values = (0..<count).map { "\($0)" }.sorted(by: >).prefix(3)
    #expect(found.kvs.map { String(decoding: $0.value, as: UTF8.self) } == Array(values))
    #expect(found.count == count)
    #expect(found.more)
    let transaction = Etcdserverpb_TxnRequest.with {
      $0.success = [.with { $0.requestRange = range }]
    }
    let read = try Etcdserverpb_TxnResponse(serializedBytes: answer(node, "Txn", transaction))
    #expect(read.responses.map(\.responseRange.kvs) == [found.kvs])
    #expect(read.header.revision == 2)
    // What is wrong with it is told too.
    var future = range
    future.revision = 99
    #expect(try refusal(node, "Range", future) == .futureRevision)
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
