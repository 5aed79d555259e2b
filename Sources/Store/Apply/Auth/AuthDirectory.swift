internal import Synchronization

/// The users and roles as they are after the last change, for all threads.
///
/// What threads share, and what guards it:
///
/// * An ``AuthSnapshot`` does not change once it is made; what it remembers of permissions lies behind
///   a lock of its own.
/// * Which snapshot is the current one, and whether authentication is on, is said here: the first
///   behind a lock, the second by one atomic flag, so that a request costs nothing more while
///   authentication is off.
/// * Everything else of an ``AuthStore`` belongs to the thread that applies the log. It publishes a
///   snapshot with each change, before anybody is told that the change was made.
///
/// Whoever asks while a change is made sees the state before or after it. Both are right: changes that
/// a request admitted before must not outlive are looked at again when the request is applied.
public final class AuthDirectory: Sendable {
  private let enabled: Atomic<Bool>
  private let latest: Mutex<AuthSnapshot>

  init(_ snapshot: AuthSnapshot) {
    enabled = Atomic(snapshot.isEnabled)
    latest = Mutex(snapshot)
  }

  /// Whether requests are looked at for who makes them.
  public var isEnabled: Bool { enabled.load(ordering: .acquiring) }

  /// The users and roles after the last change.
  public var current: AuthSnapshot { latest.withLock { $0 } }

  func publish(_ snapshot: AuthSnapshot) {
    // The former one is let go of outside the lock: it may be large.
    _ = latest.withLock { latest in
      let former = latest
      latest = snapshot
      return former
    }
    enabled.store(snapshot.isEnabled, ordering: .releasing)
  }
}
