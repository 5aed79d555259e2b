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
