internal import Decode

/// Which items of two lists belong together.
///
/// Kubernetes merges most lists by a key of their items: containers by their name, conditions by
/// their type. So an item that moved is compared with itself, and not with what stands in its
/// place.
///
/// Source: kubernetes/api, the markers `patchMergeKey` and `listMapKey` of its types.
struct ListMatching {
  /// The keys that tell the items of a list apart, by the list's own key.
  ///
  /// The first that does is taken. A key that an item lacks counts as empty, but for the first.
  private static let keysByList: [String: [[String]]] = [
    "volumeMounts": [["mountPath"]],
    "volumeDevices": [["devicePath"]],
    "ports": [
      ["containerPort"], ["containerPort", "protocol"], ["port"], ["port", "protocol"], ["name"],
    ],
    "addresses": [["type"], ["type", "address"], ["ip"], ["addresses"]],
    "ownerReferences": [["uid"]],
    "managedFields": [
      ["manager"], ["manager", "operation"], ["manager", "operation", "subresource"],
      ["manager", "operation", "subresource", "apiVersion"],
    ],
    "taints": [["key"], ["key", "effect"]],
    "tolerations": [["key"], ["key", "effect"], ["key", "operator", "value", "effect"]],
    "topologySpreadConstraints": [["topologyKey"], ["topologyKey", "whenUnsatisfiable"]],
    "subjects": [["name"], ["kind", "name"], ["kind", "name", "namespace"]],
  ]

  /// For lists of any other name, of custom resources too.
  private static let usualKeys = [["name"], ["type"], ["key"], ["ip"], ["uid"], ["id"]]

  /// What an item is called, by its values of the keys that tell items apart.
  typealias Name = [String]

  /// The keys that were taken.
  let keys: [String]

  /// The names of the items, in their order.
  let oldNames: [Name]
  let newNames: [Name]

  /// Finds keys that tell all items of both lists apart; nil if there are none.
  init?(
    list name: String,
    old: (digest: DocumentDigest, items: [Int]),
    new: (digest: DocumentDigest, items: [Int])
  ) {
    guard !old.items.isEmpty || !new.items.isEmpty else { return nil }
    let candidates = (ListMatching.keysByList[name] ?? []) + ListMatching.usualKeys
    for keys in candidates {
      guard let oldNames = ListMatching.names(of: old.items, in: old.digest, by: keys),
        let newNames = ListMatching.names(of: new.items, in: new.digest, by: keys)
      else { continue }
      self.keys = keys
      self.oldNames = oldNames
      self.newNames = newNames
      return
    }
    return nil
  }

  /// The names of items; nil if one has none, or two have the same.
  private static func names(
    of items: [Int],
    in digest: DocumentDigest,
    by keys: [String]
  ) -> [Name]? {
    var names: [Name] = []
    var seen: Set<Name> = []
    let document = digest.document
    for item in items {
      guard document.nodes[item].kind == .object else { return nil }
      var name: Name = []
      for (position, key) in keys.enumerated() {
        let value = digest.value(of: key, in: item)
        if let value, let text = text(of: value, in: document) {
          name.append(text)
        } else if value == nil, position > 0 {
          name.append("")
        } else {
          return nil
        }
      }
      guard seen.insert(name).inserted else { return nil }
      names.append(name)
    }
    return names
  }

  /// A value that can be a name: a string or a number.
  private static func text(of value: Int, in document: JSONDocument) -> String? {
    switch document.nodes[value].kind {
    case .string, .number: document.string(of: document.nodes[value])
    case .null, .true, .false, .array, .object: nil
    }
  }

  /// A name as it stands in a path: `[name=web]`, `[containerPort=80,protocol=TCP]`.
  func label(_ name: Name) -> String {
    let parts = zip(keys, name).filter { !$1.isEmpty }.map { "\($0)=\(FieldPath.quoted($1))" }
    return "[\(parts.joined(separator: ","))]"
  }
}

/// A place in an object, as text that grows and shrinks with a walk.
struct FieldPath {
  /// The path: `spec.ports[0].name`.
  private(set) var text: [UInt8] = []

  /// The last key.
  private(set) var lastKey = ""

  /// How long it was.
  struct Mark {
    fileprivate let textCount: Int
    fileprivate let lastKey: String
  }

  var mark: Mark { Mark(textCount: text.count, lastKey: lastKey) }

  mutating func push(key: String) {
    let isPlain = !key.isEmpty && key.utf8.allSatisfy { FieldPath.isPlain($0) }
    if isPlain {
      if !text.isEmpty { text.append(UInt8(ascii: ".")) }
      text += Array(key.utf8)
    } else {
      text += Array("[\(FieldPath.json(key))]".utf8)
    }
    lastKey = key
  }

  mutating func push(label: String) { text += Array(label.utf8) }

  mutating func pop(to mark: Mark) {
    text.removeLast(text.count - mark.textCount)
    lastKey = mark.lastKey
  }

  /// A value in brackets: as it is, or quoted if it has a character that ends it.
  static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy {
      FieldPath.isPlain($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/")
        || $0 == UInt8(ascii: ":")
    }
    return isPlain ? text : json(text)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "$"):
      true
    default: false
    }
  }

  private static func json(_ text: String) -> String {
    var output = OutputBuffer(capacity: text.utf8.count + 16)
    JSONText.append(text, to: &output)
    return String(decoding: output.bytes, as: UTF8.self)
  }
}
