internal import EtcdClient
internal import EtcdMessages
internal import Foundation
internal import MVCC
internal import SwiftProtobuf

/// Watchers on one stream to one member, whose messages are waited for one by one.
final class WatchStream {
  /// What a watcher is told.
  struct Wish {
    /// The keys.
    var range: KeyRange

    /// The first revision; the next one to come if 0.
    var firstRevision: Int64

    /// Whether the rows before the changes are wanted.
    var wantsPrevious = false
  }

  private let source: LiveSource
  private let name: String
  private let stream: CallStream<Etcdserverpb_WatchRequest, Etcdserverpb_WatchResponse>
  private var pending: Awaited<WatchAnswer, SourceError>?

  /// Opens a stream, which is told if its member has lost the others.
  init(_ source: LiveSource) throws(SourceError) {
    self.source = source
    name = source.name
    stream = try Awaited { [client = source.client] () -> Result<_, SourceError> in
      do throws(EtcdClientError) {
        return .success(try await client.stream(.watch, metadata: [("hasleader", "true")]))
      } catch {
        return .failure(.call(error))
      }
    }.get()
  }

  deinit {
    stream.cancel()
  }

  /// Asks for a watcher; they are made, and told of, in the order in which they are asked for.
  func watch(_ wish: Wish) throws(SourceError) {
    try send { request in
      request.createRequest = .with { create in
        (create.key, create.rangeEnd) = source.bounds(of: wish.range)
        create.startRevision = wish.firstRevision
        create.prevKv = wish.wantsPrevious
        create.fragment = true
        // Servers tell of it only where a watcher has been told of everything before.
        create.progressNotify = true
      }
    }
  }

  /// Asks how far the stream has come.
  func requestProgress() throws(SourceError) {
    try send { $0.progressRequest = .init() }
  }

  private func send(
    _ fill: (inout Etcdserverpb_WatchRequest) -> Void
  ) throws(SourceError) {
    var request = Etcdserverpb_WatchRequest()
    fill(&request)
    do {
      try stream.send(request)
    } catch {
      throw .call(error)
    }
  }

  /// Waits for the next message.
  ///
  /// - Parameter time: How long to wait; for ever if nothing.
  /// - Returns: The message; nothing if none came in time.
  /// - Throws: How the stream ended.
  func next(within time: Duration? = nil) throws(SourceError) -> WatchAnswer? {
    let awaited = pending ?? Awaited { [stream, name] in await WatchStream.answer(stream, name) }
    pending = awaited
    guard let answer = try awaited.get(within: time) else { return nil }
    pending = nil
    return answer
  }

  private static func answer(
    _ stream: CallStream<Etcdserverpb_WatchRequest, Etcdserverpb_WatchResponse>,
    _ name: String
  ) async -> Result<WatchAnswer, SourceError> {
    do throws(EtcdClientError) {
      guard let bytes = try await stream.nextRaw() else {
        let reason = "the server has ended the watch"
        return .failure(.call(.lost(endpoint: name, reason: reason, isUntouched: false)))
      }
      do throws(MessageFault) {
        return .success(try WatchAnswer(bytes))
      } catch {
        return .failure(.answer(source: name, fault: "\(error)"))
      }
    } catch {
      return .failure(.call(error))
    }
  }
}
