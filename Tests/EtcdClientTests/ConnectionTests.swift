import EtcdClient
import EtcdMessages
import Foundation
import RPC
import SwiftProtobuf
import TestSupport
import Testing

/// Calls to real servers.
@Suite(.enabled(if: EtcdVersion.installed.first != nil))
struct ConnectionTests {
  static let version = EtcdVersion.installed.last ?? .v34

  func start() throws -> Server { try Server.start(.etcd(Self.version), electsFast: true) }

  func put(_ key: String, _ value: Data = Data()) -> Etcdserverpb_PutRequest {
    .with {
      $0.key = Data(key.utf8)
      $0.value = value
    }
  }

  static let everything = Etcdserverpb_RangeRequest.with {
    $0.key = Data([0])
    $0.rangeEnd = Data([0])
  }

  /// Servers written in Go send a ping for nearly every message that they receive, and reset streams
  /// that they answer before their end has come.
  @Test func thousandsOfPutsGoOverOneConnection() async throws {
    let server = try start()
    let connection = try await Connection.open(try Endpoint(server.endpoint))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in 0..<4 {
        group.addTask {
          for number in 0..<500 {
            _ = try await connection.call(.put, put("\(client)/\(number)"))
          }
        }
      }
      try await group.waitForAll()
    }
    let count = try await connection.call(.range, Self.everything).count
    #expect(count == 2_000)
    let status = try await connection.call(.range, Self.everything).header
    #expect(status.revision == 2_001)
  }

  @Test func answerLargerThanTheWindowsIsWhole() async throws {
    let server = try start()
    let connection = try await Connection.open(try Endpoint(server.endpoint))
    let value = Data((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) })
    for number in 0..<24 { _ = try await connection.call(.put, put("\(number)", value)) }
    let answer = try await connection.call(.range, Self.everything)
    #expect(answer.kvs.count == 24)
    #expect(answer.kvs.allSatisfy { $0.value == value })
    var options = Connection.Options()
    options.answerByteCountLimit = 1 << 20
    let small = try await Connection.open(connection.endpoint, options: options)
    let error = await #expect(throws: EtcdClientError.self) {
      try await small.call(.range, Self.everything)
    }
    guard case .tooLarge(_, let byteCount, 1_048_576) = error else {
      Issue.record("not too large: \(String(describing: error))")
      return
    }
    #expect(byteCount > 24_000_000)
    // The connection goes on.
    #expect(try await small.call(.range, .with { $0.key = Data("none".utf8) }).count == 0)
  }

  @Test func slowReaderOfAStreamHoldsUpNothingElse() async throws {
    let server = try start()
    let connection = try await Connection.open(try Endpoint(server.endpoint))
    let stream = connection.stream(.watch)
    let create = Etcdserverpb_WatchCreateRequest.with {
      $0.key = Data([0])
      $0.rangeEnd = Data([0])
    }
    try stream.send(.with { $0.createRequest = create })
    let created = try await stream.next()
    #expect(created?.created == true)
    // More than all windows together.
    let value = Data(repeating: 1, count: 500_000)
    for number in 0..<60 { _ = try await connection.call(.put, put("\(number)", value)) }
    var keys: [String] = []
    while keys.count < 60, let response = try await stream.next() {
      for event in response.events {
        #expect(event.kv.value == value)
        keys.append(String(decoding: event.kv.key, as: UTF8.self))
      }
    }
    #expect(keys == (0..<60).map(String.init))
  }

  @Test func refusalIsTheServersOwn() async throws {
    let server = try start()
    let connection = try await Connection.open(try Endpoint(server.endpoint))
    let status = RPCStatus(.invalidArgument, "etcdserver: key is not provided")
    await #expect(throws: EtcdClientError.refused(endpoint: server.endpoint, status)) {
      try await connection.call(.put, .init())
    }
    let unknown = Method<Etcdserverpb_PutRequest, Etcdserverpb_PutResponse>("no.Service", "None")
    let error = await #expect(throws: EtcdClientError.self) {
      try await connection.call(unknown, .init())
    }
    #expect(error?.status?.code == .unimplemented)
  }

  @Test func callsAreCancelledAndTimedOut() async throws {
    let server = try start()
    let connection = try await Connection.open(try Endpoint(server.endpoint))
    _ = try await connection.call(.put, put("a"))
    // The server answers nothing any more.
    server.pause()
    defer { server.signal(SIGCONT) }
    let late = EtcdClientError.timedOut(endpoint: server.endpoint, after: .milliseconds(50))
    await #expect(throws: late) {
      try await connection.call(.put, put("b"), timeout: .milliseconds(50))
    }
    let waiting = Task { try await connection.call(.put, put("c")) }
    try await Task.sleep(for: .milliseconds(20))
    waiting.cancel()
    await #expect(throws: EtcdClientError.cancelled) { try await waiting.value }
    let early = Task {
      try? await Task.sleep(for: .seconds(60))
      return try await connection.call(.put, put("d"))
    }
    early.cancel()
    await #expect(throws: EtcdClientError.cancelled) { try await early.value }
    let stream = connection.stream(.watch)
    let reading = Task { try await stream.next() }
    try await Task.sleep(for: .milliseconds(20))
    reading.cancel()
    await #expect(throws: EtcdClientError.cancelled) { try await reading.value }
  }

  @Test func deadServerIsLostAndThenUnreachable() async throws {
    let server = try start()
    let connection = try await Connection.open(try Endpoint(server.endpoint))
    server.pause()
    let waiting = Task { try await connection.call(.put, put("a")) }
    let stream = connection.stream(.watch)
    try await Task.sleep(for: .milliseconds(50))
    server.kill()
    let lost = await #expect(throws: EtcdClientError.self) { try await waiting.value }
    // It may have been carried out.
    #expect(lost?.isUntouched == false)
    await #expect(throws: EtcdClientError.self) { try await stream.next() }
    let later = await #expect(throws: EtcdClientError.self) {
      try await connection.call(.put, put("b"))
    }
    #expect(later?.isUntouched == true)
    let error = await #expect(throws: EtcdClientError.self) {
      try await Connection.open(connection.endpoint)
    }
    guard case .unreachable(server.endpoint, _) = error else {
      Issue.record("not unreachable: \(String(describing: error))")
      return
    }
  }

  @Test func silentServerIsGivenUp() async throws {
    let server = try start()
    var options = Connection.Options()
    options.keepalive = Keepalive(interval: .milliseconds(50), timeout: .milliseconds(50))
    let connection = try await Connection.open(try Endpoint(server.endpoint), options: options)
    server.pause()
    defer { server.signal(SIGCONT) }
    let error = await #expect(throws: EtcdClientError.self) {
      try await connection.call(.put, put("a"))
    }
    guard case .lost(_, "no sign of life", false) = error else {
      Issue.record("not lost: \(String(describing: error))")
      return
    }
    options.dialTimeout = .milliseconds(100)
    await #expect(throws: EtcdClientError.self) {
      try await Connection.open(connection.endpoint, options: options)
    }
  }
}
