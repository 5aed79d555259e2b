import Decode
import Explore
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// How far long work has come, on the last line of a terminal.
///
/// It is shown on standard error, only if that is a terminal and only for what lasts longer than a
/// second, and it is gone when the work is done. Any thread may tell of it.
final class Progress: Sendable {
  private let start = ContinuousClock.now
  private let isShown = isatty(2) == 1

  /// Guards the meter; a thread that finds another one drawing goes on working.
  private let meter: Mutex<ProgressMeter>

  /// Begins to measure work on something.
  init(_ subject: String, unit: ProgressMeter.Unit = .bytes) {
    meter = Mutex(ProgressMeter(subject: subject, unit: unit))
  }

  /// Begins to measure what a source reads.
  convenience init(_ source: any Source) { self.init(source.name, unit: source.progressUnit) }

  /// Is told how much of how much is done; nothing where that is not shown, and need not be found out.
  var report: SourceProgress? {
    guard isShown else { return nil }
    return { self.show($0, of: $1) }
  }

  /// Shows how much of how much is done, if it is time to.
  func show(_ done: Int, of total: Int) {
    guard isShown else { return }
    let elapsed = ContinuousClock.now - start
    let line = meter.withLockIfAvailable { $0.line(done: done, of: total, elapsed: elapsed) }
    if let line = line ?? nil { TerminalLine.show(line) }
  }

  /// Removes the line.
  func end() { TerminalLine.clear() }
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
