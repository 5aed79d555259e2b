/// Memory in which a file is seen; given back with the last reference.
public final class Mapping: Sendable {
  /// The bytes of the file, from its start.
  ///
  /// The memory stays where it is as long as the mapping is referenced, and nobody writes through
  /// it: it may be read from any thread. A local variable is no longer a reference after its last
  /// use, even if these bytes are still read: whoever reads them keeps the mapping in a property, or
  /// uses `withExtendedLifetime`.
  nonisolated(unsafe) public let bytes: UnsafeRawBufferPointer

  private let release: @Sendable (UnsafeRawBufferPointer) -> Void

  /// Takes over memory that holds a file.
  ///
  /// - Parameters:
  ///   - bytes: The memory.
  ///   - release: Gives it back; called once.
  public init(
    _ bytes: UnsafeRawBufferPointer,
    release: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
  ) {
    self.bytes = bytes
    self.release = release
  }

  deinit { release(bytes) }
}
