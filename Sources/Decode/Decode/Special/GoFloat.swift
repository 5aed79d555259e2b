/// Floating-point numbers as Go prints them.
///
/// The digits are the shortest that read back as the same number, in Swift as in Go; what differs
/// is where the exponent begins and how it looks.
package enum GoFloat {
  /// The significant digits without zeros at the end, and where the point stands: 0.0123 has the
  /// digits 1, 2, 3 and the point at -1.
  private static func digits(of value: Double) -> (digits: [UInt8], point: Int) {
    // Swift writes 1e+16, 1.2345e-07 or 123.456: all digits are there, in one of these forms.
    var digits: [UInt8] = []
    var point: Int?
    var exponent = 0
    var text = Array(value.magnitude.description.utf8)[...]
    if let e = text.firstIndex(of: UInt8(ascii: "e")) {
      exponent = Int(String(decoding: text[(e + 1)...], as: UTF8.self)) ?? 0
      text = text[..<e]
    }
    for byte in text {
      if byte == UInt8(ascii: ".") { point = digits.count } else { digits.append(byte) }
    }
    var position = (point ?? digits.count) + exponent
    while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
    while digits.count > 1, digits.first == UInt8(ascii: "0") {
      digits.removeFirst()
      position -= 1
    }
    if digits == [UInt8(ascii: "0")] { position = 1 }
    return (digits, position)
  }

  /// As encoding/json: plain, but with an exponent below 1e-6 and from 1e21 on, `1e-9` not `1e-09`.
  static func appendJSON(_ value: Double, to output: inout OutputBuffer) {
    let magnitude = value.magnitude
    let hasExponent = magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21)
    append(value, digits(of: value), hasExponent: hasExponent, exponentDigits: 1, to: &output)
  }

  /// As strconv's format `g` with the shortest precision, which go-yaml uses: with an exponent
  /// below 1e-4 and from 1e6 on, of two digits at least.
  package static func appendYAML(_ value: Double, to output: inout OutputBuffer) {
    guard value.isFinite else {
      output.append(value.isNaN ? ".nan" : value < 0 ? "-.inf" : ".inf")
      return
    }
    let parts = digits(of: value)
    let hasExponent = value != 0 && (parts.point < -3 || parts.point > 6)
    append(value, parts, hasExponent: hasExponent, exponentDigits: 2, to: &output)
  }

  private static func append(
    _ value: Double,
    _ parts: (digits: [UInt8], point: Int),
    hasExponent: Bool,
    exponentDigits: Int,
    to output: inout OutputBuffer
  ) {
    let (digits, point) = parts
    if value.sign == .minus { output.append(ascii: "-") }
    if hasExponent {
      output.append(digits[0])
      if digits.count > 1 {
        output.append(ascii: ".")
        digits[1...].withUnsafeBytes { output.append($0) }
      }
      output.append(ascii: "e")
      output.append(ascii: point - 1 < 0 ? "-" : "+")
      // Go's JSON cleans up e-09 to e-9 only; a positive exponent here has two digits anyway.
      output.append(decimal: UInt64((point - 1).magnitude), width: exponentDigits)
    } else if point <= 0 {
      output.append("0.")
      output.append(repeating: UInt8(ascii: "0"), count: -point)
      digits.withUnsafeBytes { output.append($0) }
    } else if digits.count <= point {
      digits.withUnsafeBytes { output.append($0) }
      output.append(repeating: UInt8(ascii: "0"), count: point - digits.count)
    } else {
      digits[..<point].withUnsafeBytes { output.append($0) }
      output.append(ascii: ".")
      digits[point...].withUnsafeBytes { output.append($0) }
    }
  }
}
