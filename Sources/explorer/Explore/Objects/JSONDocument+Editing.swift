internal import Decode

extension JSONDocument {
  /// Appends a value of another document, or of this one's copy, without some of its nodes.
  ///
  /// It follows the nodes in their order and calls nothing of itself, however deep they nest.
  ///
  /// - Parameters:
  ///   - index: The value's node.
  ///   - other: The document that it belongs to.
  ///   - removed: Nodes that are left out: keys with their values, items of arrays.
  mutating func append(
    copyOf index: Int,
    in other: JSONDocument,
    without removed: Set<Int> = []
  ) {
    // Behind which node each open container ends, and whether it is an object.
    var open: [(end: Int, isObject: Bool)] = []
    // In an object a key comes first, and then its value.
    var isValue = true
    var next = index
    let end = other.nodes[index].end
    while next < end {
      let node = other.nodes[next]
      let isKey = !isValue
      if removed.contains(next) {
        next = isKey ? other.nodes[next + 1].end : node.end
      } else {
        switch node.kind {
        case .object, .array:
          self.open(node.kind, at: node.sourceOffset)
          open.append((node.end, node.kind == .object))
        case .string, .number:
          append(node.kind, isKey: isKey, at: node.sourceOffset) { text in
            text += other.text[node.textOffset..<(node.textOffset + node.count)]
          }
        case .null, .true, .false: append(node.kind, at: node.sourceOffset)
        }
        next += 1
        if isKey {
          isValue = true
          continue
        }
      }
      while let last = open.last, last.end == next {
        close()
        open.removeLast()
      }
      isValue = !(open.last?.isObject ?? false)
    }
  }

  /// Appends a key of an object; its value must follow.
  mutating func append(key: String) {
    append(.string, isKey: true, at: 0) { $0 += Array(key.utf8) }
  }

  /// Appends a string.
  mutating func append(string: String) {
    append(.string, at: 0) { $0 += Array(string.utf8) }
  }

  /// The nodes of an object's keys in their order, equal ones too.
  func keys(of object: Int) -> [Int] {
    guard nodes.indices.contains(object), nodes[object].kind == .object else { return [] }
    var keys: [Int] = []
    var key = object + 1
    while key < nodes[object].end {
      keys.append(key)
      key = nodes[key + 1].end
    }
    return keys
  }

  /// The values at a path of keys such as `spec.ports[].nodePort`; `[]` stands for each item.
  func values(at path: String, from start: Int = 0) -> [Int] {
    var found = [start]
    for part in path.split(separator: ".") {
      let isList = part.hasSuffix("[]")
      let key = String(isList ? part.dropLast(2) : part)
      found = found.compactMap { value(of: key, in: $0) }
      if isList { found = found.flatMap { items(of: $0) } }
    }
    return found
  }

  /// The string at a path of keys; nil where there is none.
  func string(at path: String, from start: Int = 0) -> String? {
    guard let value = values(at: path, from: start).first, nodes[value].kind == .string else {
      return nil
    }
    return string(of: nodes[value])
  }
}

/// What is to be taken out of a document.
struct DocumentEdit {
  let document: JSONDocument

  /// Keys, with their values, and items of arrays.
  private var removed: Set<Int> = []

  /// The container of each value, -1 for the document itself.
  private let containers: [Int]

  /// How many values each container loses.
  private var lossCounts: [Int: Int] = [:]

  init(_ document: JSONDocument) {
    self.document = document
    var containers = [Int](repeating: -1, count: document.nodes.count)
    var open: [Int] = []
    for index in document.nodes.indices {
      while let last = open.last, document.nodes[last].end <= index { open.removeLast() }
      containers[index] = open.last ?? -1
      switch document.nodes[index].kind {
      case .object, .array: open.append(index)
      default: break
      }
    }
    self.containers = containers
  }

  /// Takes out a value, with its key if it has one.
  ///
  /// A container that has lost all its values goes with them, but for the document itself.
  mutating func remove(_ value: Int) {
    var value = value
    while true {
      let container = containers[value]
      guard container >= 0 else { return }
      let node = document.nodes[container].kind == .object ? value - 1 : value
      guard removed.insert(node).inserted else { return }
      let lossCount = lossCounts[container, default: 0] + 1
      lossCounts[container] = lossCount
      guard lossCount == document.nodes[container].count else { return }
      value = container
    }
  }

  /// Takes out the values at a path.
  mutating func remove(at path: String, from start: Int = 0) {
    for value in document.values(at: path, from: start) { remove(value) }
  }

  /// Takes out the keys of an object that a condition holds for.
  mutating func removeKeys(of object: Int, where isRemoved: (String) -> Bool) {
    for key in document.keys(of: object) where isRemoved(document.string(of: document.nodes[key])) {
      remove(key + 1)
    }
  }

  /// What is left.
  var result: JSONDocument {
    guard !removed.isEmpty else { return document }
    var result = JSONDocument()
    result.append(copyOf: 0, in: document, without: removed)
    return result
  }
}
