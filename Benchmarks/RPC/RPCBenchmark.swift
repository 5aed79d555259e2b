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

  /// What a range of one key answers: a header and a value of 256 bytes.
  private static let answer = ByteBuffer(repeating: 7, count: 320)

  private static let methods: [String: RPCMethod] = [
    "/etcdserverpb.KV/Range": .unary { call, _ in call.answer(answer) },
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
