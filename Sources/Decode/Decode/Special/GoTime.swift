/// Times and durations as Go prints them.
package enum GoTime {
  /// The zero time of Go, January 1 of the year 1, in seconds since 1970.
  static let zeroSeconds: Int64 = -62_135_596_800

  private static let secondsPerDay: Int64 = 86_400

  /// Appends a time in RFC 3339 and UTC, without quotes: `2026-07-24T04:09:49Z`.
  ///
  /// - Parameters:
  ///   - seconds: Since 1970; any value.
  ///   - microseconds: Printed with six digits if given, 0 to 999999.
  ///   - output: Where to.
  package static func append(
    seconds: Int64,
    microseconds: Int64? = nil,
    to output: inout OutputBuffer
  ) {
    var days = seconds / secondsPerDay
    var rest = seconds % secondsPerDay
    if rest < 0 {
      rest += secondsPerDay
      days -= 1
    }
    let date = civilDate(daysSince1970: days)
    if date.year < 0 { output.append(ascii: "-") }
    output.append(decimal: UInt64(date.year.magnitude), width: 4)
    output.append(ascii: "-")
    output.append(decimal: UInt64(date.month), width: 2)
    output.append(ascii: "-")
    output.append(decimal: UInt64(date.day), width: 2)
    output.append(ascii: "T")
    output.append(decimal: UInt64(rest / 3600), width: 2)
    output.append(ascii: ":")
    output.append(decimal: UInt64(rest / 60 % 60), width: 2)
    output.append(ascii: ":")
    output.append(decimal: UInt64(rest % 60), width: 2)
    if let microseconds {
      output.append(ascii: ".")
      output.append(decimal: UInt64(microseconds), width: 6)
    }
    output.append(ascii: "Z")
  }

  /// The date of a day in the proleptic Gregorian calendar.
  ///
  /// Years are counted from March, so that a leap day is a year's last; 719468 days lie between
  /// March 1 of the year 0 and 1970, and an era is 400 years or 146097 days.
  private static func civilDate(
    daysSince1970: Int64
  ) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = daysSince1970 + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  /// The days from 1970 to a date in the proleptic Gregorian calendar.
  private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let shiftedMonth = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * shiftedMonth + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// How many days a month has.
  static func dayCount(year: Int64, month: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Reads a time in RFC 3339, such as `2026-07-24T04:09:49.123456+02:00`; nil if it is none.
  package static func parse(_ text: some Collection<UInt8>) -> (seconds: Int64, nanoseconds: Int64)?
  {
    var scanner = DigitScanner(text)
    guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2),
      scanner.take("-"), let day = scanner.number(2), scanner.take("T"),
      let hour = scanner.number(2), scanner.take(":"), let minute = scanner.number(2),
      scanner.take(":"), let second = scanner.number(2)
    else { return nil }
    guard (1...12).contains(month), day >= 1, day <= dayCount(year: year, month: month),
      hour < 24, minute < 60, second < 60
    else { return nil }
    var nanoseconds: Int64 = 0
    if scanner.take(".") || scanner.take(",") {
      guard let fraction = scanner.fraction() else { return nil }
      nanoseconds = fraction
    }
    var offset: Int64 = 0
    if !scanner.take("Z") {
      let isWest = scanner.take("-")
      guard isWest || scanner.take("+"), let hours = scanner.number(2), scanner.take(":"),
        let minutes = scanner.number(2), hours <= 24, minutes < 60
      else { return nil }
      offset = (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
    }
    guard scanner.isAtEnd else { return nil }
    let days = daysSince1970(year: year, month: month, day: day)
    return (days * secondsPerDay + hour * 3600 + minute * 60 + second - offset, nanoseconds)
  }

  /// Appends a duration as Go's `Duration.String` has it: `1h0m0s`, `1.5s`, `2ms`, `0s`.
  static func append(durationNanoseconds nanoseconds: Int64, to output: inout OutputBuffer) {
    if nanoseconds == 0 {
      output.append("0s")
      return
    }
    if nanoseconds < 0 { output.append(ascii: "-") }
    let magnitude = nanoseconds.magnitude
    if magnitude < 1_000_000_000 {
      let (unit, name): (UInt64, StaticString) =
        magnitude < 1_000
        ? (1, "ns") : magnitude < 1_000_000 ? (1_000, "\u{B5}s") : (1_000_000, "ms")
      appendFraction(magnitude, unit: unit, to: &output)
      output.append(name)
      return
    }
    let seconds = magnitude / 1_000_000_000
    if seconds >= 3600 {
      output.append(decimal: seconds / 3600)
      output.append(ascii: "h")
    }
    if seconds >= 60 {
      output.append(decimal: seconds / 60 % 60)
      output.append(ascii: "m")
    }
    appendFraction(magnitude - seconds / 60 * 60_000_000_000, unit: 1_000_000_000, to: &output)
    output.append(ascii: "s")
  }

  private static func appendFraction(
    _ value: UInt64,
    unit: UInt64,
    to output: inout OutputBuffer
  ) {
    output.append(decimal: value / unit)
    var rest = value % unit
    guard rest > 0 else { return }
    var width = 0
    var scale = unit
    while scale > 1 {
      scale /= 10
      width += 1
    }
    while rest % 10 == 0 {
      rest /= 10
      width -= 1
    }
    output.append(ascii: ".")
    output.append(decimal: rest, width: width)
  }

  /// Reads a duration as Go's `time.ParseDuration` does; nil if it is none.
  static func parseDuration(_ text: some StringProtocol) -> Int64? {
    var rest = text[...]
    var isNegative = false
    if let sign = rest.first, sign == "-" || sign == "+" {
      isNegative = sign == "-"
      rest = rest.dropFirst()
    }
    if rest == "0" { return 0 }
    guard !rest.isEmpty else { return nil }
    var total: UInt64 = 0
    while !rest.isEmpty {
      let whole = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(whole.count)
      var fraction = rest[rest.startIndex..<rest.startIndex]
      if rest.first == "." {
        rest = rest.dropFirst()
        fraction = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(fraction.count)
      }
      guard !whole.isEmpty || !fraction.isEmpty else { return nil }
      let unitText = rest.prefix { $0 != "." && !($0.isASCII && $0.isNumber) }
      rest = rest.dropFirst(unitText.count)
      guard let unit = unitNanoseconds[String(unitText)] else { return nil }
      let number = whole.isEmpty ? 0 : UInt64(whole)
      guard let number else { return nil }
      let (product, tooBig) = number.multipliedReportingOverflow(by: unit)
      var scaled = 0.0
      if !fraction.isEmpty { scaled = (Double("0.\(fraction)") ?? 0) * Double(unit) }
      let (withFraction, tooBig2) = product.addingReportingOverflow(UInt64(scaled))
      let (sum, tooBig3) = total.addingReportingOverflow(withFraction)
      guard !tooBig, !tooBig2, !tooBig3, sum <= UInt64(Int64.max) + 1 else { return nil }
      total = sum
    }
    if isNegative { return total > UInt64(Int64.max) ? Int64.min : -Int64(total) }
    return total > UInt64(Int64.max) ? nil : Int64(total)
  }

  private static let unitNanoseconds: [String: UInt64] = [
    "ns": 1, "us": 1_000, "\u{B5}s": 1_000, "\u{3BC}s": 1_000, "ms": 1_000_000,
    "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
  ]
}

/// A cursor over digits and the marks between them.
struct DigitScanner {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ text: some Collection<UInt8>) { bytes = Array(text) }

  var isAtEnd: Bool { offset == bytes.count }

  /// Steps over a character if it stands here.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard offset < bytes.count, bytes[offset] == UInt8(truncatingIfNeeded: character.value) else {
      return false
    }
    offset += 1
    return true
  }

  /// A number of exactly `digits` digits, or of `atLeast` to `digits`.
  mutating func number(_ digits: Int, atLeast: Int? = nil) -> Int64? {
    var value: Int64 = 0
    var count = 0
    while count < digits, offset < bytes.count, bytes[offset] >= 0x30, bytes[offset] <= 0x39 {
      value = value * 10 + Int64(bytes[offset] - 0x30)
      offset += 1
      count += 1
    }
    return count >= atLeast ?? digits ? value : nil
  }

  /// The digits behind a point, as nanoseconds; more than nine are cut off.
  mutating func fraction() -> Int64? {
    var value: Int64 = 0
    var count = 0
    while offset < bytes.count, bytes[offset] >= 0x30, bytes[offset] <= 0x39 {
      if count < 9 { value = value * 10 + Int64(bytes[offset] - 0x30) }
      offset += 1
      count += 1
    }
    guard count > 0 else { return nil }
    for _ in min(count, 9)..<9 { value *= 10 }
    return value
  }
}
