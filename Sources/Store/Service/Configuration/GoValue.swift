/// Why a text is no value of the type that is asked for.
///
/// Source: Go `flag`, `errParse` and `errRange`; etcd 3.5, `pkg/flags` and `client/pkg/types/urls.go`.
public enum ValueFault: Error, Equatable, Sendable {
  /// Not the form of the type.
  case syntax

  /// The form, but too large or too small.
  case range

  /// None of the words that are known.
  case unknown

  /// Not a URL that a member has; what is wrong with it.
  case url(String)

  /// A list of features that is none; what is wrong with it.
  case features(String)
}

extension ValueFault: CustomStringConvertible {
  /// What etcd says of it.
  public var description: String {
    switch self {
    case .syntax: "parse error"
    case .range: "value out of range"
    case .unknown: "invalid value"
    case .url(let cause), .features(let cause): cause
    }
  }
}

/// Values as Go's flags read and print them.
enum GoValue {
  /// Reads `true`, `false` and their short forms.
  ///
  /// Source: Go `strconv.ParseBool`.
  static func boolean(_ text: String) throws(ValueFault) -> Bool {
    switch text {
    case "1", "t", "T", "true", "TRUE", "True": true
    case "0", "f", "F", "false", "FALSE", "False": false
    default: throw .syntax
    }
  }

  /// Reads a number without a sign: decimal, or with a prefix of `0x`, `0o`, `0b` or `0`.
  ///
  /// Underscores may stand between digits.
  ///
  /// Source: Go `strconv.ParseUint` with base 0.
  static func unsigned(_ text: String) throws(ValueFault) -> UInt64 {
    var digits = Array(text.utf8)
    var radix = 10
    if digits.count > 1, digits[0] == UInt8(ascii: "0") {
      let letters: [UInt8: Int] = [
        UInt8(ascii: "x"): 16, UInt8(ascii: "b"): 2, UInt8(ascii: "o"): 8,
      ]
      let named = letters[digits[1] | 0x20]
      radix = named ?? 8
      digits.removeFirst(named == nil ? 1 : 2)
      // A prefix counts as a digit: an underscore may follow it.
      if digits.first == UInt8(ascii: "_") { digits.removeFirst() }
    }
    var value: UInt64 = 0
    var wasDigit = false
    var isTooLarge = false
    for digit in digits {
      if digit == UInt8(ascii: "_") {
        guard wasDigit else { throw .syntax }
        wasDigit = false
        continue
      }
      guard let number = Character(UnicodeScalar(digit)).hexDigitValue, number < radix else {
        throw .syntax
      }
      wasDigit = true
      let (product, overflow) = value.multipliedReportingOverflow(by: UInt64(radix))
      let (sum, carry) = product.addingReportingOverflow(UInt64(number))
      isTooLarge = isTooLarge || overflow || carry
      value = sum
    }
    guard wasDigit else { throw .syntax }
    guard !isTooLarge else { throw .range }
    return value
  }

  /// Reads a number that fits in 63 bits and has no sign.
  static func count(_ text: String) throws(ValueFault) -> Int {
    guard let value = Int(exactly: try unsigned(text)) else { throw .range }
    return value
  }

  /// Reads a number with a sign or without.
  ///
  /// Source: Go `strconv.ParseInt` with base 0.
  static func signed(_ text: String) throws(ValueFault) -> Int64 {
    let isNegative = text.hasPrefix("-")
    let digits = isNegative || text.hasPrefix("+") ? String(text.dropFirst()) : text
    let magnitude = try unsigned(digits)
    if isNegative, magnitude == UInt64(Int64.max) + 1 { return .min }
    guard let value = Int64(exactly: magnitude) else { throw .range }
    return isNegative ? -value : value
  }

  /// Reads parts of a time, as `1h2m3.5s`; units are h, m, s, ms, us and ns.
  ///
  /// Source: Go `time.ParseDuration`.
  static func duration(_ text: String) throws(ValueFault) -> Duration {
    var rest = text[...]
    let isNegative = rest.first == "-"
    if isNegative || rest.first == "+" { rest = rest.dropFirst() }
    if rest == "0" { return .zero }
    guard !rest.isEmpty else { throw .syntax }
    var total: Int64 = 0
    while !rest.isEmpty {
      let part = try durationPart(&rest)
      let (sum, overflow) = total.addingReportingOverflow(part)
      guard !overflow else { throw .syntax }
      total = sum
    }
    return .nanoseconds(isNegative ? -total : total)
  }

  private static func durationPart(_ rest: inout Substring) throws(ValueFault) -> Int64 {
    let isDigit = { (character: Character) in character.isASCII && character.isNumber }
    let whole = rest.prefix(while: isDigit)
    rest = rest.dropFirst(whole.count)
    var fraction: Substring = ""
    if rest.first == "." {
      rest = rest.dropFirst()
      fraction = rest.prefix(while: isDigit)
      rest = rest.dropFirst(fraction.count)
    }
    guard !whole.isEmpty || !fraction.isEmpty else { throw .syntax }
    let unit = rest.prefix { $0 != "." && !isDigit($0) }
    rest = rest.dropFirst(unit.count)
    guard let scale = durationUnits[String(unit)] else { throw .syntax }
    guard let count = whole.isEmpty ? 0 : Int64(whole) else { throw .syntax }
    let (product, overflow) = count.multipliedReportingOverflow(by: scale)
    guard !overflow else { throw .syntax }
    // More digits than 18 are below a nanosecond in every unit but the hour, and harmless there.
    let digits = fraction.prefix(18)
    var part = Double(digits) ?? 0
    for _ in 0..<digits.count { part /= 10 }
    let (sum, carry) = product.addingReportingOverflow(Int64((part * Double(scale)).rounded(.down)))
    guard !carry else { throw .syntax }
    return sum
  }

  private static let durationUnits: [String: Int64] = [
    "ns": 1, "us": 1_000, "\u{B5}s": 1_000, "\u{3BC}s": 1_000, "ms": 1_000_000,
    "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
  ]

  /// Prints a time as Go does: `1h0m0s`, `1.5s`, `100ms`.
  ///
  /// Source: Go `time.Duration.String`.
  static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return "\(seconds)s" }
    let nanoseconds = scaled + attoseconds / 1_000_000_000
    let sign = nanoseconds < 0 ? "-" : ""
    let magnitude = nanoseconds.magnitude
    switch magnitude {
    case 0: return "0s"
    case ..<1_000: return "\(sign)\(magnitude)ns"
    case ..<1_000_000: return sign + decimal(magnitude, 1_000) + "\u{B5}s"
    case ..<1_000_000_000: return sign + decimal(magnitude, 1_000_000) + "ms"
    default: break
    }
    let minutes = magnitude / 60_000_000_000
    let rest = decimal(magnitude % 60_000_000_000, 1_000_000_000) + "s"
    if minutes == 0 { return sign + rest }
    return sign + (minutes >= 60 ? "\(minutes / 60)h" : "") + "\(minutes % 60)m" + rest
  }

  private static func decimal(_ value: UInt64, _ unit: UInt64) -> String {
    var digits = String(value % unit)
    digits = String(repeating: "0", count: String(unit).count - 1 - digits.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(value / unit)" + (digits.isEmpty ? "" : ".\(digits)")
  }

  /// A text between quotation marks, as Go's `%q` writes it.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\0"..<" ", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        result += "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
