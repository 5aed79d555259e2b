import NIOCore
import RPC

/// Where a call's answer goes.
final class PromiseSink: RPCCall.Sink {
  private let promise: EventLoopPromise<[UInt8]>
  private var message: [UInt8] = []
  let isWritable = true

  init(_ promise: EventLoopPromise<[UInt8]>) { self.promise = promise }

  func send(_ message: ByteBuffer) { self.message = Array(message.readableBytesView) }

  func finish(_ status: RPCStatus) {
    if status.code == .ok { promise.succeed(message) } else { promise.fail(status) }
  }
}
