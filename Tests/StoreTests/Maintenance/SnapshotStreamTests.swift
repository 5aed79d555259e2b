import EtcdMessages
import Foundation
import MVCC
import NIOCore
import RPC
import TestSupport
import Testing

@testable import Store

@Suite struct SnapshotStreamTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func clientThatTakesNothingLosesTheCallAndThePages() throws {
    var options = Node.Options()
    options.snapshotStallTimeout = .milliseconds(50)
    let node = try TestNode(folder.path("data"), options)
    try node.propose { $0.put.key = Data("a".utf8) }
    let readerCount = node.node.keyspace.readerCount
    let loop = node.node.loops[0].eventLoop
    let sink = DeafSink(loop.makePromise())
    let running = node.node
    let handler = try loop.submit {
      let call = RPCCall(
        path: "/etcdserverpb.Maintenance/Snapshot",
        metadata: RPCMetadata([]),
        peer: RPCPeer(address: "test"),
        eventLoop: loop,
        sink: sink
      )
      let handler = SnapshotStream(call, running)
      handler.receive(ByteBuffer())
      return NIOLoopBound(handler, eventLoop: loop)
    }.wait()
    #expect(try sink.promise.futureResult.wait() == .stalledSnapshot)
    // It may send one piece before anybody is asked to wait.
    #expect(try loop.submit { sink.messageCount }.wait() == 1)
    // The thread lets go of the file soon after.
    let deadline = Date(timeIntervalSinceNow: 20)
    while node.node.keyspace.readerCount > readerCount, Date() < deadline { usleep(1000) }
    #expect(node.node.keyspace.readerCount <= readerCount)
    withExtendedLifetime(handler) {}
  }
}

/// Takes what it is sent, and says that there is no room for more.
private final class DeafSink: RPCCall.Sink, @unchecked Sendable {
  // Everything but the promise belongs to the loop.
  let promise: EventLoopPromise<RPCStatus>
  private(set) var messageCount = 0
  let isWritable = false

  init(_ promise: EventLoopPromise<RPCStatus>) { self.promise = promise }

  func send(_ message: ByteBuffer) { messageCount += 1 }

  func finish(_ status: RPCStatus) { promise.succeed(status) }
}
