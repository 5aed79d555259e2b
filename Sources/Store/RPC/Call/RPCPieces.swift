public import NIOCore

/// A long message that is made in pieces, as fast as the client takes them.
///
/// It belongs to the event loop of its call, which keeps it until all is made or the call is over.
public protocol RPCPieces: AnyObject {
  /// How long the message is, in bytes: no more, and no less if no piece fails.
  var byteCount: Int { get }

  /// Makes the next piece, of about 64 KiB.
  ///
  /// - Parameter buffer: Where it is written to; at least one byte, as long as any are missing.
  /// - Throws: Why there is no more; the call then ends with that.
  func writePiece(to buffer: inout ByteBuffer) throws(RPCStatus)
}

/// A pause between two steps of what takes a loop long.
public enum LoopPause {
  /// Long enough for the loop to look at its sockets in between, which it does not as long as one
  /// task follows the other at once.
  public static let time = TimeAmount.microseconds(20)
}

extension RPCCall.Sink {
  /// Makes all pieces at once: for answers that go no further than this process, or are not sent as
  /// they are.
  public func answer(_ pieces: any RPCPieces) {
    var message = ByteBuffer()
    message.reserveCapacity(pieces.byteCount)
    do throws(RPCStatus) {
      while message.readableBytes < pieces.byteCount { try pieces.writePiece(to: &message) }
    } catch {
      return finish(error)
    }
    send(message)
    finish(.ok)
  }
}
