/// Figures in the text format of Prometheus.
///
/// Format: Prometheus, "Text-based format", version 0.0.4.
struct MetricsText {
  /// What a figure is.
  enum Kind: String {
    case counter
    case gauge
    case histogram
  }

  /// The text so far.
  private(set) var text = ""

  /// No figures.
  init() {}

  /// Begins a figure whose lines follow.
  mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  /// Writes a line of the figure that was begun.
  mutating func line(_ name: String, _ labels: [(String, String)] = [], _ value: String) {
    text += name
    if !labels.isEmpty {
      text += "{" + labels.map { "\($0)=\(MetricsText.quoted($1))" }.joined(separator: ",") + "}"
    }
    text += " \(value)\n"
  }

  /// Writes a figure of one line.
  mutating func write(
    _ name: String,
    _ kind: Kind,
    _ help: String,
    labels: [(String, String)] = [],
    _ value: some CustomStringConvertible
  ) {
    begin(name, kind, help)
    line(name, labels, value.description)
  }

  /// Writes a histogram of times, in seconds or another unit.
  mutating func write(
    _ name: String,
    _ help: String,
    _ histogram: Histogram,
    unit: Duration = .seconds(1)
  ) {
    let size = unit / .nanoseconds(1)
    begin(name, .histogram, help)
    let counts = histogram.cumulativeCounts
    for (bound, count) in zip(histogram.bounds, counts) {
      line("\(name)_bucket", [("le", MetricsText.number(Double(bound) / size))], "\(count)")
    }
    line("\(name)_bucket", [("le", "+Inf")], "\(counts.last ?? 0)")
    line("\(name)_sum", MetricsText.number(histogram.seconds * 1e9 / size))
    line("\(name)_count", "\(counts.last ?? 0)")
  }

  private mutating func line(_ name: String, _ value: String) { line(name, [], value) }

  /// A number without a fraction that is none, and from a million on with an exponent, as Go has it.
  static func number(_ value: Double) -> String {
    guard let whole = Int64(exactly: value) else { return "\(value)" }
    guard whole >= 1_000_000 else { return "\(whole)" }
    let digits = String(whole)
    var fraction = digits.dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    let exponent = digits.count - 1
    return "\(digits.prefix(1))\(fraction.isEmpty ? "" : ".")\(fraction)"
      + "e+\(exponent < 10 ? "0" : "")\(exponent)"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
