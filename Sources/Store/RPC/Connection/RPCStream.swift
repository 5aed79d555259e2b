internal import NIOCore
internal import NIOHPACK

/// A call's stream: takes messages apart, gives them to the method, and puts answers together.
final class RPCStream: ConnectionStream {
  private let entry: MethodEntry
  private var call: RPCCall?
  private var handler: (any RPCStreamHandler)?
  private var reader: MessageReader

  /// The answer, if it is made while it is sent.
  private var answer: PiecewiseAnswer?

  /// The one message of a unary call, until the client has said that there is no other.
  private var request: ByteBuffer?

  /// When the method was given the request, if somebody wants to know what takes long.
  private var start: NIODeadline?
  private var hasSentHeaders = false
  private(set) var isOver = false

  /// Whether the client has said all while its messages were held back.
  private var hasHeldEnd = false

  /// How much of its headers is kept for the call, in bytes, beyond what every call has.
  private var headerByteCount = 0

  init(
    id: StreamID,
    connection: HTTP2Connection,
    entry: MethodEntry,
    headers: HPACKHeaders,
    deadline: NIODeadline?
  ) {
    self.entry = entry
    reader = MessageReader(limit: connection.loop.configuration.limits.maximumMessageByteCount)
    super.init(id: id, connection: connection)
    entry.countStart()
    call = RPCCall(
      path: entry.path,
      metadata: RPCMetadata(headers: headers),
      peer: connection.peer,
      deadline: deadline,
      eventLoop: connection.loop.eventLoop,
      sink: self
    )
  }

  /// Makes the handler, if the method streams.
  func begin() {
    guard case .stream(let make) = entry.method, let call else { return }
    let handler = make(call)
    if !isOver { self.handler = handler }
  }

  override var deadline: NIODeadline? { isOver ? nil : call?.deadline }

  override func receive(_ bytes: ByteBuffer) {
    guard !isOver else { return }
    reader.append(bytes)
    deliver()
  }

  /// Hands on the messages that have come wholly, if they are wanted now.
  private func deliver() {
    isHeld = false
    do throws(MessageReader.Failure) {
      while !isOver {
        if let handler, handler.receivesOnlyWhenWritable, !isWritable {
          isHeld = true
          break
        }
        guard let message = try reader.next() else { break }
        entry.countReceived(message.readableBytes)
        if let handler {
          handler.receive(message)
        } else if request == nil {
          request = message
        } else {
          call?.fail(RPCStatus(.internal, "unary call with more than one message"))
        }
      }
    } catch {
      call?.fail(error.status)
    }
    if isOver {
      reader.clear()
    } else {
      countIncomplete()
    }
  }

  /// Counts long headers as what is kept for the connection.
  func countHeaders(_ byteCount: Int) {
    guard byteCount > 512 else { return }
    headerByteCount = byteCount
    countIncomplete()
  }

  private func countIncomplete() {
    let byteCount = reader.pendingByteCount + headerByteCount
    connection.incompleteByteCount += byteCount - incompleteByteCount
    incompleteByteCount = byteCount
  }

  override func refuse() {
    call?.fail(RPCStatus(.resourceExhausted, "too many incomplete messages on the connection"))
  }

  override func receiveEnd() {
    guard !isOver else { return }
    guard !isHeld else {
      hasHeldEnd = true
      return
    }
    guard reader.pendingByteCount == 0 else {
      call?.fail(RPCStatus(.internal, "unexpected EOF"))
      return
    }
    if let handler {
      handler.receiveEnd()
    } else if request == nil {
      call?.fail(RPCStatus(.internal, "unary call without a message"))
    } else {
      connection.admit(self)
    }
  }

  /// Lets the method answer, when the connection has room for answers.
  func dispatch() {
    guard case .unary(let answer) = entry.method, let call, let message = request, !isOver else {
      return
    }
    if connection.loop.configuration.onSlowCall == nil {
      request = nil
    } else {
      start = .now()
    }
    answer(call, message)
  }

  override func cancel(_ reason: RPCCancellation) {
    guard !isOver else { return }
    end(reason == .deadline ? .deadlineExceeded : .cancelled) { call, handler in
      call?.cancel(reason)
      handler?.cancel(reason)
    }
  }

  override func becomeWritable() {
    if let answer { return answer.becomeWritable() }
    handler?.becomeWritable()
    guard isHeld, !isOver else { return }
    deliver()
    guard !isHeld else { return }
    if !clientHasEnded { connection.replenish(self) }
    if hasHeldEnd { receiveEnd() }
  }

  /// Ends a call whose answer the client does not take.
  func abandon() {
    guard !isOver else { return }
    let error = "client takes nothing of an answer"
    connection.loop.log(.warning, "ended a call", peer: connection.peer.address, error: error)
    cancel(.byClient)
    connection.abandon(self)
  }

  override func drain() {
    guard !isOver, let call, let handler else { return }
    handler.drain()
    if !call.isOver, !handler.continuesWhileDraining {
      call.finish(connection.loop.configuration.shutdownStatus)
    }
  }

  override func expire() {
    guard !isOver else { return }
    cancel(.deadline)
    writeEnd(RPCStatus(.deadlineExceeded, "context deadline exceeded"))
  }

  private func end(
    _ code: RPCStatus.Code,
    _ body: (RPCCall?, (any RPCStreamHandler)?) -> Void = { _, _ in }
  ) {
    isOver = true
    entry.countEnd(code)
    let (call, handler) = (call, handler)
    // Invariant: nobody holds the other any more when a call is over.
    self.call = nil
    self.handler = nil
    answer?.cancel()
    answer = nil
    request = nil
    connection.incompleteByteCount -= incompleteByteCount
    incompleteByteCount = 0
    reader.clear()
    body(call, handler)
  }

  private func writeEnd(_ status: RPCStatus) {
    if !hasSentHeaders {
      hasSentHeaders = true
      connection.writeHeaders(AnswerFields(only: status), of: self, isEnd: true)
    } else if status == .ok {
      connection.writeEnd(.success, of: self)
    } else {
      connection.writeEnd(.trailers(AnswerFields(status)), of: self)
    }
  }
}

extension RPCStream: RPCCall.Sink {
  func send(_ message: ByteBuffer) {
    guard !isOver else { return }
    noteAnswer(message, message.readableBytes)
    beginMessage(message.readableBytes)
    connection.writeMessage(message, of: self)
  }

  func answer(_ pieces: any RPCPieces) {
    guard !isOver else { return }
    noteAnswer(nil, pieces.byteCount)
    beginMessage(pieces.byteCount)
    let answer = PiecewiseAnswer(pieces, of: self)
    self.answer = answer
    answer.begin()
  }

  /// Tells of a call that took long; only the first answer of a call counts.
  private func noteAnswer(_ message: ByteBuffer?, _ byteCount: Int) {
    guard let start, let request else { return }
    self.start = nil
    self.request = nil
    let configuration = connection.loop.configuration
    let duration = NIODeadline.now() - start
    guard duration > configuration.expectedCallDuration else { return }
    configuration.onSlowCall?(
      RPCSlowCall(
        path: entry.path,
        peer: connection.peer.address,
        duration: .nanoseconds(duration.nanoseconds),
        request: request,
        answer: message,
        answerByteCount: byteCount
      )
    )
  }

  private func beginMessage(_ byteCount: Int) {
    if !hasSentHeaders {
      hasSentHeaders = true
      connection.writeBegin(of: self)
    }
    entry.countSent(byteCount)
  }

  func finish(_ status: RPCStatus) {
    guard !isOver else { return }
    noteAnswer(nil, 0)
    end(status.code)
    writeEnd(status)
  }
}

extension MessageReader.Failure {
  /// What the client is told; the texts are grpc-go's.
  fileprivate var status: RPCStatus {
    switch self {
    case .tooLarge(let byteCount, let limit):
      RPCStatus(
        .resourceExhausted,
        "grpc: received message larger than max (\(byteCount) vs. \(limit))"
      )
    case .flag(1):
      RPCStatus(.internal, "grpc: compressed flag set with identity or empty encoding")
    case .flag(let flag):
      RPCStatus(.internal, "grpc: received unexpected payload format \(flag)")
    }
  }
}
