internal import NIOCore

/// Waits for the one answer of a call.
///
/// `@unchecked Sendable`: after it is made, it is used on the connection's event loop only.
final class SingleAnswer: Exchange.Receiver, @unchecked Sendable {
  private let continuation: CheckedContinuation<Result<ByteBuffer, EtcdClientError>, Never>
  private let endpoint: Endpoint
  private var message: ByteBuffer?
  private var count = 0

  init(
    _ continuation: CheckedContinuation<Result<ByteBuffer, EtcdClientError>, Never>,
    endpoint: Endpoint
  ) {
    self.continuation = continuation
    self.endpoint = endpoint
  }

  func receive(_ message: ByteBuffer) -> Bool {
    self.message = message
    count += 1
    return true
  }

  func finish(_ failure: EtcdClientError?) {
    if let failure {
      continuation.resume(returning: .failure(failure))
    } else if let message, count == 1 {
      continuation.resume(returning: .success(message))
    } else {
      let reason = "\(count) messages instead of one"
      continuation.resume(
        returning: .failure(.malformed(endpoint: endpoint.description, reason: reason))
      )
    }
  }
}
