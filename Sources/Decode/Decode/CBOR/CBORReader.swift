/// Reads CBOR as Kubernetes stores it into a JSON document.
///
/// Kubernetes writes every string as a byte string, byte slices with tag 22, and accepts a little
/// more than it writes: text strings, indefinite lengths, and tags that it ignores.
///
/// Source: RFC 8949; kubernetes/apimachinery, pkg/runtime/serializer/cbor/internal/modes.
struct CBORReader {
  /// What is wrong with the bytes, and where.
  struct Fault: Error, Equatable {
    enum Problem: Equatable {
      case endsEarly
      case lengthBeyondEnd(length: UInt64, available: Int)
      case unsupported(initialByte: UInt8)
      case integerTooLarge
      case notFinite
      case keyNotString
      case duplicateKey
      case notUTF8
      case tooDeep
      case trailingBytes
    }

    let problem: Problem
    let offset: Int
  }

  /// The tag in front of stored values that says "this is CBOR".
  static let selfDescription: [UInt8] = [0xD9, 0xD9, 0xF7]

  private let bytes: UnsafeRawBufferPointer
  private var offset = 0
  private var document: JSONDocument

  private enum Encoding { case base64, base64URL, hexadecimal }

  /// Reads one value, which must be all there is.
  static func read(
    _ bytes: UnsafeRawBufferPointer,
    into document: inout JSONDocument
  ) throws(Fault) {
    guard bytes.count <= JSONDocument.maximumByteCount else {
      throw Fault(
        problem: .lengthBeyondEnd(
          length: UInt64(bytes.count),
          available: JSONDocument.maximumByteCount
        ),
        offset: 0
      )
    }
    var reader = CBORReader(bytes, document)
    document = JSONDocument()
    try reader.value(depth: 0, encoding: nil)
    guard reader.offset == bytes.count else {
      throw Fault(problem: .trailingBytes, offset: reader.offset)
    }
    document = reader.document
  }

  /// The length of the value that begins the bytes; nil if they are damaged.
  static func byteCount(of bytes: UnsafeRawBufferPointer) -> Int? {
    var reader = CBORReader(bytes, JSONDocument())
    return (try? reader.value(depth: 0, encoding: nil)).map { reader.offset }
  }

  private init(_ bytes: UnsafeRawBufferPointer, _ document: JSONDocument) {
    self.bytes = bytes
    self.document = document
  }

  private func fault(_ problem: Fault.Problem, at offset: Int) -> Fault {
    Fault(problem: problem, offset: offset)
  }

  private mutating func byte() throws(Fault) -> UInt8 {
    guard offset < bytes.count else { throw fault(.endsEarly, at: bytes.count) }
    defer { offset += 1 }
    return bytes[offset]
  }

  private mutating func bigEndian(_ byteCount: Int) throws(Fault) -> UInt64 {
    guard bytes.count - offset >= byteCount else { throw fault(.endsEarly, at: bytes.count) }
    var value: UInt64 = 0
    for position in offset..<(offset + byteCount) { value = value << 8 | UInt64(bytes[position]) }
    offset += byteCount
    return value
  }

  /// The argument of an initial byte; nil for an indefinite length.
  private mutating func argument(_ initial: UInt8) throws(Fault) -> UInt64? {
    switch initial & 31 {
    case let small where small < 24: return UInt64(small)
    case 24: return try bigEndian(1)
    case 25: return try bigEndian(2)
    case 26: return try bigEndian(4)
    case 27: return try bigEndian(8)
    case 31: return nil
    default: throw fault(.unsupported(initialByte: initial), at: offset - 1)
    }
  }

  private var isAtBreak: Bool { offset < bytes.count && bytes[offset] == 0xFF }

  private mutating func value(depth: Int, encoding: Encoding?) throws(Fault) {
    guard depth < JSONSyntax.maximumDepth else { throw fault(.tooDeep, at: offset) }
    let start = offset
    let initial = try byte()
    switch initial >> 5 {
    case 0:
      guard let value = try argument(initial) else {
        throw fault(.unsupported(initialByte: initial), at: start)
      }
      guard value <= UInt64(Int64.max) else { throw fault(.integerTooLarge, at: start) }
      append(number: "\(value)", at: start)
    case 1:
      guard let value = try argument(initial) else {
        throw fault(.unsupported(initialByte: initial), at: start)
      }
      guard value <= UInt64(Int64.max) else { throw fault(.integerTooLarge, at: start) }
      append(number: "\(-1 - Int64(value))", at: start)
    case 2, 3:
      let text = try string(initial, at: start)
      append(text, encoding: initial >> 5 == 2 ? encoding : nil, isKey: false, at: start)
    case 4: try array(initial, depth: depth, encoding: encoding, at: start)
    case 5: try map(initial, depth: depth, encoding: encoding, at: start)
    case 6:
      guard let tag = try argument(initial) else {
        throw fault(.unsupported(initialByte: initial), at: start)
      }
      guard tag != 2, tag != 3 else { throw fault(.unsupported(initialByte: initial), at: start) }
      let expected: Encoding? =
        switch tag {
        case 21: .base64URL
        case 22: .base64
        case 23: .hexadecimal
        default: encoding
        }
      try value(depth: depth + 1, encoding: expected)
    default: try simple(initial, at: start)
    }
  }

  private mutating func simple(_ initial: UInt8, at start: Int) throws(Fault) {
    let number: Double
    switch initial {
    case 0xF4: return document.append(.false, at: start)
    case 0xF5: return document.append(.true, at: start)
    case 0xF6: return document.append(.null, at: start)
    case 0xF9: number = CBORReader.double(halfBits: UInt16(try bigEndian(2)))
    case 0xFA: number = Double(Float(bitPattern: UInt32(try bigEndian(4))))
    case 0xFB: number = Double(bitPattern: try bigEndian(8))
    default: throw fault(.unsupported(initialByte: initial), at: start)
    }
    guard number.isFinite else { throw fault(.notFinite, at: start) }
    var text = OutputBuffer(capacity: 64)
    GoFloat.appendJSON(number, to: &text)
    // Kubernetes writes a float that is whole as a float: with a point.
    let bytes = text.bytes
    document.append(.number, at: start) { $0 += bytes }
  }

  /// Source: RFC 8949, appendix D.
  private static func double(halfBits: UInt16) -> Double {
    let exponent = Int(halfBits >> 10 & 31)
    let fraction = Double(halfBits & 1023)
    let magnitude: Double
    switch exponent {
    case 0: magnitude = fraction * 0x1p-24
    case 31: magnitude = fraction == 0 ? .infinity : .nan
    default:
      magnitude = (fraction + 1024) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
    }
    return halfBits & 0x8000 == 0 ? magnitude : -magnitude
  }

  private mutating func append(number: String, at start: Int) {
    document.append(.number, at: start) { $0 += Array(number.utf8) }
  }

  /// The bytes of a string, its pieces joined.
  private mutating func string(_ initial: UInt8, at start: Int) throws(Fault) -> [UInt8] {
    var text: [UInt8] = []
    if let length = try argument(initial) {
      try append(length, to: &text)
    } else {
      while !isAtBreak {
        let piece = try byte()
        guard piece >> 5 == initial >> 5, let length = try argument(piece) else {
          throw fault(.unsupported(initialByte: piece), at: offset - 1)
        }
        try append(length, to: &text)
      }
      offset += 1
    }
    if initial >> 5 == 3, text.withUnsafeBytes({ UTF8Text.firstInvalidOffset($0) != nil }) {
      throw fault(.notUTF8, at: start)
    }
    return text
  }

  private mutating func append(_ length: UInt64, to text: inout [UInt8]) throws(Fault) {
    guard length <= UInt64(bytes.count - offset) else {
      throw fault(.lengthBeyondEnd(length: length, available: bytes.count - offset), at: offset)
    }
    text += bytes[offset..<(offset + Int(length))]
    offset += Int(length)
  }

  private mutating func append(_ text: [UInt8], encoding: Encoding?, isKey: Bool, at start: Int) {
    var encoded = OutputBuffer(capacity: 64)
    text.withUnsafeBytes { text in
      switch encoding {
      case nil: encoded.append(text)
      case .base64: encoded.append(base64: text)
      case .hexadecimal: encoded.append(hexadecimal: text)
      case .base64URL: encoded.append(base64: text)
      }
    }
    var bytes = encoded.bytes
    if encoding == .base64URL {
      // The other alphabet, and no padding.
      bytes = bytes.filter { $0 != UInt8(ascii: "=") }.map {
        $0 == UInt8(ascii: "+")
          ? UInt8(ascii: "-") : $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0
      }
    }
    document.append(.string, isKey: isKey, at: start) { $0 += bytes }
  }

  private mutating func array(
    _ initial: UInt8,
    depth: Int,
    encoding: Encoding?,
    at start: Int
  ) throws(Fault) {
    let count = try argument(initial)
    // Each item takes a byte at least, so a count that lies is seen before memory is taken.
    if let count, count > UInt64(bytes.count - offset) {
      throw fault(.lengthBeyondEnd(length: count, available: bytes.count - offset), at: start)
    }
    document.open(.array, at: start)
    if let count {
      for _ in 0..<count { try value(depth: depth + 1, encoding: encoding) }
    } else {
      while !isAtBreak { try value(depth: depth + 1, encoding: encoding) }
      offset += 1
    }
    document.close()
  }

  private mutating func map(
    _ initial: UInt8,
    depth: Int,
    encoding: Encoding?,
    at start: Int
  ) throws(Fault) {
    let count = try argument(initial)
    if let count, count > UInt64(bytes.count - offset) / 2 {
      throw fault(.lengthBeyondEnd(length: count, available: bytes.count - offset), at: start)
    }
    document.open(.object, at: start)
    var seen: Set<[UInt8]> = []
    func isDone(_ entries: UInt64) -> Bool { count.map { entries >= $0 } ?? isAtBreak }
    var entries: UInt64 = 0
    while !isDone(entries) {
      let keyStart = offset
      let key = try self.key()
      guard seen.insert(key).inserted else { throw fault(.duplicateKey, at: keyStart) }
      append(key, encoding: nil, isKey: true, at: keyStart)
      try value(depth: depth + 1, encoding: encoding)
      entries += 1
    }
    if count == nil { offset += 1 }
    document.close()
  }

  private mutating func key() throws(Fault) -> [UInt8] {
    let start = offset
    var initial = try byte()
    // Tags say nothing about a key.
    while initial >> 5 == 6 {
      _ = try argument(initial)
      initial = try byte()
    }
    if initial == 0xF6 { return [] }
    guard initial >> 5 == 2 || initial >> 5 == 3 else { throw fault(.keyNotString, at: start) }
    return try string(initial, at: start)
  }
}
