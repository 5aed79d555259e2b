public import NIOCore
public import NIOHTTP1

/// A request over plain HTTP, of either version, with its whole body.
public struct HTTPRequest: Sendable {
  /// The method.
  public var method: HTTPMethod

  /// The path, without the query, percent-encoding taken away.
  public var path: String

  /// The query's names and values, in their order.
  public var query: [(name: String, value: String)]

  /// The header fields.
  public var headers: HTTPHeaders

  /// The body.
  public var body: ByteBuffer

  /// Who asks.
  public var peer: RPCPeer

  /// A request by its parts.
  public init(
    method: HTTPMethod,
    path: String,
    query: [(name: String, value: String)] = [],
    headers: HTTPHeaders = [:],
    body: ByteBuffer = ByteBuffer(),
    peer: RPCPeer
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.peer = peer
  }
}

/// One request over plain HTTP and the way to answer it; belongs to its event loop.
///
/// An answer is a head, any number of pieces of a body, and an end.
public protocol HTTPExchange: AnyObject {
  /// The request.
  var request: HTTPRequest { get }

  /// The loop that everything happens on.
  var eventLoop: any EventLoop { get }

  /// Whether more may be sent without piling up in memory.
  var isWritable: Bool { get }

  /// Called once if the client is gone before the end.
  var onCancel: (() -> Void)? { get set }

  /// Called when ``isWritable`` is true again.
  var onWritable: (() -> Void)? { get set }

  /// Sends the head of the answer.
  func begin(_ status: HTTPResponseStatus, _ headers: HTTPHeaders)

  /// Sends a piece of the body.
  func send(_ bytes: ByteBuffer)

  /// Ends the answer.
  func end()
}

extension HTTPExchange {
  /// Sends a whole answer.
  public func answer(
    _ status: HTTPResponseStatus,
    _ headers: HTTPHeaders = [:],
    body: ByteBuffer = ByteBuffer()
  ) {
    var headers = headers
    headers.replaceOrAdd(name: "content-length", value: String(body.readableBytes))
    begin(status, headers)
    if body.readableBytes > 0 { send(body) }
    end()
  }
}
