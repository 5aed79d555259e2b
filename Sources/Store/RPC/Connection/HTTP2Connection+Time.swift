internal import NIOCore

extension HTTP2Connection {
  // MARK: Deadlines

  /// Has a deadline looked at when it has passed.
  func arm(_ deadline: NIODeadline) {
    deadlines.arm(deadline, on: loop.eventLoop) { [weak self] in self?.expireCalls() }
  }

  private func expireCalls() {
    deadlines.cancel()
    let now = NIODeadline.now()
    var next: NIODeadline?
    for stream in streams.all {
      guard let deadline = stream.deadline else { continue }
      if deadline <= now {
        stream.expire()
      } else {
        next = min(next ?? deadline, deadline)
      }
    }
    if let next { arm(next) }
  }

  // MARK: Keepalive

  /// Looks after a while whether the client has been silent all the time.
  func startKeepalive() {
    let interval = loop.configuration.keepalive.interval
    scheduleKeepalive(at: lastRead + interval) { connection in
      if NIODeadline.now() - connection.lastRead < interval {
        connection.startKeepalive()
      } else {
        connection.askForLife()
      }
    }
  }

  private func askForLife() {
    let asked = lastRead
    output.writePing(0, isAcknowledgement: false)
    scheduleTurn()
    let timeout = loop.configuration.keepalive.timeout
    scheduleKeepalive(at: .now() + timeout) { connection in
      if connection.lastRead > asked {
        connection.startKeepalive()
        return
      }
      connection.loop.log(
        .info,
        "closed a connection that does not answer",
        peer: connection.peer.address
      )
      connection.context?.close(promise: nil)
    }
  }

  private func scheduleKeepalive(
    at time: NIODeadline,
    _ body: @escaping (HTTP2Connection) -> Void
  ) {
    keepalive = loop.eventLoop.assumeIsolated().scheduleTask(deadline: time) { [weak self] in
      guard let self, self.context != nil else { return }
      body(self)
    }
  }
}
