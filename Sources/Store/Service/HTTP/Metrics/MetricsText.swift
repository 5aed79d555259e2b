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
    begin(name, .histogram, help)
    lines(name, [], histogram, unit: unit)
  }

  /// Writes the lines of a histogram that was begun.
  mutating func lines(
    _ name: String,
    _ labels: [(String, String)],
    _ histogram: Histogram,
    unit: Duration = .seconds(1)
  ) {
    let size = unit / .nanoseconds(1)
    let counts = histogram.cumulativeCounts
    for (bound, count) in zip(histogram.bounds, counts) {
      let limit = MetricsText.number(Double(bound) / size)
      line("\(name)_bucket", labels + [("le", limit)], "\(count)")
    }
    line("\(name)_bucket", labels + [("le", "+Inf")], "\(counts.last ?? 0)")
    line("\(name)_sum", labels, MetricsText.number(histogram.seconds * 1e9 / size))
    line("\(name)_count", labels, "\(counts.last ?? 0)")
  }

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
