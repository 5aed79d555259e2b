internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2

extension HTTP2Connection {
  // MARK: Calls

  func receive(_ payload: HTTP2Frame.FramePayload.Headers, on id: HTTP2StreamID) {
    if let stream = streams[Int32(id)] {
      // Trailers of the client, which say nothing but that it has said all.
      if payload.endStream { noteClientEnd(of: stream) }
      return
    }
    // Trailers of a call that was refused meanwhile.
    guard id > lastStreamID else { return }
    lastStreamID = id
    let headers = RequestHeaders(payload.headers)
    guard headers.isRPC else {
      beginExchange(headers, payload, on: id)
      return
    }
    switch CallRequest(headers, in: loop) {
    case .refused(let status, let httpStatus):
      let encoding: String? = status.code == .unimplemented ? "identity" : nil
      refuse(id, status, httpStatus: httpStatus, acceptEncoding: encoding, isEnd: payload.endStream)
    case .call(let entry, let timeout):
      let stream = RPCStream(
        id: id,
        connection: self,
        entry: entry,
        headers: payload.headers,
        deadline: timeout.map { .now() + $0 }
      )
      add(stream)
      stream.countHeaders(headers.byteCount)
      if incompleteByteCount > limits.maximumIncompleteByteCount {
        stream.refuse()
      } else {
        stream.begin()
      }
      if payload.endStream { noteClientEnd(of: stream) }
      if let deadline = stream.deadline { arm(deadline) }
    }
  }

  func receive(_ payload: HTTP2Frame.FramePayload.Data, on id: HTTP2StreamID) {
    // Data of a call that was refused are no mistake of the client, who did not know yet.
    guard let stream = streams[Int32(id)] else { return }
    if case .byteBuffer(let bytes) = payload.data, bytes.readableBytes > 0 {
      stream.receive(bytes)
      if incompleteByteCount > limits.maximumIncompleteByteCount, stream.incompleteByteCount > 0 {
        stream.refuse()
      }
    }
    if payload.endStream { noteClientEnd(of: stream) }
  }

  private func add(_ stream: ConnectionStream) {
    streams.insert(stream, for: Int32(stream.id))
    loop.openStreams.add()
  }

  private func noteClientEnd(of stream: ConnectionStream) {
    guard !stream.clientHasEnded else { return }
    stream.clientHasEnded = true
    stream.receiveEnd()
  }

  private func beginExchange(
    _ headers: RequestHeaders,
    _ payload: HTTP2Frame.FramePayload.Headers,
    on id: HTTP2StreamID
  ) {
    let stream = HTTP2Exchange(id: id, connection: self, headers: payload.headers)
    add(stream)
    if payload.endStream { noteClientEnd(of: stream) }
  }

  /// Answers a call that cannot be begun.
  private func refuse(
    _ id: HTTP2StreamID,
    _ status: RPCStatus,
    httpStatus: String,
    acceptEncoding: String?,
    isEnd: Bool
  ) {
    var trailers = shared.trailersOnly(status, httpStatus: httpStatus)
    if let acceptEncoding { trailers.add(name: "grpc-accept-encoding", value: acceptEncoding) }
    write(.headers(.init(headers: trailers, endStream: true)), on: id)
    // Nobody listens any more; what the client still sends is dropped by the handler of HTTP/2.
    if !isEnd { write(.rstStream(.noError), on: id) }
  }

  // MARK: Unary calls

  /// Lets a unary call be answered, or keeps it as long as too much waits to be sent.
  func admit(_ stream: RPCStream) {
    if isCongested || !waitingCalls.isEmpty {
      // Calls that were taken back meanwhile are not kept for ever.
      if waitingCalls.count > 64, waitingCalls.count > 2 * streams.count {
        waitingCalls.removeAll { $0.isOver }
      }
      waitingCalls.append(stream)
    } else {
      stream.dispatch()
    }
  }

  func dispatchWaiting() {
    while !isCongested, let stream = waitingCalls.popFirst() { stream.dispatch() }
  }

  // MARK: The end of a stream

  func close(_ event: StreamClosedEvent) {
    guard let stream = remove(event.streamID) else { return }
    // A connection that NIO's handler gives up loses its streams first.
    stream.cancel(guardian.hasSentGoAway && !isDraining ? .connectionLost : .byClient)
    if isDraining { scheduleTurn() }
  }

  // MARK: Windows

  /// Lets the client send again what it has sent, in good time before it has to wait.
  func updateWindow(_ event: NIOHTTP2WindowUpdatedEvent) {
    guard let size = event.inboundWindowSize else { return }
    if event.streamID == .rootStream {
      replenish(.rootStream, size, target: max(limits.connectionWindowByteCount, 65_535))
    } else if size < limits.callWindowByteCount / 2, let stream = streams[Int32(event.streamID)],
      !stream.clientHasEnded, !stream.hasEnded
    {
      replenish(event.streamID, size, target: limits.callWindowByteCount)
    }
  }

  private func replenish(_ id: HTTP2StreamID, _ size: Int, target: Int) {
    let target = min(target, Int(Int32.max))
    guard size < target / 2, !isClosing else { return }
    write(.windowUpdate(windowSizeIncrement: target - size), on: id)
  }
}

/// The headers of a request that decide what becomes of it.
struct RequestHeaders {
  var path = ""
  var method = ""
  var contentType = ""
  var timeout: String?
  var encoding: String?

  /// How long all names and values are.
  private(set) var byteCount = 0

  init(_ headers: HPACKHeaders) {
    for (name, value, _) in headers {
      byteCount += name.utf8.count + value.utf8.count
      switch name {
      case ":path": path = value
      case ":method": method = value
      case "content-type": contentType = value
      case "grpc-timeout": timeout = value
      case "grpc-encoding": encoding = value
      default: break
      }
    }
  }

  /// Whether it is a call of gRPC: `application/grpc`, alone or with a `+` or `;` and more.
  var isRPC: Bool {
    let type = "application/grpc"
    guard contentType.utf8.starts(with: type.utf8) else { return false }
    guard let next = contentType.utf8.dropFirst(type.utf8.count).first else { return true }
    return next == UInt8(ascii: "+") || next == UInt8(ascii: ";")
  }
}

/// What a call's headers ask for, or why they are refused.
///
/// Source of the texts: grpc-go, `server.go`, `handleStream`, and
/// `internal/transport/http2_server.go`, `operateHeaders`.
enum CallRequest {
  case call(MethodEntry, timeout: TimeAmount?)
  case refused(RPCStatus, httpStatus: String)

  init(_ headers: RequestHeaders, in loop: LoopState) {
    guard headers.method == "POST" else {
      let text = "Received a HEADERS frame with :method \"\(headers.method)\" which should be POST"
      self = .refused(RPCStatus(.internal, text), httpStatus: "405")
      return
    }
    guard let entry = loop.methods[headers.path] else {
      self = .refused(Self.unknown(headers.path, in: loop), httpStatus: "200")
      return
    }
    if let encoding = headers.encoding, encoding != "identity", encoding != "" {
      let text = "grpc: Decompressor is not installed for grpc-encoding \"\(encoding)\""
      self = .refused(RPCStatus(.unimplemented, text), httpStatus: "200")
      return
    }
    guard let text = headers.timeout else {
      self = .call(entry, timeout: nil)
      return
    }
    guard let timeout = RPCTimeout.parse(text) else {
      let status = RPCStatus(.internal, "malformed grpc-timeout: \(text)")
      self = .refused(status, httpStatus: "400")
      return
    }
    guard timeout > .zero else {
      let status = RPCStatus(.deadlineExceeded, "context deadline exceeded")
      self = .refused(status, httpStatus: "200")
      return
    }
    self = .call(entry, timeout: timeout)
  }

  private static func unknown(_ path: String, in loop: LoopState) -> RPCStatus {
    guard let parts = MethodPath(path) else {
      return RPCStatus(.unimplemented, "malformed method name: \"\(path)\"")
    }
    guard loop.services.contains(parts.service) else {
      return RPCStatus(.unimplemented, "unknown service \(parts.service)")
    }
    return RPCStatus(
      .unimplemented,
      "unknown method \(parts.method) for service \(parts.service)"
    )
  }
}
