#if canImport(Glibc)
internal import Glibc
#endif

/// SIGTERM and SIGINT: the first asks the process to stop, the second stops it.
///
/// The signals are blocked in every thread and taken by one that waits for nothing else. So the second
/// one ends the process whatever the others are doing, and also as the first process of a container,
/// which signals without a handler do not reach.
public enum StopSignals {
  /// Blocks the signals in this thread and all that it starts: to be called before any other is there.
  public static func block() {
    var signals = set
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// Starts the thread that takes them.
  ///
  /// - Parameter stop: Called with the first signal, on that thread; must return soon.
  public static func take(_ stop: @escaping @Sendable (Int32) -> Void) {
    let body = Unmanaged.passRetained(Body(stop: stop))
    var thread = pthread_t()
    let code = pthread_create(
      &thread,
      nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      },
      body.toOpaque()
    )
    precondition(code == 0, "the system gives no thread: \(String(cString: strerror(code)))")
    pthread_detach(thread)
  }

  private static var set: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    return signals
  }

  private final class Body: Sendable {
    let stop: @Sendable (Int32) -> Void

    init(stop: @escaping @Sendable (Int32) -> Void) { self.stop = stop }

    func run() {
      var signals = StopSignals.set
      var number: Int32 = 0
      while sigwait(&signals, &number) != 0 {}
      stop(number)
      while sigwait(&signals, &number) != 0 {}
      // As a shell says it of a process that a signal ended.
      _exit(128 + number)
    }
  }
}
