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
    var summary = ObjectSummary(form: value.withBytes { StoredForm(of: $0) })
    summary.byteCount = value.count
    var plain = value
    if summary.form == .encrypted {
      guard hasKeys else { return summary }
      plain = try value.withBytes { (value) throws(DecodeError) in try decrypt(value, key: key) }
    }
    try plain.withBytes { (bytes) throws(DecodeError) in
      switch StoredForm(of: bytes) {
      case .protobuf: try summarise(protobuf: bytes, in: &summary)
      case .json, .cbor: summarise(document: try document(of: bytes), in: &summary)
      case .empty where key == nil: throw .empty
      case .unrecognised:
        throw .unrecognised(firstBytes: Array(bytes.prefix(8)), byteCount: bytes.count)
      default: break
      }
    }
    return summary
  }

  /// The names in an ObjectMeta lie in field 1 of an object: 1 is the name, 3 the namespace.
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
  }
}
