/// Text for a place that has one line: the description of an error, a row of a table.
///
/// Names, keys and paths come from what is stored, and may hold anything.
public enum OneLine {
  /// The text with control characters and line separators as `\u{a}`.
  public static func escaped(_ text: String) -> String { escaped(text, where: breaksLines) }

  /// The text with the characters that a condition holds for as `\u{a}`.
  public static func escaped(
    _ text: String,
    where isEscaped: (Unicode.Scalar) -> Bool
  ) -> String {
    guard text.unicodeScalars.contains(where: isEscaped) else { return text }
    var escaped = ""
    for scalar in text.unicodeScalars {
      if isEscaped(scalar) {
        escaped += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  private static func breaksLines(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: true
    default: false
    }
  }
}
