/// One JSON value in memory: a flat list of nodes in the order of the text, and their characters.
///
/// JSON text, CBOR and YAML are all read into this form, and YAML, JSON and protobuf are written
/// from it. A container's node is followed by its children, an object's by key, value, key, value.
package struct JSONDocument: Sendable {
  /// What a node is.
  package enum Kind: UInt8, Sendable {
    case null, `false`, `true`, number, string, array, object
  }

  /// One value or key; twenty bytes, for there may be as many as the source has bytes.
  package struct Node: Sendable {
    /// What the value is.
    package var kind: Kind
    private var storedTextOffset: UInt32
    private var storedCount: UInt32
    private var storedEnd: UInt32
    private var storedSourceOffset: UInt32

    init(kind: Kind, textOffset: Int, count: Int, end: Int, sourceOffset: Int) {
      self.kind = kind
      storedTextOffset = UInt32(truncatingIfNeeded: textOffset)
      storedCount = UInt32(truncatingIfNeeded: count)
      storedEnd = UInt32(truncatingIfNeeded: end)
      storedSourceOffset = UInt32(truncatingIfNeeded: sourceOffset)
    }

    /// Where a string's or a number's characters begin.
    package internal(set) var textOffset: Int {
      get { Int(storedTextOffset) }
      set { storedTextOffset = UInt32(truncatingIfNeeded: newValue) }
    }

    /// How many bytes they are; for containers, how many values there are.
    package internal(set) var count: Int {
      get { Int(storedCount) }
      set { storedCount = UInt32(truncatingIfNeeded: newValue) }
    }

    /// The index behind the last node that belongs to this one.
    package internal(set) var end: Int {
      get { Int(storedEnd) }
      set { storedEnd = UInt32(truncatingIfNeeded: newValue) }
    }

    /// Where the value stands in its source: a byte offset for JSON and CBOR, a line for YAML.
    package var sourceOffset: Int { Int(storedSourceOffset) }
  }

  /// Larger sources are refused, so that offsets fit.
  static let maximumByteCount = 1 << 31

  /// All nodes; the first is the value itself.
  package private(set) var nodes: [Node] = []

  /// The characters of all strings, without escapes, and of all numbers.
  package private(set) var text: [UInt8] = []

  private var open: [Int] = []

  /// A document without a value.
  package init() {}

  /// Forgets everything and keeps the memory.
  package mutating func removeAll() {
    nodes.removeAll(keepingCapacity: true)
    text.removeAll(keepingCapacity: true)
    open.removeAll(keepingCapacity: true)
  }

  /// The characters of a string or number.
  @inline(__always)
  package func withText<Result>(of node: Node, _ body: (UnsafeRawBufferPointer) -> Result) -> Result
  {
    text.withUnsafeBytes {
      body(UnsafeRawBufferPointer(rebasing: $0[node.textOffset..<(node.textOffset + node.count)]))
    }
  }

  /// A string's characters as text; what is not UTF-8 becomes U+FFFD.
  package func string(of node: Node) -> String {
    String(decoding: text[node.textOffset..<(node.textOffset + node.count)], as: UTF8.self)
  }

  /// The value of a key of an object; the last one where a key stands twice.
  package func value(of key: String, in object: Int) -> Int? {
    guard nodes.indices.contains(object), nodes[object].kind == .object else { return nil }
    var found: Int?
    var index = object + 1
    let end = nodes[object].end
    while index < end {
      let node = nodes[index]
      if node.count == key.utf8.count,
        text[node.textOffset..<(node.textOffset + node.count)]
          .elementsEqual(key.utf8)
      {
        found = index + 1
      }
      index = nodes[index + 1].end
    }
    return found
  }

  /// The values of an array, by index.
  package func items(of array: Int) -> [Int] {
    guard nodes[array].kind == .array else { return [] }
    var items: [Int] = []
    var index = array + 1
    while index < nodes[array].end {
      items.append(index)
      index = nodes[index].end
    }
    return items
  }

  /// The string that a key of an object has, if it has one.
  package func string(of key: String, in object: Int) -> String? {
    guard let index = value(of: key, in: object), nodes[index].kind == .string else { return nil }
    return string(of: nodes[index])
  }

  // MARK: Building

  /// How many containers are open.
  var depth: Int { open.count }

  /// Appends `null`, `true` or `false`.
  package mutating func append(_ kind: Kind, at sourceOffset: Int) {
    countChild()
    nodes.append(
      Node(kind: kind, textOffset: 0, count: 0, end: nodes.count + 1, sourceOffset: sourceOffset)
    )
  }

  /// Appends a number or a string whose characters `body` appends.
  package mutating func append(
    _ kind: Kind,
    isKey: Bool = false,
    at sourceOffset: Int,
    text body: (inout [UInt8]) -> Void
  ) {
    if !isKey { countChild() }
    let start = text.count
    body(&text)
    nodes.append(
      Node(
        kind: kind,
        textOffset: start,
        count: text.count - start,
        end: nodes.count + 1,
        sourceOffset: sourceOffset
      )
    )
  }

  /// Opens an array or an object.
  package mutating func open(_ kind: Kind, at sourceOffset: Int) {
    countChild()
    open.append(nodes.count)
    nodes.append(Node(kind: kind, textOffset: 0, count: 0, end: 0, sourceOffset: sourceOffset))
  }

  /// Closes the container that was opened last.
  package mutating func close() {
    guard let index = open.popLast() else { return }
    nodes[index].end = nodes.count
  }

  /// Gives a number or string other characters.
  package mutating func replaceText(of index: Int, with characters: [UInt8]) {
    nodes[index].textOffset = text.count
    nodes[index].count = characters.count
    text += characters
  }

  /// What kind of container is open.
  var innermost: Kind? { open.last.map { nodes[$0].kind } }

  private mutating func countChild() {
    if let index = open.last { nodes[index].count += 1 }
  }
}

extension JSONDocument {
  private enum Expected {
    case value, firstValue, key, firstKey, colon, comma
  }

  /// Reads JSON text into this document, which must be empty.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - start: Where the value begins.
  ///   - allowsMore: Whether anything may stand behind the value.
  /// - Returns: The offset behind the value and the white space that follows it.
  /// - Throws: ``JSONFault`` with the place where the text stops being JSON.
  @discardableResult
  package mutating func parse(
    _ bytes: UnsafeRawBufferPointer,
    from start: Int = 0,
    allowsMore: Bool = false
  ) throws(JSONFault) -> Int {
    guard bytes.count <= JSONDocument.maximumByteCount else {
      throw JSONFault(problem: .tooLarge, offset: JSONDocument.maximumByteCount)
    }
    var expected = Expected.value
    var offset = JSONSyntax.skipSpace(bytes, from: start)
    repeat {
      guard offset < bytes.count else { throw JSONFault(problem: .endsEarly, offset: offset) }
      let byte = bytes[offset]
      switch (expected, byte) {
      case (.value, UInt8(ascii: "{")), (.firstValue, UInt8(ascii: "{")),
        (.value, UInt8(ascii: "[")), (.firstValue, UInt8(ascii: "[")):
        guard depth < JSONSyntax.maximumDepth else {
          throw JSONFault(problem: .tooDeep, offset: offset)
        }
        open(byte == UInt8(ascii: "{") ? .object : .array, at: offset)
        expected = byte == UInt8(ascii: "{") ? .firstKey : .firstValue
        offset += 1
      case (.firstKey, UInt8(ascii: "}")), (.firstValue, UInt8(ascii: "]")):
        close()
        offset += 1
        expected = .comma
      case (.comma, UInt8(ascii: "}")) where innermost == .object,
        (.comma, UInt8(ascii: "]")) where innermost == .array:
        close()
        offset += 1
      case (.comma, UInt8(ascii: ",")):
        offset += 1
        expected = innermost == .object ? .key : .value
      case (.colon, UInt8(ascii: ":")):
        offset += 1
        expected = .value
      case (.key, UInt8(ascii: "\"")), (.firstKey, UInt8(ascii: "\"")):
        offset = try parseString(bytes, from: offset, isKey: true)
        expected = .colon
      case (.value, UInt8(ascii: "\"")), (.firstValue, UInt8(ascii: "\"")):
        offset = try parseString(bytes, from: offset, isKey: false)
        expected = .comma
      case (.value, UInt8(ascii: "-")), (.firstValue, UInt8(ascii: "-")),
        (.value, UInt8(ascii: "0")...UInt8(ascii: "9")),
        (.firstValue, UInt8(ascii: "0")...UInt8(ascii: "9")):
        let end = try JSONSyntax.endOfNumber(bytes, from: offset)
        append(.number, at: offset) { $0 += bytes[offset..<end] }
        offset = end
        expected = .comma
      case (.value, _), (.firstValue, _):
        let end = try JSONSyntax.endOfWord(bytes, from: offset)
        append(
          byte == UInt8(ascii: "t") ? .true : byte == UInt8(ascii: "f") ? .false : .null,
          at: offset
        )
        offset = end
        expected = .comma
      default:
        throw JSONFault(problem: .unexpected(byte: byte), offset: offset)
      }
      offset = JSONSyntax.skipSpace(bytes, from: offset)
    } while !(depth == 0 && expected == .comma)
    if !allowsMore, offset < bytes.count {
      throw JSONFault(problem: .trailingBytes, offset: offset)
    }
    return offset
  }

  private mutating func parseString(
    _ bytes: UnsafeRawBufferPointer,
    from start: Int,
    isKey: Bool
  ) throws(JSONFault) -> Int {
    let end = try JSONSyntax.endOfString(bytes, from: start + 1)
    append(.string, isKey: isKey, at: start) { text in
      var offset = start + 1
      while offset < end - 1 {
        var plain = offset
        while plain < end - 1, bytes[plain] != UInt8(ascii: "\\") { plain += 1 }
        text += bytes[offset..<plain]
        offset = plain
        if offset < end - 1 { offset = JSONDocument.unescape(bytes, at: offset, into: &text) }
      }
    }
    return end
  }

  /// Appends what an escape stands for, and returns the offset behind it; the escape is well-formed.
  private static func unescape(
    _ bytes: UnsafeRawBufferPointer,
    at offset: Int,
    into text: inout [UInt8]
  ) -> Int {
    switch bytes[offset + 1] {
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      let unit = JSONSyntax.hexadecimal(bytes, at: offset + 2) ?? 0xFFFD
      var next = offset + 6
      var value = unit
      if (0xD800...0xDBFF).contains(unit), next + 1 < bytes.count,
        bytes[next] == UInt8(ascii: "\\"), bytes[next + 1] == UInt8(ascii: "u"),
        let low = JSONSyntax.hexadecimal(bytes, at: next + 2), (0xDC00...0xDFFF).contains(low)
      {
        value = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
        next += 6
      }
      // Half a pair is no character; Go takes U+FFFD for it.
      let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
      text += Array(String(Character(scalar)).utf8)
      return next
    default: text.append(bytes[offset + 1])
    }
    return offset + 2
  }
}
