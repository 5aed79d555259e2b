extension Duration {
  /// A time as Go writes it in flags: numbers with units, such as `10m`, `1h30m`, `1.5s`, `-250ms`.
  ///
  /// Source: Go, `time.ParseDuration`.
  ///
  /// - Parameter text: The text; `0` needs no unit.
  init?(goText text: String) {
    var rest = Substring(text)
    let isNegative = rest.first == "-"
    if isNegative || rest.first == "+" { rest.removeFirst() }
    if rest == "0" {
      self = .zero
      return
    }
    guard !rest.isEmpty else { return nil }
    var nanoseconds = 0.0
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest.dropFirst(number.count)
      let unit = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
      rest = rest.dropFirst(unit.count)
      // Go reads `1.` and `.5` as well.
      let parts = number.split(separator: ".", omittingEmptySubsequences: false)
      guard number.contains(where: \.isNumber), parts.count <= 2,
        let size = Duration.units[String(unit)], let whole = Double("0\(parts[0])"),
        let fraction = Double(parts.count == 2 ? "0\(parts[1])" : "0")
      else { return nil }
      // The fraction on its own, so that it is as exact as the unit is.
      let scale = parts.count == 2 ? Duration.power(ofTen: parts[1].count) : 1
      nanoseconds += whole * size + (fraction * (size / scale)).rounded(.towardZero)
    }
    // Go's times end there as well.
    guard nanoseconds < 0x1p63 else { return nil }
    self = .nanoseconds(Int64(isNegative ? -nanoseconds : nanoseconds))
  }

  /// The time as Go writes it: in the largest unit of which it has a whole one, hours and minutes
  /// before seconds, without zeros at the end.
  ///
  /// Source: Go, `time.Duration.String`.
  var goText: String {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return "-" + (.zero - self).goText }
    let fraction = attoseconds / 1_000_000_000
    if seconds == 0 {
      for (unit, size) in [("ms", Int64(1_000_000)), ("\u{B5}s", 1000)] where fraction >= size {
        return Duration.decimal(fraction / size, fraction % size, of: size) + unit
      }
      return fraction == 0 ? "0s" : "\(fraction)ns"
    }
    var text = seconds >= 3600 ? "\(seconds / 3600)h" : ""
    if seconds >= 60 { text += "\(seconds / 60 % 60)m" }
    return text + Duration.decimal(seconds % 60, fraction, of: 1_000_000_000) + "s"
  }

  private static func power(ofTen exponent: Int) -> Double {
    (0..<exponent).reduce(1) { power, _ in power * 10 }
  }

  /// A number with a fraction, without zeros at its end.
  private static func decimal(_ whole: Int64, _ part: Int64, of size: Int64) -> String {
    guard part > 0 else { return "\(whole)" }
    // As many digits as the size has zeros.
    var digits = String(String(size + part).dropFirst())
    while digits.last == "0" { digits.removeLast() }
    return "\(whole).\(digits)"
  }

  private static let units: [String: Double] = [
    "ns": 1, "us": 1e3, "\u{B5}s": 1e3, "\u{3BC}s": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9,
    "h": 3600e9,
  ]
}
