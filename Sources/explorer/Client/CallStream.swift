internal import NIOCore
public import SwiftProtobuf
internal import Synchronization

/// A call with messages in both directions.
///
/// Messages that came are kept until they are taken; when much is kept, the server waits. The call
/// is cancelled when the last reference goes.
public final class CallStream<Request: Message, Response: Message>: Sendable {
  private let connection: Connection
  private let id: Exchange.ID
  private let inbox: Inbox

  init(connection: Connection, id: Exchange.ID, inbox: Inbox) {
    self.connection = connection
    self.id = id
    self.inbox = inbox
  }

  deinit {
    connection.cancel(id)
  }

  /// Sends a message; what is sent after the end of the call goes nowhere.
  public func send(_ request: Request) throws(EtcdClientError) {
    connection.send(try connection.frame(request), isLast: false, on: id)
  }

  /// Sends the last message, and says that it is.
  public func sendLast(_ request: Request) throws(EtcdClientError) {
    connection.send(try connection.frame(request), isLast: true, on: id)
  }

  /// Says that no more messages will come.
  public func finish() {
    connection.send(nil, isLast: true, on: id)
  }

  /// Ends the call: ``next()`` fails after what has come.
  public func cancel() {
    connection.cancel(id)
  }

  /// The next message; only one task may wait for it at a time.
  ///
  /// - Returns: The message; nil if the server has ended the call without an error.
  /// - Throws: `EtcdClientError`: the same again after the first time.
  public func next() async throws(EtcdClientError) -> Response? {
    guard let message = try await nextMessage() else { return nil }
    return try connection.decode(message)
  }

  /// As ``next()``, with the message as it came.
  public func nextRaw() async throws(EtcdClientError) -> AnswerBytes? {
    try await nextMessage().map { AnswerBytes($0) }
  }

  private func nextMessage() async throws(EtcdClientError) -> ByteBuffer? {
    let outcome = await withTaskCancellationHandler {
      await inbox.next()
    } onCancel: {
      inbox.cancelWaiting()
    }
    guard let message = try outcome.get() else { return nil }
    let taken = inbox.takeGrant(atLeast: ConnectionHandler.streamWindow / 4)
    if taken > 0 { connection.grant(taken, to: id) }
    return message
  }
}

/// What came on a stream and was not taken yet.
final class Inbox: Exchange.Receiver {
  typealias Outcome = Result<ByteBuffer?, EtcdClientError>

  private struct State {
    var messages: [ByteBuffer] = []
    // Taken messages at the front of `messages`, removed now and then.
    var takenCount = 0
    var end: Outcome?
    var waiting: CheckedContinuation<Outcome, Never>?
    // Bytes of taken messages that the server was not told of.
    var takenByteCount = 0
  }

  private let state = Mutex(State())

  func receive(_ message: ByteBuffer) -> Bool {
    let waiting = state.withLock { state in
      if state.waiting == nil {
        state.messages.append(message)
      } else {
        state.takenByteCount += message.readableBytes
      }
      return state.waiting.take()
    }
    waiting?.resume(returning: .success(message))
    return false
  }

  func finish(_ failure: EtcdClientError?) {
    let end: Outcome = failure.map { .failure($0) } ?? .success(nil)
    let waiting = state.withLock { state in
      state.end = end
      return state.waiting.take()
    }
    waiting?.resume(returning: end)
  }

  func next() async -> Outcome {
    await withCheckedContinuation { continuation in
      let outcome: Outcome? = state.withLock { state in
        if state.takenCount < state.messages.count {
          let message = state.messages[state.takenCount]
          state.messages[state.takenCount] = ByteBuffer()
          state.takenCount += 1
          state.takenByteCount += message.readableBytes
          if state.takenCount == state.messages.count {
            state.messages.removeAll(keepingCapacity: true)
            state.takenCount = 0
          }
          return .success(message)
        }
        if let end = state.end { return end }
        if Task.isCancelled { return .failure(.cancelled) }
        precondition(state.waiting == nil, "only one task may wait for a stream's next message")
        state.waiting = continuation
        return nil
      }
      if let outcome { continuation.resume(returning: outcome) }
    }
  }

  func cancelWaiting() {
    let waiting = state.withLock { $0.waiting.take() }
    waiting?.resume(returning: .failure(.cancelled))
  }

  /// How many bytes were taken since the last time, if they are enough to tell the server.
  func takeGrant(atLeast threshold: Int) -> Int {
    state.withLock { state in
      guard state.takenByteCount >= threshold else { return 0 }
      defer { state.takenByteCount = 0 }
      return state.takenByteCount
    }
  }
}
