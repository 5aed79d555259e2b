public import NIOCore

/// One call: what is known of it, and the way to answer.
///
/// It belongs to the event loop of its connection; another thread answers by way of that loop. After
/// the call is over, answering does nothing.
public final class RPCCall {
  /// Where a call's answers go: a stream of a connection, or a request of the JSON gateway.
  public protocol Sink: AnyObject {
    /// Sends a message, which is not framed yet.
    func send(_ message: ByteBuffer)

    /// Ends the call.
    func finish(_ status: RPCStatus)

    /// Sends a message as it is made, and ends the call behind it.
    func answer(_ pieces: any RPCPieces)

    /// Whether more may be sent without piling up in memory.
    var isWritable: Bool { get }

    /// Whether nothing that was sent waits for the client.
    var isIdle: Bool { get }
  }

  /// The full method, for instance `/etcdserverpb.KV/Range`.
  public let path: String

  /// What came with the call.
  public let metadata: RPCMetadata

  /// Who is on the other end.
  public let peer: RPCPeer

  /// The loop that everything of the call happens on.
  public let eventLoop: any EventLoop

  /// When the client gives up, if it has said so.
  ///
  /// The call is cancelled then.
  public let deadline: NIODeadline?

  /// Called once if the call is over before it was finished.
  ///
  /// A handler of a stream is told by its own function; this is for a unary call that waits for
  /// something.
  public var onCancel: ((RPCCancellation) -> Void)?

  /// Whether the call is finished or cancelled.
  public private(set) var isOver = false

  // Invariant: nil as soon as the call is over, so that neither keeps the other alive.
  private var sink: (any Sink)?

  /// A call by its parts.
  public init(
    path: String,
    metadata: RPCMetadata,
    peer: RPCPeer,
    deadline: NIODeadline? = nil,
    eventLoop: any EventLoop,
    sink: any Sink
  ) {
    self.path = path
    self.metadata = metadata
    self.peer = peer
    self.deadline = deadline
    self.eventLoop = eventLoop
    self.sink = sink
  }

  /// Whether more may be sent without piling up in memory: a stream that has much to send waits
  /// until ``RPCStreamHandler/becomeWritable()``.
  public var isWritable: Bool { sink?.isWritable ?? false }

  /// Whether nothing that was sent waits for the client.
  ///
  /// For a stream that can say later, in fewer messages, what it does not say now. If it is false,
  /// ``RPCStreamHandler/becomeWritable()`` is called soon.
  public var isIdle: Bool { sink?.isIdle ?? false }

  /// Sends a message; it goes out at the end of the loop's turn.
  public func send(_ message: ByteBuffer) {
    eventLoop.preconditionInEventLoop()
    sink?.send(message)
  }

  /// Ends the call, behind what was sent.
  public func finish(_ status: RPCStatus = .ok) {
    eventLoop.preconditionInEventLoop()
    guard let sink = end() else { return }
    sink.finish(status)
  }

  /// Sends the one message of a unary call and ends it.
  public func answer(_ message: ByteBuffer) {
    send(message)
    finish()
  }

  /// Sends the one message of a unary call while it is made, and ends the call behind it.
  ///
  /// For the caller the call is over.
  public func answer(_ pieces: any RPCPieces) {
    eventLoop.preconditionInEventLoop()
    guard let sink = end() else { return }
    sink.answer(pieces)
  }

  /// Ends the call with an error.
  public func fail(_ status: RPCStatus) { finish(status) }

  /// Marks the call as over and tells whoever waits; for the transport.
  public func cancel(_ reason: RPCCancellation) {
    eventLoop.preconditionInEventLoop()
    let onCancel = onCancel
    guard end() != nil else { return }
    onCancel?(reason)
  }

  private func end() -> (any Sink)? {
    defer {
      isOver = true
      sink = nil
      onCancel = nil
    }
    return sink
  }
}

extension RPCCall.Sink {
  /// What is writable is idle, where nobody knows what waits.
  public var isIdle: Bool { isWritable }
}
