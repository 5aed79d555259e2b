/// Memory in which a file is seen; given back with the last reference.
public final class Mapping: Sendable {
  /// The bytes of the file, from its start.
  ///
  /// The memory stays where it is as long as the mapping is referenced, and nobody writes through
  /// it: it may be read from any thread. A local variable is no longer a reference after its last
  /// use, even if these bytes are still read: whoever reads them keeps the mapping in a property, or
  /// uses `withExtendedLifetime`.
  nonisolated(unsafe) public let bytes: UnsafeRawBufferPointer

  private let forget: @Sendable (UnsafeRawBufferPointer) -> Void
  private let release: @Sendable (UnsafeRawBufferPointer) -> Void

  /// Takes over memory that holds a file.
  ///
  /// - Parameters:
  ///   - bytes: The memory.
  ///   - forget: Lets go of what is in memory of it, if the system can find it again.
  ///   - release: Gives it back; called once.
  public init(
    _ bytes: UnsafeRawBufferPointer,
    forget: @escaping @Sendable (UnsafeRawBufferPointer) -> Void = { _ in },
    release: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
  ) {
    self.bytes = bytes
    self.forget = forget
    self.release = release
  }

  /// Says that most of it will not be read soon.
  ///
  /// The process then holds nothing of the file until it looks at it again, page by page; what the
  /// system has cached of the file stays cached.
  public func forgetPages() { forget(bytes) }

  deinit { release(bytes) }
}
