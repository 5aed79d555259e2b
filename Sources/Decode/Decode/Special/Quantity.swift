private import BigInt

/// The canonical text of Kubernetes' resource quantities.
///
/// Kubernetes parses a stored quantity and prints it anew: `0.5` becomes `500m`, `1024Mi` becomes
/// `1Gi`. Text that passes Kubernetes' own quick test for being canonical stays as it is, even
/// where it is not (`1000k` stays, `1.50` does not).
///
/// Source: kubernetes/apimachinery, pkg/api/resource (quantity.go, amount.go, suffix.go).
enum Quantity {
  private enum Format {
    case decimalExponent, decimalSI, binarySI
  }

  /// A number taken apart: `-1.50Ki`.
  private struct Parts {
    var isNegative = false

    /// The digits before the point, without zeros in front.
    var whole: [UInt8] = []

    /// The digits behind the point.
    var fraction: [UInt8] = []
    var suffix: [UInt8] = []
  }

  /// Above this many digits or powers of ten nothing is a quantity, only a way to burn time.
  private static let maximumDigitCount = 4096

  /// Appends the canonical text.
  ///
  /// - Returns: False, with nothing appended, if the text is not a quantity.
  static func append(canonical text: UnsafeRawBufferPointer, to output: inout OutputBuffer) -> Bool
  {
    if isPlainlyCanonical(text) {
      output.append(text)
      return true
    }
    guard let canonical = canonical(Array(text)) else { return false }
    canonical.withUnsafeBytes { output.append($0) }
    return true
  }

  /// Whether text is one to four digits without a leading zero, and perhaps `m`, `Mi`, `Gi` or
  /// `Ki`, and stays as it is: nearly all quantities of a cluster.
  private static func isPlainlyCanonical(_ text: UnsafeRawBufferPointer) -> Bool {
    var digitCount = 0
    while digitCount < text.count, text[digitCount] >= 0x30, text[digitCount] <= 0x39 {
      digitCount += 1
    }
    guard (1...4).contains(digitCount) else { return false }
    if text[0] == UInt8(ascii: "0") { return text.count == 1 }
    switch text.count - digitCount {
    case 0:
      return digitCount < 4 || text[1] != 0x30 || text[2] != 0x30 || text[3] != 0x30
    case 1:
      guard text[digitCount] == UInt8(ascii: "m") else { return false }
      return digitCount < 4 || text[1] != 0x30 || text[2] != 0x30 || text[3] != 0x30
    case 2:
      guard text[digitCount + 1] == UInt8(ascii: "i") else { return false }
      switch text[digitCount] {
      case UInt8(ascii: "K"), UInt8(ascii: "M"), UInt8(ascii: "G"): break
      default: return false
      }
      var value = 0
      for offset in 0..<digitCount { value = value * 10 + Int(text[offset] - 0x30) }
      return value & 7 != 0
    default: return false
    }
  }

  /// The canonical text, or nil if the text is not a quantity.
  static func canonical(_ text: [UInt8]) -> [UInt8]? {
    guard !text.isEmpty else { return nil }
    if text == [UInt8(ascii: "0")] { return text }
    guard let parts = parse(text), let (format, base, exponent) = interpret(parts.suffix) else {
      return nil
    }
    let digits = parts.whole + parts.fraction
    guard digits.count <= maximumDigitCount, exponent.magnitude <= maximumDigitCount else {
      return nil
    }

    // Kubernetes holds what fits as an integer times a power of ten.
    var precision = -1
    var scale = 0
    switch format {
    case .decimalExponent, .decimalSI:
      scale = exponent
      precision = 18 - digits.count
    case .binarySI:
      if parts.fraction.isEmpty {
        precision = 15 - parts.whole.count - Int(Float(exponent) * 3 / 10) - 1
      }
    }
    scale -= parts.fraction.count
    if precision >= 0, scale >= -9, let value = Int64(String(decoding: digits, as: UTF8.self)) {
      let factor: Int64 = base == 2 ? 1 << Int64(exponent) : 1
      let (product, overflows) = value.multipliedReportingOverflow(by: factor)
      if !overflows {
        switch format {
        case .binarySI:
          if exponent % 10 == 0, value & 7 != 0 { return text }
        default:
          let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: 3)
          if scale % 3 == 0, digits.suffix(3) != zeros[...], digits.first != UInt8(ascii: "0") {
            return text
          }
        }
        let signed = parts.isNegative ? -product : product
        return canonical(BigInt(signed), scale: scale, format: format)
      }
    }

    guard text.contains(where: { $0 >= 0x30 && $0 <= 0x39 }),
      var amount = BigInt(String(decoding: digits, as: UTF8.self))
    else { return nil }
    scale = -parts.fraction.count
    if base == 10 { scale += exponent } else { amount <<= exponent }
    // What is below a nano is rounded away from zero: who wants some gets some.
    if scale < -9 {
      amount = divideRoundingUp(amount, by: BigInt(10).power(-9 - scale))
      scale = -9
    }
    var effective = format
    if format == .binarySI {
      let largest = BigInt(Int64.max)
      let isAboveLargest =
        scale >= 0
        ? amount * BigInt(10).power(scale) > largest
        : amount > largest * BigInt(10).power(-scale)
      if isAboveLargest {
        amount = largest
        scale = 0
      }
      if amount > 0, scale < 0, amount < BigInt(10).power(-scale) { effective = .decimalSI }
    }
    return canonical(parts.isNegative ? -amount : amount, scale: scale, format: effective)
  }

  // MARK: Reading

  private static func parse(_ text: [UInt8]) -> Parts? {
    var parts = Parts()
    var rest = text[...]
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      parts.isNegative = sign == UInt8(ascii: "-")
      rest = rest.dropFirst()
    }
    func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    rest = rest.drop { $0 == UInt8(ascii: "0") }
    let zero = [UInt8(ascii: "0")]
    if rest.isEmpty {
      parts.whole = zero
      return parts
    }
    parts.whole = Array(rest.prefix(while: isDigit))
    rest = rest.dropFirst(parts.whole.count)
    if parts.whole.isEmpty { parts.whole = zero }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      parts.fraction = Array(rest.prefix(while: isDigit))
      rest = rest.dropFirst(parts.fraction.count)
    }
    parts.suffix = Array(rest)
    // The suffix: letters of this alphabet, perhaps a sign, then digits only.
    rest = rest.drop { "eEinumkKMGTP".utf8.contains($0) }
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      rest = rest.dropFirst()
    }
    return rest.allSatisfy(isDigit) ? parts : nil
  }

  private static let decimalSuffixes: [(String, Int)] = [
    ("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15),
    ("E", 18),
  ]
  private static let binarySuffixes: [(String, Int)] = [
    ("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60),
  ]

  private static func interpret(_ suffix: [UInt8]) -> (Format, base: Int, exponent: Int)? {
    let text = String(decoding: suffix, as: UTF8.self)
    if let known = decimalSuffixes.first(where: { $0.0 == text }) {
      return (.decimalSI, 10, known.1)
    }
    if let known = binarySuffixes.first(where: { $0.0 == text }) { return (.binarySI, 2, known.1) }
    guard suffix.count > 1, suffix[0] | 0x20 == UInt8(ascii: "e"),
      let exponent = Int(text.dropFirst())
    else { return nil }
    return (.decimalExponent, 10, exponent)
  }

  // MARK: Writing

  private static func canonical(_ amount: BigInt, scale: Int, format: Format) -> [UInt8]? {
    if amount.isZero { return [UInt8(ascii: "0")] }
    if format == .binarySI {
      // A fraction, or what is below 1Ki, is shown in decimal.
      let whole = scale >= 0 ? amount * BigInt(10).power(scale) : nil
      let exact = whole ?? exactQuotient(amount, BigInt(10).power(-scale))
      if let exact, exact.magnitude >= 1024 {
        var value = exact
        var power = 0
        while let smaller = exactQuotient(value, 1024) {
          value = smaller
          power += 10
        }
        let suffix =
          power == 0 ? "" : binarySuffixes.first { $0.1 == power }?.0 ?? ""
        return Array("\(value)\(suffix)".utf8)
      }
    }
    var value = amount
    var exponent = scale
    while let smaller = exactQuotient(value, 10) {
      value = smaller
      exponent += 1
    }
    while exponent % 3 != 0 {
      value *= 10
      exponent -= 1
    }
    if format == .decimalExponent {
      return Array((exponent == 0 ? "\(value)" : "\(value)e\(exponent)").utf8)
    }
    let suffix = decimalSuffixes.first { $0.1 == exponent }?.0 ?? ""
    return Array("\(value)\(suffix)".utf8)
  }

  private static func exactQuotient(_ value: BigInt, _ divisor: BigInt) -> BigInt? {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder.isZero ? quotient : nil
  }

  private static func divideRoundingUp(_ value: BigInt, by divisor: BigInt) -> BigInt {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder.isZero ? quotient : quotient + 1
  }
}
