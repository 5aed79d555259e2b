import Decode

#if canImport(Glibc)
import Glibc
#endif

/// Standard output: written in large pieces, escaped on a terminal, and quiet when nobody reads on.
struct StandardOutput: ~Copyable {
  /// Above this, what has been collected is written.
  private static let flushByteCount = 256 << 10

  /// What has been collected: renderers append to it themselves.
  var buffer = OutputBuffer(capacity: 64 << 10)

  /// Whether a person sees the output, and control characters would do what they say.
  let isTerminal = isatty(1) == 1

  /// Writes what has been collected, if it is much.
  mutating func flushIfLarge() {
    if buffer.count >= StandardOutput.flushByteCount { flush() }
  }

  /// Appends text and writes it.
  mutating func write(_ text: String) {
    buffer.append(text)
    flush()
  }

  /// Writes what has been collected.
  ///
  /// A reader that has gone away is no error: the program ends with success, as one that a signal
  /// had ended would look to a pipe. Any other failure ends it with status 2.
  mutating func flush() {
    if isTerminal {
      TerminalLine.clear()
      let escaped = buffer.withBytes { TerminalText.escaped($0) }
      escaped.withUnsafeBytes { StandardOutput.writeAll($0) }
    } else {
      buffer.withBytes { StandardOutput.writeAll($0) }
    }
    buffer.removeAll()
  }

  /// Takes the line before the one that is written next away from the terminal.
  mutating func eraseLastLine() {
    flush()
    let erase: StaticString = "\u{1B}[1A\u{1B}[2K"
    StandardOutput.writeAll(
      UnsafeRawBufferPointer(start: erase.utf8Start, count: erase.utf8CodeUnitCount)
    )
  }

  /// How many characters a line of the terminal has; nil if it is none.
  var columnCount: Int? {
    var size = winsize()
    guard isTerminal, ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 10 else { return nil }
    return Int(size.ws_col)
  }

  /// Whether somebody may still read: of a pipe whose other end is closed this is known at once.
  var hasReader: Bool {
    var file = pollfd(fd: 1, events: 0, revents: 0)
    return poll(&file, 1, 0) <= 0 || file.revents & Int16(POLLERR) == 0
  }

  private static func writeAll(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    while !rest.isEmpty {
      let written = Glibc.write(1, rest.baseAddress, rest.count)
      if written > 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      } else if errno == EPIPE {
        exit(0)
      } else if errno != EINTR && errno != EAGAIN {
        Diagnostics.report(CommandFailure("standard output", String(cString: strerror(errno))))
        exit(2)
      }
    }
  }
}
