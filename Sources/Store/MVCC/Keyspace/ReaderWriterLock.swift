#if canImport(Glibc)
internal import Glibc
#endif

/// A lock that many may hold for reading, or one for writing.
///
/// Whoever waits for writing comes before who comes later for reading. One thread does not take it
/// twice.
final class ReaderWriterLock: @unchecked Sendable {
  // The system's lock is made for many threads; its memory does not move.
  private let lock: UnsafeMutablePointer<pthread_rwlock_t>

  init() {
    lock = .allocate(capacity: 1)
    var attributes = pthread_rwlockattr_t()
    pthread_rwlockattr_init(&attributes)
    pthread_rwlockattr_setkind_np(
      &attributes,
      Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP)
    )
    let code = pthread_rwlock_init(lock, &attributes)
    precondition(code == 0, "a lock is made of memory only")
    pthread_rwlockattr_destroy(&attributes)
  }

  deinit {
    pthread_rwlock_destroy(lock)
    lock.deallocate()
  }

  @inline(__always)
  func reading<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_rwlock_rdlock(lock)
    defer { pthread_rwlock_unlock(lock) }
    return try body()
  }

  @inline(__always)
  func writing<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_rwlock_wrlock(lock)
    defer { pthread_rwlock_unlock(lock) }
    return try body()
  }
}
