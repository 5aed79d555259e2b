internal import Decode

/// A value somewhere in an object, or nothing: what is asked of nothing is nothing.
///
/// So a path may be followed without asking at each step whether it goes on.
struct ObjectField {
  /// The document, held once for all fields that are found in it.
  private final class Source: Sendable {
    let document: JSONDocument

    init(_ document: JSONDocument) { self.document = document }
  }

  private let source: Source

  /// The value's node; -1 for nothing.
  private let node: Int

  private init(_ source: Source, _ node: Int) {
    self.source = source
    self.node = node
  }

  /// The whole object.
  init(_ object: DecodedObject) { self.init(object.document) }

  /// The whole document.
  init(_ document: JSONDocument) {
    source = Source(document)
    node = document.nodes.isEmpty ? -1 : 0
  }

  private var kind: JSONDocument.Kind? { node < 0 ? nil : source.document.nodes[node].kind }

  /// Whether there is a value, and it is not null.
  var isThere: Bool { node >= 0 && kind != .null }

  /// The value of a key; nothing if this is no object, or has no such key.
  subscript(key: String) -> ObjectField {
    guard node >= 0 else { return self }
    return ObjectField(source, source.document.value(of: key, in: node) ?? -1)
  }

  /// The items of an array; none if it is no array.
  var items: [ObjectField] {
    guard node >= 0 else { return [] }
    return source.document.items(of: node).map { ObjectField(source, $0) }
  }

  /// The keys of an object with their values, in their order; none if it is no object.
  var entries: [(key: String, value: ObjectField)] {
    guard node >= 0 else { return [] }
    return source.document.keys(of: node).map {
      (source.document.string(of: source.document.nodes[$0]), ObjectField(source, $0 + 1))
    }
  }

  /// How many items or keys there are; 0 for what has none.
  var count: Int {
    switch kind {
    case .object, .array: source.document.nodes[node].count
    default: 0
    }
  }

  /// The text, if it is a string.
  var string: String? {
    kind == .string ? source.document.string(of: source.document.nodes[node]) : nil
  }

  /// The text of a string; empty for anything else.
  var text: String { string ?? "" }

  /// The text of a string or a number, or `true` or `false`; empty for anything else.
  var scalar: String {
    switch kind {
    case .string, .number: source.document.string(of: source.document.nodes[node])
    case .true: "true"
    case .false: "false"
    default: ""
    }
  }

  /// The number, if it is a whole one.
  var number: Int64? {
    kind == .number ? Int64(source.document.string(of: source.document.nodes[node])) : nil
  }

  /// Whether it is true or false, if it is one of these.
  var flag: Bool? {
    switch kind {
    case .true: true
    case .false: false
    default: nil
    }
  }

  /// A time of RFC 3339 in seconds since 1970.
  var seconds: Int64? {
    guard kind == .string else { return nil }
    let node = source.document.nodes[node]
    return GoTime.parse(source.document.text[node.textOffset..<(node.textOffset + node.count)])?
      .seconds
  }
}
