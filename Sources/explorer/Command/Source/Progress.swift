import Explore
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// How far something has come that lasts longer than a second.
///
/// It is one line on stderr, where that is a terminal, and gone at the end. Any thread may tell of
/// it.
final class Progress: Sendable {
  /// What is counted.
  enum Unit {
    case bytes
    case parts
  }

  private struct State {
    var lastShown: ContinuousClock.Instant
    var isShown = false
    var hasEnded = false
  }

  /// How long nothing is shown, and how often it is from then on.
  private static let patience = Duration.seconds(1)
  private static let period = Duration.milliseconds(200)

  private let subject: String
  private let start = ContinuousClock.now
  private let isTerminal = isatty(2) == 1
  private let state: Mutex<State>

  init(_ subject: String) {
    self.subject = subject
    state = Mutex(State(lastShown: start))
  }

  /// Shows how much of how much is done, if it is time to.
  func show(_ done: Int, of total: Int, unit: Unit = .bytes) {
    guard isTerminal, total > 0 else { return }
    let now = ContinuousClock.now
    guard now - start >= Progress.patience else { return }
    state.withLock { state in
      guard !state.hasEnded, !state.isShown || now - state.lastShown >= Progress.period else {
        return
      }
      state.isShown = true
      state.lastShown = now
      Diagnostics.write("\r\u{1B}[K" + line(done, of: total, unit: unit, after: now - start))
    }
  }

  /// Takes the line away.
  func end() {
    state.withLock { state in
      if state.isShown { Diagnostics.write("\r\u{1B}[K") }
      state.isShown = false
      state.hasEnded = true
    }
  }

  private func line(_ done: Int, of total: Int, unit: Unit, after elapsed: Duration) -> String {
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    let left = done > 0 ? Int((seconds * Double(total - done) / Double(done)).rounded(.up)) : nil
    let rest = left.map { ", \($0) s left" } ?? ""
    let name = TerminalText.escaped(subject)
    switch unit {
    case .bytes:
      let rate = HumanText.byteCount(Int(Double(done) / seconds))
      return
        "\(name): \(HumanText.byteCount(done)) of \(HumanText.byteCount(total)), \(rate)/s\(rest)"
    case .parts:
      return "\(name): \(done * 100 / total) %\(rest)"
    }
  }
}
