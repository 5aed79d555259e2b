public import Decode

/// What differs between two versions of an object, field by field.
///
/// The order of keys does not count, nor does how a number is written. Items of lists are compared
/// with those of the same name, wherever Kubernetes knows lists by such names, and by their
/// position elsewhere. Changes come in the order of the keys' bytes; in a list, what changed or is
/// gone comes in the old order, and then what is new.
public struct ObjectDifference: Sendable {
  /// What counts as a difference.
  public struct Options: Hashable, Sendable {
    /// Fields that are not compared, such as `metadata.managedFields`.
    ///
    /// Each is its keys with points between, without positions; see ``fields(in:)``. An object or a
    /// list that has nothing else is not compared either.
    public var ignoredFields: Set<String> = []

    /// Whether the data of Secrets are shown as `*** (before)` and `*** (after)`, as `kubectl diff`
    /// does.
    public var masksSecrets = true

    /// How many changes are listed; what is beyond is only counted as being there.
    public var changeLimit = 10_000

    /// The defaults.
    public init() {}
  }

  /// The changes, in order.
  public private(set) var changes: [FieldChange] = []

  /// Whether there were more changes than are listed.
  public private(set) var isCutShort = false

  private let options: Options
  private let old: DocumentDigest
  private let new: DocumentDigest
  private var path = FieldPath()

  /// Compares two versions of an object.
  ///
  /// - Complexity: O(n log n) in the size of both.
  public init(
    from oldObject: DecodedObject,
    to newObject: DecodedObject,
    options: Options = Options()
  ) {
    self.options = options
    let pair =
      options.masksSecrets
      ? SecretMask.masked(oldObject, newObject) : (old: oldObject, new: newObject)
    let fields = options.ignoredFields
    old = DocumentDigest(pair.old.document, leavingOut: pair.old.values(of: fields))
    new = DocumentDigest(pair.new.document, leavingOut: pair.new.values(of: fields))
    compare(0, 0)
  }

  /// Appends the changes as a JSON array on one line, without a line break.
  public func appendJSON(to output: inout OutputBuffer) {
    output.append("[")
    for (position, change) in changes.enumerated() {
      if position > 0 { output.append(",") }
      change.appendJSON(to: &output)
    }
    output.append("]")
  }

  // MARK: Comparing

  /// Compares two values; it calls itself no deeper than a document nests.
  private mutating func compare(_ left: Int, _ right: Int) {
    guard old[left] != new[right], !isCutShort else { return }
    switch (old.document.nodes[left].kind, new.document.nodes[right].kind) {
    case (.object, .object): compareObjects(left, right)
    case (.array, .array): compareLists(left, right)
    default: add(.changed, left, right)
    }
  }

  private mutating func compareObjects(_ left: Int, _ right: Int) {
    let leftKeys = old.keys(of: left)
    let rightKeys = new.keys(of: right)
    var leftPlace = 0
    var rightPlace = 0
    while leftPlace < leftKeys.count || rightPlace < rightKeys.count {
      let order = keyOrder(
        leftPlace < leftKeys.count ? leftKeys[leftPlace] : nil,
        rightPlace < rightKeys.count ? rightKeys[rightPlace] : nil
      )
      let leftKey = order <= 0 ? leftKeys[leftPlace] : nil
      let rightKey = order >= 0 ? rightKeys[rightPlace] : nil
      if leftKey != nil { leftPlace += 1 }
      if rightKey != nil { rightPlace += 1 }
      if let leftKey, let rightKey, old[leftKey + 1] == new[rightKey + 1] { continue }
      let mark = path.mark
      path.push(key: name(leftKey, rightKey))
      if let leftKey, let rightKey {
        compare(leftKey + 1, rightKey + 1)
      } else {
        add(leftKey == nil ? .added : .removed, leftKey.map { $0 + 1 }, rightKey.map { $0 + 1 })
      }
      path.pop(to: mark)
      if isCutShort { return }
    }
  }

  /// Below, at or above zero as the old key comes before, with or behind the new one.
  private func keyOrder(_ left: Int?, _ right: Int?) -> Int {
    guard let left else { return 1 }
    guard let right else { return -1 }
    let leftNode = old.document.nodes[left]
    let rightNode = new.document.nodes[right]
    let leftText = old.document.text[leftNode.textOffset..<(leftNode.textOffset + leftNode.count)]
    let rightText =
      new.document.text[rightNode.textOffset..<(rightNode.textOffset + rightNode.count)]
    if leftText.elementsEqual(rightText) { return 0 }
    return leftText.lexicographicallyPrecedes(rightText) ? -1 : 1
  }

  private func name(_ left: Int?, _ right: Int?) -> String {
    if let left { return old.document.string(of: old.document.nodes[left]) }
    if let right { return new.document.string(of: new.document.nodes[right]) }
    return ""
  }

  // MARK: Lists

  private mutating func compareLists(_ left: Int, _ right: Int) {
    let leftItems = old.items(of: left)
    let rightItems = new.items(of: right)
    if let matching = ListMatching(
      list: path.lastKey,
      old: (old, leftItems),
      new: (new, rightItems)
    ) {
      compareMatched(leftItems, rightItems, matching)
    } else {
      comparePositions(leftItems, rightItems)
    }
  }

  private mutating func compareMatched(
    _ left: [Int],
    _ right: [Int],
    _ matching: ListMatching
  ) {
    var places: [ListMatching.Name: Int] = [:]
    for (place, name) in matching.newNames.enumerated() { places[name] = place }
    var pairs: [Int] = []
    for (place, name) in matching.oldNames.enumerated() {
      let partner = places.removeValue(forKey: name)
      if let partner { pairs.append(partner) }
      compareItem(left[place], partner.map { right[$0] }, label: matching.label(name))
      if isCutShort { return }
    }
    for (place, name) in matching.newNames.enumerated() where places[name] != nil {
      compareItem(nil, right[place], label: matching.label(name))
      if isCutShort { return }
    }
    let isOrdered = zip(pairs, pairs.dropFirst()).allSatisfy { $0 < $1 }
    if !isOrdered {
      let inNewOrder = pairs.sorted().map { matching.newNames[$0] }
      let inOldOrder = pairs.map { matching.newNames[$0] }
      append(
        FieldChange(
          kind: .reordered,
          path: String(decoding: path.text, as: UTF8.self),
          old: ObjectDifference.json(of: inOldOrder),
          new: ObjectDifference.json(of: inNewOrder)
        )
      )
    }
  }

  private mutating func comparePositions(_ left: [Int], _ right: [Int]) {
    var start = 0
    var leftEnd = left.count
    var rightEnd = right.count
    if left.count != right.count {
      // What is the same at both ends tells where items came or went.
      while start < min(leftEnd, rightEnd), old[left[start]] == new[right[start]] { start += 1 }
      while leftEnd > start, rightEnd > start, old[left[leftEnd - 1]] == new[right[rightEnd - 1]] {
        leftEnd -= 1
        rightEnd -= 1
      }
    }
    var place = start
    while place < max(leftEnd, rightEnd), !isCutShort {
      compareItem(
        place < leftEnd ? left[place] : nil,
        place < rightEnd ? right[place] : nil,
        label: "[\(place)]"
      )
      place += 1
    }
  }

  private mutating func compareItem(_ left: Int?, _ right: Int?, label: String) {
    if let left, let right, old[left] == new[right] { return }
    let mark = path.mark
    path.push(label: label)
    if let left, let right {
      compare(left, right)
    } else {
      add(left == nil ? .added : .removed, left, right)
    }
    path.pop(to: mark)
  }

  // MARK: Changes

  private mutating func add(_ kind: FieldChange.Kind, _ left: Int?, _ right: Int?) {
    append(
      FieldChange(
        kind: kind,
        path: String(decoding: path.text, as: UTF8.self),
        old: left.map { ObjectDifference.json(of: $0, in: old) },
        new: right.map { ObjectDifference.json(of: $0, in: new) }
      )
    )
  }

  private mutating func append(_ change: FieldChange) {
    guard changes.count < options.changeLimit else {
      isCutShort = true
      return
    }
    changes.append(change)
  }

  private static func json(of index: Int, in digest: DocumentDigest) -> String {
    var output = OutputBuffer(capacity: 64)
    digest.appendJSON(of: index, to: &output)
    return String(decoding: output.bytes, as: UTF8.self)
  }

  /// The names of items as a JSON array.
  private static func json(of names: [ListMatching.Name]) -> String {
    var document = JSONDocument()
    document.open(.array, at: 0)
    for name in names { document.append(string: name.joined(separator: ",")) }
    document.close()
    return json(of: 0, in: DocumentDigest(document))
  }
}

/// What of a Secret is not shown in a difference.
enum SecretMask {
  private static func isSecret(_ object: DecodedObject) -> Bool {
    object.kind == "Secret" && object.group.isEmpty
  }

  /// The annotation that repeats the data.
  private static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

  /// Two versions of an object; of a Secret with its data masked, so that what changed can still be
  /// seen.
  static func masked(
    _ old: DecodedObject,
    _ new: DecodedObject
  ) -> (old: DecodedObject, new: DecodedObject) {
    guard isSecret(old) || isSecret(new) else { return (old, new) }
    var old = old
    var new = new
    for path in ["data", "stringData", "metadata.annotations"] {
      let oldFields = fields(at: path, in: old.document)
      let newFields = fields(at: path, in: new.document)
      for (key, value) in oldFields {
        let partner = newFields[key]
        let isSame = partner.map { text(of: value, in: old) == text(of: $0, in: new) } ?? true
        mask(value, in: &old, with: isSame ? "***" : "*** (before)")
        if let partner { mask(partner, in: &new, with: isSame ? "***" : "*** (after)") }
      }
      for (key, value) in newFields where oldFields[key] == nil {
        mask(value, in: &new, with: "***")
      }
    }
    return (old, new)
  }

  private static func text(of value: Int, in object: DecodedObject) -> String {
    object.document.string(of: object.document.nodes[value])
  }

  private static func mask(_ value: Int, in object: inout DecodedObject, with text: String) {
    object.document.replaceText(of: value, with: Array(text.utf8))
  }

  /// The strings with secret data in an object at a path, by their keys.
  private static func fields(at path: String, in document: JSONDocument) -> [String: Int] {
    var fields: [String: Int] = [:]
    guard let object = document.values(at: path).first else { return fields }
    for key in document.keys(of: object) where document.nodes[key + 1].kind == .string {
      let name = document.string(of: document.nodes[key])
      if path == "metadata.annotations", name != lastApplied { continue }
      fields[name] = key + 1
    }
    return fields
  }
}
