internal import CProtobufC

/// Walks over an unpacked object and writes it, as Go's encoding/json walks over a struct.
///
/// Source: golang/go, src/encoding/json/encode.go (`structEncoder`), and the `MarshalJSON` methods
/// of Kubernetes' own types.
struct ObjectWalk<Sink: ObjectSink & ~Copyable>: ~Copyable {
  var sink: Sink

  /// Whether some message had fields that its plan lacks.
  private(set) var hasUnknownFields = false

  /// Whether some number was not finite: JSON has no such number, and Go refuses to print it.
  private(set) var hasInfiniteNumber = false

  init(sink: consuming Sink) { self.sink = sink }

  /// Gives the sink back.
  consuming func finish() -> Sink { sink }

  /// Writes a whole object with its kind and API version, which its message leaves out.
  mutating func object(
    _ message: UnsafeRawPointer,
    _ plan: UnsafePointer<MessagePlan>,
    apiVersion: UnsafeRawBufferPointer,
    kind: UnsafeRawBufferPointer
  ) throws(RenderFault) {
    noteUnknownFields(of: message)
    var level = sink.beginObject()
    // Both are `omitempty`. JSON has them first, kind before apiVersion; a sorted form has them
    // where they belong.
    var isKindPending = !kind.isEmpty
    var isVersionPending = !apiVersion.isEmpty
    if !Sink.isSorted {
      if isKindPending { typeMeta("kind", kind, in: &level) }
      if isVersionPending { typeMeta("apiVersion", apiVersion, in: &level) }
      isKindPending = false
      isVersionPending = false
    }
    for slot in Sink.slots(of: plan) {
      if isVersionPending, Sink.precedes(bytes(of: "apiVersion"), slot.field.pointee.name) {
        typeMeta("apiVersion", apiVersion, in: &level)
        isVersionPending = false
      }
      if isKindPending, Sink.precedes(bytes(of: "kind"), slot.field.pointee.name) {
        typeMeta("kind", kind, in: &level)
        isKindPending = false
      }
      guard let holder = slot.holder(in: message) else { continue }
      if slot.outer != nil { noteUnknownFields(of: holder) }
      try field(slot.field, of: holder, in: &level)
    }
    if isVersionPending { typeMeta("apiVersion", apiVersion, in: &level) }
    if isKindPending { typeMeta("kind", kind, in: &level) }
    sink.endObject(level)
  }

  private func bytes(of name: StaticString) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
  }

  private mutating func typeMeta(
    _ name: StaticString,
    _ value: UnsafeRawBufferPointer,
    in level: inout Sink.Level
  ) {
    sink.key(bytes(of: name), in: &level)
    sink.string(value)
  }

  @inline(__always)
  private mutating func noteUnknownFields(of message: UnsafeRawPointer) {
    if message.assumingMemoryBound(to: ProtobufCMessage.self).pointee.n_unknown_fields != 0 {
      hasUnknownFields = true
    }
  }

  // MARK: Fields

  /// Writes a field with its key, unless it is to be left out.
  @inline(__always)
  private mutating func field(
    _ field: UnsafePointer<FieldPlan>,
    of holder: UnsafeRawPointer,
    in level: inout Sink.Level
  ) throws(RenderFault) {
    switch field.pointee.shape {
    case .single:
      if field.pointee.element == .message {
        try messageField(field, of: holder, in: &level)
      } else {
        scalarField(field, of: holder, in: &level)
      }
    case .repeated:
      let count = field.pointee.count(in: holder)
      if count == 0, field.pointee.omitsEmpty { return }
      sink.key(field, in: &level)
      if count == 0 { return sink.null() }
      try list(field, of: holder)
    case .map:
      let count = field.pointee.count(in: holder)
      if count == 0, field.pointee.omitsEmpty { return }
      sink.key(field, in: &level)
      if count == 0 { return sink.null() }
      try map(field, of: holder)
    }
  }

  @inline(__always)
  private mutating func messageField(
    _ field: UnsafePointer<FieldPlan>,
    of holder: UnsafeRawPointer,
    in level: inout Sink.Level
  ) throws(RenderFault) {
    guard let plan = field.pointee.message else { return }
    guard let present = field.pointee.submessage(in: holder) else {
      if field.pointee.isPointer || !field.pointee.isCurrent {
        if field.pointee.omitsEmpty { return }
        sink.key(field, in: &level)
        sink.null()
      } else if !field.pointee.omitsZero, !field.pointee.isUnwritten {
        sink.key(field, in: &level)
        try message(plan.pointee.zero, plan)
      }
      return
    }
    if field.pointee.omitsZero, isZeroTime(present, plan) { return }
    // A nullable list that is there but empty.
    if plan.pointee.special == .wrapper, field.pointee.omitsEmpty,
      plan.pointee.fields.first?.count(in: present) == 0
    {
      noteUnknownFields(of: present)
      return
    }
    sink.key(field, in: &level)
    try message(present, plan)
  }

  @inline(__always)
  private mutating func scalarField(
    _ field: UnsafePointer<FieldPlan>,
    of holder: UnsafeRawPointer,
    in level: inout Sink.Level
  ) {
    let address = holder + field.pointee.valueOffset
    if field.pointee.isPointer {
      guard field.pointee.isPresent(in: holder) else {
        if field.pointee.omitsEmpty { return }
        sink.key(field, in: &level)
        sink.null()
        return
      }
    } else if field.pointee.element == .bytes {
      if field.pointee.omitsEmpty, unpackedBytes(at: address).isEmpty { return }
      guard field.pointee.isPresent(in: holder) else {
        sink.key(field, in: &level)
        sink.null()
        return
      }
    } else if field.pointee.omitsEmpty, isZero(field.pointee.element, at: address) {
      return
    } else if field.pointee.isUnwritten, !field.pointee.isPresent(in: holder) {
      return
    }
    sink.key(field, in: &level)
    scalar(field.pointee.element, at: address)
  }

  @inline(__always)
  private func isZero(_ element: FieldPlan.Element, at address: UnsafeRawPointer) -> Bool {
    switch element {
    case .string, .bytes: unpackedBytes(at: address).isEmpty
    case .bool, .int32, .uint32, .sint32, .fixed32, .sfixed32:
      address.load(as: Int32.self) == 0
    case .int64, .uint64, .sint64, .fixed64, .sfixed64: address.load(as: Int64.self) == 0
    case .float: address.load(as: Float.self) == 0
    case .double: address.load(as: Double.self) == 0
    case .message: false
    }
  }

  @inline(__always)
  private mutating func scalar(_ element: FieldPlan.Element, at address: UnsafeRawPointer) {
    switch element {
    case .string: sink.string(unpackedBytes(at: address))
    case .bytes: sink.base64(unpackedBytes(at: address))
    case .bool: sink.bool(address.load(as: Int32.self) != 0)
    case .int32, .sint32, .sfixed32: sink.integer(Int64(address.load(as: Int32.self)))
    case .int64, .sint64, .sfixed64: sink.integer(address.load(as: Int64.self))
    case .uint32, .fixed32: sink.unsigned(UInt64(address.load(as: UInt32.self)))
    case .uint64, .fixed64: sink.unsigned(address.load(as: UInt64.self))
    case .float where !address.load(as: Float.self).isFinite: hasInfiniteNumber = true
    case .double where !address.load(as: Double.self).isFinite: hasInfiniteNumber = true
    case .float:
      // The shortest digits of the float, not of the double that it becomes.
      sink.number(Double(address.load(as: Float.self).description) ?? 0)
    case .double: sink.number(address.load(as: Double.self))
    case .message: break
    }
  }

  private mutating func list(
    _ field: UnsafePointer<FieldPlan>,
    of holder: UnsafeRawPointer
  ) throws(RenderFault) {
    let count = field.pointee.count(in: holder)
    guard count > 0, let values = field.pointee.values(in: holder) else {
      return sink.emptyArray()
    }
    let stride = field.pointee.element.byteCount
    var level = sink.beginArray()
    if field.pointee.element == .message, let plan = field.pointee.message {
      for index in 0..<count {
        guard
          let item = values.load(fromByteOffset: index * stride, as: UnsafeRawPointer?.self)
        else { continue }
        sink.beginItem(in: &level)
        try message(item, plan)
      }
    } else {
      for index in 0..<count {
        sink.beginItem(in: &level)
        scalar(field.pointee.element, at: values + index * stride)
      }
    }
    sink.endArray(level)
  }

  /// Writes a map's entries by key; of equal keys the last counts.
  private mutating func map(
    _ field: UnsafePointer<FieldPlan>,
    of holder: UnsafeRawPointer
  ) throws(RenderFault) {
    let count = field.pointee.count(in: holder)
    guard let entryPlan = field.pointee.entry, entryPlan.pointee.fields.count == 2,
      let values = field.pointee.values(in: holder)
    else { return }
    let keyOffset = entryPlan.pointee.fields[0].valueOffset
    let valueField = entryPlan.pointee.fields[1]
    let entries = values.assumingMemoryBound(to: UnsafeRawPointer.self)
    var level = sink.beginObject()
    if isAscending(entries, count: count, keyOffset: keyOffset) {
      for index in 0..<count {
        noteUnknownFields(of: entries[index])
        sink.key(unpackedBytes(at: entries[index] + keyOffset), in: &level)
        try mapValue(valueField, of: entries[index])
      }
    } else {
      for index in sorted(entries, count: count, keyOffset: keyOffset) {
        noteUnknownFields(of: entries[index])
        sink.key(unpackedBytes(at: entries[index] + keyOffset), in: &level)
        try mapValue(valueField, of: entries[index])
      }
    }
    sink.endObject(level)
  }

  private func isAscending(
    _ entries: UnsafePointer<UnsafeRawPointer>,
    count: Int,
    keyOffset: Int
  ) -> Bool {
    for index in 1..<max(count, 1) {
      let previous = unpackedBytes(at: entries[index - 1] + keyOffset)
      let next = unpackedBytes(at: entries[index] + keyOffset)
      if !Sink.precedes(previous, next) { return false }
    }
    return true
  }

  private func sorted(
    _ entries: UnsafePointer<UnsafeRawPointer>,
    count: Int,
    keyOffset: Int
  ) -> [Int] {
    func key(_ index: Int) -> UnsafeRawBufferPointer {
      unpackedBytes(at: entries[index] + keyOffset)
    }
    var order = Array(0..<count)
    order.sort { left, right in
      if Sink.precedes(key(left), key(right)) { return true }
      return left < right && !Sink.precedes(key(right), key(left))
    }
    var distinct: [Int] = []
    for index in order {
      if let last = distinct.last, key(last).elementsEqual(key(index)) {
        distinct[distinct.count - 1] = index
      } else {
        distinct.append(index)
      }
    }
    return distinct
  }

  private mutating func mapValue(
    _ field: FieldPlan,
    of entry: UnsafeRawPointer
  ) throws(RenderFault) {
    if field.element == .message, let plan = field.message {
      try message(field.submessage(in: entry) ?? plan.pointee.zero, plan)
    } else {
      scalar(field.element, at: entry + field.valueOffset)
    }
  }

  // MARK: Messages

  private mutating func message(
    _ message: UnsafeRawPointer,
    _ plan: UnsafePointer<MessagePlan>
  ) throws(RenderFault) {
    noteUnknownFields(of: message)
    if plan.pointee.special != .plain { return try specialMessage(message, plan) }
    var level = sink.beginObject()
    for slot in Sink.slots(of: plan) {
      guard let holder = slot.holder(in: message) else { continue }
      if slot.outer != nil { noteUnknownFields(of: holder) }
      try field(slot.field, of: holder, in: &level)
    }
    sink.endObject(level)
  }

  private func isZeroTime(
    _ message: UnsafeRawPointer,
    _ plan: UnsafePointer<MessagePlan>
  ) -> Bool {
    switch plan.pointee.special {
    case .time, .microtime: seconds(of: message, plan) == nil
    default: false
    }
  }

  /// The seconds of a time, or nil for Go's zero time: an empty message, or the year 1.
  private func seconds(
    of message: UnsafeRawPointer,
    _ plan: UnsafePointer<MessagePlan>
  ) -> Int64? {
    let fields = plan.pointee.fields
    guard fields.count == 2,
      fields[0].isPresent(in: message) || fields[1].isPresent(in: message)
    else { return nil }
    let seconds = message.load(fromByteOffset: fields[0].valueOffset, as: Int64.self)
    guard seconds != GoTime.zeroSeconds || microseconds(of: message, plan) != 0 else { return nil }
    return seconds
  }

  private func microseconds(
    of message: UnsafeRawPointer,
    _ plan: UnsafePointer<MessagePlan>
  ) -> Int64 {
    guard plan.pointee.special == .microtime else { return 0 }
    let offset = plan.pointee.fields[1].valueOffset
    return Int64(message.load(fromByteOffset: offset, as: Int32.self)) / 1000
  }

  private mutating func time(
    _ message: UnsafeRawPointer,
    _ plan: UnsafePointer<MessagePlan>
  ) {
    guard var seconds = seconds(of: message, plan) else { return sink.null() }
    var fraction: Int64?
    if plan.pointee.special == .microtime {
      // Nanoseconds below zero or above a second carry over, as in Go's time.Unix.
      let all = microseconds(of: message, plan)
      let carried = all >= 0 ? all / 1_000_000 : (all - 999_999) / 1_000_000
      seconds = seconds &+ carried
      fraction = all - carried * 1_000_000
    }
    let isFourDigitYear = seconds >= GoTime.zeroSeconds && seconds < 253_402_300_800
    if isFourDigitYear {
      sink.time { GoTime.append(seconds: seconds, microseconds: fraction, to: &$0) }
    } else {
      var text = OutputBuffer(capacity: 64)
      GoTime.append(seconds: seconds, microseconds: fraction, to: &text)
      text.withBytes { sink.string($0) }
    }
  }

  private mutating func specialMessage(
    _ message: UnsafeRawPointer,
    _ plan: UnsafePointer<MessagePlan>
  ) throws(RenderFault) {
    let fields = plan.pointee.fields
    switch plan.pointee.special {
    case .plain: break
    case .time, .microtime: time(message, plan)
    case .duration:
      let nanoseconds = message.load(fromByteOffset: fields[0].valueOffset, as: Int64.self)
      var text = OutputBuffer(capacity: 64)
      GoTime.append(durationNanoseconds: nanoseconds, to: &text)
      text.withBytes { sink.string($0) }
    case .quantity: try quantity(message, fields[0])
    case .intorstring:
      switch message.load(fromByteOffset: fields[0].valueOffset, as: Int64.self) {
      case 0: scalar(.int32, at: message + fields[1].valueOffset)
      case 1: scalar(.string, at: message + fields[2].valueOffset)
      default: throw .intOrString
      }
    case .rawextension, .fieldsv1, .json:
      try embedded(unpackedBytes(at: message + fields[0].valueOffset))
    case .unknown: try unknown(message, fields)
    case .orbool:
      if let schema = fields[1].submessage(in: message), let plan = fields[1].message {
        try self.message(schema, plan)
      } else {
        scalar(.bool, at: message + fields[0].valueOffset)
      }
    case .orarray, .orstringarray:
      if fields[1].count(in: message) > 0 {
        try listField(fields.baseAddress.map { $0 + 1 }, of: message)
      } else if let schema = fields[0].submessage(in: message), let plan = fields[0].message {
        try self.message(schema, plan)
      } else {
        sink.null()
      }
    case .wrapper:
      guard let only = fields.baseAddress else { return sink.null() }
      if only.pointee.shape == .map {
        try map(only, of: message)
      } else {
        try list(only, of: message)
      }
    }
  }

  private mutating func listField(
    _ field: UnsafePointer<FieldPlan>?,
    of message: UnsafeRawPointer
  ) throws(RenderFault) {
    if let field { try list(field, of: message) }
  }

  private mutating func quantity(
    _ message: UnsafeRawPointer,
    _ field: FieldPlan
  ) throws(RenderFault) {
    // An absent quantity is zero; an empty text is none.
    guard field.isPresent(in: message) else {
      var zero = UInt8(ascii: "0")
      return withUnsafeBytes(of: &zero) { sink.string($0) }
    }
    let text = unpackedBytes(at: message + field.valueOffset)
    var canonical = OutputBuffer(capacity: 64)
    guard Quantity.append(canonical: text, to: &canonical) else { throw .quantity }
    canonical.withBytes { sink.string($0) }
  }

  /// Writes an embedded value: JSON as it stands, CBOR as the JSON that it stands for.
  private mutating func embedded(_ bytes: UnsafeRawBufferPointer) throws(RenderFault) {
    if bytes.isEmpty { return sink.null() }
    if bytes.starts(with: CBORReader.selfDescription) {
      var document = JSONDocument()
      do throws(CBORReader.Fault) {
        try CBORReader.read(bytes, into: &document)
      } catch {
        throw .embeddedValue
      }
      return sink.document(document)
    }
    try sink.json(bytes)
  }

  /// An Unknown inside an object: Kubernetes prints it only if it holds JSON.
  private mutating func unknown(
    _ message: UnsafeRawPointer,
    _ fields: UnsafeBufferPointer<FieldPlan>
  ) throws(RenderFault) {
    for field in fields {
      let bytes = field.element == .message ? nil : unpackedBytes(at: message + field.valueOffset)
      switch field.number {
      case 4:
        guard let bytes, bytes.isEmpty || bytes.elementsEqual("application/json".utf8) else {
          throw .unknownContent
        }
      default: break
      }
    }
    guard let raw = fields.first(where: { $0.number == 2 }) else { return sink.null() }
    try embedded(unpackedBytes(at: message + raw.valueOffset))
  }
}
