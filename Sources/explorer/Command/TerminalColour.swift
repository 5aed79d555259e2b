#if canImport(Glibc)
import Glibc
#endif

/// The colours that text has on a terminal.
enum TerminalColour: String {
  case red = "\u{1B}[31m"
  case green = "\u{1B}[32m"
  case yellow = "\u{1B}[33m"
  case cyan = "\u{1B}[36m"

  /// The colour of a line of a difference, by its mark; nothing for a line without one.
  init?(ofLine line: Slice<UnsafeRawBufferPointer>, column: Int) {
    // The names of both sides are no lines of either.
    guard !line.starts(with: "--- ".utf8), !line.starts(with: "+++ ".utf8) else { return nil }
    switch line.dropFirst(column).first {
    case UInt8(ascii: "+"): self = .green
    case UInt8(ascii: "-"): self = .red
    case UInt8(ascii: "~"): self = .yellow
    case UInt8(ascii: "@") where column == 0: self = .cyan
    default: return nil
    }
  }

  /// What ends any of them.
  static let end = "\u{1B}[0m"

  /// Whether the user wants none, or the terminal knows none.
  ///
  /// Source: no-color.org.
  static var isUnwanted: Bool {
    getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
      || getenv("TERM").map { strcmp($0, "dumb") == 0 } ?? true
  }

  /// Ends whatever colour the terminal has when a signal ends the program in the middle of a line.
  static func endOnInterruption() {
    for number in [SIGINT, SIGTERM] {
      var action = sigaction()
      // Who takes signals in order ends lines, too.
      guard sigaction(number, nil, &action) == 0, action.__sigaction_handler.sa_handler == nil
      else { continue }
      action.__sigaction_handler.sa_handler = { number in
        let end: StaticString = "\u{1B}[0m"
        _ = write(1, end.utf8Start, end.utf8CodeUnitCount)
        // The default is in force again, and ends the program as it would have.
        raise(number)
      }
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_NODEFER
      sigaction(number, &action, nil)
    }
  }
}
