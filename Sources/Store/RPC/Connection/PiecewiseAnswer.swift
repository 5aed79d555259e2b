internal import NIOCore

/// A long answer on its way: made while the client takes it.
///
/// At most ``RPCLimits/callHighWaterMark`` of it and one piece wait in memory. After that many bytes
/// whatever else the loop has to do has its turn, however fast the client is.
final class PiecewiseAnswer {
  private let pieces: any RPCPieces
  private unowned let stream: RPCStream
  private var missingByteCount: Int

  /// Set while the next pieces are about to be made.
  private var pause: Scheduled<Void>?
  private var watchdog: Scheduled<Void>?

  init(_ pieces: any RPCPieces, of stream: RPCStream) {
    self.pieces = pieces
    self.stream = stream
    missingByteCount = pieces.byteCount
  }

  /// Writes what stands before a message, and the first pieces.
  func begin() {
    var prefix = ByteBuffer()
    prefix.writeInteger(0 as UInt8)
    guard let byteCount = UInt32(exactly: missingByteCount) else {
      // Nothing longer can be framed.
      return stream.finish(
        RPCStatus(
          .resourceExhausted,
          "grpc: message too large (\(missingByteCount) vs. \(UInt32.max))"
        )
      )
    }
    prefix.writeInteger(byteCount)
    stream.connection.writeData(prefix, of: stream)
    watch()
    proceed()
  }

  /// Is told that the client has taken what was written.
  func becomeWritable() {
    guard pause == nil else { return }
    pause = schedule(in: LoopPause.time) { answer in
      answer.pause = nil
      answer.proceed()
    }
  }

  /// Forgets everything that would still happen.
  func cancel() {
    pause?.cancel()
    watchdog?.cancel()
  }

  private func proceed() {
    var rest = stream.connection.limits.callHighWaterMark
    do throws(RPCStatus) {
      while missingByteCount > 0, stream.isWritable {
        guard rest > 0 else { return becomeWritable() }
        var piece = ByteBuffer()
        try pieces.writePiece(to: &piece)
        precondition(
          (1...missingByteCount).contains(piece.readableBytes),
          "a message has as many bytes as were announced"
        )
        missingByteCount -= piece.readableBytes
        rest -= piece.readableBytes
        stream.connection.writeData(piece, of: stream)
      }
    } catch {
      return stream.finish(error)
    }
    if missingByteCount == 0 { stream.finish(.ok) }
  }

  private var untakenByteCount: Int { missingByteCount + stream.pendingByteCount }

  /// Looks now and then whether the client takes anything.
  private func watch() {
    let seen = untakenByteCount
    watchdog = schedule(in: stream.connection.limits.stallTimeout) { answer in
      guard answer.untakenByteCount == seen else { return answer.watch() }
      answer.stream.abandon()
    }
  }

  private func schedule(
    in time: TimeAmount,
    _ body: @escaping (PiecewiseAnswer) -> Void
  ) -> Scheduled<Void> {
    stream.connection.loop.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
      if let self { body(self) }
    }
  }
}
