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

  /// Where colours are in what has been collected, in order; none unless they are shown.
  private var colours: [(range: Range<Int>, colour: TerminalColour)] = []
  private lazy var hasColours: Bool = {
    guard isTerminal, !TerminalColour.isUnwanted else { return false }
    TerminalColour.endOnInterruption()
    return true
  }()

  /// Writes what has been collected, if it is much.
  mutating func flushIfLarge() {
    if buffer.count >= StandardOutput.flushByteCount { flush() }
  }

  /// Appends text and writes it.
  mutating func write(_ text: String) {
    buffer.append(text)
    flush()
  }

  /// Appends text that has a colour on a terminal.
  mutating func append(_ text: String, in colour: TerminalColour) {
    let start = buffer.count
    buffer.append(text)
    if hasColours { colours.append((start..<buffer.count, colour)) }
  }

  /// Gives the lines of a difference their colours: what is new, gone, or changed.
  ///
  /// - Parameters:
  ///   - start: How much had been collected before them.
  ///   - column: Where in a line its mark stands.
  mutating func colourDifference(from start: Int, column: Int = 0) {
    guard hasColours else { return }
    let found = buffer.withBytes { bytes in
      var found: [(range: Range<Int>, colour: TerminalColour)] = []
      var line = start
      while line < bytes.count {
        let end = bytes[line...].firstIndex(of: 0x0A) ?? bytes.count
        if let colour = TerminalColour(ofLine: bytes[line..<end], column: column) {
          found.append((line..<end, colour))
        }
        line = end + 1
      }
      return found
    }
    colours += found
  }

  /// Writes what has been collected.
  ///
  /// A reader that has gone away is no error: the program ends with success, as one that a signal
  /// had ended would look to a pipe. Any other failure ends it with status 2.
  mutating func flush() {
    if isTerminal {
      TerminalLine.clear()
      terminalText.withUnsafeBytes { StandardOutput.writeAll($0) }
      colours.removeAll()
    } else {
      buffer.withBytes { StandardOutput.writeAll($0) }
    }
    buffer.removeAll()
  }

  /// What has been collected, harmless and in colours.
  private var terminalText: [UInt8] {
    buffer.withBytes { bytes in
      var text: [UInt8] = []
      var place = 0
      for (range, colour) in colours {
        text += TerminalText.escaped(
          UnsafeRawBufferPointer(rebasing: bytes[place..<range.lowerBound])
        )
        text += colour.rawValue.utf8
        text += TerminalText.escaped(UnsafeRawBufferPointer(rebasing: bytes[range]))
        text += TerminalColour.end.utf8
        place = range.upperBound
      }
      return text + TerminalText.escaped(UnsafeRawBufferPointer(rebasing: bytes[place...]))
    }
  }

  /// Takes rows away from the terminal; those below them move up.
  mutating func erase(_ rows: TerminalRows) {
    flush()
    var codes = "\u{1B}[\(rows.distance)A\u{1B}[\(rows.rowCount)M"
    let below = rows.distance - rows.rowCount
    if below > 0 { codes += "\u{1B}[\(below)B" }
    codes.withUTF8 { StandardOutput.writeAll(UnsafeRawBufferPointer($0)) }
  }

  /// How much the terminal shows; nil if there is none.
  var terminalSize: TerminalSize? {
    var size = winsize()
    guard isTerminal, ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 10 else { return nil }
    return TerminalSize(columnCount: Int(size.ws_col), rowCount: Int(size.ws_row))
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
