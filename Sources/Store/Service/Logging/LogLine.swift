internal import Logging

/// Lines as zap writes them for etcd.
///
/// Format, JSON: one object a line, ended by a line feed; fields in the order of their names.
///
///     {"level":"info","ts":"2021-03-04T05:06:07.000089Z","caller":"Store/Node.swift:12","msg":"..."}
///
/// Console: the same with tabulators between, fields as an object at the end.
///
/// Source: zap 1.17, `zapcore/json_encoder.go`, `console_encoder.go`; etcd 3.5,
/// `client/pkg/logutil/zap.go`.
struct LogLine {
  let format: LogFormat
  private(set) var bytes: [UInt8] = []

  /// A line.
  ///
  /// - Parameters:
  ///   - format: Its form.
  ///   - level: How grave it is.
  ///   - label: Which part of the program writes it; empty for the program as a whole.
  ///   - caller: The file and the line that write it.
  ///   - message: What it is.
  ///   - fields: What it is about.
  init(
    _ format: LogFormat,
    level: Logger.Level,
    label: String,
    caller: String,
    message: String,
    fields: [(key: String, value: Logger.MetadataValue)]
  ) {
    self.format = format
    bytes.reserveCapacity(256)
    switch format {
    case .json: appendJSON(level, label, caller, message, fields)
    case .console: appendConsole(level, label, caller, message, fields)
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  /// What zap calls a level.
  static func name(of level: Logger.Level) -> String {
    switch level {
    case .trace, .debug: "debug"
    case .info, .notice: "info"
    case .warning: "warn"
    case .error: "error"
    case .critical: "fatal"
    }
  }

  private typealias Fields = [(key: String, value: Logger.MetadataValue)]

  private mutating func appendJSON(
    _ level: Logger.Level,
    _ label: String,
    _ caller: String,
    _ message: String,
    _ fields: Fields
  ) {
    append("{\"level\":\"")
    append(LogLine.name(of: level))
    append("\",\"ts\":\"")
    LogTime.appendNow(to: &bytes)
    append("\"")
    if !label.isEmpty {
      append(",\"logger\":")
      appendQuoted(label)
    }
    append(",\"caller\":")
    appendQuoted(caller)
    append(",\"msg\":")
    appendQuoted(message)
    for (key, value) in fields {
      append(",")
      appendQuoted(key)
      append(":")
      append(value, depth: 0)
    }
    append("}")
  }

  private mutating func appendConsole(
    _ level: Logger.Level,
    _ label: String,
    _ caller: String,
    _ message: String,
    _ fields: Fields
  ) {
    LogTime.appendNow(to: &bytes)
    for part in [LogLine.name(of: level), label, caller] where !part.isEmpty {
      append("\t")
      appendEscaped(part)
    }
    append("\t")
    appendEscaped(message)
    guard !fields.isEmpty else { return }
    append("\t{")
    for (slot, (key, value)) in fields.enumerated() {
      if slot > 0 { append(", ") }
      appendQuoted(key)
      append(": ")
      append(value, depth: 0)
    }
    append("}")
  }

  /// A value; what lies deeper than anybody nests fields is text.
  private mutating func append(_ value: Logger.MetadataValue, depth: Int) {
    let comma = format == .json ? "," : ", "
    switch value {
    case .string(let text): appendQuoted(text)
    case .stringConvertible(let value): append(convertible: value)
    case .array(let values) where depth < 8:
      append("[")
      for (slot, value) in values.enumerated() {
        if slot > 0 { append(comma) }
        append(value, depth: depth + 1)
      }
      append("]")
    case .dictionary(let values) where depth < 8:
      append("{")
      for (slot, (key, value)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
        if slot > 0 { append(comma) }
        appendQuoted(key)
        append(format == .json ? ":" : ": ")
        append(value, depth: depth + 1)
      }
      append("}")
    case .array, .dictionary: appendQuoted("...")
    }
  }

  private mutating func append(convertible value: any CustomStringConvertible & Sendable) {
    switch value {
    case let value as Bool: append(value ? "true" : "false")
    case let value as any BinaryInteger: append(value.description)
    case let value as Double where value.isFinite: append(value.description)
    case let value as Duration: appendQuoted(GoValue.text(value))
    default: appendQuoted(value.description)
    }
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func appendQuoted(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    appendEscaped(text, quoted: true)
    bytes.append(UInt8(ascii: "\""))
  }

  /// A text in which nothing ends the line, or moves a terminal's cursor.
  private mutating func appendEscaped(_ text: String, quoted: Bool = false) {
    var text = text
    text.withUTF8 { buffer in
      var start = 0
      var offset = 0
      while offset < buffer.count {
        guard let (escape, count) = LogLine.escape(buffer, at: offset, quoted: quoted) else {
          offset += 1
          continue
        }
        bytes.append(contentsOf: buffer[start..<offset])
        append(escape)
        offset += count
        start = offset
      }
      bytes.append(contentsOf: buffer[start...])
    }
  }

  /// What stands for the character at an offset, and how many bytes it has; nil if it is harmless.
  private static func escape(
    _ bytes: UnsafeBufferPointer<UInt8>,
    at offset: Int,
    quoted: Bool
  ) -> (String, Int)? {
    let byte = bytes[offset]
    // Letters, digits and most others.
    if byte >= 0x20, byte < 0x7F, byte != 0x22, byte != 0x5C { return nil }
    switch byte {
    case 0x22: return quoted ? ("\\\"", 1) : nil
    case 0x5C: return quoted ? ("\\\\", 1) : nil
    case 0x0A: return ("\\n", 1)
    case 0x0D: return ("\\r", 1)
    case 0x09: return ("\\t", 1)
    case ..<0x20, 0x7F: return (unicode(UInt32(byte)), 1)
    case 0xC2 where (0x80...0x9F).contains(bytes[offset + 1]):
      return (unicode(UInt32(bytes[offset + 1])), 2)
    case 0xE2:
      // U+2028 to U+202E, and U+2066 to U+2069, which turn the direction of what is written.
      let scalar =
        0x2000 + (UInt32(bytes[offset + 1]) & 0x3F) << 6 + UInt32(bytes[offset + 2]) & 0x3F
      let isHostile = (0x2028...0x202E).contains(scalar) || (0x2066...0x2069).contains(scalar)
      return isHostile ? (unicode(scalar), 3) : nil
    default: return nil
    }
  }

  private static func unicode(_ scalar: UInt32) -> String {
    let digits = String(scalar, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}
