import Foundation
import NIOCore
import NIOSSL
import TestSupport

/// `explorer serve` in a process of its own, and what that takes of the machine.
final class LoadedNode: Sendable {
  private let process: ChildProcess
  private let folder: TemporaryFolder
  let port: UInt16

  /// What keeps a node from being tested.
  struct Failure: Error {
    let text: String
  }

  private init(_ arguments: [String], scheme: String, openFileLimit: Int?) throws {
    folder = try TemporaryFolder()
    let ports = try Loopback.freePorts(2)
    port = ports[0]
    let peer = "http://127.0.0.1:\(ports[1])"
    let prefix = openFileLimit.map { ["--nofile=\($0)", Program.explorer] } ?? []
    process = try ChildProcess(
      openFileLimit == nil ? Program.explorer : "/usr/bin/prlimit",
      prefix + [
        "serve", "--data-dir", folder.path("data"), "--unsafe-no-fsync",
        "--listen-client-urls", "\(scheme)://127.0.0.1:\(port)",
        "--advertise-client-urls", "\(scheme)://127.0.0.1:\(port)",
        "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
        "--initial-cluster", "default=\(peer)",
        // How long things take on a busy machine is no complaint.
        "--warning-unary-request-duration", "1h", "--warning-apply-duration", "1h",
      ] + arguments,
      output: folder.path("log")
    )
    for _ in 0..<2_000 where process.isRunning {
      if Loopback.isListening(process.id, on: port) { return }
      usleep(5_000)
    }
    throw Failure(text: "not serving: \(log.suffix(500))")
  }

  /// Runs a test with a node.
  ///
  /// The test waits for sockets, which must not hold up the few threads that asynchronous code has.
  ///
  /// - Parameters:
  ///   - arguments: What is added to the command line.
  ///   - scheme: What clients speak.
  ///   - openFileLimit: How many files it may open, if not as many as others.
  ///   - body: The test.
  /// - Throws: What keeps the node from serving, or what the test throws.
  static func with(
    _ arguments: [String] = [],
    scheme: String = "http",
    openFileLimit: Int? = nil,
    _ body: @escaping @Sendable (LoadedNode) throws -> Void
  ) async throws {
    let result = await withTaskExecutorPreference(BlockingExecutor.shared) {
      Result { try body(try LoadedNode(arguments, scheme: scheme, openFileLimit: openFileLimit)) }
    }
    try result.get()
  }

  private var address: SocketAddress {
    get throws { try SocketAddress(ipAddress: "127.0.0.1", port: Int(port)) }
  }

  /// A connection.
  func connect(tls: TLSConfiguration? = nil) throws -> Wire {
    try Wire(address, tls: tls, serverName: tls == nil ? nil : "localhost")
  }

  /// A client of HTTP/2 on a connection of its own.
  func client(settings: [(Int, Int)] = []) throws -> FrameClient {
    FrameClient(try connect(), settings: settings)
  }

  // MARK: What is left of faults

  var log: String {
    String(
      decoding: FileManager.default.contents(atPath: folder.path("log")) ?? Data(),
      as: UTF8.self
    )
  }

  /// The lines of the log that somebody should look at, but for the one about missing encryption.
  var complaints: [String] {
    log.split(separator: "\n").map(String.init).filter { line in
      ["warn", "error", "fatal"].contains { line.contains("\"level\":\"\($0)\"") }
        && !line.contains("insecure")
    }
  }

  /// A number of the process's status, such as `RssAnon`, in KiB.
  ///
  /// Memory of its own is what counts: pages of the database are the system's to take back.
  func status(_ name: String) -> Int {
    let text = try? String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8)
    let line = text?.split(separator: "\n").first { $0.hasPrefix("\(name):") }
    return line.flatMap { Int($0.split(separator: "\t").last?.split(separator: " ").first ?? "") }
      ?? 0
  }

  /// Memory of its own, in bytes.
  var memory: Int { status("RssAnon") << 10 }

  var descriptorCount: Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.id)/fd").count) ?? 0
  }

  /// How much processor time it has used, in hundredths of a second.
  var processorTime: Int {
    let text = try? String(contentsOfFile: "/proc/\(process.id)/stat", encoding: .utf8)
    let fields = text?.split(separator: " ") ?? []
    return fields.count > 14 ? (Int(fields[13]) ?? 0) + (Int(fields[14]) ?? 0) : 0
  }

  /// How many there are when no connection is on its way any more.
  var settledDescriptorCount: Int {
    var (count, quietCount) = (descriptorCount, 0)
    while quietCount < 20 {
      usleep(10_000)
      quietCount = descriptorCount == count ? quietCount + 1 : 0
      count = descriptorCount
    }
    return count
  }

  var isRunning: Bool { process.isRunning }

  /// Waits until something holds.
  func comes(within seconds: Double = 10, _ condition: () -> Bool) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while !condition() {
      if Date() > deadline { return false }
      usleep(10_000)
    }
    return true
  }

  /// A number that the node tells of itself.
  func metric(_ name: String) throws -> Double? {
    let answer = try Loopback.request(port, "GET", "/metrics")
    let text = String(decoding: answer.body, as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
    return line.flatMap { Double($0.dropFirst(name.count + 1)) }
  }

  /// Whether it puts and gets for a client that has done nothing wrong.
  func serves() throws -> Bool {
    let client = try client()
    let put = client.call("/etcdserverpb.KV/Put", Request.put("served", [1]), stream: 1)
    let get = client.call("/etcdserverpb.KV/Range", Request.range("served"), stream: 3)
    client.wire.close()
    return put?.code == 0 && get?.code == 0 && get?.messages.count == 1
  }
}

/// Requests by hand.
enum Request {
  static func put(_ key: String, _ value: [UInt8]) -> [UInt8] {
    TestSupport.Wire.field(1, key) + TestSupport.Wire.field(2, value)
  }

  static func range(_ key: String, end: [UInt8] = []) -> [UInt8] {
    TestSupport.Wire.field(1, key) + (end.isEmpty ? [] : TestSupport.Wire.field(2, end))
  }

  /// Everything from a key on.
  static func everything(from key: String = "\0") -> [UInt8] { range(key, end: [0]) }

  static func watch(_ key: String, end: [UInt8] = [], from revision: UInt64 = 0) -> [UInt8] {
    TestSupport.Wire.field(
      1,
      range(key, end: end) + (revision == 0 ? [] : TestSupport.Wire.field(3, varint: revision))
    )
  }

  static func keepAlive(_ lease: UInt64) -> [UInt8] { TestSupport.Wire.field(1, varint: lease) }

  static func grant(_ lease: UInt64, ttl: UInt64) -> [UInt8] {
    TestSupport.Wire.field(1, varint: ttl) + TestSupport.Wire.field(2, varint: lease)
  }
}
