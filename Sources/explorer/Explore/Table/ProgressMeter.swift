/// What to say of work that takes long: how much is done, how fast, how long it still takes.
///
/// It holds no clock and writes nothing: the caller says what time it is, and shows the text.
public struct ProgressMeter: Sendable {
  /// Before that nothing is said: most work is over by then.
  private static let delay = Duration.seconds(1)

  /// A line that changes more often cannot be read.
  private static let interval = Duration.milliseconds(200)

  /// What work is counted in.
  public enum Unit: Sendable {
    case bytes, keys

    func text(_ count: Int) -> String {
      switch self {
      case .bytes: HumanText.byteCount(count)
      case .keys: "\(count) keys"
      }
    }
  }

  private let subject: String
  private let unit: Unit
  private var nextTime = ProgressMeter.delay

  /// A meter of work that begins now.
  ///
  /// - Parameters:
  ///   - subject: What is worked on, such as the name of a file.
  ///   - unit: What it is counted in.
  public init(subject: String, unit: Unit = .bytes) {
    self.subject = subject
    self.unit = unit
  }

  /// The line to show, if it is time to show another.
  ///
  /// - Parameters:
  ///   - done: How much is done.
  ///   - total: How much there is to be done; 0 if nobody knows.
  ///   - elapsed: How long the work has been going on.
  /// - Returns: `backup.db: 1.2 GB of 4.8 GB (25%), 600 MB/s, 6s left`, or nil.
  public mutating func line(done: Int, of total: Int, elapsed: Duration) -> String? {
    guard elapsed >= nextTime else { return nil }
    nextTime = elapsed + ProgressMeter.interval
    let seconds =
      Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    let rate = Double(max(done, 0)) / seconds
    var parts = [unit.text(max(done, 0))]
    if total > 0 {
      // A file may grow while it is read.
      let share = min(Double(done) / Double(total), 1)
      parts[0] += " of \(unit.text(total)) (\(Int(max(share, 0) * 100))%)"
    }
    // Work that stands still has no rate that fits a number.
    if rate >= 1, rate < 1e18 {
      parts.append("\(unit.text(Int(rate)))/s")
      if total > done {
        let left = min((Double(total - done) / rate).rounded(.up), 1e12)
        parts.append("\(HumanText.age(seconds: Int64(left))) left")
      }
    }
    return "\(subject): \(parts.joined(separator: ", "))"
  }
}
