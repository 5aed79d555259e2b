internal import Schema

/// Finds stored values in what people have: a value alone, or what etcdctl prints.
///
/// `etcdctl get` prints a key, a line feed, the value as it is, and a line feed. Neither has a
/// length, so where a value ends follows from its own form: an envelope's fields come in ascending
/// order, JSON and CBOR end themselves; other values end before the next line that looks like a key
/// with a known form behind it.
public enum ValueFinder {
  /// All values of an input, in order.
  ///
  /// - Throws: ``InputError`` when there is nothing to find.
  public static func values(in input: [UInt8]) throws(InputError) -> [FoundValue] {
    try input.withBytes { (bytes) throws(InputError) in
      guard !bytes.isEmpty, !bytes.allSatisfy({ $0 == 0x0A || $0 == 0x0D }) else { throw .empty }
      if bytes.starts(with: "\"ClusterID\" : ".utf8) { return try FieldsOutput.values(in: bytes) }
      if bytes.starts(with: "\\x".utf8) { return try HexOutput.values(in: bytes) }
      if let values = JSONOutput.values(in: bytes) {
        guard !values.isEmpty else { throw .noValues }
        return values
      }
      switch StoredForm(of: bytes) {
      case .protobuf, .json, .cbor, .encrypted: return sequence(in: bytes, hasKeys: false)
      case .empty: throw .empty
      case .text:
        let line = trimmed(bytes)
        guard line.contains(0x0A) else {
          guard !line.starts(with: "/registry/".utf8) else { throw .keysOnly }
          // What a stored value begins with, in the two forms that people paste.
          if line.starts(with: "6b387300".utf8) {
            throw .notStored(hint: "it is hexadecimal (--batch reads that)")
          }
          if line.starts(with: "azhzA".utf8) {
            throw .notStored(hint: "it is base64 (base64 -d makes a value of it)")
          }
          return [FoundValue(key: nil, bytes: Array(line))]
        }
      case .unrecognised: break
      }
      if let values = ProtobufOutput.values(in: bytes) { return values }
      if let line = keyLine(in: bytes, at: 0) {
        if line.hasCarriageReturn { throw .mangledByTerminal(offset: line.end - 2) }
        let values = sequence(in: bytes, hasKeys: true)
        if values.count > 1, values.allSatisfy({ $0.bytes.isEmpty }) { throw .keysOnly }
        return values
      }
      if isText(bytes) { throw .notStored(hint: hint(for: bytes)) }
      if let range = embeddedValue(in: bytes) {
        return [FoundValue(key: nil, bytes: Array(bytes[range]))]
      }
      // Let the decoder say what is wrong with it.
      return [FoundValue(key: nil, bytes: Array(bytes))]
    }
  }

  private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.prefix(512).allSatisfy { $0 >= 0x20 && $0 != 0x7F || (0x09...0x0D).contains($0) }
  }

  private static func hint(for bytes: UnsafeRawBufferPointer) -> String {
    let head = String(decoding: bytes.prefix(512), as: UTF8.self)
    if head.contains("apiVersion: ") || head.contains("kind: ") {
      return "it is YAML (explorer encode makes a stored value of it)"
    }
    return ""
  }

  private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes.dropLast(bytes.last == 0x0A ? 1 : 0))
  }

  /// Where a Kubernetes object in protobuf lies inside other bytes, such as a request in etcd's log.
  ///
  /// It begins with `k8s\0`, and ends where the fields of its envelope do not ascend any more.
  public static func embeddedValue(in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
    var offset = 0
    while offset + StoredForm.protobufPrefix.count < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
      if rest.starts(with: StoredForm.protobufPrefix), let count = envelopeByteCount(rest) {
        return offset..<(offset + count)
      }
      offset += 1
    }
    return nil
  }

  // MARK: Plain output

  private struct KeyLine {
    var key: Range<Int>

    /// Behind the line feed.
    var end: Int
    var hasCarriageReturn: Bool
  }

  /// etcd allows longer keys, but Kubernetes' names do not.
  private static let maximumKeyByteCount = 2048

  /// The key that stands on the line at `start`, if the line looks like one: no blanks, and a slash
  /// in it or the name of the one key of Kubernetes that has none.
  private static func keyLine(in bytes: UnsafeRawBufferPointer, at start: Int) -> KeyLine? {
    var end = start
    while end < bytes.count, bytes[end] != 0x0A {
      guard bytes[end] > 0x20 && bytes[end] != 0x7F || bytes[end] == 0x0D,
        end - start <= maximumKeyByteCount
      else { return nil }
      end += 1
    }
    guard end < bytes.count, end > start else { return nil }
    let hasCarriageReturn = bytes[end - 1] == 0x0D
    let key = start..<(hasCarriageReturn ? end - 1 : end)
    guard !key.isEmpty, !bytes[key].contains(0x0D) else { return nil }
    guard bytes[key].contains(UInt8(ascii: "/")) || bytes[key].elementsEqual("compact_rev_key".utf8)
    else { return nil }
    return KeyLine(key: key, end: end + 1, hasCarriageReturn: hasCarriageReturn)
  }

  private static func sequence(
    in bytes: UnsafeRawBufferPointer,
    hasKeys: Bool
  ) -> [FoundValue] {
    var values: [FoundValue] = []
    var offset = 0
    // A value that does not end is read to the end of the input: once, not for each line of it.
    var hasEndlessValue = false
    while offset < bytes.count {
      var key: String?
      if hasKeys {
        guard let line = keyLine(in: bytes, at: offset) else {
          // Not where a key should be: the value before was longer than it seemed.
          if !values.isEmpty {
            values[values.count - 1].bytes += [0x0A] + bytes[offset...].dropLast()
          }
          break
        }
        key = String(decoding: bytes[line.key], as: UTF8.self)
        offset = line.end
      }
      let end =
        (hasEndlessValue
          ? nil : ownEnd(in: bytes, from: offset, hasKeys: hasKeys, &hasEndlessValue))
        ?? endBeforeNextValue(in: bytes, from: offset, hasKeys: hasKeys)
      values.append(FoundValue(key: key, bytes: Array(bytes[offset..<end])))
      offset = end
      // The line feed that etcdctl prints behind every value.
      if offset < bytes.count, bytes[offset] == 0x0A { offset += 1 }
    }
    return values
  }

  /// Where the value that begins at `start` ends, if its own form says so.
  private static func ownEnd(
    in bytes: UnsafeRawBufferPointer,
    from start: Int,
    hasKeys: Bool,
    _ isEndless: inout Bool
  ) -> Int? {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
    if rest.starts(with: StoredForm.protobufPrefix) {
      guard let count = envelopeByteCount(rest),
        isBoundary(bytes, at: start + count, hasKeys: hasKeys, isComplete: true)
      else { return nil }
      return start + count
    }
    if rest.starts(with: CBORReader.selfDescription) {
      guard let count = CBORReader.byteCount(of: rest) else {
        isEndless = true
        return nil
      }
      return isBoundary(bytes, at: start + count, hasKeys: hasKeys) ? start + count : nil
    }
    guard let first = rest.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
      return nil
    }
    var document = JSONDocument()
    guard let end = try? document.parse(bytes, from: start, allowsMore: true) else {
      isEndless = true
      return nil
    }
    // White space behind the JSON belongs to it, but for etcdctl's own line feed.
    return end > start && bytes[end - 1] == 0x0A ? end - 1 : end
  }

  /// Whether a value may end here: at the end, or at a line feed before something that may follow.
  ///
  /// What says itself that it is complete needs no more than the line feed, if no key has to follow.
  private static func isBoundary(
    _ bytes: UnsafeRawBufferPointer,
    at offset: Int,
    hasKeys: Bool,
    isComplete: Bool = false
  ) -> Bool {
    if offset >= bytes.count { return true }
    guard bytes[offset] == 0x0A else { return false }
    if offset + 1 == bytes.count || (isComplete && !hasKeys) { return true }
    return hasKeys ? keyLine(in: bytes, at: offset + 1) != nil : hasKnownForm(bytes, at: offset + 1)
  }

  private static func hasKnownForm(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    let rest = bytes[offset...]
    return rest.starts(with: StoredForm.protobufPrefix)
      || rest.starts(with: StoredForm.encryptedPrefix)
      || rest.starts(with: CBORReader.selfDescription) || rest.first == UInt8(ascii: "{")
  }

  /// The end of a value whose form does not say: before the next key with a known form behind it.
  private static func endBeforeNextValue(
    in bytes: UnsafeRawBufferPointer,
    from start: Int,
    hasKeys: Bool
  ) -> Int {
    // An empty value is the line feed alone.
    if hasKeys, start < bytes.count, bytes[start] == 0x0A,
      start + 1 == bytes.count || keyLine(in: bytes, at: start + 1) != nil
    {
      return start
    }
    var offset = start
    let isBinary = hasKnownForm(bytes, at: start)
    while offset < bytes.count {
      guard bytes[offset] == 0x0A else {
        offset += 1
        continue
      }
      if hasKeys {
        if let line = keyLine(in: bytes, at: offset + 1), line.end < bytes.count {
          // Under /registry every value has a known form; what others keep may be any text.
          let isForeign =
            !isBinary && bytes[line.key.lowerBound] == UInt8(ascii: "/")
            && !bytes[line.key].starts(with: "/registry/".utf8)
          if hasKnownForm(bytes, at: line.end) || isForeign { return offset }
        }
      } else if hasKnownForm(bytes, at: offset + 1) {
        return offset
      }
      offset += 1
    }
    // Behind a key that ends the input there is no value, nor etcdctl's line feed.
    return max(start, bytes.last == 0x0A ? bytes.count - 1 : bytes.count)
  }

  /// The length of an envelope with its prefix, or nil if it is damaged.
  ///
  /// Fields of an envelope ascend, so it ends where they do not.
  private static func envelopeByteCount(_ bytes: UnsafeRawBufferPointer) -> Int? {
    var reader = WireReader(bytes, range: StoredForm.protobufPrefix.count..<bytes.count)
    var last: UInt32 = 0
    while !reader.isAtEnd {
      let start = reader.offset
      if last == 4 { return start }
      guard let tag = try? reader.tag() else { return last > 0 ? start : nil }
      if tag.number <= last || tag.wireType != 2 { return start }
      guard (try? reader.payload(of: tag)) != nil else { return nil }
      last = tag.number
    }
    return bytes.count
  }
}
