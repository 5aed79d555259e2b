internal import Decode
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Keys as a line of text shows them, where more may follow.
enum KeyText {
  /// A key: as it is if nothing can be mistaken, otherwise in quotes, with `\xff` for bytes that are
  /// no text and `\u{a}` for characters that would break the line.
  static func text(_ key: Data) -> String {
    if !key.isEmpty, key.allSatisfy(isPlain) { return String(decoding: key, as: UTF8.self) }
    return quoted(key)
  }

  /// The keys of a range.
  static func text(_ key: Data, to end: Data) -> String {
    if end.isEmpty { return text(key) }
    let range = KeyRange(requested: key, to: end)
    if range.upperBound == nil { return key == Data([0]) ? "all keys" : "from \(text(key))" }
    if KeyRange(prefix: key) == range { return "prefix \(text(key))" }
    return "\(text(key)) to \(text(end))"
  }

  /// Text in one line, and no more of it than a line can have.
  static func excerpt(_ text: String) -> String {
    let limit = 256
    guard text.utf8.count > limit else { return OneLine.escaped(text) }
    return OneLine.escaped(String(text.prefix(limit))) + "..."
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"")
  }

  private static func quoted(_ key: Data) -> String {
    var text = "\""
    var rest = key[...]
    while let first = rest.first {
      var decoder = UTF8()
      var iterator = rest.makeIterator()
      if case .scalarValue(let scalar) = decoder.decode(&iterator) {
        switch scalar {
        case "\"": text += "\\\""
        case "\\": text += "\\\\"
        default: text += OneLine.escaped(String(scalar))
        }
        rest = rest.dropFirst(UTF8.width(scalar))
      } else {
        let digits = String(first, radix: 16)
        text += "\\x" + (digits.count == 1 ? "0" : "") + digits
        rest = rest.dropFirst()
      }
    }
    return text + "\""
  }
}
