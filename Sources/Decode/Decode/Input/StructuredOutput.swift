internal import Schema

/// `etcdctl get -w json`: one object with `kvs`, keys and values in base64.
enum JSONOutput {
  /// The values, or nil if the input is not such an answer.
  static func values(in bytes: UnsafeRawBufferPointer) -> [FoundValue]? {
    guard bytes.first == UInt8(ascii: "{") else { return nil }
    // A stored object has no `header`, and is not read twice for nothing.
    guard bytes.prefix(64).starts(with: "{\"header\":{\"cluster_id\":".utf8) else { return nil }
    var document = JSONDocument()
    guard (try? document.parse(bytes)) != nil else { return nil }
    guard let pairs = document.value(of: "kvs", in: 0) else { return [] }
    return document.items(of: pairs).map { pair in
      let key = document.string(of: "key", in: pair).flatMap(Base64.decode)
      let value = document.string(of: "value", in: pair).flatMap(Base64.decode)
      return FoundValue(
        key: key.map { String(decoding: $0, as: UTF8.self) },
        bytes: value ?? []
      )
    }
  }
}

/// `etcdctl get -w fields`: lines such as `"Key" : "..."`, quoted as Go quotes.
enum FieldsOutput {
  static func values(in bytes: UnsafeRawBufferPointer) throws(InputError) -> [FoundValue] {
    var values: [FoundValue] = []
    var key: String?
    for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
      .enumerated()
    {
      if line.starts(with: "\"Key\" : ".utf8) {
        guard let text = unquote(line.dropFirst(8)) else {
          throw .damaged(form: "etcdctl -w fields", line: number + 1)
        }
        key = String(decoding: text, as: UTF8.self)
      } else if line.starts(with: "\"Value\" : ".utf8) {
        guard let value = unquote(line.dropFirst(10)) else {
          throw .damaged(form: "etcdctl -w fields", line: number + 1)
        }
        values.append(FoundValue(key: key, bytes: value))
        key = nil
      }
    }
    guard !values.isEmpty else { throw .noValues }
    return values
  }

  /// The bytes of a string that Go quoted with `%q`; nil if it is not one.
  ///
  /// Source: golang/go, src/strconv/quote.go.
  static func unquote(_ quoted: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
    var rest = quoted
    while rest.last == 0x0D || rest.last == 0x20 { rest = rest.dropLast() }
    guard rest.count >= 2, rest.first == UInt8(ascii: "\""), rest.last == UInt8(ascii: "\"") else {
      return nil
    }
    rest = rest.dropFirst().dropLast()
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      guard let mark = rest.popFirst() else { return nil }
      switch mark {
      case UInt8(ascii: "a"): bytes.append(0x07)
      case UInt8(ascii: "b"): bytes.append(0x08)
      case UInt8(ascii: "f"): bytes.append(0x0C)
      case UInt8(ascii: "n"): bytes.append(0x0A)
      case UInt8(ascii: "r"): bytes.append(0x0D)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "v"): bytes.append(0x0B)
      case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): bytes.append(mark)
      case UInt8(ascii: "x"):
        guard let value = hexadecimal(&rest, digits: 2) else { return nil }
        bytes.append(UInt8(value))
      case UInt8(ascii: "u"), UInt8(ascii: "U"):
        guard let value = hexadecimal(&rest, digits: mark == UInt8(ascii: "u") ? 4 : 8),
          let scalar = Unicode.Scalar(value)
        else { return nil }
        bytes += Array(String(Character(scalar)).utf8)
      default: return nil
      }
    }
    return bytes
  }

  private static func hexadecimal(
    _ rest: inout Slice<UnsafeRawBufferPointer>,
    digits: Int
  ) -> UInt32? {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let byte = rest.popFirst(), let digit = Hexadecimal.value(of: byte) else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}

/// `etcdctl get --hex`: every byte as `\x2f`, a key and its value on two lines.
enum HexOutput {
  static func values(in bytes: UnsafeRawBufferPointer) throws(InputError) -> [FoundValue] {
    var lines: [[UInt8]] = []
    let texts = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    // The last line feed ends the last line.
    for (number, line) in texts.enumerated() where number + 1 < texts.count || !line.isEmpty {
      guard let decoded = decode(line) else {
        throw .damaged(form: "etcdctl --hex", line: number + 1)
      }
      lines.append(decoded)
    }
    let isPairs = lines.first.map { !isStored($0) } ?? false
    guard isPairs else { return lines.map { FoundValue(key: nil, bytes: $0) } }
    return stride(from: 0, to: lines.count, by: 2).map { index in
      FoundValue(
        key: String(decoding: lines[index], as: UTF8.self),
        bytes: index + 1 < lines.count ? lines[index + 1] : []
      )
    }
  }

  private static func isStored(_ bytes: [UInt8]) -> Bool {
    bytes.withBytes {
      switch StoredForm(of: $0) {
      case .protobuf, .json, .cbor, .encrypted: true
      default: false
      }
    }
  }

  private static func decode(_ line: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
    let line = line.last == 0x0D ? line.dropLast() : line
    guard line.count % 4 == 0 else { return nil }
    var bytes: [UInt8] = []
    var offset = line.startIndex
    while offset < line.endIndex {
      guard line[offset] == UInt8(ascii: "\\"), line[offset + 1] == UInt8(ascii: "x"),
        let high = Hexadecimal.value(of: line[offset + 2]),
        let low = Hexadecimal.value(of: line[offset + 3])
      else { return nil }
      bytes.append(high << 4 | low)
      offset += 4
    }
    return bytes
  }
}

/// `etcdctl get -w protobuf`: a RangeResponse.
///
/// Source: etcd-io/etcd, api/etcdserverpb/rpc.proto (`RangeResponse`), api/mvccpb/kv.proto.
enum ProtobufOutput {
  /// The values, or nil if the input is not such an answer.
  static func values(in bytes: UnsafeRawBufferPointer) -> [FoundValue]? {
    guard bytes.first == 0x0A else { return nil }
    var values: [FoundValue] = []
    var reader = WireReader(bytes)
    while !reader.isAtEnd {
      guard let tag = try? reader.tag(), tag.number <= 4,
        let payload = try? reader.payload(of: tag)
      else { return nil }
      guard tag.number == 2 else { continue }
      guard case .bytes(let range) = payload, let value = keyValue(bytes, range) else { return nil }
      values.append(value)
    }
    return values.isEmpty ? nil : values
  }

  private static func keyValue(
    _ bytes: UnsafeRawBufferPointer,
    _ range: Range<Int>
  ) -> FoundValue? {
    var found = FoundValue(key: nil, bytes: [])
    var reader = WireReader(bytes, range: range)
    while !reader.isAtEnd {
      guard let tag = try? reader.tag(), tag.number <= 6,
        let payload = try? reader.payload(of: tag)
      else { return nil }
      guard case .bytes(let range) = payload else { continue }
      if tag.number == 1 { found.key = String(decoding: bytes[range], as: UTF8.self) }
      if tag.number == 5 { found.bytes = Array(bytes[range]) }
    }
    return found.key == nil ? nil : found
  }
}

/// Standard base64 with padding.
///
/// Source: RFC 4648, section 4.
enum Base64 {
  /// The bytes, or nil if the text is not base64; line breaks are passed over, as Go does.
  static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { decode(UnsafeRawBufferPointer($0)) }
  }

  static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var group: UInt32 = 0
    var digitCount = 0
    var paddingCount = 0
    for byte in text where byte != 0x0A && byte != 0x0D {
      if byte == UInt8(ascii: "=") {
        paddingCount += 1
        guard digitCount >= 2, digitCount + paddingCount <= 4 else { return nil }
        continue
      }
      guard paddingCount == 0, let digit = value(of: byte) else { return nil }
      group = group << 6 | UInt32(digit)
      digitCount += 1
      if digitCount == 4 {
        bytes.append(UInt8(truncatingIfNeeded: group >> 16))
        bytes.append(UInt8(truncatingIfNeeded: group >> 8))
        bytes.append(UInt8(truncatingIfNeeded: group))
        group = 0
        digitCount = 0
      }
    }
    switch (digitCount, paddingCount) {
    case (0, 0): break
    case (2, 2): bytes.append(UInt8(truncatingIfNeeded: group >> 4))
    case (3, 1):
      bytes.append(UInt8(truncatingIfNeeded: group >> 10))
      bytes.append(UInt8(truncatingIfNeeded: group >> 2))
    default: return nil
    }
    return bytes
  }

  private static func value(of byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
