import Decode

/// Text from a store, made harmless for a terminal.
///
/// What is stored may hold sequences that a terminal obeys, or marks that turn the direction of
/// text around: they are shown as `\u{1b}` instead.
enum TerminalText {
  /// The text with such characters escaped; line feeds and tabs stay.
  static func escaped(_ text: String) -> String { OneLine.escaped(text, where: isHarmful) }

  /// The same for bytes; what is not UTF-8 becomes U+FFFD.
  static func escaped(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    let isPlain = bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F || $0 == 0x0A || $0 == 0x09 }
    return isPlain ? Array(bytes) : Array(escaped(String(decoding: bytes, as: UTF8.self)).utf8)
  }

  /// Whether a terminal would obey a character: C0 and C1 controls, and the marks of Unicode's
  /// bidirectional algorithm.
  private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: false
    case 0..<0x20, 0x7F..<0xA0: true
    case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
