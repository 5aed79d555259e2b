internal import CProtobufC
internal import Schema

/// Builds the plans of a message and of every message that it can contain.
struct PlanBuilder {
  /// What has been allocated for the plans, to be freed with them.
  private(set) var memory: PlanMemory

  /// The plans by message name: those built before, and those built here.
  private(set) var plans: [String: UnsafeMutablePointer<MessagePlan>]

  private let catalogue: Catalogue
  private let style: PrintingStyle
  private var waiting: [(MessageDefinition, UnsafeMutablePointer<MessagePlan>)] = []

  /// More inlined messages around one field than these would be no Kubernetes type.
  private static let maximumInlining = 2

  init(
    catalogue: Catalogue,
    style: PrintingStyle,
    plans: [String: UnsafeMutablePointer<MessagePlan>],
    memory: PlanMemory
  ) {
    self.catalogue = catalogue
    self.style = style
    self.plans = plans
    self.memory = memory
  }

  /// Builds the plan of a message and all below it; false if the catalogue lacks the message.
  mutating func build(_ name: String) throws(CatalogueError) -> Bool {
    guard try pointer(to: name) != nil else { return false }
    var next = 0
    while next < waiting.count {
      let (definition, plan) = waiting[next]
      next += 1
      try fill(plan, from: definition)
    }
    return true
  }

  /// Refuses messages that contain themselves by value.
  ///
  /// No Go type can, and printing one would not end. Kubernetes' own are known to be sound.
  func checkValues() throws(CatalogueError) {
    var isDone: [UnsafePointer<MessagePlan>: Bool] = [:]
    for (definition, plan) in waiting where isDone[plan] == nil {
      var path: [(plan: UnsafePointer<MessagePlan>, position: Int)] = [(UnsafePointer(plan), 0)]
      isDone[plan] = false
      while let (current, position) = path.last {
        guard position < current.pointee.fields.count else {
          isDone[current] = true
          path.removeLast()
          continue
        }
        path[path.count - 1].position += 1
        let field = current.pointee.fields[position]
        guard field.shape == .single, !field.isPointer, let next = field.message else { continue }
        switch isDone[next] {
        case true?: continue
        case false?: throw .impossibleMessage(name: definition.name)
        case nil:
          isDone[next] = false
          path.append((next, 0))
        }
      }
    }
  }

  /// Completes what needs every plan to be there: the order of keys.
  mutating func finish() {
    linkDescriptors()
    for (_, plan) in waiting { arrangeSlots(of: plan) }
  }

  // MARK: Messages

  private mutating func pointer(
    to name: String
  ) throws(CatalogueError) -> UnsafeMutablePointer<MessagePlan>? {
    try pointer(to: name, with: [])
  }

  /// The plan of a message that also decodes what other messages had in its place: fields whose
  /// numbers it lacks itself.
  private mutating func pointer(
    to name: String,
    with formerMessages: [String]
  ) throws(CatalogueError) -> UnsafeMutablePointer<MessagePlan>? {
    let key = formerMessages.isEmpty ? name : ([name] + formerMessages).joined(separator: "+")
    if let plan = plans[key] { return plan }
    guard var definition = try catalogue.message(named: name, in: style.release) else { return nil }
    for former in formerMessages {
      guard let other = try catalogue.message(named: former, in: style.release) else { continue }
      definition.adopt(other)
    }
    let plan: UnsafeMutablePointer<MessagePlan> = allocate(1)
    plans[key] = plan
    waiting.append((definition, plan))
    return plan
  }

  private mutating func fill(
    _ plan: UnsafeMutablePointer<MessagePlan>,
    from definition: MessageDefinition
  ) throws(CatalogueError) {
    guard definition.isPossible else { throw .impossibleMessage(name: definition.name) }
    var layout = StructLayout()
    var planned: [(plan: FieldPlan, isHidden: Bool)] = []
    for field in definition.fields {
      planned.append((try fieldPlan(field, layout: &layout), field.isHidden))
    }
    // The pointers in slots are to the fields by number; JSON order is kept beside.
    let jsonOrder = planned.indices.filter { !planned[$0].isHidden }.map { planned[$0].plan.number }
    let sorted = planned.map(\.plan).sorted { $0.number < $1.number }
    let fields: UnsafeMutablePointer<FieldPlan> = allocate(sorted.count)
    fields.initialize(from: sorted, count: sorted.count)
    let byNumber = Dictionary(
      sorted.indices.map { (sorted[$0].number, UnsafePointer(fields + $0)) },
      uniquingKeysWith: { first, _ in first }
    )
    let slots: UnsafeMutablePointer<FieldSlot> = allocate(jsonOrder.count)
    for (position, number) in jsonOrder.enumerated() {
      guard let field = byNumber[number] else { continue }
      (slots + position).initialize(to: FieldSlot(field: field, outer: nil, inner: nil))
    }

    let descriptor = describe(definition.name, fields: sorted, byteCount: layout.byteCount)
    let zero = memory.allocate(layout.byteCount)
    zero.storeBytes(of: UnsafeRawPointer(descriptor), as: UnsafeRawPointer.self)
    // Until the slots are arranged, the JSON slots are those of the message's own fields.
    let own = UnsafeBufferPointer(start: UnsafePointer(slots), count: jsonOrder.count)
    plan.initialize(
      to: MessagePlan(
        descriptor: descriptor,
        special: SpecialForm(definition.special),
        embedsTypeMeta: definition.embedsTypeMeta,
        fields: UnsafeBufferPointer(start: UnsafePointer(fields), count: sorted.count),
        jsonSlots: own,
        yamlSlots: own,
        namedSlots: own,
        zero: UnsafeRawPointer(zero),
        name: text(definition.name)
      )
    )
  }

  private mutating func fieldPlan(
    _ field: FieldDefinition,
    layout: inout StructLayout
  ) throws(CatalogueError) -> FieldPlan {
    var message: UnsafePointer<MessagePlan>?
    if case .message(let name) = field.element {
      guard let plan = try pointer(to: name, with: field.formerMessages) else {
        throw .unknownMessage(name: name)
      }
      message = UnsafePointer(plan)
    }
    let element = FieldPlan.Element(field.element)
    let shape = FieldPlan.Shape(field.shape)
    var entry: UnsafePointer<MessagePlan>?
    if shape == .map { entry = mapEntry(valueElement: element, valueMessage: message) }
    let place = layout.place(element: element, shape: shape)
    let name = text(field.jsonName)
    return FieldPlan(
      number: field.number,
      element: element,
      shape: shape,
      isPointer: field.isPointer,
      omitsEmpty: field.omitsEmpty || !field.isCurrent,
      omitsZero: field.omitsZero,
      isInline: field.isInline,
      isCurrent: field.isCurrent,
      isUnwritten: field.isLater && !style.isExact,
      valueOffset: place.value,
      presenceOffset: place.presence,
      message: message,
      entry: entry,
      name: name,
      jsonKey: jsonKey(name),
      yamlKey: YAMLText.isPlainAtSight(name) ? name : text(YAMLText.plainKey(field.jsonName))
    )
  }

  /// The plan of a map's entries, which are messages of their own on the wire.
  private mutating func mapEntry(
    valueElement: FieldPlan.Element,
    valueMessage: UnsafePointer<MessagePlan>?
  ) -> UnsafePointer<MessagePlan> {
    var layout = StructLayout()
    let keyPlace = layout.place(element: .string, shape: .single)
    let valuePlace = layout.place(element: valueElement, shape: .single)
    let nothing = text("")
    func field(
      _ number: UInt32,
      _ element: FieldPlan.Element,
      _ place: StructLayout.Place,
      _ message: UnsafePointer<MessagePlan>?
    ) -> FieldPlan {
      FieldPlan(
        number: number,
        element: element,
        shape: .single,
        isPointer: false,
        omitsEmpty: false,
        omitsZero: false,
        isInline: false,
        isCurrent: true,
        isUnwritten: false,
        valueOffset: place.value,
        presenceOffset: place.presence,
        message: message,
        entry: nil,
        name: nothing,
        jsonKey: nothing,
        yamlKey: nothing
      )
    }
    let list = [
      field(1, .string, keyPlace, nil), field(2, valueElement, valuePlace, valueMessage),
    ]
    let fields: UnsafeMutablePointer<FieldPlan> = allocate(2)
    fields.initialize(from: list, count: 2)
    let descriptor = describe("map entry", fields: list, byteCount: layout.byteCount)
    let zero = memory.allocate(layout.byteCount)
    zero.storeBytes(of: UnsafeRawPointer(descriptor), as: UnsafeRawPointer.self)
    let none = UnsafeBufferPointer<FieldSlot>(start: nil, count: 0)
    let plan: UnsafeMutablePointer<MessagePlan> = allocate(1)
    plan.initialize(
      to: MessagePlan(
        descriptor: descriptor,
        special: .plain,
        embedsTypeMeta: false,
        fields: UnsafeBufferPointer(start: UnsafePointer(fields), count: 2),
        jsonSlots: none,
        yamlSlots: none,
        namedSlots: none,
        zero: UnsafeRawPointer(zero),
        name: nothing
      )
    )
    return UnsafePointer(plan)
  }

  // MARK: Order of keys

  private mutating func arrangeSlots(of plan: UnsafeMutablePointer<MessagePlan>) {
    var slots: [FieldSlot] = []
    for slot in plan.pointee.jsonSlots {
      spliceIn(slot, depth: 0, to: &slots)
    }
    plan.pointee.jsonSlots = copy(slots)
    // A sort that is not stable would do: keys of one object are distinct.
    plan.pointee.yamlSlots = copy(
      slots.sorted { YAMLKeyOrder.precedes($0.field.pointee.name, $1.field.pointee.name) }
    )
    plan.pointee.namedSlots = copy(
      slots.sorted { $0.field.pointee.name.lexicographicallyPrecedes($1.field.pointee.name) }
    )
  }

  /// Appends a slot, or the slots of the message that it splices in.
  private func spliceIn(_ slot: FieldSlot, depth: Int, to slots: inout [FieldSlot]) {
    guard slot.field.pointee.isInline, let message = slot.field.pointee.message,
      depth < PlanBuilder.maximumInlining
    else {
      slots.append(slot)
      return
    }
    // The inner message's slots may be spliced already, or not.
    for inner in message.pointee.jsonSlots {
      if let between = inner.outer {
        slots.append(FieldSlot(field: inner.field, outer: slot.field, inner: between))
      } else if let outer = slot.outer {
        let spliced = FieldSlot(field: inner.field, outer: outer, inner: slot.field)
        spliceIn(spliced, depth: depth + 1, to: &slots)
      } else {
        let spliced = FieldSlot(field: inner.field, outer: slot.field, inner: nil)
        spliceIn(spliced, depth: depth + 1, to: &slots)
      }
    }
  }

  // MARK: Descriptors

  private mutating func describe(
    _ name: String,
    fields: [FieldPlan],
    byteCount: Int
  ) -> UnsafePointer<ProtobufCMessageDescriptor> {
    let cName = text(name).baseAddress?.assumingMemoryBound(to: CChar.self)
    let descriptors: UnsafeMutablePointer<ProtobufCFieldDescriptor> = allocate(fields.count)
    for (index, field) in fields.enumerated() {
      var descriptor = ProtobufCFieldDescriptor()
      descriptor.name = cName
      descriptor.id = field.number
      descriptor.label =
        field.shape == .single ? PROTOBUF_C_LABEL_OPTIONAL : PROTOBUF_C_LABEL_REPEATED
      descriptor.type = field.shape == .map ? PROTOBUF_C_TYPE_MESSAGE : field.element.wireType
      descriptor.offset = UInt32(field.valueOffset)
      // A message that is absent is a nil pointer; it has no flag.
      let hasFlag = field.shape != .single || field.element != .message
      descriptor.quantifier_offset = hasFlag ? UInt32(field.presenceOffset) : 0
      (descriptors + index).initialize(to: descriptor)
    }
    // A descriptor points to the descriptors of its submessages. A plan may be filled later than
    // the plans that mention it, so it is the plan's place that is known by now, not its
    // descriptor: that is put in by `linkDescriptors`.
    pendingLinks.append((descriptors, fields))

    // Runs of consecutive numbers, then an end mark; libprotobuf-c bisects them.
    var ranges: [ProtobufCIntRange] = []
    for (index, field) in fields.enumerated()
    where index == 0 || fields[index - 1].number + 1 != field.number {
      ranges.append(
        ProtobufCIntRange(start_value: Int32(field.number), orig_index: UInt32(index))
      )
    }
    let rangeCount = ranges.count
    ranges.append(ProtobufCIntRange(start_value: 0, orig_index: UInt32(fields.count)))
    let rangeMemory: UnsafeMutablePointer<ProtobufCIntRange> = allocate(ranges.count)
    rangeMemory.initialize(from: ranges, count: ranges.count)

    let message: UnsafeMutablePointer<ProtobufCMessageDescriptor> = allocate(1)
    var descriptor = ProtobufCMessageDescriptor()
    descriptor.magic = UInt32(PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC)
    descriptor.name = cName
    descriptor.short_name = cName
    descriptor.c_name = cName
    descriptor.package_name = cName
    descriptor.sizeof_message = byteCount
    descriptor.n_fields = UInt32(fields.count)
    descriptor.fields = UnsafePointer(descriptors)
    descriptor.n_field_ranges = UInt32(rangeCount)
    descriptor.field_ranges = UnsafePointer(rangeMemory)
    message.initialize(to: descriptor)
    return UnsafePointer(message)
  }

  private var pendingLinks: [(UnsafeMutablePointer<ProtobufCFieldDescriptor>, [FieldPlan])] = []

  private mutating func linkDescriptors() {
    for (descriptors, fields) in pendingLinks {
      for (index, field) in fields.enumerated() {
        if let target = field.entry ?? field.message {
          descriptors[index].descriptor = UnsafeRawPointer(target.pointee.descriptor)
        }
      }
    }
    pendingLinks = []
  }

  // MARK: Memory

  private mutating func allocate<Value>(_ count: Int) -> UnsafeMutablePointer<Value> {
    memory.allocate(count * MemoryLayout<Value>.stride).bindMemory(to: Value.self, capacity: count)
  }

  private mutating func copy(_ slots: [FieldSlot]) -> UnsafeBufferPointer<FieldSlot> {
    let memory: UnsafeMutablePointer<FieldSlot> = allocate(slots.count)
    memory.initialize(from: slots, count: slots.count)
    return UnsafeBufferPointer(start: UnsafePointer(memory), count: slots.count)
  }

  private mutating func text(_ string: String) -> UnsafeRawBufferPointer {
    var string = string
    return string.withUTF8 { utf8 in memory.copy(UnsafeRawBufferPointer(utf8)) }
  }

  /// The key in JSON, quoted and with a colon; a name of plain characters needs no escapes.
  private mutating func jsonKey(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    if JSONText.plainPrefix(name, from: 0) == name.count {
      let key = memory.allocate(name.count + 3)
      key.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
      if let source = name.baseAddress { (key + 1).copyMemory(from: source, byteCount: name.count) }
      key.storeBytes(of: UInt8(ascii: "\""), toByteOffset: name.count + 1, as: UInt8.self)
      key.storeBytes(of: UInt8(ascii: ":"), toByteOffset: name.count + 2, as: UInt8.self)
      return UnsafeRawBufferPointer(start: key, count: name.count + 3)
    }
    var key = OutputBuffer(capacity: 64)
    _ = JSONText.append(name, to: &key)
    key.append(ascii: ":")
    return key.withBytes { memory.copy($0) }
  }
}

/// Memory for plans: handed out zeroed, and given back all at once.
struct PlanMemory {
  private var blocks: [UnsafeMutableRawPointer] = []
  private var offset = 0
  private var blockByteCount = 0

  private static let commonBlockByteCount = 128 << 10

  /// Zeroed memory, aligned to 16.
  mutating func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let rounded = (max(byteCount, 1) + 15) & ~15
    if blocks.isEmpty || rounded > blockByteCount - offset {
      blockByteCount = max(PlanMemory.commonBlockByteCount, rounded)
      blocks.append(.allocate(byteCount: blockByteCount, alignment: 16))
      offset = 0
    }
    defer { offset += rounded }
    let memory = blocks[blocks.count - 1] + offset
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: rounded)
    return memory
  }

  /// Gives all memory back; nothing that points into it may be used any more.
  mutating func deallocate() {
    for block in blocks { block.deallocate() }
    blocks = []
    blockByteCount = 0
    offset = 0
  }

  /// A copy of bytes, with a zero behind them.
  mutating func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let memory = allocate(bytes.count + 1)
    if let source = bytes.baseAddress { memory.copyMemory(from: source, byteCount: bytes.count) }
    return UnsafeRawBufferPointer(start: memory, count: bytes.count)
  }
}

/// Lays out the structure into which libprotobuf-c unpacks a message.
struct StructLayout {
  /// Where a field's value and its presence lie.
  struct Place {
    let value: Int
    let presence: Int
  }

  /// The size so far, rounded up to what any member needs.
  var byteCount: Int { (end + 7) & ~7 }

  private var end = MemoryLayout<ProtobufCMessage>.size

  mutating func place(element: FieldPlan.Element, shape: FieldPlan.Shape) -> Place {
    switch shape {
    case .repeated, .map:
      let count = take(8, alignment: 8)
      return Place(value: take(8, alignment: 8), presence: count)
    case .single:
      if element == .message {
        let pointer = take(8, alignment: 8)
        return Place(value: pointer, presence: pointer)
      }
      let presence = take(4, alignment: 4)
      return Place(
        value: take(element.byteCount, alignment: min(element.byteCount, 8)),
        presence: presence
      )
    }
  }

  private mutating func take(_ byteCount: Int, alignment: Int) -> Int {
    let start = (end + alignment - 1) & ~(alignment - 1)
    end = start + byteCount
    return start
  }
}

extension FieldPlan.Element {
  init(_ element: FieldDefinition.Element) {
    switch element {
    case .string: self = .string
    case .bytes: self = .bytes
    case .bool: self = .bool
    case .int32: self = .int32
    case .int64: self = .int64
    case .uint32: self = .uint32
    case .uint64: self = .uint64
    case .float: self = .float
    case .double: self = .double
    case .sint32: self = .sint32
    case .sint64: self = .sint64
    case .fixed32: self = .fixed32
    case .fixed64: self = .fixed64
    case .sfixed32: self = .sfixed32
    case .sfixed64: self = .sfixed64
    case .message: self = .message
    }
  }

  /// The size of one value in an unpacked message.
  var byteCount: Int {
    switch self {
    case .string, .bytes: MemoryLayout<ProtobufCBinaryData>.size
    case .bool: MemoryLayout<protobuf_c_boolean>.size
    case .int32, .uint32, .float, .sint32, .fixed32, .sfixed32: 4
    case .int64, .uint64, .double, .sint64, .fixed64, .sfixed64, .message: 8
    }
  }

  /// What libprotobuf-c calls it; strings are unpacked as bytes, for a C string ends at a zero.
  fileprivate var wireType: ProtobufCType {
    switch self {
    case .string, .bytes: PROTOBUF_C_TYPE_BYTES
    case .bool: PROTOBUF_C_TYPE_BOOL
    case .int32: PROTOBUF_C_TYPE_INT32
    case .int64: PROTOBUF_C_TYPE_INT64
    case .uint32: PROTOBUF_C_TYPE_UINT32
    case .uint64: PROTOBUF_C_TYPE_UINT64
    case .float: PROTOBUF_C_TYPE_FLOAT
    case .double: PROTOBUF_C_TYPE_DOUBLE
    case .sint32: PROTOBUF_C_TYPE_SINT32
    case .sint64: PROTOBUF_C_TYPE_SINT64
    case .fixed32: PROTOBUF_C_TYPE_FIXED32
    case .fixed64: PROTOBUF_C_TYPE_FIXED64
    case .sfixed32: PROTOBUF_C_TYPE_SFIXED32
    case .sfixed64: PROTOBUF_C_TYPE_SFIXED64
    case .message: PROTOBUF_C_TYPE_MESSAGE
    }
  }
}

extension FieldPlan.Shape {
  fileprivate init(_ shape: FieldDefinition.Shape) {
    switch shape {
    case .single: self = .single
    case .repeated: self = .repeated
    case .map: self = .map
    }
  }
}

extension MessageDefinition {
  /// Whether the fields are those that its special form and its inlined fields need.
  fileprivate var isPossible: Bool {
    let inlined = fields.filter(\.isInline)
    guard inlined.allSatisfy({ $0.shape == .single && $0.isMessage }) else { return false }
    let numbered = fields.sorted { $0.number < $1.number }
    func has(_ elements: [FieldDefinition.Element], _ shapes: [FieldDefinition.Shape]? = nil)
      -> Bool
    {
      numbered.map(\.element) == elements
        && numbered.map(\.shape) == shapes ?? Array(repeating: .single, count: elements.count)
    }
    switch special {
    case nil, .unknown?: return true
    case .time?, .microtime?: return has([.int64, .int32])
    case .duration?: return has([.int64])
    case .quantity?: return has([.string])
    case .intorstring?: return has([.int64, .int32, .string])
    case .rawextension?, .fieldsv1?, .json?: return has([.bytes])
    case .orbool?:
      return numbered.count == 2 && numbered[0].element == .bool && numbered[1].isMessage
        && numbered.allSatisfy { $0.shape == .single }
    case .orarray?, .orstringarray?:
      return numbered.count == 2 && numbered[0].isMessage && numbered[0].shape == .single
        && numbered[1].shape == .repeated
    case .list?: return numbered.count == 1 && numbered[0].shape == .repeated
    case .map?: return numbered.count == 1 && numbered[0].shape == .map
    }
  }
}

extension FieldDefinition {
  fileprivate var isMessage: Bool {
    if case .message = element { return true }
    return false
  }
}
