import Glibc

/// A program that is killed: it commits numbered transactions for ever, and prints each number once the
/// store has acknowledged it.
///
///     CrashWriter bolt PATH      a bolt database
///
/// It goes on where the file stops. Whoever kills it opens the file and asks that every number printed
/// is there.
@main
struct CrashWriter {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let write = modes[arguments[1]] else {
      fail("usage: CrashWriter \(modes.keys.sorted().joined(separator: "|")) PATH")
    }
    do {
      try write(arguments[2])
    } catch {
      fail("\(arguments[2]): \(error)")
    }
  }

  private static let modes: [String: @Sendable (String) throws -> Void] = ["bolt": writeBolt]

  /// Says that a transaction was acknowledged: with one call of the system, and nothing kept back.
  static func acknowledge(_ number: UInt64) {
    let line = Array("\(number)\n".utf8)
    guard write(STDOUT_FILENO, line, line.count) == line.count else { exit(2) }
  }

  private static func fail(_ message: String) -> Never {
    let line = Array("\(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    exit(2)
  }
}
