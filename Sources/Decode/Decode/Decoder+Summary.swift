internal import Schema

extension Decoder {
  /// What a value is, without decoding more of it than its names.
  ///
  /// - Parameters:
  ///   - value: The bytes as etcd holds them.
  ///   - key: The etcd key, which some encrypted values need.
  /// - Returns: The form, the type, the names and the size.
  /// - Throws: ``DecodeError`` if the value is damaged, or none of Kubernetes'. A value that is
  ///   encrypted and for which there is no key is no error: its form says it.
  public func summary(
    of value: [UInt8],
    key: String? = nil
  ) throws(DecodeError) -> ObjectSummary {
    try value.withBytes { (value) throws(DecodeError) in try summary(of: value, key: key) }
  }

  /// What a value is, as the method on an array says it; the bytes are read during the call only.
  ///
  /// - Throws: ``DecodeError`` if the value is damaged, or none of Kubernetes'.
  public func summary(
    of value: UnsafeRawBufferPointer,
    key: String? = nil
  ) throws(DecodeError) -> ObjectSummary {
    var summary = ObjectSummary(form: StoredForm(of: value))
    summary.byteCount = value.count
    if summary.form == .encrypted {
      guard hasKeys else { return summary }
      let plain = try decrypt(value, key: key)
      try plain.withBytes { (plain) throws(DecodeError) in
        try summarise(plain: plain, hasKey: key != nil, in: &summary)
      }
    } else {
      try summarise(plain: value, hasKey: key != nil, in: &summary)
    }
    return summary
  }

  private func summarise(
    plain value: UnsafeRawBufferPointer,
    hasKey: Bool,
    in summary: inout ObjectSummary
  ) throws(DecodeError) {
    switch StoredForm(of: value) {
    case .protobuf: try summarise(protobuf: value, in: &summary)
    case .json, .cbor: summarise(document: try document(of: value), in: &summary)
    case .empty where !hasKey: throw .empty
    case .unrecognised:
      throw .unrecognised(firstBytes: Array(value.prefix(8)), byteCount: value.count)
    default: break
    }
  }

  /// An ObjectMeta lies in field 1 of an object: 1 is the name, 3 the namespace, 8 the time of
  /// creation, whose field 1 is the seconds; a time without bytes is none.
  private func summarise(
    protobuf value: UnsafeRawBufferPointer,
    in summary: inout ObjectSummary
  ) throws(DecodeError) {
    do throws(WireReader.Fault) {
      let envelope = Envelope(value)
      summary.apiVersion = String(decoding: value[envelope.apiVersion], as: UTF8.self)
      summary.kind = String(decoding: value[envelope.kind], as: UTF8.self)
      if let fault = envelope.fault { throw fault }
      // Only what the catalogue knows to have metadata is looked into.
      let type = envelope.type(in: value)
      guard !type.kind.hasSuffix("List"), hasMetadata(type) else { return }
      try forEachBytes(numbered: 1, in: value, envelope.object) {
        metadata throws(WireReader.Fault) in
        try forEachBytes(numbered: 1, in: value, metadata) {
          summary.name = String(decoding: value[$0], as: UTF8.self)
        }
        try forEachBytes(numbered: 3, in: value, metadata) {
          summary.namespace = String(decoding: value[$0], as: UTF8.self)
        }
        try forEachBytes(numbered: 8, in: value, metadata) { time throws(WireReader.Fault) in
          summary.creationSeconds = try seconds(of: time, in: value)
        }
      }
    } catch {
      throw .damagedEnvelope(
        object: DecodeError.ObjectType(apiVersion: summary.apiVersion, kind: summary.kind),
        problem: DecodeError.Problem(error),
        offset: error.offset
      )
    }
  }

  private func hasMetadata(_ type: DecodeError.ObjectType) -> Bool {
    guard let kind = try? catalogue.kind(apiVersion: type.apiVersion, kind: type.kind) else {
      return false
    }
    return kind.storagePath != nil || kind.resource != nil
  }

  private func forEachBytes(
    numbered number: UInt32,
    in value: UnsafeRawBufferPointer,
    _ range: Range<Int>,
    _ body: (Range<Int>) throws(WireReader.Fault) -> Void
  ) throws(WireReader.Fault) {
    var reader = WireReader(value, range: range)
    while !reader.isAtEnd {
      let tag = try reader.tag()
      let payload = try reader.payload(of: tag)
      if tag.number == number, case .bytes(let found) = payload { try body(found) }
    }
  }

  /// The seconds of a time; nil for the zero time, which has no bytes.
  private func seconds(
    of time: Range<Int>,
    in value: UnsafeRawBufferPointer
  ) throws(WireReader.Fault) -> Int64? {
    guard !time.isEmpty else { return nil }
    var seconds: Int64 = 0
    var reader = WireReader(value, range: time)
    while !reader.isAtEnd {
      let tag = try reader.tag()
      if case .varint(let number) = try reader.payload(of: tag), tag.number == 1 {
        seconds = Int64(bitPattern: number)
      }
    }
    return seconds
  }

  private func document(of value: UnsafeRawBufferPointer) throws(DecodeError) -> JSONDocument {
    var document = JSONDocument()
    let untyped = DecodeError.ObjectType(apiVersion: "", kind: "")
    if StoredForm(of: value) == .cbor {
      do throws(CBORReader.Fault) {
        try CBORReader.read(value, into: &document)
      } catch {
        throw .damaged(
          object: untyped,
          path: "",
          offset: error.offset,
          problem: DecodeError.Problem(error)
        )
      }
    } else {
      do throws(JSONFault) {
        try document.parse(value)
      } catch {
        throw .damaged(
          object: untyped,
          path: "",
          offset: error.offset,
          problem: DecodeError.Problem(error)
        )
      }
    }
    return document
  }

  private func summarise(document: JSONDocument, in summary: inout ObjectSummary) {
    summary.apiVersion = document.string(of: "apiVersion", in: 0) ?? ""
    summary.kind = document.string(of: "kind", in: 0) ?? ""
    guard let metadata = document.value(of: "metadata", in: 0) else { return }
    summary.name = document.string(of: "name", in: metadata) ?? ""
    summary.namespace = document.string(of: "namespace", in: metadata) ?? ""
    if let time = document.string(of: "creationTimestamp", in: metadata) {
      summary.creationSeconds = GoTime.parse(time.utf8)?.seconds
    }
  }
}
