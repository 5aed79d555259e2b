import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import RPC

/// A server with a few methods, on a free port, for one test.
final class TestServer: Sendable {
  let server: RPCServer
  let addresses: [SocketAddress]
  let log: Recorder<RPCLogLine>

  /// What lets the method `Later` answer.
  let release: Recorder<String>

  /// What handlers saw: `cancel connectionLost`, `end`, `drain` and so on.
  let events: Recorder<String>

  /// Where the connections' loops run.
  static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

  init(
    listeners: [RPCListener] = [RPCListener(.tcp(host: "127.0.0.1", port: 0))],
    group: any EventLoopGroup = TestServer.group,
    _ change: (inout RPCConfiguration) -> Void = { _ in }
  ) async throws {
    let log = Recorder<RPCLogLine>()
    let events = Recorder<String>()
    let release = Recorder<String>()
    var configuration = RPCConfiguration(listeners: listeners)
    configuration.log = { log.append($0) }
    change(&configuration)
    server = RPCServer(
      configuration,
      methods: TestMethods.table(events, release),
      group: group,
      http: { TestMethods.answer($0, events) }
    )
    self.log = log
    self.events = events
    self.release = release
    addresses = try await server.start()
  }

  /// Runs a test with a server, and closes it.
  ///
  /// The test waits for sockets, which must not hold up the few threads that asynchronous code has.
  static func with<Result: Sendable>(
    listeners: [RPCListener] = [RPCListener(.tcp(host: "127.0.0.1", port: 0))],
    group: any EventLoopGroup = TestServer.group,
    _ change: (inout RPCConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (TestServer) throws -> Result
  ) async throws -> Result {
    let server = try await TestServer(listeners: listeners, group: group, change)
    let result = await withTaskExecutorPreference(BlockingExecutor.shared) {
      Swift.Result { try body(server) }
    }
    await server.server.close()
    return try result.get()
  }

  /// Begins to shut down.
  ///
  /// - Returns: Waits for the end of that.
  func shutDown(grace: TimeAmount) -> () -> Void {
    let end = DispatchSemaphore(value: 0)
    Task {
      await server.shutDown(grace: grace)
      end.signal()
    }
    return { end.wait() }
  }

  /// The port of the first listener.
  var port: Int { addresses[0].port ?? 0 }

  /// A connection to the first listener.
  func connect() throws -> Wire { try Wire(addresses[0]) }

  /// A client of HTTP/2 on a connection of its own.
  func client(settings: [(Int, Int)] = []) throws -> FrameClient {
    FrameClient(try connect(), settings: settings)
  }
}

/// Threads for code that waits.
final class BlockingExecutor: TaskExecutor {
  static let shared = BlockingExecutor()

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    // Queues share a few threads with asynchronous code.
    Thread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }.start()
  }
}

/// Things in the order in which they happened, on any threads.
final class Recorder<Element: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var elements: [Element] = []

  func append(_ element: Element) {
    condition.withLock {
      elements.append(element)
      condition.broadcast()
    }
  }

  var all: [Element] { condition.withLock { elements } }

  /// Waits until something has happened.
  func wait(
    within seconds: Double = 10,
    for matches: (Element) -> Bool
  ) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    defer { condition.unlock() }
    while !elements.contains(where: matches) {
      if !condition.wait(until: deadline) { return false }
    }
    return true
  }
}

extension Recorder {
  /// Waits until so many things of a kind have happened.
  func wait(
    count: Int,
    within seconds: Double = 10,
    of matches: (Element) -> Bool = { _ in true }
  ) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    defer { condition.unlock() }
    while elements.count(where: matches) < count {
      if !condition.wait(until: deadline) { return false }
    }
    return true
  }
}

extension Recorder where Element == String {
  /// Waits until that was recorded.
  func wait(for element: String, within seconds: Double = 10) -> Bool {
    wait(within: seconds) { $0 == element }
  }
}

/// The methods of the servers of tests.
enum TestMethods {
  static func table(
    _ events: Recorder<String>,
    _ release: Recorder<String>
  ) -> [String: RPCMethod] {
    [
      // Answers what was sent.
      "/test.Echo/Unary": .unary { call, message in call.answer(message) },
      // The same, from another thread.
      "/test.Echo/Elsewhere": .unary { call, message in
        // A call belongs to its loop; only that loop looks into the box.
        let box = NIOLoopBound(call, eventLoop: call.eventLoop)
        let eventLoop = call.eventLoop
        Thread { eventLoop.execute { box.value.answer(message) } }.start()
      },
      // Answers when the test says so.
      "/test.Echo/Later": .unary { call, message in
        let box = NIOLoopBound(call, eventLoop: call.eventLoop)
        let eventLoop = call.eventLoop
        events.append("later")
        Thread {
          _ = release.wait(count: 1)
          eventLoop.execute {
            box.value.answer(message)
            events.append("answered")
          }
        }.start()
      },
      // Answers a byte as often as the message says, in decimal digits.
      "/test.Echo/Bytes": .unary { call, message in
        call.answer(ByteBuffer(repeating: 7, count: Int(String(buffer: message)) ?? 0))
      },
      // The same in pieces, of which one fails if an `f` follows.
      "/test.Echo/Pieces": .unary { call, message in
        let text = String(buffer: message)
        let count = Int(text.filter(\.isNumber)) ?? 0
        call.answer(NumberedPieces(count, fails: text.hasSuffix("f"), events))
      },
      // Answers every message with itself, but takes them only while answers go out.
      "/test.Echo/Paced": .stream { PacedHandler($0, events) },
      // Fails with the text that was sent.
      "/test.Echo/Fail": .unary { call, message in
        call.fail(RPCStatus(.failedPrecondition, String(buffer: message)))
      },
      // Answers who asks, and the value of the metadata that the message names.
      "/test.Echo/Who": .unary { call, message in
        let name = call.peer.certificateName ?? "-"
        let value = call.metadata[String(buffer: message)] ?? "-"
        call.answer(ByteBuffer(string: "\(name) \(value)"))
      },
      // Never answers.
      "/test.Echo/Wait": .unary { call, _ in
        events.append("wait")
        call.onCancel = { events.append("cancel \($0)") }
      },
      // Answers every message with itself, and ends when the client does.
      "/test.Echo/Stream": .stream { EchoHandler($0, events) },
      // Sends pieces for as long as it may.
      "/test.Echo/Flood": .stream { FloodHandler($0, events) },
      // The same, but nothing while anything waits.
      "/test.Echo/Trickle": .stream { FloodHandler($0, events, untilIdle: true) },
      // Ends at once, before the client has.
      "/test.Echo/Refuse": .stream { call in
        call.fail(RPCStatus(.unavailable, "no leader"))
        return SilentHandler()
      },
    ]
  }

  /// Plain HTTP: `/echo` answers the body, `/stream` in pieces without a length, `/fail` nothing.
  static func answer(_ exchange: any HTTPExchange, _ events: Recorder<String>) {
    let request = exchange.request
    switch request.path {
    case "/echo": exchange.answer(.ok, ["content-type": "text/plain"], body: request.body)
    case "/query":
      let text = request.query.map { "\($0.name)=\($0.value)\n" }.joined()
      exchange.answer(.ok, body: ByteBuffer(string: text))
    case "/stream":
      exchange.begin(.ok, [:])
      for piece in ["one ", "two ", "three"] { exchange.send(ByteBuffer(string: piece)) }
      exchange.end()
    case "/wait":
      events.append("wait")
      exchange.onCancel = { events.append("cancel exchange") }
    case "/bytes":
      let count = Int(request.query.first?.value ?? "") ?? 0
      exchange.answer(.ok, body: ByteBuffer(repeating: 7, count: count))
    case "/fail": exchange.end()
    default: exchange.answer(.notFound, body: ByteBuffer(string: "404 page not found\n"))
    }
  }
}

/// Bytes that count from 0 on, in pieces.
final class NumberedPieces: RPCPieces {
  static let pieceByteCount = 50_000

  let byteCount: Int
  private let fails: Bool
  private let events: Recorder<String>
  private var made = 0

  init(_ byteCount: Int, fails: Bool, _ events: Recorder<String>) {
    self.byteCount = byteCount
    self.fails = fails
    self.events = events
  }

  deinit { events.append("released") }

  func writePiece(to buffer: inout ByteBuffer) throws(RPCStatus) {
    events.append("piece")
    let end = min(byteCount, made + Self.pieceByteCount)
    if fails, end == byteCount { throw RPCStatus(.dataLoss, "the last piece is missing") }
    buffer.writeBytes((made..<end).map { UInt8(truncatingIfNeeded: $0) })
    made = end
  }
}

/// Sends back what comes, as fast as that is taken.
final class PacedHandler: RPCStreamHandler {
  private let call: RPCCall
  private let events: Recorder<String>

  init(_ call: RPCCall, _ events: Recorder<String>) {
    self.call = call
    self.events = events
  }

  var receivesOnlyWhenWritable: Bool { true }

  func receive(_ message: ByteBuffer) {
    events.append("message")
    call.send(message)
  }

  func receiveEnd() {
    events.append("end")
    call.finish()
  }

  func cancel(_ reason: RPCCancellation) { events.append("cancel \(reason)") }

  func becomeWritable() {}
}

/// Sends back what comes.
final class EchoHandler: RPCStreamHandler {
  private let call: RPCCall
  private let events: Recorder<String>

  init(_ call: RPCCall, _ events: Recorder<String>) {
    self.call = call
    self.events = events
  }

  func receive(_ message: ByteBuffer) { call.send(message) }

  func receiveEnd() {
    events.append("end")
    call.finish()
  }

  func cancel(_ reason: RPCCancellation) { events.append("cancel \(reason)") }

  func becomeWritable() {}

  func drain() { events.append("drain") }
}

/// Sends 16 KiB pieces while it may, until it has sent as many as the first message says.
final class FloodHandler: RPCStreamHandler {
  private let call: RPCCall
  private let events: Recorder<String>
  private var left = 0
  private var unwritableCount = 0
  private let untilIdle: Bool

  init(_ call: RPCCall, _ events: Recorder<String>, untilIdle: Bool = false) {
    self.call = call
    self.events = events
    self.untilIdle = untilIdle
  }

  func receive(_ message: ByteBuffer) {
    left = Int(String(buffer: message)) ?? 0
    becomeWritable()
  }

  func receiveEnd() {}

  func cancel(_ reason: RPCCancellation) {
    events.append("cancel \(reason) left \(left)")
  }

  func becomeWritable() {
    while left > 0, untilIdle ? call.isIdle : call.isWritable {
      left -= 1
      call.send(ByteBuffer(repeating: 9, count: 16_384))
    }
    if left == 0 {
      call.finish()
    } else {
      unwritableCount += 1
      events.append("full")
    }
  }
}

/// Does nothing.
final class SilentHandler: RPCStreamHandler {
  func receive(_ message: ByteBuffer) {}
  func receiveEnd() {}
  func cancel(_ reason: RPCCancellation) {}
  func becomeWritable() {}
}
