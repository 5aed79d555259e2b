import NIOCore
import NIOHTTP1
import NIOPosix
import RPC

/// A server that does nothing but answer, for measurements with `h2load` and clients of gRPC.
///
///     benchmark-rpc [PORT [THREADS]]
@main
enum RPCBenchmark {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    let port = arguments.first ?? 2379
    let threads = arguments.dropFirst().first ?? System.coreCount
    let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
    let configuration = RPCConfiguration(listeners: [
      RPCListener(.tcp(host: "127.0.0.1", port: port))
    ])
    let server = RPCServer(configuration, methods: methods, group: group) { exchange in
      exchange.answer(.ok, body: ByteBuffer(string: "ok\n"))
    }
    let addresses = try await server.start()
    print("listening on \(addresses[0])")
    try await Task.sleep(for: .seconds(1_000_000))
  }

  /// A header: cluster 1, member 2, revision 3, term 4.
  private static let header: [UInt8] = [0x0a, 8, 0x08, 1, 0x10, 2, 0x18, 3, 0x20, 4]

  /// What etcd answers to a range: the header, one key with a value of 256 bytes, the count.
  private static let range: ByteBuffer = {
    let value = [0x2a, 0x80, 0x02] + [UInt8](repeating: UInt8(ascii: "x"), count: 256)
    let pair: [UInt8] = [0x0a, 1, UInt8(ascii: "k"), 0x10, 3, 0x18, 3, 0x20, 1] + value
    let kvs = [0x12, UInt8(pair.count & 0x7f) | 0x80, UInt8(pair.count >> 7)] + pair
    return ByteBuffer(bytes: header + kvs + [0x20, 1])
  }()

  private static let methods: [String: RPCMethod] = [
    "/etcdserverpb.KV/Range": .unary { call, _ in call.answer(range) },
    "/etcdserverpb.KV/Put": .unary { call, _ in
      Writer.shared.answer(call, ByteBuffer(bytes: header))
    },
    "/benchmark.Echo/Unary": .unary { call, message in call.answer(message) },
    "/benchmark.Echo/Elsewhere": .unary { call, message in Writer.shared.answer(call, message) },
    "/benchmark.Echo/Stream": .stream { Echo($0) },
  ]
}

/// One thread that all calls go through, as writes do.
private final class Writer: Sendable {
  static let shared = Writer()

  private let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()

  func answer(_ call: RPCCall, _ message: ByteBuffer) {
    let eventLoop = call.eventLoop
    let call = NIOLoopBound(call, eventLoop: eventLoop)
    loop.execute { eventLoop.execute { call.value.answer(message) } }
  }
}

/// Sends back what comes.
private final class Echo: RPCStreamHandler {
  private let call: RPCCall

  init(_ call: RPCCall) { self.call = call }

  func receive(_ message: ByteBuffer) { call.send(message) }

  func receiveEnd() { call.finish() }

  func cancel(_ reason: RPCCancellation) {}

  func becomeWritable() {}
}
