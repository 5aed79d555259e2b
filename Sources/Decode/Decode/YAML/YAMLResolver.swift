#if canImport(Glibc)
private import Glibc
#endif

/// What a plain YAML scalar would be read as, by go-yaml version 2's reading of YAML 1.1.
///
/// Source: sigs.k8s.io/yaml 1.4, goyaml.v2 (resolve.go, encode.go `isBase60Float`).
enum YAMLResolver {
  /// What text without quotes stands for.
  enum Value: Equatable {
    case string
    case null
    case bool(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case float(Double)
    case timestamp
    case merge
  }

  /// Whether text without quotes would be read as a string.
  static func isString(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = bytes.first else { return false }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "~"):
      return resolve(bytes) == .string
    case UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "n"), UInt8(ascii: "N"),
      UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"),
      UInt8(ascii: "o"), UInt8(ascii: "O"):
      return bytes.count > 5 || resolve(bytes) == .string
    default: return true
    }
  }

  /// What text without quotes stands for.
  static func resolve(_ bytes: UnsafeRawBufferPointer) -> Value {
    guard let first = bytes.first else { return .null }
    switch first {
    case UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "n"), UInt8(ascii: "N"),
      UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"),
      UInt8(ascii: "o"), UInt8(ascii: "O"), UInt8(ascii: "~"):
      return word(String(decoding: bytes, as: UTF8.self))
    case UInt8(ascii: "."):
      let text = String(decoding: bytes, as: UTF8.self)
      switch text {
      case ".nan", ".NaN", ".NAN": return .float(.nan)
      case ".inf", ".Inf", ".INF": return .float(.infinity)
      default:
        guard let digits = withoutUnderscores(bytes), isDecimalFloat(digits, allowsSign: false)
        else {
          return .string
        }
        return float(String(decoding: digits, as: UTF8.self))
      }
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
      return number(bytes)
    default: return .string
    }
  }

  private static func word(_ text: String) -> Value {
    switch text {
    case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": .bool(true)
    case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": .bool(false)
    case "~", "null", "Null", "NULL": .null
    default: .string
    }
  }

  private static func number(_ bytes: UnsafeRawBufferPointer) -> Value {
    let text = String(decoding: bytes, as: UTF8.self)
    switch text {
    case "+.inf", "+.Inf", "+.INF": return .float(.infinity)
    case "-.inf", "-.Inf", "-.INF": return .float(-.infinity)
    default: break
    }
    if isTimestamp(Array(bytes)) { return .timestamp }
    let digits = bytes.filter { $0 != UInt8(ascii: "_") }
    if let integer = goInteger(digits) { return integer }
    if isDecimalFloat(digits, allowsSign: true) {
      return float(String(decoding: digits, as: UTF8.self))
    }
    // Behind `0b` go-yaml reads what ParseInt reads, signs too.
    if digits.starts(with: "0b".utf8),
      let value = Int64(String(decoding: digits.dropFirst(2), as: UTF8.self), radix: 2)
    {
      return .integer(value)
    }
    return .string
  }

  /// The bytes without underscores, or nil if one of them does not stand between digits.
  private static func withoutUnderscores(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    func isDigit(_ offset: Int) -> Bool {
      bytes.indices.contains(offset) && bytes[offset] >= 0x30 && bytes[offset] <= 0x39
    }
    for offset in bytes.indices where bytes[offset] == UInt8(ascii: "_") {
      guard isDigit(offset - 1), isDigit(offset + 1) else { return nil }
    }
    return bytes.filter { $0 != UInt8(ascii: "_") }
  }

  /// An integer as Go's `strconv.ParseInt` reads it with base 0: decimal, `0x`, `0o`, `0b`, or
  /// octal behind a zero.
  private static func goInteger(_ text: [UInt8]) -> Value? {
    var digits = text[...]
    var isNegative = false
    var hasSign = false
    if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      hasSign = true
      digits = digits.dropFirst()
    }
    var radix = 10
    if digits.count > 1, digits.first == UInt8(ascii: "0") {
      switch digits[digits.startIndex + 1] | 0x20 {
      case UInt8(ascii: "x"):
        radix = 16
        digits = digits.dropFirst(2)
      case UInt8(ascii: "o"):
        radix = 8
        digits = digits.dropFirst(2)
      case UInt8(ascii: "b"):
        radix = 2
        digits = digits.dropFirst(2)
      default:
        radix = 8
        digits = digits.dropFirst()
      }
    }
    let body = String(decoding: digits, as: UTF8.self)
    guard let first = digits.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+"),
      let magnitude = UInt64(body, radix: radix)
    else { return nil }
    if isNegative {
      if magnitude == UInt64(Int64.max) + 1 { return .integer(.min) }
      return magnitude <= UInt64(Int64.max) ? .integer(-Int64(magnitude)) : nil
    }
    if magnitude <= UInt64(Int64.max) { return .integer(Int64(magnitude)) }
    return hasSign ? nil : .unsigned(magnitude)
  }

  private static func float(_ text: String) -> Value {
    // What overflows is an error of Go's parser, and so a string.
    guard let value = Double(text.first == "." ? "0" + text : text), value.isFinite else {
      return .string
    }
    return .float(value)
  }

  /// Whether text is a number with a point or an exponent, as go-yaml reads it.
  ///
  /// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
  private static func isDecimalFloat(_ text: [UInt8], allowsSign: Bool) -> Bool {
    func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    var rest = text[...]
    func isSign(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") }
    if isSign(rest.first) {
      guard allowsSign else { return false }
      rest = rest.dropFirst()
    }
    let whole = rest.prefix(while: isDigit).count
    rest = rest.dropFirst(whole)
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      fraction = rest.prefix(while: isDigit).count
      rest = rest.dropFirst(fraction)
    }
    guard whole + fraction > 0 else { return false }
    if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      if isSign(rest.first) { rest = rest.dropFirst() }
      let digits = rest.prefix(while: isDigit).count
      guard digits > 0 else { return false }
      rest = rest.dropFirst(digits)
    }
    return rest.isEmpty
  }

  /// Whether go-yaml takes text for a date or a time: `2006-1-2`, `2006-1-2T15:4:5Z`, the same with
  /// a small `t`, or `2006-1-2 15:4:5`; one or two digits but for the year.
  static func isTimestamp(_ text: [UInt8]) -> Bool {
    guard text.count > 4, text[4] == UInt8(ascii: "-") else { return false }
    var scanner = DigitScanner(text)
    guard let year = scanner.number(4), scanner.take("-"),
      let month = scanner.number(2, atLeast: 1), scanner.take("-"),
      let day = scanner.number(2, atLeast: 1), (1...12).contains(month), day >= 1,
      day <= GoTime.dayCount(year: year, month: month)
    else { return false }
    if scanner.isAtEnd { return true }
    let isBare = scanner.take(" ")
    guard isBare || scanner.take("T") || scanner.take("t"),
      let hour = scanner.number(2, atLeast: 1), scanner.take(":"),
      let minute = scanner.number(2, atLeast: 1), scanner.take(":"),
      let second = scanner.number(2, atLeast: 1), hour < 24, minute < 60, second < 60
    else { return false }
    if scanner.take(".") || scanner.take(",") {
      guard scanner.fraction() != nil else { return false }
    }
    if isBare { return scanner.isAtEnd }
    if scanner.take("Z") { return scanner.isAtEnd }
    guard scanner.take("+") || scanner.take("-"), let hours = scanner.number(2), scanner.take(":"),
      let minutes = scanner.number(2)
    else { return false }
    return hours <= 24 && minutes < 60 && scanner.isAtEnd
  }

  /// Whether text is a number to the base 60 in YAML 1.1, such as `1:30`, which go-yaml quotes.
  ///
  /// `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`
  static func isBase60(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = bytes.first,
      first == UInt8(ascii: "+") || first == UInt8(ascii: "-") || (first >= 0x30 && first <= 0x39),
      bytes.contains(UInt8(ascii: ":"))
    else { return false }
    func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    var rest = Array(bytes)[...]
    if !isDigit(first) { rest = rest.dropFirst() }
    guard let leading = rest.first, isDigit(leading) else { return false }
    rest = rest.drop { isDigit($0) || $0 == UInt8(ascii: "_") }
    var groups = 0
    while rest.first == UInt8(ascii: ":") {
      rest = rest.dropFirst()
      let digits = rest.prefix(while: isDigit)
      guard (1...2).contains(digits.count),
        digits.count == 1 || digits[digits.startIndex] <= UInt8(ascii: "5")
      else { return false }
      rest = rest.dropFirst(digits.count)
      groups += 1
    }
    guard groups > 0 else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst().drop { isDigit($0) || $0 == UInt8(ascii: "_") }
    }
    return rest.isEmpty
  }
}
