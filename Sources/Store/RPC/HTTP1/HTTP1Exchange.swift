internal import NIOCore
internal import NIOHTTP1

/// A request over HTTP/1.1.
final class HTTP1Exchange: HTTPExchange {
  var request: HTTPRequest
  var onCancel: (() -> Void)?
  var onWritable: (() -> Void)?

  /// Whether the connection may serve another request.
  var keepsAlive: Bool
  let version: HTTPVersion

  /// Whether the request has come wholly, or nobody wants the rest of it.
  var isReceived = false
  private(set) var hasBegun = false

  // Invariant: nil as soon as the answer has ended or the client is gone.
  private var connection: HTTP1Connection?

  init(_ head: HTTPRequestHead, on connection: HTTP1Connection) {
    self.connection = connection
    version = head.version
    // After these the parser takes nothing for HTTP any more.
    let mayChange = head.method == .CONNECT || head.headers.contains(name: "upgrade")
    keepsAlive = head.isKeepAlive && !mayChange
    let (path, query) = RequestTarget.parse(head.uri)
    request = HTTPRequest(
      method: head.method,
      path: path,
      query: query,
      headers: head.headers,
      peer: connection.peer
    )
    eventLoop = connection.loop.eventLoop
  }

  let eventLoop: any EventLoop

  var isWritable: Bool { connection?.isWritable ?? false }

  func begin(_ status: HTTPResponseStatus, _ headers: HTTPHeaders) {
    eventLoop.preconditionInEventLoop()
    guard let connection, !hasBegun else { return }
    hasBegun = true
    // What comes behind a body that was not read to its end cannot be told from it.
    if !isReceived { keepsAlive = false }
    var head = HTTPResponseHead(version: version, status: status, headers: headers)
    if isOld { head.version = .http1_0 }
    head.headers.remove(name: "connection")
    head.headers.remove(name: "transfer-encoding")
    if status.mayHaveResponseBody, request.method != .HEAD,
      !head.headers.contains(name: "content-length")
    {
      if !isOld {
        head.headers.add(name: "transfer-encoding", value: "chunked")
      } else {
        keepsAlive = false
      }
    }
    if connection.isDraining { keepsAlive = false }
    if !keepsAlive {
      head.headers.add(name: "connection", value: "close")
    } else if isOld {
      head.headers.add(name: "connection", value: "keep-alive")
    }
    connection.write(.head(head))
  }

  func send(_ bytes: ByteBuffer) {
    eventLoop.preconditionInEventLoop()
    guard hasBegun, request.method != .HEAD, bytes.readableBytes > 0 else { return }
    connection?.write(.body(.byteBuffer(bytes)))
  }

  func end() {
    eventLoop.preconditionInEventLoop()
    guard connection != nil else { return }
    if !hasBegun { answerNothing() }
    let connection = connection
    forget()
    connection?.write(.end(nil))
    connection?.finish(self)
  }

  /// Is told that the client is gone.
  func cancel() {
    let onCancel = onCancel
    guard connection != nil else { return }
    forget()
    onCancel?()
  }

  private var isOld: Bool { version == .http1_0 || version.major < 1 }

  private func answerNothing() { begin(.internalServerError, ["content-length": "0"]) }

  private func forget() {
    connection = nil
    onCancel = nil
    onWritable = nil
  }
}
