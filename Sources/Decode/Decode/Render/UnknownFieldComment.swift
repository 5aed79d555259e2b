internal import Schema

/// The comment lines that carry fields which the catalogue lacks through YAML.
///
///     # unknown field: "spec.containers[0]" 99 9a06026869
///
/// The path is that of the message, empty for the object itself, as a JSON string of ASCII: it may
/// hold any key of a map, and must not end the comment. The hexadecimal bytes are the field with its
/// tag.
enum UnknownFieldComment {
  static let prefix = "# unknown field: "

  /// Appends a line for each field.
  static func append(
    _ fields: [WireSurvey.UnknownField],
    of value: UnsafeRawBufferPointer,
    to output: inout OutputBuffer
  ) {
    for field in fields {
      output.append(prefix)
      output.append(ascii: "\"")
      for unit in field.path.utf16 { append(unit, to: &output) }
      output.append("\" ")
      output.append(decimal: UInt64(field.number))
      output.append(ascii: " ")
      output.append(hexadecimal: UnsafeRawBufferPointer(rebasing: value[field.bytes]))
      output.append(ascii: "\n")
    }
  }

  private static func append(_ unit: UInt16, to output: inout OutputBuffer) {
    let isPlain = (0x20...0x7E).contains(unit) && unit != 0x22 && unit != 0x5C
    if isPlain {
      output.append(UInt8(truncatingIfNeeded: unit))
    } else {
      output.append("\\u")
      withUnsafeBytes(of: unit.bigEndian) { output.append(hexadecimal: $0) }
    }
  }

  /// The path and the bytes that a line carries, or nil if it is another line.
  static func parse(_ line: some StringProtocol) -> (path: String, bytes: [UInt8])? {
    guard line.hasPrefix(prefix) else { return nil }
    let text = Array(line.dropFirst(prefix.count).utf8)
    return text.withBytes { text in
      var document = JSONDocument()
      guard let end = try? document.parse(text, allowsMore: true),
        let path = document.nodes.first, path.kind == .string
      else { return nil }
      let words = text[end...].split(separator: 0x20)
      guard words.count == 2 else { return nil }
      var bytes = OutputBuffer()
      guard Hex.append(UnsafeRawBufferPointer(rebasing: words[1]), to: &bytes) else { return nil }
      return (document.string(of: path), bytes.bytes)
    }
  }
}
