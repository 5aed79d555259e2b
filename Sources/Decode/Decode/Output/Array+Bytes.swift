extension [UInt8] {
  /// Calls `body` with the array's bytes in place, and throws what it throws.
  @inlinable
  @inline(__always)
  package func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try span.bytes.withUnsafeBytes(body)
  }
}
