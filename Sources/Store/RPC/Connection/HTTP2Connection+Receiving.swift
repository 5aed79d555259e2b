internal import NIOCore

extension HTTP2Connection {
  // MARK: Calls

  /// Takes the headers of a request, or the trailers behind it.
  func receive(
    _ headers: RequestHeaders,
    on id: StreamID,
    isEnd: Bool
  ) throws(ConnectionFault) {
    if let stream = streams[id] {
      // Trailers say nothing but that the client has said all.
      guard isEnd, !stream.clientHasEnded else { return try endWrong(id, .protocolError) }
      return noteClientEnd(of: stream)
    }
    // Trailers of a call that was refused meanwhile.
    guard id > lastStreamID else { return }
    // The client was told that this one is not begun, and asks again elsewhere.
    guard !isDraining else { return output.writeReset(id, .refusedStream) }
    lastStreamID = id
    guard streams.count < limits.maximumConcurrentStreams else {
      return try endWrong(id, .refusedStream)
    }
    guard headers.isLegal else { return try endWrong(id, .protocolError) }
    switch headers.request(in: loop) {
    case .none:
      let stream = HTTP2Exchange(id: id, connection: self, headers: headers.fields)
      add(stream)
      if isEnd { noteClientEnd(of: stream) }
    case .refused(let status, let httpStatus):
      let encoding: String? = status.code == .unimplemented ? "identity" : nil
      let fields = AnswerFields(only: status, httpStatus: httpStatus, acceptEncoding: encoding)
      refuse(id, fields, isEnd: isEnd)
    case .call(let entry, let timeout):
      begin(entry, timeout, headers, on: id)
      if isEnd, let stream = streams[id] { noteClientEnd(of: stream) }
    }
  }

  private func begin(
    _ entry: MethodEntry,
    _ timeout: TimeAmount?,
    _ headers: RequestHeaders,
    on id: StreamID
  ) {
    let stream = RPCStream(
      id: id,
      connection: self,
      entry: entry,
      headers: headers.fields,
      deadline: timeout.map { .now() + $0 }
    )
    add(stream)
    stream.countHeaders(headers.byteCount)
    if incompleteByteCount > limits.maximumIncompleteByteCount {
      stream.refuse()
    } else {
      stream.begin()
    }
    if let deadline = stream.deadline { arm(deadline) }
  }

  /// Takes data of a stream.
  func receive(_ bytes: ByteBuffer, on stream: ConnectionStream, isEnd: Bool) {
    if bytes.readableBytes > 0 {
      stream.receive(bytes)
      if incompleteByteCount > limits.maximumIncompleteByteCount, stream.incompleteByteCount > 0 {
        stream.refuse()
      }
    }
    if isEnd { noteClientEnd(of: stream) }
  }

  private func add(_ stream: ConnectionStream) {
    streams.insert(stream, for: stream.id)
    loop.openStreams.add()
  }

  private func noteClientEnd(of stream: ConnectionStream) {
    guard !stream.clientHasEnded else { return }
    stream.clientHasEnded = true
    if stream.endIsSent {
      _ = remove(stream.id)
    } else {
      stream.receiveEnd()
    }
  }

  /// Answers a call that cannot be begun.
  private func refuse(_ id: StreamID, _ fields: AnswerFields, isEnd: Bool) {
    guardian.ping.hasSent = true
    answerHeaders.write(fields, id, isEnd: true, to: &output)
    // Nobody listens any more; what the client still sends is dropped.
    if !isEnd { output.writeReset(id, .noError) }
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
}

/// What a call's headers ask for, or why they are refused.
///
/// Source of the texts: grpc-go, `server.go`, `handleStream`, and
/// `internal/transport/http2_server.go`, `operateHeaders`.
enum CallRequest {
  case call(MethodEntry, timeout: TimeAmount?)
  case refused(RPCStatus, httpStatus: String)

  init(_ headers: RequestHeaders, in loop: LoopState) {
    let method = headers.method ?? ""
    guard method == "POST" else {
      let text = "Received a HEADERS frame with :method \"\(method)\" which should be POST"
      self = .refused(RPCStatus(.internal, text), httpStatus: "405")
      return
    }
    let path = headers.path ?? ""
    guard let entry = loop.methods[path] else {
      self = .refused(Self.unknown(path, in: loop), httpStatus: "200")
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
