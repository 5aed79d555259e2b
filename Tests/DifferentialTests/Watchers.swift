import EtcdClient
import EtcdMessages
import Foundation
import SwiftProtobuf
import Synchronization

/// One watch stream of a server: what came on it, by watcher.
final class Watchers: Sendable {
  typealias Stream = CallStream<Etcdserverpb_WatchRequest, Etcdserverpb_WatchResponse>

  /// What came for one watcher and was not taken yet.
  struct Received {
    /// Its events in the order in which they came.
    var events: [Mvccpb_Event] = []

    /// What was not as etcd promises in the way the events came.
    var faults: [String] = []

    fileprivate var lastRevision: Int64 = 0
    fileprivate var isInFragment = false
  }

  private struct State {
    var received: [Int64: Received] = [:]
    // Responses without events: made, cancelled, progress.
    var notices: [Etcdserverpb_WatchResponse] = []
    var failure: EtcdClientError?

    mutating func take(_ id: Int64) -> Received {
      let taken = received[id] ?? Received()
      received[id]?.events = []
      received[id]?.faults = []
      return taken
    }
  }

  private let stream: Stream
  private let state = Mutex(State())
  private let reading: Task<Void, Never>
  private let patience: Duration

  /// Begins a stream.
  ///
  /// - Parameters:
  ///   - connection: The connection.
  ///   - patience: How long events are waited for. That a machine is busy is no failure of a server.
  ///   - edit: Sees every response before it counts, and may change or drop it.
  init(
    _ connection: Connection,
    patience: Duration,
    edit: @escaping @Sendable (Etcdserverpb_WatchResponse) -> Etcdserverpb_WatchResponse?
  ) {
    let stream = connection.stream(.watch)
    self.stream = stream
    self.patience = patience
    let (responses, sink) = AsyncStream.makeStream(
      of: Result<Etcdserverpb_WatchResponse, EtcdClientError>.self
    )
    reading = Task {
      do throws(EtcdClientError) {
        while let response = try await stream.next() {
          if let edited = edit(response) { sink.yield(.success(edited)) }
        }
      } catch {
        sink.yield(.failure(error))
      }
      sink.finish()
    }
    Task { [weak self] in
      for await response in responses { self?.take(response) }
    }
  }

  deinit {
    reading.cancel()
  }

  private func take(_ outcome: Result<Etcdserverpb_WatchResponse, EtcdClientError>) {
    state.withLock { state in
      switch outcome {
      case .failure(let error): state.failure = error
      case .success(let response) where response.events.isEmpty: state.notices.append(response)
      case .success(let response):
        state.received[response.watchID, default: Received()].take(response)
      }
    }
  }

  func send(_ request: Etcdserverpb_WatchRequest) throws {
    try stream.send(request)
  }

  /// Waits for the next response without events that says that a watcher was made or has ended.
  func notice() async throws -> Etcdserverpb_WatchResponse? {
    try await wait(.seconds(120)) { state in
      // A late answer to a question for the progress that was asked again.
      state.notices.removeAll(where: \.isProgress)
      return state.notices.isEmpty ? nil : state.notices.removeFirst()
    }
  }

  /// Asks for the progress until there is an answer.
  ///
  /// etcd gives none as long as it does not know that all watchers have caught up, which on a busy
  /// machine may be later than they have.
  func progress() async throws -> Etcdserverpb_WatchResponse? {
    state.withLock { $0.notices.removeAll(where: \.isProgress) }
    for _ in 0..<10 {
      try send(.with { $0.progressRequest = .init() })
      let notice = try await wait(.seconds(12)) { state in
        state.notices.isEmpty ? nil : state.notices.removeFirst()
      }
      if let notice { return notice }
    }
    return nil
  }

  /// Waits for events of a watcher and takes them.
  ///
  /// - Parameters:
  ///   - id: The watcher.
  ///   - isEnough: Whether what there is, is enough. If it never is, what there is when the
  ///     patience is at its end is given.
  /// - Returns: All its events that were not taken before.
  /// - Throws: What ended the stream.
  func take(
    _ id: Int64,
    until isEnough: ([Mvccpb_Event]) -> Bool
  ) async throws -> Received {
    let whole: Received? = try await wait(patience) { state in
      guard isEnough(state.received[id]?.events ?? []) else { return nil }
      return state.take(id)
    }
    return whole ?? state.withLock { $0.take(id) }
  }

  /// Forgets a watcher, whose id may be used again.
  func forget(_ id: Int64) {
    state.withLock { $0.received[id] = nil }
  }

  private func wait<Value>(
    _ time: Duration,
    _ body: (inout State) -> Value?
  ) async throws -> Value? {
    let deadline = ContinuousClock.now + time
    while true {
      let (value, failure) = state.withLock { (body(&$0), $0.failure) }
      if let value { return value }
      if let failure { throw failure }
      guard ContinuousClock.now < deadline else { return nil }
      try await Task.sleep(for: .milliseconds(1))
    }
  }
}

extension Etcdserverpb_WatchResponse {
  /// Whether it only says how far the watchers are.
  fileprivate var isProgress: Bool { events.isEmpty && !created && !canceled }
}

extension Watchers.Received {
  /// Takes the events of one response, and sees that they came as etcd promises.
  fileprivate mutating func take(_ response: Etcdserverpb_WatchResponse) {
    if let first = response.events.first?.kv.modRevision {
      if first < lastRevision {
        faults.append("revision \(first) after \(lastRevision)")
      } else if first == lastRevision, !isInFragment {
        faults.append("revision \(first) in two responses")
      }
    }
    for (one, next) in zip(response.events, response.events.dropFirst())
    where one.kv.modRevision > next.kv.modRevision {
      faults.append("revision \(next.kv.modRevision) behind \(one.kv.modRevision)")
    }
    if let last = response.events.last?.kv.modRevision, response.header.revision < last {
      faults.append("header revision \(response.header.revision), event of \(last)")
    }
    lastRevision = response.events.last?.kv.modRevision ?? lastRevision
    isInFragment = response.fragment
    events += response.events
  }
}
