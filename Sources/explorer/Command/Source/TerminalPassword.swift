#if canImport(Glibc)
import Glibc
#endif

/// A password that is typed on the terminal and not shown there.
enum TerminalPassword {
  /// Asks for it.
  ///
  /// The terminal is read byte by byte, so that Ctrl-C can end the program with the terminal as it
  /// was before.
  static func ask(_ prompt: String) throws -> String {
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
    guard terminal >= 0 else {
      throw CommandFailure("--user", "no password given, and no terminal to ask for it")
    }
    defer { close(terminal) }
    var before = termios()
    guard tcgetattr(terminal, &before) == 0 else {
      throw CommandFailure("/dev/tty", String(cString: strerror(errno)))
    }
    var silent = before
    silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    write(prompt, to: terminal)
    tcsetattr(terminal, TCSAFLUSH, &silent)
    let line = readLine(terminal)
    tcsetattr(terminal, TCSAFLUSH, &before)
    write("\n", to: terminal)
    guard let line else {
      kill(getpid(), SIGINT)
      throw CommandFailure("--user", "no password given")
    }
    return String(decoding: line, as: UTF8.self)
  }

  /// The bytes up to the end of the line; nil if the user wants no more of it.
  private static func readLine(_ terminal: Int32) -> [UInt8]? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while true {
      let count = read(terminal, &byte, 1)
      if count < 0, errno == EINTR { continue }
      guard count == 1 else { return nil }
      switch byte {
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return line
      case 3: return nil  // Ctrl-C.
      case 4: return line.isEmpty ? nil : line  // Ctrl-D.
      case 8, 127:
        // A character goes with all its bytes.
        while let last = line.popLast(), last & 0xC0 == 0x80 {}
      case 21: line = []  // Ctrl-U.
      default: line.append(byte)
      }
    }
  }

  private static func write(_ text: String, to terminal: Int32) {
    let bytes = Array(text.utf8)
    _ = Glibc.write(terminal, bytes, bytes.count)
  }
}
