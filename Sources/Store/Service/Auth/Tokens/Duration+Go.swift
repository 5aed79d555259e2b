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
      let padded = "0\(number)" + (number.last == "." ? "0" : "")
      guard number.contains(where: \.isNumber), let count = Double(padded),
        let size = Duration.units[String(unit)]
      else { return nil }
      nanoseconds += count * size
    }
    // Go's times end there as well.
    guard nanoseconds < 0x1p63 else { return nil }
    self = .nanoseconds(Int64(isNegative ? -nanoseconds : nanoseconds))
  }

  private static let units: [String: Double] = [
    "ns": 1, "us": 1e3, "\u{B5}s": 1e3, "\u{3BC}s": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9,
    "h": 3600e9,
  ]
}
