/// The messages of a compiled protobuf descriptor set, in the catalogue's form.
///
/// A descriptor knows no Go struct: nothing is inline, JSON follows the order of declaration, and
/// what is empty is left out.
///
/// Source: google/protobuf/descriptor.proto.
struct DescriptorSet {
  /// A message and its record in the catalogue's text.
  struct Message {
    let name: String
    let text: String
  }

  private(set) var messages: [Message] = []

  private let source: String
  private static let maximumNesting = 32

  init(_ bytes: [UInt8], source: String) throws(CatalogueError) {
    self.source = source
    let result: Result<[Message], WireReader.Fault> = bytes.withUnsafeBytes { bytes in
      var found: [Message] = []
      do throws(WireReader.Fault) {
        try DescriptorSet.forEachField(of: bytes, in: 0..<bytes.count) {
          (number, payload) throws(WireReader.Fault) in
          guard number == 1, case .bytes(let file) = payload else { return }
          found += try DescriptorSet.messages(ofFile: file, in: bytes)
        }
        return .success(found)
      } catch {
        return .failure(error)
      }
    }
    switch result {
    case .success(let found): messages = found
    case .failure(let fault):
      throw .malformedDescriptorSet(source: source, offset: fault.offset)
    }
  }

  private static func forEachField(
    of bytes: UnsafeRawBufferPointer,
    in range: Range<Int>,
    _ body: (UInt32, WireReader.Payload) throws(WireReader.Fault) -> Void
  ) throws(WireReader.Fault) {
    var reader = WireReader(bytes, range: range)
    while !reader.isAtEnd {
      let tag = try reader.tag()
      try body(tag.number, try reader.payload(of: tag))
    }
  }

  private static func text(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> String {
    String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
  }

  private static func messages(
    ofFile file: Range<Int>,
    in bytes: UnsafeRawBufferPointer
  ) throws(WireReader.Fault) -> [Message] {
    var package = ""
    var descriptors: [Range<Int>] = []
    try forEachField(of: bytes, in: file) { (number, payload) throws(WireReader.Fault) in
      guard case .bytes(let range) = payload else { return }
      switch number {
      case 2: package = text(bytes, range)
      case 4: descriptors.append(range)
      default: break
      }
    }
    var found: [Message] = []
    for descriptor in descriptors {
      try append(descriptor, scope: package, depth: 0, bytes, to: &found)
    }
    return found
  }

  private static func append(
    _ descriptor: Range<Int>,
    scope: String,
    depth: Int,
    _ bytes: UnsafeRawBufferPointer,
    to found: inout [Message]
  ) throws(WireReader.Fault) {
    guard depth < maximumNesting else { return }
    var name = ""
    var fields: [Range<Int>] = []
    var nested: [Range<Int>] = []
    try forEachField(of: bytes, in: descriptor) { (number, payload) throws(WireReader.Fault) in
      guard case .bytes(let range) = payload else { return }
      switch number {
      case 1: name = text(bytes, range)
      case 2: fields.append(range)
      case 3: nested.append(range)
      default: break
      }
    }
    let fullName = scope.isEmpty ? name : "\(scope).\(name)"

    var mapValues: [String: String] = [:]
    for child in nested {
      if let (entry, value) = try mapEntry(child, scope: fullName, bytes) {
        mapValues[entry] = value
      } else {
        try append(child, scope: fullName, depth: depth + 1, bytes, to: &found)
      }
    }
    var record = "\(fullName) 1.0-\n"
    for field in fields {
      if let line = try fieldLine(field, mapValues: mapValues, bytes) { record += line }
    }
    found.append(Message(name: fullName, text: record))
  }

  /// The full name and the value's type of a synthetic map entry with string keys.
  private static func mapEntry(
    _ descriptor: Range<Int>,
    scope: String,
    _ bytes: UnsafeRawBufferPointer
  ) throws(WireReader.Fault) -> (String, String)? {
    var name = ""
    var isEntry = false
    var types: [UInt32: String] = [:]
    try forEachField(of: bytes, in: descriptor) { (number, payload) throws(WireReader.Fault) in
      guard case .bytes(let range) = payload else { return }
      switch number {
      case 1: name = text(bytes, range)
      case 2:
        let field = try Field(range, bytes)
        types[field.number] = field.typeText
      case 7:
        try forEachField(of: bytes, in: range) { (number, payload) throws(WireReader.Fault) in
          if number == 7, case .varint(1) = payload { isEntry = true }
        }
      default: break
      }
    }
    guard isEntry, types[1] == "string", let value = types[2] else { return nil }
    return ("\(scope).\(name)", value)
  }

  private static func fieldLine(
    _ range: Range<Int>,
    mapValues: [String: String],
    _ bytes: UnsafeRawBufferPointer
  ) throws(WireReader.Fault) -> String? {
    let field = try Field(range, bytes)
    guard let type = field.typeText else { return nil }
    let shaped: String
    if let value = mapValues[type] {
      shaped = "map:\(value)"
    } else if field.isRepeated {
      shaped = "[]\(type)"
    } else {
      shaped = field.isMessage ? "*\(type)" : type
    }
    return " \(field.number) \(shaped) \(field.jsonName) omitempty\n"
  }

  private struct Field {
    var number: UInt32 = 0
    var isRepeated = false
    var isMessage = false
    var typeText: String?
    var jsonName = ""

    /// The scalar types by their number; messages (11) are named by another field, and groups
    /// (10) are not supported.
    private static let scalars: [UInt64: String] = [
      1: "double", 2: "float", 3: "int64", 4: "uint64", 5: "int32", 6: "fixed64", 7: "fixed32",
      8: "bool", 9: "string", 12: "bytes", 13: "uint32", 14: "int32", 15: "sfixed32",
      16: "sfixed64", 17: "sint32", 18: "sint64",
    ]

    init(_ range: Range<Int>, _ bytes: UnsafeRawBufferPointer) throws(WireReader.Fault) {
      var name = ""
      var camelCaseName: String?
      var typeName = ""
      try forEachField(of: bytes, in: range) { (number, payload) throws(WireReader.Fault) in
        switch (number, payload) {
        case (1, .bytes(let range)): name = text(bytes, range)
        case (3, .varint(let value)): self.number = UInt32(truncatingIfNeeded: value)
        case (4, .varint(let value)): isRepeated = value == 3
        case (5, .varint(let value)):
          isMessage = value == 11
          typeText = Field.scalars[value]
        case (6, .bytes(let range)): typeName = text(bytes, range)
        case (10, .bytes(let range)): camelCaseName = text(bytes, range)
        default: break
        }
      }
      if isMessage { typeText = typeName.hasPrefix(".") ? String(typeName.dropFirst()) : typeName }
      jsonName = name.contains("_") ? camelCaseName ?? name : name
    }
  }
}

extension WireReader.Fault {
  /// Where the fault lies, in bytes from the start.
  package var offset: Int {
    switch self {
    case .truncated(let offset), .varintTooLong(let offset), .badFieldNumber(let offset),
      .badWireType(let offset, _), .lengthBeyondEnd(let offset, _, _):
      offset
    }
  }
}
