internal import NIOCore

/// An answer as it came, not decoded.
public struct AnswerBytes: Sendable {
  let buffer: ByteBuffer

  init(_ buffer: ByteBuffer) {
    self.buffer = buffer
  }

  /// How many bytes it has.
  public var count: Int { buffer.readableBytes }

  /// The bytes in place.
  public func withUnsafeBytes<Value>(
    _ body: (UnsafeRawBufferPointer) throws -> Value
  ) rethrows -> Value {
    try buffer.withUnsafeReadableBytes(body)
  }
}
