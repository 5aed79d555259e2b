internal import Schema

/// Protobuf without a schema: fields by number, and what they might be.
///
/// A length-delimited field is taken for a message if its bytes read as one and do not read as
/// text, or begin with the tag of field 1, which no text does but one that starts with a line feed.
enum WireGuess {
  /// What deeper bytes are is not guessed.
  private static let maximumDepth = 64

  /// Higher numbers are possible, but a guess that needs them is usually wrong.
  private static let maximumFieldNumber: UInt32 = 2000

  /// Appends the fields as text with numbers, one a line, messages indented.
  ///
  ///     1 {
  ///       1: "web-0"
  ///       3: 7
  ///     }
  ///     2: 0x00ff
  static func writeText(
    _ bytes: UnsafeRawBufferPointer,
    range: Range<Int>,
    plan: UnsafePointer<MessagePlan>?,
    to output: inout OutputBuffer,
    depth: Int = 0
  ) throws(WireReader.Fault) {
    var reader = WireReader(bytes, range: range)
    while !reader.isAtEnd {
      let tag = try reader.tag()
      let payload = try reader.payload(of: tag)
      output.append(repeating: 0x20, count: depth * 2)
      output.append(decimal: UInt64(tag.number))
      let field = plan?.pointee.field(numbered: tag.number)
      if let field, !field.pointee.name.isEmpty {
        output.append(" (")
        output.append(field.pointee.name)
        output.append(ascii: ")")
      }
      switch payload {
      case .varint(let value):
        output.append(": ")
        // A negative int32 or int64 takes ten bytes.
        if value > UInt64(Int64.max) {
          output.append(decimal: Int64(bitPattern: value))
        } else {
          output.append(decimal: value)
        }
      case .fixed64(let value):
        output.append(": ")
        withUnsafeBytes(of: value.bigEndian) { appendHexadecimal($0, to: &output) }
      case .fixed32(let value):
        output.append(": ")
        withUnsafeBytes(of: value.bigEndian) { appendHexadecimal($0, to: &output) }
      case .bytes(let range):
        let known = field.map { $0.pointee.entry ?? $0.pointee.message } ?? nil
        let isMessage =
          field.map { $0.pointee.shape == .map || $0.pointee.element == .message }
          ?? (depth < maximumDepth && isMessage(bytes, range))
        let value = UnsafeRawBufferPointer(rebasing: bytes[range])
        if isMessage, depth < maximumDepth, isReadable(bytes, range) {
          output.append(" {\n")
          try writeText(bytes, range: range, plan: known, to: &output, depth: depth + 1)
          output.append(repeating: 0x20, count: depth * 2)
          output.append(ascii: "}")
        } else if isText(value) {
          output.append(": ")
          _ = JSONText.append(value, to: &output)
        } else {
          output.append(": ")
          appendHexadecimal(value, to: &output)
        }
      }
      output.append(ascii: "\n")
    }
  }

  private static func appendHexadecimal(
    _ bytes: UnsafeRawBufferPointer,
    to output: inout OutputBuffer
  ) {
    output.append("0x")
    output.append(hexadecimal: bytes)
  }

  /// Appends an object whose keys are the field numbers; a number that repeats has a list.
  static func append(
    _ bytes: UnsafeRawBufferPointer,
    range: Range<Int>,
    to document: inout JSONDocument,
    depth: Int = 0
  ) throws(WireReader.Fault) {
    var values: [UInt32: [WireReader.Payload]] = [:]
    var reader = WireReader(bytes, range: range)
    while !reader.isAtEnd {
      let tag = try reader.tag()
      values[tag.number, default: []].append(try reader.payload(of: tag))
    }
    for (number, payloads) in values.sorted(by: { $0.key < $1.key }) {
      document.append(.string, isKey: true, at: range.lowerBound) { $0 += Array("\(number)".utf8) }
      if payloads.count > 1 { document.open(.array, at: range.lowerBound) }
      for payload in payloads { try append(payload, of: bytes, to: &document, depth: depth) }
      if payloads.count > 1 { document.close() }
    }
  }

  private static func append(
    _ payload: WireReader.Payload,
    of bytes: UnsafeRawBufferPointer,
    to document: inout JSONDocument,
    depth: Int
  ) throws(WireReader.Fault) {
    switch payload {
    case .varint(let value):
      let text =
        value > UInt64(Int64.max) ? "\(Int64(bitPattern: value))" : "\(value)"
      document.append(.number, at: 0) { $0 += Array(text.utf8) }
    case .fixed64(let value):
      document.append(.number, at: 0) { $0 += Array("\(value)".utf8) }
    case .fixed32(let value):
      document.append(.number, at: 0) { $0 += Array("\(value)".utf8) }
    case .bytes(let range):
      let value = UnsafeRawBufferPointer(rebasing: bytes[range])
      if depth < maximumDepth, isMessage(bytes, range) {
        document.open(.object, at: range.lowerBound)
        try append(bytes, range: range, to: &document, depth: depth + 1)
        document.close()
      } else if isText(value) {
        document.append(.string, at: range.lowerBound) { $0 += value }
      } else {
        var text = OutputBuffer(capacity: value.count * 2)
        text.append(base64: value)
        let encoded = text.bytes
        document.append(.string, at: range.lowerBound) { $0 += encoded }
      }
    }
  }

  private static func isMessage(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
    guard !range.isEmpty else { return false }
    let value = UnsafeRawBufferPointer(rebasing: bytes[range])
    if isText(value), value[0] != 0x0A { return false }
    return isReadable(bytes, range)
  }

  private static func isReadable(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
    var reader = WireReader(bytes, range: range)
    while !reader.isAtEnd {
      guard let tag = try? reader.tag(), tag.number <= maximumFieldNumber,
        (try? reader.payload(of: tag)) != nil
      else { return false }
    }
    return true
  }

  private static func isText(_ value: UnsafeRawBufferPointer) -> Bool {
    UTF8Text.firstInvalidOffset(value) == nil
      && value.allSatisfy {
        $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D
      }
  }
}
