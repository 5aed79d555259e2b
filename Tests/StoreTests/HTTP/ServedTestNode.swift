import Foundation
import NIOCore
import NIOPosix
import RPC
import TestSupport

@testable import Store

/// A node that is served on a port of the loopback interface, in this process.
final class ServedTestNode {
  let node: Node
  let metrics: NodeMetrics
  let port: UInt16
  private let server: RPCServer
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
  private let pool = NIOThreadPool(numberOfThreads: 1)

  /// Starts a node.
  ///
  /// - Parameters:
  ///   - directory: Its data directory.
  ///   - options: What may be chosen of the node.
  ///   - http: What may be chosen of what is answered over HTTP.
  /// - Throws: What keeps it from starting.
  init(
    _ directory: String,
    _ options: Node.Options = Node.Options(),
    http: HTTPService.Options = HTTPService.Options()
  ) async throws {
    pool.start()
    var options = options
    options.store.clientURLs = ["http://127.0.0.1:2379"]
    node = try Node(
      DataDirectory(directory),
      options,
      loops: Array(group.makeIterator()),
      pool: pool,
      milliseconds: UInt64(Date().timeIntervalSince1970 * 1000),
      logger: { _ in }
    )
    let methods = node.methods
    let health = HealthService(of: node)
    let metrics = NodeMetrics(of: node, health: health)
    self.metrics = metrics
    let service = HTTPService(
      health: health,
      metrics: metrics,
      gateway: Gateway(to: methods, pool: pool),
      of: node,
      http
    )
    let server = RPCServer(
      RPCConfiguration(listeners: [RPCListener(.tcp(host: "127.0.0.1", port: 0))]),
      methods: methods,
      group: group,
      http: { service.handle($0) }
    )
    self.server = server
    metrics.setCalls { [weak server] in server?.methodCounts ?? [] }
    let addresses = try await server.start()
    port = UInt16(addresses.first?.port ?? 0)
  }

  /// Ends it and closes its files.
  func close() async {
    node.watches.stop()
    await server.close()
    node.close()
    try? await pool.shutdownGracefully()
    try? await group.shutdownGracefully()
  }

  /// Has something done with a node that is closed behind it.
  static func with(
    _ directory: String,
    _ options: Node.Options = Node.Options(),
    http: HTTPService.Options = HTTPService.Options(),
    _ body: (ServedTestNode) async throws -> Void
  ) async throws {
    let node = try await ServedTestNode(directory, options, http: http)
    do {
      try await body(node)
    } catch {
      await node.close()
      throw error
    }
    await node.close()
  }
}
