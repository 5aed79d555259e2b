internal import Schema

/// Writes an object of a document as a protobuf message, as gogo's generated code writes it.
///
/// Fields go by number; what Go holds by value is written although it is zero; maps go by key.
/// Everything is written backwards, so lists, maps and fields are walked from their end.
///
/// Source: kubernetes/api, `MarshalToSizedBuffer` in the generated code; kubernetes/apimachinery,
/// the `UnmarshalJSON` methods of the types with a form of their own.
struct MessageWriter: ~Copyable {
  let document: JSONDocument

  /// The text that the document was read from, if it was JSON: embedded values keep their text.
  let source: UnsafeRawBufferPointer?

  /// Whether keys that no field has are left out.
  let ignoresUnknown: Bool

  /// Fields that the catalogue lacks, by the path of their message; taken out once written.
  var unknownFields: [String: [UnknownField]]

  /// The paths of the keys that were left out.
  private(set) var ignored: [String] = []

  /// A field that is put back as it was.
  struct UnknownField {
    var number: UInt32
    var bytes: [UInt8]
  }

  private var output = ReverseBuffer()
  private var path: [Step] = []

  private struct Step {
    var name: String
    var suffix = ""

    /// Whether JSON splices the field into the object around it, so that it is no step there.
    var isInlined = false
  }

  init(
    document: JSONDocument,
    source: UnsafeRawBufferPointer?,
    ignoresUnknown: Bool,
    unknownFields: [String: [UnknownField]]
  ) {
    self.document = document
    self.source = source
    self.ignoresUnknown = ignoresUnknown
    self.unknownFields = unknownFields
  }

  /// The bytes of the object at `index`.
  mutating func bytes(
    of index: Int,
    by plan: UnsafePointer<MessagePlan>
  ) throws(EncodeError) -> [UInt8] {
    try message(index, plan, isRoot: true)
    if let path = unknownFields.keys.min() { throw .misplacedUnknownField(path: path) }
    return output.withBytes { Array($0) }
  }

  // MARK: Places

  /// The path in the document, or that of the message with inlined ones among its steps.
  private func pathText(withInlined: Bool = false) -> String {
    var text = ""
    for step in path where withInlined || !step.isInlined {
      if !step.name.isEmpty { text += text.isEmpty ? step.name : ".\(step.name)" }
      text += step.suffix
    }
    return text
  }

  private func mismatch(_ expected: String, _ index: Int) -> EncodeError {
    let node = document.nodes[index]
    let found =
      switch node.kind {
      case .null: "null"
      case .true, .false: "a boolean"
      case .number: "the number \(document.string(of: node))"
      case .string: "the string \"\(document.string(of: node).prefix(40))\""
      case .array: "a list"
      case .object: "an object"
      }
    return .mismatch(path: pathText(), expected: expected, found: found)
  }

  // MARK: Objects

  /// A key of the object at hand: the field that it names, and its value.
  private struct Entry {
    let slot: FieldSlot
    let value: Int
  }

  /// Writes a message from an object; nil or null is one with nothing set.
  private mutating func message(
    _ index: Int?,
    _ plan: UnsafePointer<MessagePlan>,
    isRoot: Bool = false
  ) throws(EncodeError) {
    let unknown = takeUnknownFields()
    if plan.pointee.special != .plain {
      for field in unknown.reversed() { field.bytes.withBytes { output.prepend($0) } }
      return try specialMessage(index, plan)
    }
    let entries = try entries(of: index, plan, isRoot: isRoot)
    try fields(of: plan, outer: nil, inner: nil, entries, unknown)
  }

  /// The fields that are put back into the message at hand.
  private mutating func takeUnknownFields() -> [UnknownField] {
    unknownFields.isEmpty
      ? [] : unknownFields.removeValue(forKey: pathText(withInlined: true)) ?? []
  }

  private mutating func entries(
    of index: Int?,
    _ plan: UnsafePointer<MessagePlan>,
    isRoot: Bool
  ) throws(EncodeError) -> [Entry] {
    guard let index, document.nodes[index].kind != .null else { return [] }
    guard document.nodes[index].kind == .object else { throw mismatch("an object", index) }
    var entries: [Entry] = []
    entries.reserveCapacity(document.nodes[index].count)
    var key = index + 1
    while key < document.nodes[index].end {
      let node = document.nodes[key]
      let slot = document.withText(of: node) { plan.pointee.slot(named: $0) }
      if let slot {
        if entries.contains(where: { $0.slot.field == slot.field && $0.slot.outer == slot.outer }) {
          throw .duplicateField(path: path(to: node))
        }
        entries.append(Entry(slot: slot, value: key + 1))
      } else if !(isTypeMeta(node) && (isRoot || plan.pointee.embedsTypeMeta)) {
        let path = path(to: node)
        guard ignoresUnknown else {
          throw .unknownField(
            path: path,
            nearest: plan.pointee.nearestName(to: document.string(of: node))
          )
        }
        ignored.append(path)
      }
      key = document.nodes[key + 1].end
    }
    return entries
  }

  private func path(to key: JSONDocument.Node) -> String {
    let prefix = pathText()
    return prefix.isEmpty ? document.string(of: key) : "\(prefix).\(document.string(of: key))"
  }

  private func isTypeMeta(_ key: JSONDocument.Node) -> Bool {
    document.withText(of: key) {
      $0.elementsEqual("kind".utf8) || $0.elementsEqual("apiVersion".utf8)
    }
  }

  /// Writes the fields of a message that lies in the object at hand by itself, or that is spliced
  /// into it inside `outer` and `inner`.
  private mutating func fields(
    of plan: UnsafePointer<MessagePlan>,
    outer: UnsafePointer<FieldPlan>?,
    inner: UnsafePointer<FieldPlan>?,
    _ entries: [Entry],
    _ unknown: [UnknownField]
  ) throws(EncodeError) {
    var unknown = unknown.sorted { $0.number < $1.number }
    for position in plan.pointee.fields.indices.reversed() {
      guard let field = plan.pointee.fields.baseAddress.map({ $0 + position }) else { continue }
      while let last = unknown.last, last.number > field.pointee.number {
        last.bytes.withBytes { output.prepend($0) }
        unknown.removeLast()
      }
      if field.pointee.isInline, let inlined = field.pointee.message {
        try inlinedField(field, inlined, outer: outer, entries)
        continue
      }
      let entry = entries.first {
        $0.slot.field == field && $0.slot.outer == outer && $0.slot.inner == inner
      }
      path.append(Step(name: String(decoding: field.pointee.name, as: UTF8.self)))
      defer { path.removeLast() }
      try self.field(field, entry?.value)
    }
    for rest in unknown.reversed() { rest.bytes.withBytes { output.prepend($0) } }
  }

  private mutating func inlinedField(
    _ field: UnsafePointer<FieldPlan>,
    _ plan: UnsafePointer<MessagePlan>,
    outer: UnsafePointer<FieldPlan>?,
    _ entries: [Entry]
  ) throws(EncodeError) {
    let newOuter = outer ?? field
    let newInner = outer == nil ? nil : field
    let isUsed = entries.contains {
      $0.slot.outer == newOuter && (newInner == nil || $0.slot.inner == newInner)
    }
    guard isUsed || (field.pointee.isCurrent && !field.pointee.isPointer) else { return }
    let before = output.count
    path.append(
      Step(name: String(decoding: field.pointee.name, as: UTF8.self), isInlined: true)
    )
    defer { path.removeLast() }
    try fields(of: plan, outer: newOuter, inner: newInner, entries, takeUnknownFields())
    output.prepend(varint: UInt64(output.count - before))
    output.prepend(tag: field.pointee.number, wireType: 2)
  }

  // MARK: Fields

  private mutating func field(
    _ field: UnsafePointer<FieldPlan>,
    _ value: Int?
  ) throws(EncodeError) {
    let value = value.flatMap { document.nodes[$0].kind == .null ? nil : $0 }
    switch field.pointee.shape {
    case .single: try single(field, value)
    case .repeated:
      guard let value else { return }
      guard document.nodes[value].kind == .array else { throw mismatch("a list", value) }
      for (position, item) in document.items(of: value).enumerated().reversed() {
        path[path.count - 1].suffix = "[\(position)]"
        try element(field, item)
      }
    case .map:
      guard let value else { return }
      try map(field, value)
    }
  }

  /// Writes one value of a list, or of a single field that is there.
  private mutating func element(
    _ field: UnsafePointer<FieldPlan>,
    _ value: Int
  ) throws(EncodeError) {
    if field.pointee.element == .message, let plan = field.pointee.message {
      let before = output.count
      try message(value, plan)
      output.prepend(varint: UInt64(output.count - before))
    } else {
      try scalar(field.pointee.element, value)
    }
    output.prepend(tag: field.pointee.number, wireType: field.pointee.element.wireFormat)
  }

  private mutating func single(
    _ field: UnsafePointer<FieldPlan>,
    _ value: Int?
  ) throws(EncodeError) {
    if let value {
      if !field.pointee.isCurrent, try isZero(field.pointee.element, value) { return }
      return try element(field, value)
    }
    // What Go holds by value is written although it is zero, but bytes that are nil are not.
    guard field.pointee.isCurrent, !field.pointee.isPointer else { return }
    switch field.pointee.element {
    case .bytes: return
    case .message:
      guard let plan = field.pointee.message else { return }
      let before = output.count
      try message(nil, plan)
      output.prepend(varint: UInt64(output.count - before))
    case .double, .fixed64, .sfixed64: output.prepend(fixed64: 0)
    case .float, .fixed32, .sfixed32: output.prepend(fixed32: 0)
    default: output.prepend(0)
    }
    output.prepend(tag: field.pointee.number, wireType: field.pointee.element.wireFormat)
  }

  private func isZero(_ element: FieldPlan.Element, _ value: Int) throws(EncodeError) -> Bool {
    let node = document.nodes[value]
    switch node.kind {
    case .null, .false: return true
    case .string: return node.count == 0
    case .number: return Double(document.string(of: node)) == 0
    default: return false
    }
  }

  private mutating func map(
    _ field: UnsafePointer<FieldPlan>,
    _ value: Int
  ) throws(EncodeError) {
    guard document.nodes[value].kind == .object else { throw mismatch("a map", value) }
    guard let entry = field.pointee.entry, entry.pointee.fields.count == 2,
      let valueField = entry.pointee.fields.baseAddress.map({ $0 + 1 })
    else { return }
    for key in document.sortedKeys(of: value).reversed() {
      let node = document.nodes[key]
      path[path.count - 1].suffix = "[\(document.string(of: node))]"
      let before = output.count
      let item = document.nodes[key + 1].kind == .null ? nil : key + 1
      if let item {
        try element(valueField, item)
      } else {
        try single(valueField, nil)
      }
      document.withText(of: node) {
        output.prepend($0)
        output.prepend(varint: UInt64($0.count))
      }
      output.prepend(tag: 1, wireType: 2)
      output.prepend(varint: UInt64(output.count - before))
      output.prepend(tag: field.pointee.number, wireType: 2)
    }
  }

  // MARK: Scalars

  private mutating func scalar(
    _ element: FieldPlan.Element,
    _ value: Int
  ) throws(EncodeError) {
    let node = document.nodes[value]
    switch element {
    case .string:
      guard node.kind == .string || node.kind == .null else { throw mismatch("a string", value) }
      document.withText(of: node) {
        output.prepend($0)
        output.prepend(varint: UInt64($0.count))
      }
    case .bytes:
      guard node.kind == .string || node.kind == .null,
        let bytes = document.withText(of: node, { Base64.decode($0) })
      else { throw mismatch("base64", value) }
      bytes.withBytes { output.prepend($0) }
      output.prepend(varint: UInt64(bytes.count))
    case .bool:
      guard [.true, .false, .null].contains(node.kind) else { throw mismatch("a boolean", value) }
      output.prepend(node.kind == .true ? 1 : 0)
    case .int32, .sint32, .sfixed32:
      let number = Int64(try integer(Int32.self, value))
      switch element {
      case .int32: output.prepend(varint: UInt64(bitPattern: number))
      case .sint32: output.prepend(varint: UInt64(bitPattern: number << 1 ^ number >> 63))
      default: output.prepend(fixed32: UInt32(bitPattern: Int32(truncatingIfNeeded: number)))
      }
    case .int64, .sint64, .sfixed64:
      let number = try integer(Int64.self, value)
      switch element {
      case .int64: output.prepend(varint: UInt64(bitPattern: number))
      case .sint64: output.prepend(varint: UInt64(bitPattern: number << 1 ^ number >> 63))
      default: output.prepend(fixed64: UInt64(bitPattern: number))
      }
    case .uint32: output.prepend(varint: UInt64(try integer(UInt32.self, value)))
    case .uint64: output.prepend(varint: try integer(UInt64.self, value))
    case .fixed32: output.prepend(fixed32: try integer(UInt32.self, value))
    case .fixed64: output.prepend(fixed64: try integer(UInt64.self, value))
    case .float: output.prepend(fixed32: Float(try number(value)).bitPattern)
    case .double: output.prepend(fixed64: try number(value).bitPattern)
    case .message: break
    }
  }

  private func integer<Value: FixedWidthInteger>(
    _ type: Value.Type,
    _ value: Int
  ) throws(EncodeError) -> Value {
    let node = document.nodes[value]
    if node.kind == .null { return 0 }
    guard node.kind == .number, let number = Value(document.string(of: node)) else {
      throw mismatch("an integer of \(Value.bitWidth) bits", value)
    }
    return number
  }

  private func number(_ value: Int) throws(EncodeError) -> Double {
    let node = document.nodes[value]
    if node.kind == .null { return 0 }
    guard node.kind == .number, let number = Double(document.string(of: node)), number.isFinite
    else { throw mismatch("a number", value) }
    return number
  }

  // MARK: Types with a form of their own

  private mutating func specialMessage(
    _ index: Int?,
    _ plan: UnsafePointer<MessagePlan>
  ) throws(EncodeError) {
    let index = index.flatMap { document.nodes[$0].kind == .null ? nil : $0 }
    let fields = plan.pointee.fields
    switch plan.pointee.special {
    case .plain: break
    case .time, .microtime: try time(index, plan)
    case .duration: try duration(index)
    case .quantity: try quantity(index)
    case .intorstring: try intOrString(index)
    case .rawextension, .fieldsv1, .json: try embedded(index)
    case .unknown: if let index { throw mismatch("nothing: the type is not stored", index) }
    case .orbool:
      guard let index else { return output.prepend2(0x08, 0x00) }
      let kind = document.nodes[index].kind
      guard kind == .object || kind == .true || kind == .false, fields.count == 2 else {
        throw mismatch("a boolean or an object", index)
      }
      if kind == .object, let schema = fields.baseAddress.map({ $0 + 1 }) {
        try element(schema, index)
      }
      output.prepend2(0x08, kind == .false ? 0 : 1)
    case .orarray, .orstringarray:
      guard let index, let first = fields.baseAddress, fields.count == 2 else { return }
      switch document.nodes[index].kind {
      case .object: try element(first, index)
      case .array: try self.field(first + 1, index)
      default: throw mismatch("an object or a list", index)
      }
    case .wrapper:
      guard let index, let only = fields.baseAddress else { return }
      try self.field(only, index)
    }
  }

  private func text(
    _ index: Int,
    _ expected: String
  ) throws(EncodeError) -> String {
    guard document.nodes[index].kind == .string else { throw mismatch(expected, index) }
    return document.string(of: document.nodes[index])
  }

  private mutating func time(
    _ index: Int?,
    _ plan: UnsafePointer<MessagePlan>
  ) throws(EncodeError) {
    guard let index else { return }
    let expected = "a time such as 2026-07-24T04:09:49Z"
    guard let time = GoTime.parse(try text(index, expected).utf8) else {
      throw mismatch(expected, index)
    }
    let isMicro = plan.pointee.special == .microtime
    let nanoseconds = isMicro ? time.nanoseconds / 1000 * 1000 : 0
    // Go's zero time is not written at all.
    if time.seconds == GoTime.zeroSeconds, nanoseconds == 0 { return }
    output.prepend(varint: UInt64(nanoseconds))
    output.prepend(tag: 2, wireType: 0)
    output.prepend(varint: UInt64(bitPattern: time.seconds))
    output.prepend(tag: 1, wireType: 0)
  }

  private mutating func duration(_ index: Int?) throws(EncodeError) {
    var nanoseconds: Int64 = 0
    if let index {
      let expected = "a duration such as 1h30m"
      guard let parsed = GoTime.parseDuration(try text(index, expected)) else {
        throw mismatch(expected, index)
      }
      nanoseconds = parsed
    }
    output.prepend(varint: UInt64(bitPattern: nanoseconds))
    output.prepend(tag: 1, wireType: 0)
  }

  private mutating func quantity(_ index: Int?) throws(EncodeError) {
    var canonical = [UInt8(ascii: "0")]
    if let index {
      let node = document.nodes[index]
      guard node.kind == .string || node.kind == .number else {
        throw mismatch("a quantity such as 100m or 1Gi", index)
      }
      let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
      var text = document.withText(of: node) { Array($0) }[...]
      text = text.drop(while: isSpace)
      while let last = text.last, isSpace(last) { text.removeLast() }
      guard let parsed = Quantity.canonical(Array(text)) else {
        throw mismatch("a quantity such as 100m or 1Gi", index)
      }
      canonical = parsed
    }
    canonical.withBytes { output.prepend($0) }
    output.prepend(varint: UInt64(canonical.count))
    output.prepend(tag: 1, wireType: 2)
  }

  private mutating func intOrString(_ index: Int?) throws(EncodeError) {
    let isString = index.map { document.nodes[$0].kind == .string } ?? false
    if isString, let index {
      document.withText(of: document.nodes[index]) {
        output.prepend($0)
        output.prepend(varint: UInt64($0.count))
      }
    } else {
      output.prepend(0)
    }
    output.prepend(tag: 3, wireType: 2)
    var number: Int64 = 0
    if let index, !isString {
      guard document.nodes[index].kind == .number else {
        throw mismatch("an integer or a string", index)
      }
      number = Int64(try integer(Int32.self, index))
    }
    output.prepend(varint: UInt64(bitPattern: number))
    output.prepend(tag: 2, wireType: 0)
    output.prepend2(0x08, isString ? 1 : 0)
  }

  /// Writes a value of any shape as JSON text: as it stood, or keys sorted if it was YAML.
  private mutating func embedded(_ index: Int?) throws(EncodeError) {
    guard let index else { return }
    var text = OutputBuffer(capacity: 256)
    if let source {
      let start = document.nodes[index].sourceOffset
      var value = JSONDocument()
      do throws(JSONFault) {
        let end = try value.parse(source, from: start, allowsMore: true)
        try JSONCompactor.append(
          UnsafeRawBufferPointer(rebasing: source[start..<end]),
          escapesHTML: false,
          to: &text
        )
      } catch {
        throw .notJSON(offset: error.offset, problem: DecodeError.Problem(error))
      }
    } else {
      document.writeSorted(index, to: &text)
    }
    text.withBytes {
      output.prepend($0)
      output.prepend(varint: UInt64($0.count))
    }
    output.prepend(tag: 1, wireType: 2)
  }
}

extension ReverseBuffer {
  /// Writes two bytes, the first before the second.
  fileprivate mutating func prepend2(_ first: UInt8, _ second: UInt8) {
    prepend(second)
    prepend(first)
  }
}

extension MessagePlan {
  /// The field that a key of a JSON object names, by bisection.
  func slot(named name: UnsafeRawBufferPointer) -> FieldSlot? {
    var low = 0
    var high = namedSlots.count
    while low < high {
      let middle = (low + high) / 2
      let candidate = namedSlots[middle].field.pointee.name
      if candidate.lexicographicallyPrecedes(name) {
        low = middle + 1
      } else if name.lexicographicallyPrecedes(candidate) {
        high = middle
      } else {
        return namedSlots[middle]
      }
    }
    return nil
  }

  /// The key that takes the fewest changes to become from `name`, if they are few.
  func nearestName(to name: String) -> String? {
    let names = namedSlots.map { String(decoding: $0.field.pointee.name, as: UTF8.self) }
    return EditDistance.nearest(to: name, among: names)
  }
}

/// How far two words are from each other.
public enum EditDistance {
  /// The candidate with the fewest insertions, deletions and replacements, at most a third of the
  /// word's length and at least two.
  public static func nearest(to word: String, among candidates: [String]) -> String? {
    // No name of Kubernetes' is longer, and the cost grows with the length.
    guard word.utf8.count <= 128 else { return nil }
    let limit = max(2, word.count / 3)
    let scored = candidates.map { ($0, distance(word.lowercased(), $0.lowercased())) }
    guard let best = scored.min(by: { $0.1 < $1.1 }), best.1 <= limit else { return nil }
    return best.0
  }

  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right.utf8)
    var row = Array(0...right.count)
    for (position, byte) in left.utf8.enumerated() {
      var diagonal = row[0]
      row[0] = position + 1
      for column in right.indices {
        let replaced = diagonal + (byte == right[column] ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}
