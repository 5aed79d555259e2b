#if canImport(Glibc)
internal import Glibc
#endif

/// A lock that whoever holds it may wait on for others to change what it guards.
final class WaitLock: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  init() {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    condition.deallocate()
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func lock() { pthread_mutex_lock(mutex) }

  func unlock() { pthread_mutex_unlock(mutex) }

  /// Lets go of the lock until somebody wakes those who wait, or for no reason at all.
  func wait() { pthread_cond_wait(condition, mutex) }

  /// Lets go of the lock until somebody wakes those who wait, for no reason, or at a time.
  ///
  /// - Parameter deadline: The time.
  /// - Returns: Whether it is before the time.
  func wait(until deadline: ContinuousClock.Instant) -> Bool {
    let rest = max(deadline - .now, .zero)
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    time.tv_sec += Int(rest.components.seconds)
    time.tv_nsec += Int(rest.components.attoseconds / 1_000_000_000)
    if time.tv_nsec >= 1_000_000_000 {
      time.tv_sec += 1
      time.tv_nsec -= 1_000_000_000
    }
    return pthread_cond_timedwait(condition, mutex, &time) == 0
  }

  /// Wakes all that wait.
  func wakeAll() { pthread_cond_broadcast(condition) }
}
