#if canImport(Glibc)
internal import Glibc
#endif

/// A thread of the operating system that runs one function.
final class WorkerThread: @unchecked Sendable {
  // Written before the thread begins and read when it has ended.
  private var handle = pthread_t()

  private final class Body {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts a thread.
  ///
  /// - Parameter run: What it does.
  init(_ run: @escaping @Sendable () -> Void) {
    let body = Unmanaged.passRetained(Body(run)).toOpaque()
    let code = pthread_create(
      &handle,
      nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      },
      body
    )
    precondition(code == 0, "the system gives no thread: \(String(cString: strerror(code)))")
  }

  /// Waits until the function has returned; called once.
  func join() { pthread_join(handle, nil) }

  /// Says that nobody will wait; called once, and not with ``join()``.
  func detach() { pthread_detach(handle) }
}
