internal import NIOCore

extension HTTP2Connection {
  // MARK: The end of a connection

  /// Ends the connection, and tells the client and the log why.
  func fail(_ fault: ConnectionFault) {
    guard !isClosing else { return }
    loop.log(.warning, "closed a connection", peer: peer.address, error: fault.text)
    output.writeGoAway(last: lastStreamID, fault.code, fault.text)
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
    flush()
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
    output.writeGoAway(last: lastStreamID, .noError, "")
    for stream in streams.all { stream.drain() }
    scheduleTurn()
  }

  func closeIfDrained() {
    guard isDraining, !isClosing, streams.count == 0 else { return }
    isClosing = true
    gate.closeWhenWritten()
  }
}
