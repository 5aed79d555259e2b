import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Ctrl-C, and a request to terminate: the first ends the work at hand, the second the program.
enum Interruption {
  private static let flag = Atomic(false)

  /// Whether the user wants an end.
  static var hasCome: Bool { flag.load(ordering: .relaxed) }

  /// From now on the first signal is noted only.
  static func take() {
    for number in [SIGINT, SIGTERM] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { _ in
        Interruption.flag.store(true, ordering: .relaxed)
      }
      // The default is in force again after the first.
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
      sigaction(number, &action, nil)
    }
  }
}
