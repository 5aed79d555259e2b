#if canImport(Glibc)
internal import Glibc
#endif

/// Where any thread leaves work for one.
///
/// The thread that takes the work out sleeps while there is none; it is woken once, however much
/// comes until it has taken it.
final class Mailbox<Element: Sendable>: @unchecked Sendable {
  // Everything below is guarded by `mutex`.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var elements: [Element] = []
  private var isWaiting = false
  private var isClosed = false

  init() {
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // A change of the wall clock must not wake or delay anybody.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Adds work.
  ///
  /// - Returns: Whether it will be taken out: not after the mailbox was closed.
  func send(_ element: Element) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard !isClosed else { return false }
    elements.append(element)
    if isWaiting {
      isWaiting = false
      pthread_cond_signal(condition)
    }
    return true
  }

  /// Takes no more work from now on.
  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    isWaiting = false
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Takes out all work there is.
  ///
  /// - Parameter deadline: Until when to wait for some; nil for as long as it takes.
  /// - Returns: The work, in the order in which it came: none if the time is over; nil if there will
  ///   never be any again.
  func receive(until deadline: ContinuousClock.Instant?) -> [Element]? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if elements.isEmpty, !isClosed {
      wait(until: deadline)
    }
    if elements.isEmpty { return isClosed ? nil : [] }
    var taken: [Element] = []
    swap(&taken, &elements)
    return taken
  }

  private func wait(until deadline: ContinuousClock.Instant?) {
    isWaiting = true
    defer { isWaiting = false }
    guard let deadline else {
      while isWaiting { pthread_cond_wait(condition, mutex) }
      return
    }
    let rest = ContinuousClock.now.duration(to: deadline)
    guard rest > .zero else { return }
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let nanoseconds = time.tv_nsec + Int(rest.components.attoseconds / 1_000_000_000)
    time.tv_sec += Int(rest.components.seconds) + nanoseconds / 1_000_000_000
    time.tv_nsec = nanoseconds % 1_000_000_000
    while isWaiting {
      if pthread_cond_timedwait(condition, mutex, &time) != 0 { return }
    }
  }
}
