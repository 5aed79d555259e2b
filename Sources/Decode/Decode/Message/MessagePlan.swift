internal import CProtobufC
internal import Schema

/// How to unpack, print and pack one message: its definition, compiled.
///
/// A plan is plain memory that a ``PlanLibrary`` owns and never changes once it is built; plans
/// point to each other as their messages do, in circles too. So a walk over an object touches no
/// reference count and may happen on many threads at once.
struct MessagePlan {
  /// What libprotobuf-c unpacks by.
  var descriptor: UnsafePointer<ProtobufCMessageDescriptor>

  /// The Go type with a JSON form of its own, or `plain`.
  var special: SpecialForm

  /// Whether JSON may hold `kind` and `apiVersion`, which protobuf leaves out.
  var embedsTypeMeta: Bool

  /// The fields by ascending number.
  var fields: UnsafeBufferPointer<FieldPlan>

  /// The visible fields in JSON order, inlined messages spliced in.
  var jsonSlots: UnsafeBufferPointer<FieldSlot>

  /// The same in YAML's order of keys.
  var yamlSlots: UnsafeBufferPointer<FieldSlot>

  /// The same, sorted bytewise by key, to find one by bisection.
  var namedSlots: UnsafeBufferPointer<FieldSlot>

  /// An unpacked message with nothing set, for messages that Go holds by value and that are absent.
  var zero: UnsafeRawPointer

  /// The full name.
  var name: UnsafeRawBufferPointer
}

/// The Go types with a JSON form of their own.
enum SpecialForm: UInt8 {
  case plain
  case time, microtime, duration, quantity, intorstring
  case rawextension, fieldsv1, unknown, json
  case orbool, orarray, orstringarray

  /// A nullable slice or map: JSON shows its only field.
  case wrapper

  init(_ special: MessageDefinition.Special?) {
    switch special {
    case nil: self = .plain
    case .time: self = .time
    case .microtime: self = .microtime
    case .duration: self = .duration
    case .quantity: self = .quantity
    case .intorstring: self = .intorstring
    case .rawextension: self = .rawextension
    case .fieldsv1: self = .fieldsv1
    case .unknown: self = .unknown
    case .json: self = .json
    case .orbool: self = .orbool
    case .orarray: self = .orarray
    case .orstringarray: self = .orstringarray
    case .list, .map: self = .wrapper
    }
  }
}

/// How one field lies on the wire and in an unpacked message.
struct FieldPlan {
  /// What one value is.
  enum Element: UInt8 {
    case string, bytes, bool, int32, int64, uint32, uint64, float, double, message
    case sint32, sint64, fixed32, fixed64, sfixed32, sfixed64
  }

  /// How many values there are.
  enum Shape: UInt8 {
    case single, repeated, map
  }

  var number: UInt32
  var element: Element
  var shape: Shape
  var isPointer: Bool
  var omitsEmpty: Bool
  var omitsZero: Bool
  var isInline: Bool

  /// Whether Kubernetes' release writes the field although it is zero.
  var isCurrent: Bool

  /// Whether its absence says that the writer's release did not have it, so that it leaves no trace.
  var isUnwritten: Bool

  /// Where the value lies in an unpacked message; for lists and maps, the pointer to the values.
  var valueOffset: Int

  /// Where the `has` flag of a scalar, or the count of a list or map, lies.
  var presenceOffset: Int

  /// The plan of the values, where they are messages; for a map, of the map's values.
  var message: UnsafePointer<MessagePlan>?

  /// For a map, the plan of its entries: field 1 is the key, field 2 the value.
  var entry: UnsafePointer<MessagePlan>?

  /// The key in JSON, without quotes.
  var name: UnsafeRawBufferPointer

  /// The key in JSON with quotes and colon.
  var jsonKey: UnsafeRawBufferPointer

  /// The key in YAML as it is written, without colon.
  var yamlKey: UnsafeRawBufferPointer
}

/// A field as the keys of one JSON object see it: perhaps inside messages that are spliced in.
struct FieldSlot {
  var field: UnsafePointer<FieldPlan>

  /// The inlined messages around the field, outermost first.
  var outer: UnsafePointer<FieldPlan>?
  var inner: UnsafePointer<FieldPlan>?

  /// The unpacked message that holds the field, or nil if an inlined one around it is a nil pointer.
  @inline(__always)
  func holder(in message: UnsafeRawPointer) -> UnsafeRawPointer? {
    guard let outer else { return message }
    guard let first = outer.pointee.inlined(in: message) else { return nil }
    guard let inner else { return first }
    return inner.pointee.inlined(in: first)
  }
}

extension FieldPlan {
  /// The unpacked message that this inlined field points to, or its zero value.
  fileprivate func inlined(in message: UnsafeRawPointer) -> UnsafeRawPointer? {
    if let present = message.load(fromByteOffset: valueOffset, as: UnsafeRawPointer?.self) {
      return present
    }
    return isPointer ? nil : self.message?.pointee.zero
  }

  /// The number of values of a list or map.
  @inline(__always)
  func count(in message: UnsafeRawPointer) -> Int {
    message.load(fromByteOffset: presenceOffset, as: Int.self)
  }

  /// Whether a scalar was on the wire.
  @inline(__always)
  func isPresent(in message: UnsafeRawPointer) -> Bool {
    message.load(fromByteOffset: presenceOffset, as: Int32.self) != 0
  }

  /// The single message, if it was on the wire.
  @inline(__always)
  func submessage(in message: UnsafeRawPointer) -> UnsafeRawPointer? {
    message.load(fromByteOffset: valueOffset, as: UnsafeRawPointer?.self)
  }

  /// Where the values of a list or map lie.
  @inline(__always)
  func values(in message: UnsafeRawPointer) -> UnsafeRawPointer? {
    message.load(fromByteOffset: valueOffset, as: UnsafeRawPointer?.self)
  }
}

/// Bytes as libprotobuf-c leaves them in an unpacked message.
///
/// Strings are unpacked as bytes: a C string would end at the first zero byte.
@inline(__always)
func unpackedBytes(at address: UnsafeRawPointer) -> UnsafeRawBufferPointer {
  let data = address.load(as: ProtobufCBinaryData.self)
  guard let start = data.data else { return UnsafeRawBufferPointer(start: nil, count: 0) }
  return UnsafeRawBufferPointer(start: start, count: data.len)
}
