internal import NIOCore

/// A stream of a connection over HTTP/2: a call, or a request of plain HTTP.
class ConnectionStream {
  let id: StreamID
  let connection: HTTP2Connection

  /// Whether the client has said all that it will say.
  final var clientHasEnded = false

  /// Whether the answer's end was written; nothing may follow.
  final var hasEnded = false

  /// Whether the answer's end was sent.
  final var endIsSent = false

  /// How much the client may still send, and be sent, in bytes; negative after it has made windows
  /// smaller.
  final var receiveWindow: Int
  final var sendWindow: Int

  /// What was written and cannot be sent yet.
  final var queue: SendQueue?

  /// How much of what was written waits in this program, in bytes.
  final var pendingByteCount = 0

  /// Whether someone was told not to send, and has to be told when he may.
  final var waitsForWriting = false

  /// How much is kept of what is not complete, in bytes; counted for the connection too.
  final var incompleteByteCount = 0

  /// Whether what has come waits until the client reads.
  final var isHeld = false

  /// In which turn of its connection it began.
  final let turn: Int

  init(id: StreamID, connection: HTTP2Connection) {
    self.id = id
    self.connection = connection
    turn = connection.turn
    receiveWindow = connection.callWindow
    sendWindow = connection.initialSendWindow
  }

  /// Takes a piece of what the client says.
  func receive(_ bytes: ByteBuffer) {}

  /// Is told that the client has said all.
  func receiveEnd() {}

  /// Is told that the stream is gone before its end.
  func cancel(_ reason: RPCCancellation) {}

  /// Fails because too much is kept for the connection.
  func refuse() {}

  /// Is told that there is room again.
  func becomeWritable() {}

  /// Ends soon, for the server does.
  func drain() {}

  /// When the client gives up.
  var deadline: NIODeadline? { nil }

  /// Is told that this time has come.
  func expire() {}

  /// Whether more may be sent without piling up.
  final var isWritable: Bool {
    guard !hasEnded else { return false }
    if pendingByteCount == 0 { return true }
    let limits = connection.loop.configuration.limits
    if pendingByteCount < limits.callHighWaterMark, !connection.isCongested { return true }
    waitForWriting()
    return false
  }

  /// Whether nothing that was written waits.
  final var isIdle: Bool {
    guard !hasEnded else { return false }
    if pendingByteCount == 0 { return true }
    waitForWriting()
    return false
  }

  private func waitForWriting() {
    guard !waitsForWriting else { return }
    waitsForWriting = true
    connection.countWaiting(1)
  }
}

/// What of a stream cannot be sent yet.
final class SendQueue {
  /// What follows behind the last byte.
  enum End {
    case data
    case success
    case trailers(AnswerFields)
  }

  var pieces = CircularBuffer<ByteBuffer>()
  var end: End?

  /// Whether the stream is among those that are next to send.
  var isReady = false
}
