import EtcdClient
import EtcdMessages
import Foundation
import SwiftProtobuf
import Synchronization

/// A watcher of a round, which begins again behind the last event when its connection is lost.
final class WatchClient: Sendable {
  private let record: Mutex<WatchRecord>
  private let asksForProgress: Bool

  init(_ record: WatchRecord, asksForProgress: Bool = false) {
    self.record = Mutex(record)
    self.asksForProgress = asksForProgress
  }

  /// What it got so far.
  var result: WatchRecord { record.withLock { $0 } }

  /// Watches until the task is cancelled.
  func run(_ endpoint: Endpoint) async {
    var attempt = 0
    while !Task.isCancelled {
      guard let connection = try? await Connection.open(endpoint) else {
        try? await Task.sleep(for: .milliseconds(3))
        continue
      }
      try? await watch(connection, attempt: attempt)
      connection.close()
      attempt += 1
    }
  }

  private func watch(_ connection: Connection, attempt: Int) async throws {
    let stream = connection.stream(.watch)
    let current = result
    let request = Etcdserverpb_WatchCreateRequest.with {
      $0.key = Data(current.keys.first.utf8)
      $0.rangeEnd = Data((current.keys.end ?? "").utf8)
      $0.startRevision = max(current.firstRevision, current.lastRevision + 1)
      $0.prevKv = current.wantsPrevious
      if current.skipsPuts { $0.filters.append(.noput) }
      if current.skipsDeletions { $0.filters.append(.nodelete) }
    }
    try stream.send(.with { $0.createRequest = request })
    let asking = asksForProgress ? Task { try await askForProgress(stream) } : nil
    defer { asking?.cancel() }
    while let message = try await stream.next() {
      guard !message.created else { continue }
      let response = WatchResponse(
        attempt: attempt,
        revision: message.header.revision,
        isFragment: message.fragment,
        events: message.events.map { Event($0) }
      )
      record.withLock { $0.responses.append(response) }
    }
  }

  private func askForProgress(
    _ stream: CallStream<Etcdserverpb_WatchRequest, Etcdserverpb_WatchResponse>
  ) async throws {
    while true {
      try await Task.sleep(for: .milliseconds(10))
      try stream.send(.with { $0.progressRequest = .init() })
    }
  }
}
