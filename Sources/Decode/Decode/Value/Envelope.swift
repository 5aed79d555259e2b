internal import Schema

/// What stands around a Kubernetes object in protobuf.
///
/// Format: the bytes `k8s\0`, then a message:
///
///     FIELD  TYPE     MEANING
///     1      message  type: 1 string apiVersion, 2 string kind
///     2      bytes    the object's own message
///     3      string   content encoding, empty
///     4      string   content type, empty
///
/// Source: kubernetes/apimachinery, pkg/runtime/types.go (`Unknown`),
/// pkg/runtime/serializer/protobuf/protobuf.go.
struct Envelope {
  /// The ranges of the value's bytes that hold each part; nil for what is absent.
  var apiVersion = 0..<0
  var kind = 0..<0
  var object = 0..<0
  var contentEncoding = 0..<0
  var contentType = 0..<0

  /// What is wrong with the envelope, behind what could be read.
  var fault: WireReader.Fault?

  /// Reads the envelope of a value that begins with `k8s\0`.
  init(_ value: UnsafeRawBufferPointer) {
    do throws(WireReader.Fault) {
      try read(value)
    } catch {
      fault = error
    }
  }

  private mutating func read(_ value: UnsafeRawBufferPointer) throws(WireReader.Fault) {
    var reader = WireReader(value, range: StoredForm.protobufPrefix.count..<value.count)
    while !reader.isAtEnd {
      let tag = try reader.tag()
      let payload = try reader.payload(of: tag)
      guard case .bytes(let range) = payload else { continue }
      switch tag.number {
      case 1: try readType(value, range)
      case 2: object = range
      case 3: contentEncoding = range
      case 4: contentType = range
      default: break
      }
    }
  }

  private mutating func readType(
    _ value: UnsafeRawBufferPointer,
    _ range: Range<Int>
  ) throws(WireReader.Fault) {
    var type = WireReader(value, range: range)
    while !type.isAtEnd {
      let tag = try type.tag()
      guard case .bytes(let range) = try type.payload(of: tag) else { continue }
      if tag.number == 1 { apiVersion = range }
      if tag.number == 2 { kind = range }
    }
  }

  /// The type that the envelope names.
  func type(in value: UnsafeRawBufferPointer) -> DecodeError.ObjectType {
    DecodeError.ObjectType(
      apiVersion: String(decoding: value[apiVersion], as: UTF8.self),
      kind: String(decoding: value[kind], as: UTF8.self)
    )
  }
}
