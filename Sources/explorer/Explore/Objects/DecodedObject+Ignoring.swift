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

  /// The values to take out, none of them in another one.
  private func values(of fields: Set<String>) -> [Int] {
    guard !fields.isEmpty else { return [] }
    var values: [Int] = []
    var pending: [(node: Int, path: String)] = [(0, "")]
    while let (node, path) = pending.popLast() {
      if document.nodes[node].kind == .array {
        for item in document.items(of: node) { pending.append((item, path)) }
        continue
      }
      for key in document.keys(of: node) {
        let name = document.string(of: document.nodes[key])
        let keyPath = path.isEmpty ? name : "\(path).\(name)"
        if fields.contains(keyPath) {
          values.append(key + 1)
        } else if fields.contains(where: { $0.hasPrefix("\(keyPath).") }) {
          if document.isEmptyContainer(key + 1) {
            values.append(key + 1)
          } else {
            pending.append((key + 1, keyPath))
          }
        }
      }
    }
    return values
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
