import Apply
import EtcdMessages
import FileIO
import Foundation
import MVCC
import NIOCore
import NIOPosix
import RPC
import SwiftProtobuf

@testable import Store

/// A node without ports, asked from the test's own thread.
final class TestNode {
  private var opened: Node?
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let pool = NIOThreadPool(numberOfThreads: 1)

  init(
    _ directory: String,
    _ options: Node.Options = Node.Options(),
    in fileSystem: any FileSystem = LocalFileSystem(),
    onSlowApply: @escaping @Sendable (SlowApply) -> Void = { _ in }
  ) throws {
    pool.start()
    do {
      opened = try Node(
        DataDirectory(directory),
        options,
        loops: Array(group.makeIterator()),
        pool: pool,
        milliseconds: 1_700_000_000_000,
        in: fileSystem,
        logger: { _ in },
        onSlowApply: onSlowApply
      )
    } catch {
      try? pool.syncShutdownGracefully()
      try? group.syncShutdownGracefully()
      throw error
    }
  }

  deinit { close() }

  /// The node.
  var node: Node {
    guard let opened else { preconditionFailure("the node was closed") }
    return opened
  }

  /// Closes the files, so that another process or node may open them.
  func close() {
    guard let node = opened else { return }
    node.close()
    try? pool.syncShutdownGracefully()
    try? group.syncShutdownGracefully()
    opened = nil
  }

  /// Has a request applied.
  ///
  /// - Throws: The refusal.
  @discardableResult
  func propose(
    _ fill: (inout Etcdserverpb_InternalRaftRequest) -> Void
  ) throws -> Applied {
    var request = Etcdserverpb_InternalRaftRequest()
    fill(&request)
    let loop = node.loops[0]
    let promise = loop.eventLoop.makePromise(of: Applied.self)
    loop.eventLoop.execute { [node, request] in
      node.propose(request, on: loop) { promise.completeWith($0.mapError { $0 as any Error }) }
    }
    return try promise.futureResult.wait()
  }

  @discardableResult
  func put(_ key: String, _ value: String, lease: Int64 = 0) throws -> Int64 {
    try propose {
      $0.put.key = Data(key.utf8)
      $0.put.value = Data(value.utf8)
      $0.put.lease = lease
    }.revision
  }

  func get(_ key: String, at revision: Int64 = 0) throws -> String? {
    let range = RangeRequest(KeyRange(Array(key.utf8)), revision: revision)
    let rows = try node.keyspace.view().range(range).rows
    return rows.isEmpty ? nil : String(decoding: try rows[0].keyValue().value, as: UTF8.self)
  }
}
