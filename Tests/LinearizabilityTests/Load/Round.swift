import EtcdClient
import EtcdMessages
import Foundation
import SwiftProtobuf
import TestSupport

/// Clients on a server that is killed while they ask, and everything they saw.
struct Round {
  /// What was seen that cannot be.
  struct Failure: Error, CustomStringConvertible {
    let seed: UInt64
    let what: String

    var description: String { "seed \(seed): \(what)" }
  }

  let server: Server
  let seed: UInt64

  /// What the store may have been at the beginning: rows and revision are known.
  let initial: Set<StoreModel>

  /// Whether the server can be asked how far a watcher is.
  let asksForProgress: Bool

  /// Starts the server again after it was killed.
  var restart: @Sendable (Server) throws -> Void = { try $0.start() }

  /// What a round leaves.
  struct Outcome {
    let after: Set<StoreModel>
    let operationCount: Int
    let unknownCount: Int
  }

  private var first: StoreModel { initial.first ?? StoreModel() }

  /// Loads the server, kills it, starts it again, and checks what was seen.
  ///
  /// - Returns: What the store may be at the end, and how many operations there were.
  /// - Throws: `Failure`; or what kept the round from being one.
  func run() async throws -> Outcome {
    let endpoint = try Endpoint(server.endpoint)
    let watchers = makeWatchers()
    let watching = watchers.map { watcher in Task { await watcher.run(endpoint) } }
    defer { for task in watching { task.cancel() } }

    let clients = try await load(endpoint)
    let connection = try await Connection.open(endpoint)
    defer { connection.close() }
    var operations = end(clients.clients.flatMap(\.operations), at: clients.restart)
    for request in [.txn(Transaction(success: [.range(LoadClient.everything)])), Request.leases] {
      let call = clients.clock.now
      let response = try await connection.ask(request)
      operations.append(
        Operation(
          client: -1,
          request: request,
          call: call,
          end: clients.clock.now,
          response: response
        )
      )
    }
    let after = try check(operations)
    let revision = after.first?.revision ?? 0

    let events = try await history(connection, to: revision)
    try await check(watchers, events, revision)
    try check(clients.clients.flatMap(\.readings), events)
    return Outcome(
      after: after,
      operationCount: operations.count,
      unknownCount: operations.count { $0.response == nil }
    )
  }

  // MARK: Load

  private typealias Loaded = (clients: [LoadClient], restart: UInt64, clock: RunClock)

  private func load(_ endpoint: Endpoint) async throws -> Loaded {
    let clock = RunClock()
    let stop = StopSign()
    var random = SeededGenerator(seed: seed)
    let untilKill = Duration.milliseconds(Int.random(in: 30...120, using: &random))
    let running = (0..<5).map { number in
      var client = LoadClient(
        number: number,
        endpoint: endpoint,
        clock: clock,
        seed: seed,
        firstRevision: first.revision
      )
      return Task {
        await client.run(until: stop)
        return client
      }
    }
    defer { stop.set() }
    try await Task.sleep(for: untilKill)
    server.kill()
    try await Self.onThread { try self.restart(server) }
    let restart = clock.now
    try await Task.sleep(for: .milliseconds(30))
    stop.set()
    var clients: [LoadClient] = []
    for client in running { clients.append(await client.value) }
    return (clients, restart, clock)
  }

  /// Does what blocks on a thread of its own.
  static func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<Void, any Error>) in
      Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
  }

  /// Operations without an answer may have been carried out until the server had started again: it
  /// then carries out what it had written down.
  private func end(_ operations: [Operation], at restart: UInt64) -> [Operation] {
    operations.map { operation in
      guard operation.response == nil else { return operation }
      return Operation(
        client: operation.client,
        request: operation.request,
        call: operation.call,
        end: operation.call < restart ? max(operation.end, restart) : .max,
        response: nil
      )
    }
  }

  // MARK: Checks

  private func check(_ operations: [Operation]) throws -> Set<StoreModel> {
    do {
      return try History(operations: operations, initial: initial).check()
    } catch let violation as History.Violation {
      throw Failure(seed: seed, what: "\(violation)")
    }
  }

  private func makeWatchers() -> [WatchClient] {
    let first = self.first.revision + 1
    return [
      WatchClient(WatchRecord(keys: LoadClient.everything, firstRevision: first)),
      WatchClient(
        WatchRecord(keys: LoadClient.everything, firstRevision: first, wantsPrevious: false),
        asksForProgress: asksForProgress
      ),
      WatchClient(
        WatchRecord(keys: .one("key/3"), firstRevision: first + 7, skipsDeletions: true)
      ),
      WatchClient(
        WatchRecord(
          keys: Keys(first: "key/2", end: "key/6"),
          firstRevision: first,
          skipsPuts: true
        )
      ),
    ]
  }

  /// Every event since the beginning of the round, asked for when all is quiet.
  private func history(_ connection: Connection, to revision: Int64) async throws -> [Event] {
    guard revision > first.revision else { return [] }
    let stream = connection.stream(.watch)
    let request = Etcdserverpb_WatchCreateRequest.with {
      $0.key = Data([0])
      $0.rangeEnd = Data([0])
      $0.startRevision = first.revision + 1
      $0.prevKv = true
    }
    try stream.send(.with { $0.createRequest = request })
    let limit = Task {
      try await Task.sleep(for: .seconds(20))
      stream.cancel()
    }
    defer { limit.cancel() }
    var events: [Event] = []
    while (events.last?.row.modRevision ?? 0) < revision, let message = try await stream.next() {
      events += message.events.map { Event($0) }
    }
    return events
  }

  private func check(
    _ watchers: [WatchClient],
    _ events: [Event],
    _ lastRevision: Int64
  ) async throws {
    for (number, watcher) in watchers.enumerated() {
      var faults = watcher.result.faults(history: events, lastRevision: lastRevision)
      // What is still on its way is not missing.
      let deadline = ContinuousClock.now + .seconds(10)
      while !faults.isEmpty, ContinuousClock.now < deadline {
        try await Task.sleep(for: .milliseconds(10))
        faults = watcher.result.faults(history: events, lastRevision: lastRevision)
      }
      guard faults.isEmpty else {
        let few = faults.prefix(5).map { "\($0)" }.joined(separator: "\n  ")
        throw Failure(seed: seed, what: "watcher \(number): \(faults.count) faults\n  \(few)")
      }
    }
  }

  /// Sees that reads of the past, and of this member only, gave what was stored at that revision.
  private func check(
    _ readings: [LoadClient.Reading],
    _ events: [Event]
  ) throws {
    var rows = first.rows
    var next = events.startIndex
    for reading in readings.sorted(by: { $0.revision < $1.revision }) {
      while next < events.endIndex, events[next].row.modRevision <= reading.revision {
        let event = events[next]
        rows[event.row.key] = event.isDeletion ? nil : event.row
        next += 1
      }
      // Nothing is known of what was before the round.
      guard reading.revision >= first.revision else { continue }
      let expected = rows.values.filter { reading.keys.contains($0.key) }
        .sorted { $0.key < $1.key }
      guard expected == reading.rows else {
        let what = "read at \(reading.revision): \(reading.rows), stored \(expected)"
        throw Failure(seed: seed, what: what)
      }
    }
  }
}
