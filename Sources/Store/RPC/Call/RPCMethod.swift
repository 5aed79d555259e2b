public import NIOCore

/// What is done for a method of a service.
///
/// Everything here runs on the event loop of the call's connection and must not block it.
public enum RPCMethod: Sendable {
  /// One message comes; the handler answers with ``RPCCall/answer(_:)`` or ``RPCCall/fail(_:)``,
  /// at once or later.
  case unary(@Sendable (RPCCall, ByteBuffer) -> Void)

  /// Any number of messages come, for a handler that is made when the call begins.
  case stream(@Sendable (RPCCall) -> any RPCStreamHandler)
}

/// What takes the messages of one call that streams; called on the call's event loop only.
public protocol RPCStreamHandler: AnyObject {
  /// Takes a message.
  func receive(_ message: ByteBuffer)

  /// Is told that no more messages will come. The call goes on until it is finished.
  func receiveEnd()

  /// Is told that the call is over before it was finished: nothing can be sent any more.
  func cancel(_ reason: RPCCancellation)

  /// Is told that ``RPCCall/isWritable`` is true again.
  func becomeWritable()

  /// Is told that the server shuts down; it may finish the call with a status of its choice.
  ///
  /// If it does not, the server ends the call with ``RPCConfiguration/shutdownStatus``, unless
  /// ``continuesWhileDraining`` is true.
  func drain()

  /// Whether the call goes on while the server shuts down, as long as that waits.
  var continuesWhileDraining: Bool { get }

  /// Whether messages come only while ``RPCCall/isWritable`` is true, for a handler that answers each:
  /// then a client that does not read is not read from either.
  var receivesOnlyWhenWritable: Bool { get }
}

extension RPCStreamHandler {
  /// Leaves the end to the server.
  public func drain() {}

  /// Ends with the server.
  public var continuesWhileDraining: Bool { false }

  /// Takes messages as they come.
  public var receivesOnlyWhenWritable: Bool { false }
}

/// Why a call was over before it was finished.
public enum RPCCancellation: Equatable, Sendable {
  /// The client took it back.
  case byClient

  /// The client's deadline has passed; the client has been told so.
  case deadline

  /// The connection is gone.
  case connectionLost
}
