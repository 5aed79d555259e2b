internal import NIOCore
internal import NIOHTTP2

extension HTTP2Connection {
  // MARK: What a client does too often

  func receivePing(ack: Bool) {
    // NIO's handler has answered it.
    guard !ack else { return }
    let isSuffered = guardian.ping.receive(at: .now(), hasCalls: streams.count > 0)
    if !isSuffered { punish(.pings) }
  }

  func receiveReset(of id: HTTP2StreamID) {
    // Taking back a call that has lived for a while is anybody's right.
    guard let stream = streams[Int32(id)], turn &- stream.turn <= 1 else { return }
    if let offence = guardian.receiveReset() { punish(offence) }
  }

  func receiveControl(_ payload: HTTP2Frame.FramePayload) {
    let offence: ConnectionGuard.Offence?
    switch payload {
    case .settings(.ack): offence = nil
    case .settings: offence = guardian.receiveSettings()
    case .priority: offence = guardian.receivePriority()
    default: offence = guardian.receiveWindowUpdate()
    }
    if let offence { punish(offence) }
  }

  /// Takes what NIO's handler found wrong.
  func receive(_ error: any Error) {
    guard !isClosing else { return }
    if guardian.hasSentGoAway, !isDraining {
      loop.log(.warning, "closed a connection", peer: peer.address, error: "\(error)")
      closeSoon()
      return
    }
    guard error is any NIOHTTP2Error else {
      // The socket's or the encryption's: there is nobody to tell.
      loop.log(.debug, "lost a connection", peer: peer.address, error: "\(error)")
      context?.close(promise: nil)
      return
    }
    if let offence = guardian.receiveError() { punish(offence) }
  }

  private func punish(_ offence: ConnectionGuard.Offence) {
    guard !isClosing else { return }
    loop.log(.warning, "closed a connection", peer: peer.address, error: offence.rawValue)
    write(
      .goAway(
        lastStreamID: lastStreamID,
        errorCode: .enhanceYourCalm,
        opaqueData: ByteBuffer(string: offence.rawValue)
      ),
      on: .rootStream
    )
    closeSoon()
  }

  /// Closes after a moment in which the client can read why.
  ///
  /// A connection that is closed while something unread has come is reset, and then the last frames
  /// may never be seen. Until it is closed, what comes is thrown away.
  private func closeSoon() {
    guard let context else { return }
    isClosing = true
    gate.shut()
    context.flush()
    let streams = streams.all
    for stream in streams where remove(stream.id) != nil { stream.cancel(.connectionLost) }
    context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { [weak self] in
      self?.context?.close(promise: nil)
    }
  }

  // MARK: The server's end

  func drain() {
    guard !isDraining, !isClosing, context != nil else { return }
    isDraining = true
    write(
      .goAway(lastStreamID: lastStreamID, errorCode: .noError, opaqueData: nil),
      on: .rootStream
    )
    for stream in streams.all { stream.drain() }
    scheduleTurn()
  }

  func closeIfDrained() {
    guard isDraining, !isClosing, streams.count == 0 else { return }
    isClosing = true
    gate.closeWhenWritten()
  }
}
