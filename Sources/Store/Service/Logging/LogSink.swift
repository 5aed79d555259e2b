#if canImport(Glibc)
internal import Glibc
#endif

/// A file that lines of the log go to, and that nobody waits for.
///
/// A line is written at once, by one call of the system, if the file takes it without delay. Otherwise
/// it waits in memory for a thread of the sink's own, and so do all that come after it, so that the
/// order stays. If too much waits, lines are dropped and counted; how many is the line after the gap.
final class LogSink: @unchecked Sendable {
  /// How much may wait, in bytes.
  static let waitingLimit = 1 << 20

  private let descriptor: Int32
  private let isOwned: Bool
  // Regular files take lines at once: the system keeps them in memory.
  private let isRegular: Bool
  private let makeDropLine: @Sendable (Int) -> [UInt8]

  private let lock = WaitLock()
  // All below are guarded by the lock.
  private var waiting: [[UInt8]] = []
  private var waitingByteCount = 0
  private var droppedCount = 0
  private var isDraining = false
  private var hasThread = false
  private var isClosed = false

  /// A sink over an open file.
  ///
  /// - Parameters:
  ///   - descriptor: The file.
  ///   - isOwned: Whether it is closed with the sink.
  ///   - dropLine: Makes the line that says how many lines were dropped.
  init(
    _ descriptor: Int32,
    isOwned: Bool,
    dropLine: @escaping @Sendable (Int) -> [UInt8]
  ) {
    self.descriptor = descriptor
    self.isOwned = isOwned
    makeDropLine = dropLine
    var status = stat()
    isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  deinit {
    // The thread keeps the sink alive, so there is none.
    if isOwned { Glibc.close(descriptor) }
  }

  /// Writes a line, or leaves it to the thread.
  func write(_ line: [UInt8]) {
    lock.lock()
    defer { lock.unlock() }
    if waiting.isEmpty, !isDraining, takesAtOnce(line.count) {
      let written = line.withUnsafeBytes { writeSome($0) }
      guard written < line.count, written >= 0 else { return }
      enqueue(Array(line[written...]))
    } else {
      enqueue(line)
    }
  }

  /// Waits until everything is written, but not longer than told.
  ///
  /// - Returns: Whether everything is written.
  @discardableResult
  func flush(within limit: Duration) -> Bool {
    let deadline = ContinuousClock.now + limit
    lock.lock()
    defer { lock.unlock() }
    while !waiting.isEmpty || isDraining {
      guard lock.wait(until: deadline) else { return false }
    }
    return true
  }

  /// Lets the thread end, if there is one, once it has written what waits.
  func close() {
    lock.lock()
    isClosed = true
    lock.wakeAll()
    lock.unlock()
  }

  // MARK: With the lock held

  /// Whether a write of so many bytes returns without delay.
  private func takesAtOnce(_ count: Int) -> Bool {
    if isRegular { return true }
    // A pipe that is ready takes that many bytes, and in one piece.
    guard count <= 4096 else { return false }
    var query = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&query, 1, 0) == 1
  }

  private func enqueue(_ line: [UInt8]) {
    guard waitingByteCount + line.count <= LogSink.waitingLimit, !isClosed else {
      droppedCount += 1
      return
    }
    waiting.append(line)
    waitingByteCount += line.count
    if hasThread {
      lock.wakeAll()
    } else {
      hasThread = startThread()
    }
  }

  private func startThread() -> Bool {
    var thread = pthread_t()
    let sink = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread,
      nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<LogSink>.fromOpaque(argument).takeRetainedValue().drain()
        return nil
      },
      sink.toOpaque()
    )
    guard code == 0 else {
      // The next line tries again.
      sink.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  // MARK: On the thread

  private func drain() {
    lock.lock()
    while true {
      while waiting.isEmpty, !isClosed { lock.wait() }
      guard !waiting.isEmpty else { break }
      var lines = waiting
      (waiting, waitingByteCount, isDraining) = ([], 0, true)
      if droppedCount > 0 {
        lines.append(makeDropLine(droppedCount))
        droppedCount = 0
      }
      lock.unlock()
      for line in lines { writeAll(line) }
      lock.lock()
      isDraining = false
      lock.wakeAll()
    }
    hasThread = false
    lock.unlock()
  }

  private func writeAll(_ line: [UInt8]) {
    line.withUnsafeBytes { bytes in
      var rest = bytes
      while !rest.isEmpty {
        let written = writeSome(rest)
        // What cannot be written is lost: the log is the place where it would be told.
        guard written >= 0 else { return }
        if written == 0 {
          var query = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = poll(&query, 1, -1)
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      }
    }
  }

  /// How many bytes were written: none if the file takes none now; negative if it never will.
  private func writeSome(_ bytes: UnsafeRawBufferPointer) -> Int {
    while true {
      let written = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
      if written >= 0 { return written }
      switch errno {
      case EINTR: continue
      case EAGAIN: return 0
      default: return -1
      }
    }
  }
}
