import Decode
import Explore
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// How far long work has come, on the last line of a terminal.
///
/// It is shown on standard error, only if that is a terminal and only for what lasts longer than a
/// second, and it is gone when the work is done. Threads may report what they have done at once.
final class ProgressLine: Sendable {
  private let start = ContinuousClock.now
  private let done = Atomic<Int>(0)
  private let isShown: Bool

  /// Guards the meter; a thread that finds another one drawing goes on working.
  private let meter: Mutex<ProgressMeter>

  /// Begins to measure.
  ///
  /// - Parameters:
  ///   - subject: What is worked on.
  ///   - total: How many bytes there are; nil if nobody knows.
  init(subject: String, total: Int?) {
    isShown = isatty(2) == 1
    meter = Mutex(ProgressMeter(subject: subject, total: total))
  }

  /// Counts bytes that are done, and shows the line anew if it is time.
  func advance(by byteCount: Int) {
    guard isShown else { return }
    let done = done.wrappingAdd(byteCount, ordering: .relaxed).newValue
    let elapsed = ContinuousClock.now - start
    let line = meter.withLockIfAvailable { $0.line(done: done, elapsed: elapsed) } ?? nil
    if let line { TerminalLine.show(line) }
  }

  /// Removes the line.
  func finish() { TerminalLine.clear() }
}

/// The last line of the terminal that standard error is, while something is shown there.
enum TerminalLine {
  /// Whether a line is shown; whoever writes to the terminal takes it away first.
  private static let isShown = Mutex(false)

  /// Shows text in place of what is shown.
  static func show(_ text: String) {
    isShown.withLock { isShown in
      isShown = true
      let text = TerminalText.escaped(OneLine.escaped(text)).prefix(columnCount - 1)
      write("\r\u{1B}[K\(text)")
    }
  }

  /// Removes what is shown.
  static func clear() {
    isShown.withLock { isShown in
      guard isShown else { return }
      isShown = false
      write("\r\u{1B}[K")
    }
  }

  private static func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      // A line that cannot be written is not worth a word.
      _ = Glibc.write(2, bytes.baseAddress, bytes.count)
    }
  }

  /// How wide the terminal is.
  private static var columnCount: Int {
    var size = winsize()
    guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 10 else { return 80 }
    return Int(size.ws_col)
  }
}
