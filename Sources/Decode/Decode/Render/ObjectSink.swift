/// What a walk over an object writes to: JSON or YAML.
///
/// The walk is generic over it and compiled once for each.
protocol ObjectSink: ~Copyable {
  /// What an open object or list has to remember.
  associatedtype Level

  /// Whether keys are sorted, and do not follow the Go struct.
  static var isSorted: Bool { get }

  /// The fields of a message in the order of this form.
  static func slots(of plan: UnsafePointer<MessagePlan>) -> UnsafeBufferPointer<FieldSlot>

  /// Whether one key of a map stands before another.
  static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool

  mutating func beginObject() -> Level
  mutating func key(_ field: UnsafePointer<FieldPlan>, in level: inout Level)
  mutating func key(_ key: UnsafeRawBufferPointer, in level: inout Level)
  mutating func endObject(_ level: Level)

  /// Begins a list with at least one item.
  mutating func beginArray() -> Level
  mutating func beginItem(in level: inout Level)
  mutating func endArray(_ level: Level)
  mutating func emptyArray()

  mutating func null()
  mutating func bool(_ value: Bool)
  mutating func integer(_ value: Int64)
  mutating func unsigned(_ value: UInt64)
  mutating func number(_ value: Double)
  mutating func string(_ text: UnsafeRawBufferPointer)

  /// Bytes, in base64.
  mutating func base64(_ bytes: UnsafeRawBufferPointer)

  /// A time with a year of four digits, which `body` appends without quotes.
  mutating func time(_ body: (inout OutputBuffer) -> Void)

  /// JSON text as a value.
  mutating func json(_ text: UnsafeRawBufferPointer) throws(RenderFault)

  /// A value read from another form.
  mutating func document(_ document: JSONDocument)
}

/// Why an object could not be rendered; ``WireSurvey`` finds the place.
enum RenderFault: Error {
  /// An embedded value is not JSON, or not CBOR.
  case embeddedValue

  /// A quantity that Kubernetes would not read.
  case quantity

  /// An IntOrString that is neither.
  case intOrString

  /// A nested message of a type that Kubernetes would not print either.
  case unknownContent
}

/// Writes compact JSON as Go's encoding/json does.
struct JSONSink: ObjectSink, ~Copyable {
  var output: OutputBuffer

  /// Whether all strings so far were UTF-8.
  var isAllValid = true

  /// Whether nothing has been written in the object or list yet.
  typealias Level = Bool

  static var isSorted: Bool { false }

  init(output: consuming OutputBuffer) { self.output = output }

  /// Gives the output back.
  consuming func finish() -> OutputBuffer { output }

  @inline(__always)
  static func slots(of plan: UnsafePointer<MessagePlan>) -> UnsafeBufferPointer<FieldSlot> {
    plan.pointee.jsonSlots
  }

  @inline(__always)
  static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    left.lexicographicallyPrecedes(right)
  }

  @inline(__always)
  mutating func beginObject() -> Bool {
    output.append(ascii: "{")
    return true
  }

  @inline(__always)
  mutating func key(_ field: UnsafePointer<FieldPlan>, in isFirst: inout Bool) {
    if !isFirst { output.append(ascii: ",") }
    isFirst = false
    output.append(field.pointee.jsonKey)
  }

  @inline(__always)
  mutating func key(_ key: UnsafeRawBufferPointer, in isFirst: inout Bool) {
    if !isFirst { output.append(ascii: ",") }
    isFirst = false
    string(key)
    output.append(ascii: ":")
  }

  @inline(__always)
  mutating func endObject(_ isFirst: Bool) { output.append(ascii: "}") }

  @inline(__always)
  mutating func beginArray() -> Bool {
    output.append(ascii: "[")
    return true
  }

  @inline(__always)
  mutating func beginItem(in isFirst: inout Bool) {
    if !isFirst { output.append(ascii: ",") }
    isFirst = false
  }

  @inline(__always)
  mutating func endArray(_ isFirst: Bool) { output.append(ascii: "]") }

  mutating func emptyArray() { output.append("[]") }
  mutating func null() { output.append("null") }
  mutating func bool(_ value: Bool) { output.append(value ? "true" : "false") }
  mutating func integer(_ value: Int64) { output.append(decimal: value) }
  mutating func unsigned(_ value: UInt64) { output.append(decimal: value) }
  mutating func number(_ value: Double) { GoFloat.appendJSON(value, to: &output) }

  @inline(__always)
  mutating func string(_ text: UnsafeRawBufferPointer) {
    if !JSONText.append(text, to: &output) { isAllValid = false }
  }

  mutating func base64(_ bytes: UnsafeRawBufferPointer) {
    output.append(ascii: "\"")
    output.append(base64: bytes)
    output.append(ascii: "\"")
  }

  mutating func time(_ body: (inout OutputBuffer) -> Void) {
    output.append(ascii: "\"")
    body(&output)
    output.append(ascii: "\"")
  }

  mutating func json(_ text: UnsafeRawBufferPointer) throws(RenderFault) {
    do throws(JSONFault) {
      try JSONCompactor.append(text, to: &output)
    } catch {
      throw .embeddedValue
    }
  }

  mutating func document(_ document: JSONDocument) {
    if !document.writeSorted(to: &output) { isAllValid = false }
  }
}

/// Writes YAML as sigs.k8s.io/yaml does.
struct YAMLSink: ObjectSink, ~Copyable {
  var emitter: YAMLEmitter

  /// Reused for every embedded value.
  private var embedded = JSONDocument()

  typealias Level = YAMLEmitter.Level

  static var isSorted: Bool { true }

  init(output: consuming OutputBuffer) { emitter = YAMLEmitter(output: output) }

  /// Gives the output back.
  consuming func finish() -> OutputBuffer { emitter.giveBack() }

  @inline(__always)
  static func slots(of plan: UnsafePointer<MessagePlan>) -> UnsafeBufferPointer<FieldSlot> {
    plan.pointee.yamlSlots
  }

  @inline(__always)
  static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    YAMLKeyOrder.precedes(left, right)
  }

  @inline(__always)
  mutating func beginObject() -> Level { emitter.beginMapping() }

  @inline(__always)
  mutating func key(_ field: UnsafePointer<FieldPlan>, in level: inout Level) {
    emitter.key(asWritten: field.pointee.yamlKey, in: &level)
  }

  @inline(__always)
  mutating func key(_ key: UnsafeRawBufferPointer, in level: inout Level) {
    emitter.key(key, in: &level)
  }

  @inline(__always)
  mutating func endObject(_ level: Level) { emitter.endMapping(level) }

  @inline(__always)
  mutating func beginArray() -> Level { emitter.beginSequence() }

  @inline(__always)
  mutating func beginItem(in level: inout Level) { emitter.beginItem() }

  @inline(__always)
  mutating func endArray(_ level: Level) { emitter.endSequence(level) }

  mutating func emptyArray() { emitter.emptySequence() }
  mutating func null() { emitter.plain("null") }
  mutating func bool(_ value: Bool) { emitter.plain(value ? "true" : "false") }
  mutating func integer(_ value: Int64) { emitter.plain { $0.append(decimal: value) } }
  mutating func unsigned(_ value: UInt64) { emitter.plain { $0.append(decimal: value) } }

  mutating func number(_ value: Double) {
    // The number goes through JSON: a whole one comes back as an integer.
    var text = OutputBuffer(capacity: 64)
    GoFloat.appendJSON(value, to: &text)
    text.withBytes { JSONDocument.writeNumber($0, to: &emitter) }
  }

  @inline(__always)
  mutating func string(_ text: UnsafeRawBufferPointer) { emitter.string(text) }

  mutating func base64(_ bytes: UnsafeRawBufferPointer) {
    var text = OutputBuffer(capacity: bytes.count / 3 * 4 + 8)
    text.append(base64: bytes)
    text.withBytes { emitter.string($0) }
  }

  mutating func time(_ body: (inout OutputBuffer) -> Void) {
    // YAML 1.1 would read it as a time, so it is quoted.
    emitter.plain { output in
      output.append(ascii: "\"")
      body(&output)
      output.append(ascii: "\"")
    }
  }

  mutating func json(_ text: UnsafeRawBufferPointer) throws(RenderFault) {
    embedded.removeAll()
    do throws(JSONFault) {
      try embedded.parse(text)
    } catch {
      throw .embeddedValue
    }
    embedded.write(to: &emitter)
  }

  mutating func document(_ document: JSONDocument) { document.write(to: &emitter) }
}
