internal import NIOCore
internal import NIOHTTP2
internal import RPC

/// One call on a connection, which belongs to the connection's event loop.
final class Exchange {
  /// Takes what the server answers; called on the event loop.
  protocol Receiver: AnyObject, Sendable {
    /// Takes a message.
    ///
    /// - Returns: Whether the server may send as much again at once. If not,
    ///   ``ConnectionHandler/grant(_:to:)`` says when.
    func receive(_ message: ByteBuffer) -> Bool

    /// Is told how the call ended; nothing comes after it.
    func finish(_ failure: EtcdClientError?)
  }

  /// What a call is known by; taken when it is made, before it has a stream.
  struct ID: Hashable, Sendable {
    let number: Int
  }

  let id: ID
  let receiver: any Receiver
  let streamID: HTTP2StreamID
  var reader: MessageReader

  /// Whether the server has sent its first header fields.
  var isOpened = false

  /// Whether nothing more will be sent.
  var isHalfClosed = false

  /// Bytes that came and that the server may send again, not said to it yet.
  var ungranted = 0

  /// What ends the call when its time is over.
  var timer: Scheduled<Void>?

  /// What ends the call if nothing more of its answer comes.
  var silenceTimer: Scheduled<Void>?

  /// When something of the answer came last, or the call began.
  var lastSign = NIODeadline.now()

  init(id: ID, receiver: any Receiver, streamID: HTTP2StreamID, limit: Int) {
    self.id = id
    self.receiver = receiver
    self.streamID = streamID
    reader = MessageReader(limit: limit)
  }
}

/// What a call begins with.
struct CallHead: Sendable {
  /// The full method, for instance `/etcdserverpb.KV/Range`.
  let path: String

  /// More header fields: a token.
  let metadata: [(name: String, value: String)]

  /// How long the server has; nil if it has all the time.
  let timeout: Duration?

  /// How long nothing of the answer may come, however long all of it takes; nil for any time.
  let silence: Duration?

  /// What an answer may not be larger than, in bytes.
  let limit: Int
}

/// The bytes of an answer, as they came.
public struct AnswerBytes: Sendable {
  private let buffer: ByteBuffer

  init(_ buffer: ByteBuffer) {
    self.buffer = buffer
  }

  /// How many there are.
  public var count: Int { buffer.readableBytes }

  /// Gives the bytes, which are valid only within the closure.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let outcome: Swift.Result<Result, Failure> = buffer.withUnsafeReadableBytes { bytes in
      do throws(Failure) {
        return .success(try body(bytes))
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }
}
