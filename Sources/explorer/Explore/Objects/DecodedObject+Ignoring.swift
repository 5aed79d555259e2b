internal import Decode

extension DecodedObject {
  /// The object without some of its fields.
  ///
  /// - Parameter fields: Each as its keys with points between, without positions in lists:
  ///   `metadata.managedFields`. A key may have points itself.
  /// - Returns: What is left. Containers that lose all they have go as well, and so do those that
  ///   are empty where a field could have been taken out: both look the same then.
  func ignoring(_ fields: Set<String>) -> DecodedObject {
    let values = values(of: fields)
    guard !values.isEmpty else { return self }
    var edit = DocumentEdit(document)
    for value in values { edit.remove(value) }
    return DecodedObject(document: edit.result)
  }

  /// The values of fields, none of them in another one, and containers that are empty where a field
  /// could have been.
  func values(of fields: Set<String>) -> [Int] {
    let fields = fields.filter { !$0.isEmpty }.map { Array($0.utf8) }
    guard !fields.isEmpty else { return [] }
    var values: [Int] = []
    // Containers, and which fields may lie in each: the field, and where in it the rest begins.
    var pending: [(node: Int, rests: [Rest])] = [(0, fields.indices.map { Rest(field: $0) })]
    while let (node, rests) = pending.popLast() {
      if document.nodes[node].kind == .array {
        for item in document.items(of: node) { pending.append((item, rests)) }
        continue
      }
      guard document.nodes[node].kind == .object else { continue }
      var key = node + 1
      while key < document.nodes[node].end {
        let value = key + 1
        switch reach(of: rests, in: fields, at: document.nodes[key]) {
        case .end: values.append(value)
        case .inside where document.isEmptyContainer(value): values.append(value)
        case .inside(let rests): pending.append((value, rests))
        case .outside: break
        }
        key = document.nodes[value].end
      }
    }
    return values
  }

  /// What of a field is left below a place in the object.
  private struct Rest {
    /// The field, by its position.
    let field: Int

    /// Where the next key begins in its text.
    var start = 0
  }

  private enum Reach {
    /// A field ends here.
    case end

    /// Fields lie further inside.
    case inside([Rest])

    /// No field lies here.
    case outside
  }

  /// How far fields go along with a key.
  private func reach(of rests: [Rest], in fields: [[UInt8]], at key: JSONDocument.Node) -> Reach {
    document.withText(of: key) { key in
      var further: [Rest] = []
      for rest in rests {
        let field = fields[rest.field]
        let end = rest.start + key.count
        guard end <= field.count, field[rest.start..<end].elementsEqual(key) else { continue }
        if end == field.count { return .end }
        if field[end] == UInt8(ascii: ".") {
          further.append(Rest(field: rest.field, start: end + 1))
        }
      }
      return further.isEmpty ? .outside : .inside(further)
    }
  }
}

extension JSONDocument {
  /// Whether a value is `{}` or `[]`.
  fileprivate func isEmptyContainer(_ value: Int) -> Bool {
    switch nodes[value].kind {
    case .object, .array: nodes[value].count == 0
    default: false
    }
  }
}

extension ObjectDifference.Options {
  /// The paths of fields in a text with commas between them.
  ///
  /// Paths may be written as changes have them: positions and names in brackets are passed over,
  /// `["app.kubernetes.io/name"]` is a key, and a point in front does not count.
  public static func fields(in text: String) -> Set<String> {
    var fields: Set<String> = []
    var keys = ""
    var rest = Substring(text)
    while let character = rest.popFirst() {
      switch character {
      case ",":
        if !keys.isEmpty { fields.insert(keys) }
        keys = ""
      case ".":
        if !keys.isEmpty { keys.append(character) }
      case "[":
        let isKey = rest.first == "\""
        let inside = bracketed(&rest)
        if isKey { keys += keys.isEmpty || keys.hasSuffix(".") ? inside : ".\(inside)" }
      default: keys.append(character)
      }
    }
    if !keys.isEmpty { fields.insert(keys) }
    return fields
  }

  /// Takes what is in front of the closing bracket, and the bracket; of quoted text the text alone.
  private static func bracketed(_ rest: inout Substring) -> String {
    var text = ""
    var isQuoted = false
    while let character = rest.popFirst() {
      switch character {
      case "\"": isQuoted.toggle()
      case "\\" where isQuoted:
        if let escaped = rest.popFirst() { text.append(escaped) }
      case "]" where !isQuoted: return text
      default: text.append(character)
      }
    }
    return text
  }
}
