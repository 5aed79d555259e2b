internal import Schema

/// The comment lines that carry fields which the catalogue lacks through YAML.
///
///     # unknown field: spec.containers[0] 99 9a06026869
///
/// The path is that of the message, `.` for the object itself; the hexadecimal bytes are the field
/// with its tag.
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
      output.append(field.path.isEmpty ? "." : field.path)
      output.append(ascii: " ")
      output.append(decimal: UInt64(field.number))
      output.append(ascii: " ")
      output.append(hexadecimal: UnsafeRawBufferPointer(rebasing: value[field.bytes]))
      output.append(ascii: "\n")
    }
  }

  /// The path and the bytes that a line carries, or nil if it is another line.
  static func parse(_ line: some StringProtocol) -> (path: String, bytes: [UInt8])? {
    guard line.hasPrefix(prefix) else { return nil }
    let words = line.dropFirst(prefix.count).split(separator: " ")
    // A map's key may hold spaces, so the path is all but the last two words.
    guard words.count >= 3, let hexadecimal = words.last, hexadecimal.utf8.count % 2 == 0 else {
      return nil
    }
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in hexadecimal.utf8 {
      guard let digit = Hexadecimal.value(of: character) else { return nil }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    let path = words.dropLast(2).joined(separator: " ")
    return (path == "." ? "" : path, bytes)
  }
}
