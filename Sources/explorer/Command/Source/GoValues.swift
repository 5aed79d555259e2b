import ArgumentParser

/// A length of time as Go's programs take it: `5s`, `1m30s`, `500ms`, `1.5h`.
///
/// Source: Go, `time.ParseDuration`; a negative one is refused.
struct GoDuration: ExpressibleByArgument, Equatable {
  let duration: Duration

  /// Reads it; nil if it is none, or longer than 292 years, which Go cannot count either.
  init?(argument: String) {
    var rest = Substring(argument)
    if rest.first == "+" { rest.removeFirst() }
    guard !rest.isEmpty else { return nil }
    if rest == "0" {
      duration = .zero
      return
    }
    var nanoseconds = 0.0
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
      let unit = rest[number.endIndex...].prefix { !($0.isASCII && $0.isNumber) && $0 != "." }
      guard number.contains(where: \.isNumber), !number.hasSuffix("."),
        let count = Double(number.hasPrefix(".") ? "0\(number)" : String(number)),
        let length = Self.units[String(unit)]
      else { return nil }
      nanoseconds += count * length
      rest = rest[unit.endIndex...]
    }
    guard nanoseconds < Double(Int64.max) else { return nil }
    duration = .nanoseconds(Int64(nanoseconds))
  }

  /// In nanoseconds.
  private static let units: [String: Double] = [
    "ns": 1, "us": 1e3, "\u{B5}s": 1e3, "\u{3BC}s": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9,
    "h": 3_600e9,
  ]
}

extension GoDuration {
  /// A length of time as Go prints it: `2.345678ms`, `1m30.5s`.
  ///
  /// Source: Go, `time.Duration.String`.
  static func text(_ time: Duration) -> String {
    let (seconds, attoseconds) = time.components
    let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    switch nanoseconds {
    case 0: return "0s"
    case ..<1_000: return "\(nanoseconds)ns"
    case ..<1_000_000: return decimal(nanoseconds, digits: 3) + "\u{B5}s"
    case ..<1_000_000_000: return decimal(nanoseconds, digits: 6) + "ms"
    default:
      let (minutes, rest) = nanoseconds.quotientAndRemainder(dividingBy: 60_000_000_000)
      let text = decimal(rest, digits: 9) + "s"
      if minutes == 0 { return text }
      return minutes < 60 ? "\(minutes)m\(text)" : "\(minutes / 60)h\(minutes % 60)m\(text)"
    }
  }

  /// A number of the smallest parts, with the point where it belongs and no zeros at its end.
  private static func decimal(_ number: Int64, digits: Int) -> String {
    let text = String(number)
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    var fraction = padded.suffix(digits)
    while fraction.last == "0" { fraction.removeLast() }
    return padded.dropLast(digits) + (fraction.isEmpty ? "" : "." + fraction)
  }
}

/// Yes or no as Go's programs take it.
///
/// Source: Go, `strconv.ParseBool`.
struct GoBool: ExpressibleByArgument, Equatable {
  let value: Bool

  init(_ value: Bool) {
    self.value = value
  }

  init?(argument: String) {
    switch argument {
    case "1", "t", "T", "true", "TRUE", "True": value = true
    case "0", "f", "F", "false", "FALSE", "False": value = false
    default: return nil
    }
  }
}
