internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP1

/// A request of plain HTTP over HTTP/2.
final class HTTP2Exchange: ConnectionStream, HTTPExchange {
  let head: HPACKHeaders
  private(set) var request: HTTPRequest
  var onCancel: (() -> Void)?
  var onWritable: (() -> Void)?
  private var hasBegun = false
  private var isOver = false

  init(id: StreamID, connection: HTTP2Connection, headers: HPACKHeaders) {
    head = headers
    request = HTTPRequest(method: .GET, path: "/", peer: connection.peer)
    super.init(id: id, connection: connection)
    var fields = HTTPHeaders()
    for (name, value, _) in headers {
      switch name {
      case ":method": request.method = HTTPMethod(rawValue: value)
      case ":path": (request.path, request.query) = RequestTarget.parse(value)
      case ":authority": fields.add(name: "host", value: value)
      default: if name.utf8.first != UInt8(ascii: ":") { fields.add(name: name, value: value) }
      }
    }
    request.headers = fields
  }

  var eventLoop: any EventLoop { connection.loop.eventLoop }

  override func receive(_ bytes: ByteBuffer) {
    guard !isOver else { return }
    guard incompleteByteCount + bytes.readableBytes <= limit else {
      answer(.payloadTooLarge)
      return
    }
    request.body.writeImmutableBuffer(bytes)
    connection.incompleteByteCount += bytes.readableBytes
    incompleteByteCount += bytes.readableBytes
  }

  override func receiveEnd() {
    guard !isOver else { return }
    forgetIncomplete()
    connection.loop.http(self)
  }

  override func refuse() { answer(.serviceUnavailable) }

  override func cancel(_ reason: RPCCancellation) {
    guard !isOver else { return }
    let onCancel = onCancel
    finish()
    onCancel?()
  }

  override func becomeWritable() { if !isOver { onWritable?() } }

  func begin(_ status: HTTPResponseStatus, _ headers: HTTPHeaders) {
    eventLoop.preconditionInEventLoop()
    guard !isOver, !hasBegun else { return }
    hasBegun = true
    let fields = headers.map { ($0.name.lowercased(), $0.value) }
      .filter { !Self.connectionHeaders.contains($0.0) }
    connection.writeHeaders(
      AnswerFields(status: String(status.code), fields),
      of: self,
      isEnd: false
    )
  }

  func send(_ bytes: ByteBuffer) {
    eventLoop.preconditionInEventLoop()
    guard !isOver, hasBegun, request.method != .HEAD, bytes.readableBytes > 0 else { return }
    connection.writeData(bytes, of: self)
  }

  func end() {
    eventLoop.preconditionInEventLoop()
    guard !isOver else { return }
    if !hasBegun { begin(.internalServerError, [:]) }
    finish()
    connection.writeEnd(.data, of: self)
  }

  private var limit: Int { connection.loop.configuration.limits.maximumBodyByteCount }

  private func finish() {
    isOver = true
    onCancel = nil
    onWritable = nil
    forgetIncomplete()
  }

  private func forgetIncomplete() {
    connection.incompleteByteCount -= incompleteByteCount
    incompleteByteCount = 0
  }

  /// Headers that HTTP/2 forbids, since they speak of the connection.
  private static let connectionHeaders: Set<String> = [
    "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
  ]
}
