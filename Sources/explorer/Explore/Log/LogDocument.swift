public import Decode
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
public import WAL

/// Records of a log as documents for programs: JSON, one line a record, or YAML.
///
/// A document says all that an entry does. Bytes that are text are strings; others are base64, in a
/// field whose name ends in `Base64`. Ids are hexadecimal, as etcd's tools print them, and other
/// numbers are decimal. In YAML, values that are objects of Kubernetes are shown decoded, in a field
/// `object`. Passwords and tokens are never shown.
public struct LogDocument: Sendable {
  /// What stands around and in the fields.
  public struct Options: Sendable {
    /// Whether each document says what record it is of and where that lies.
    public var showsPlaces = false

    /// Whether documents are YAML, with objects decoded.
    public var isYAML = false

    /// JSON of entries.
    public init() {}
  }

  /// An object that could not be shown, or not wholly.
  public struct Loss: Sendable {
    /// The key of the value.
    public let key: String

    /// What is wrong, in one line.
    public let cause: String
  }

  private let decoder: Decode.Decoder
  private let options: Options

  /// Documents of records.
  ///
  /// - Parameters:
  ///   - decoder: Decodes the values.
  ///   - options: What is shown.
  public init(decoder: Decode.Decoder, options: Options) {
    self.decoder = decoder
    self.options = options
  }

  /// Appends an entry with what it asks for.
  ///
  /// - Parameters:
  ///   - entry: The entry.
  ///   - request: What it asks for.
  ///   - item: The record that it came in.
  ///   - output: Where to append.
  /// - Returns: What of its values could not be decoded; their bytes are shown instead.
  public func append(
    _ entry: EntryView,
    _ request: LoggedRequest,
    _ item: LogSource.Item,
    to output: inout OutputBuffer
  ) -> [Loss] {
    var fields = place(of: item, "entry")
    fields += [
      RequestField("index", .unsigned(entry.index.rawValue)),
      RequestField("term", .unsigned(entry.term.rawValue)),
      RequestField("type", .text(request.kind.rawValue)),
    ]
    fields.add("overwritten", flag: item.isOverwritten)
    return append(fields + request.fields, to: &output)
  }

  /// Appends a record that is no entry.
  public func append(note item: LogSource.Item, to output: inout OutputBuffer) {
    var fields: [RequestField]
    switch item.record.content {
    case .entry: return
    case .metadata(let metadata):
      fields = place(of: item, "metadata")
      fields.append(RequestField("member", .id(metadata.nodeID.rawValue)))
      fields.append(RequestField("cluster", .id(metadata.clusterID.rawValue)))
    case .hardState(let state):
      fields = place(of: item, "state")
      fields.append(RequestField("term", .unsigned(state.term.rawValue)))
      fields.append(RequestField("vote", .id(state.vote.rawValue)))
      fields.append(RequestField("commit", .unsigned(state.commit.rawValue)))
    case .checksum:
      fields = place(of: item, "checksum")
      fields.append(RequestField("checksum", .text(IDText.checksum(item.record.checksum))))
    case .snapshot(let snapshot):
      fields = place(of: item, "snapshot")
      fields.append(RequestField("index", .unsigned(snapshot.index.rawValue)))
      fields.append(RequestField("term", .unsigned(snapshot.term.rawValue)))
      if let members = snapshot.confState {
        fields.append(RequestField("voters", .ids(members.voters.map(\.rawValue))))
        fields.append(RequestField("learners", .ids(members.learners.map(\.rawValue))))
      }
    }
    _ = append(fields, to: &output)
  }

  /// Appends where the log ends and what it says there.
  public func append(endOf log: LogSource, to output: inout OutputBuffer) {
    guard let end = log.end else { return }
    var fields = [
      RequestField("record", .text("end")),
      RequestField("segment", .text(LogSource.name(of: log.segmentPaths[end.segmentSlot]))),
      RequestField("offset", .number(Int64(end.offset))),
      RequestField("lastIndex", .unsigned(log.state.lastIndex.rawValue)),
      RequestField("commit", .unsigned(log.state.hardState.commit.rawValue)),
    ]
    fields.add("torn", flag: end.isTorn)
    _ = append(fields, to: &output)
  }

  private func place(of item: LogSource.Item, _ record: String) -> [RequestField] {
    guard options.showsPlaces else { return [] }
    return [
      RequestField("record", .text(record)),
      RequestField("segment", .text(item.segmentName)),
      RequestField("offset", .number(Int64(item.record.place.offset))),
    ]
  }

  // MARK: JSON and YAML

  private static let headNames: Set = [
    "record", "segment", "offset", "index", "term", "type", "overwritten",
  ]

  private func append(_ fields: [RequestField], to output: inout OutputBuffer) -> [Loss] {
    var writing = FieldWriting(decoder: decoder, decodesObjects: options.isYAML)
    guard options.isYAML else {
      writing.append(fields, to: &output)
      output.append("\n")
      return []
    }
    // What a reader looks for first comes first, then the request, its names in YAML's order.
    let head = fields.prefix { LogDocument.headNames.contains($0.name) }
    output.append("---\n")
    for field in head { writing.append(yaml: [field], to: &output) }
    if head.count < fields.count {
      writing.append(yaml: Array(fields[head.count...]), to: &output)
    }
    return writing.losses
  }
}

/// Fields being written as JSON.
private struct FieldWriting {
  let decoder: Decode.Decoder
  let decodesObjects: Bool
  var losses: [LogDocument.Loss] = []

  init(decoder: Decoder, decodesObjects: Bool) {
    self.decoder = decoder
    self.decodesObjects = decodesObjects
  }

  /// Appends an object; lists nest no deeper than the parser of requests allows.
  mutating func append(_ fields: [RequestField], to output: inout OutputBuffer) {
    var key = ""
    for (place, field) in fields.enumerated() {
      output.append(place == 0 ? "{" : ",")
      switch field.value {
      case .bytes(let bytes):
        if field.name == "key" { key = String(decoding: bytes, as: UTF8.self) }
        append(field.name, bytes, to: &output)
      case .stored(let value): append(field.name, value: value, of: key, to: &output)
      case .json(let bytes): append(field.name, json: bytes, to: &output)
      default:
        append(name: field.name, to: &output)
        append(field.value, to: &output)
      }
    }
    output.append(fields.isEmpty ? "{}" : "}")
  }

  /// Appends an object as the lines of a YAML mapping.
  mutating func append(yaml fields: [RequestField], to output: inout OutputBuffer) {
    var json = OutputBuffer()
    append(fields, to: &json)
    // What was written here parses.
    guard let object = json.withBytes({ try? DecodedObject(json: $0) }) else { return }
    object.appendYAML(to: &output)
  }

  private mutating func append(_ value: RequestField.Value, to output: inout OutputBuffer) {
    switch value {
    case .number(let number): output.append("\(number)")
    case .unsigned(let number): output.append("\(number)")
    case .flag(let flag): output.append(flag ? "true" : "false")
    case .id(let id): JSONText.append(IDText.member(id), to: &output)
    case .text(let text): JSONText.append(text, to: &output)
    case .texts(let texts):
      append(list: texts, to: &output) { JSONText.append($0, to: &$1) }
    case .ids(let ids):
      append(list: ids, to: &output) { JSONText.append(IDText.member($0), to: &$1) }
    case .list(let objects):
      output.append("[")
      for (place, object) in objects.enumerated() {
        if place > 0 { output.append(",") }
        append(object, to: &output)
      }
      output.append("]")
    case .bytes, .stored, .json: break
    }
  }

  private func append<Element>(
    list: [Element],
    to output: inout OutputBuffer,
    _ body: (Element, inout OutputBuffer) -> Void
  ) {
    output.append("[")
    for (place, element) in list.enumerated() {
      if place > 0 { output.append(",") }
      body(element, &output)
    }
    output.append("]")
  }

  private func append(name: String, to output: inout OutputBuffer) {
    JSONText.append(name, to: &output)
    output.append(":")
  }

  /// Appends bytes as a string, or as base64 under another name.
  private func append(_ name: String, _ bytes: Data, to output: inout OutputBuffer) {
    let start = output.count
    append(name: name, to: &output)
    if bytes.withUnsafeBytes({ JSONText.append($0, to: &output) }) { return }
    output.truncate(to: start)
    append(name: name + "Base64", to: &output)
    JSONText.append(bytes.base64EncodedString(), to: &output)
  }

  /// Appends bytes that are JSON as they are, others as bytes.
  private func append(_ name: String, json bytes: [UInt8], to output: inout OutputBuffer) {
    guard let document = try? DecodedObject(json: bytes).document else {
      return append(name, Data(bytes), to: &output)
    }
    append(name: name, to: &output)
    document.writeInOrder(to: &output)
  }

  /// Appends a value: an object, where one is wanted and it is one, otherwise its bytes.
  private mutating func append(
    _ name: String,
    value: Data,
    of key: String,
    to output: inout OutputBuffer
  ) {
    guard decodesObjects, append(objectIn: value, of: key, to: &output) else {
      return append(name, value, to: &output)
    }
  }

  /// - Returns: Whether the value is an object; nothing was appended if not.
  private mutating func append(
    objectIn value: Data,
    of key: String,
    to output: inout OutputBuffer
  ) -> Bool {
    let form = value.withUnsafeBytes { StoredForm(of: $0) }
    switch form {
    case .protobuf, .json, .cbor, .encrypted: break
    case .text, .empty, .unrecognised: return false
    }
    let start = output.count
    append(name: "object", to: &output)
    var notes: [Note] = []
    do throws(DecodeError) {
      try decoder.decode(Array(value), as: .json, key: key, into: &output, notes: &notes)
    } catch {
      output.truncate(to: start)
      losses.append(LogDocument.Loss(key: key, cause: error.description))
      return false
    }
    for note in notes where note.isLoss {
      losses.append(LogDocument.Loss(key: key, cause: note.description))
    }
    return true
  }
}
