/// A part of what stands between braces: a step from values to values.
indirect enum JSONPathStep: Equatable, Sendable {
  /// `"text"`: every value becomes the text.
  case text([UInt8])

  /// `.name`
  case field(String)

  /// `[1]`, `[1:3]`, `[::2]`
  case slice(JSONPathSlice)

  /// `.*`
  case wildcard

  /// `..`
  case descent

  /// `[0,2]`, `['a','b']`
  case union([[JSONPathStep]])

  /// `[?(@.a)]`
  case exists([JSONPathStep])

  /// `[?(@.a==1)]`
  case filter([JSONPathStep], operator: String, [JSONPathStep])

  case integer(Int)
  case double(Double)
  case boolean(Bool)

  /// `range`, `end`
  case identifier(String)
}

/// An index or a slice as it was written.
struct JSONPathSlice: Equatable, Sendable {
  /// Nil for the beginning.
  var start: Int?

  /// Nil for the end.
  var end: Int?

  /// Whether the end follows from the start: an index alone.
  var isIndex: Bool

  /// Nil for 1.
  var step: Int?
}

/// Reads kubectl's JSONPath templates: text, with steps between braces.
///
/// Source: kubernetes/client-go, util/jsonpath/parser.go.
struct JSONPathParser {
  /// Filters and unions nest no deeper in any template that was written by hand.
  static let maximumDepth = 64

  /// A piece of a template.
  enum Piece: Equatable, Sendable {
    case text([UInt8])
    case action([JSONPathStep])
  }

  private let characters: [Unicode.Scalar]
  private let depth: Int
  private var position = 0

  /// The pieces of a template.
  static func pieces(of text: String) throws(JSONPathError) -> [Piece] {
    var parser = JSONPathParser(characters: Array(text.unicodeScalars), depth: 0)
    return try parser.pieces()
  }

  private init(characters: [Unicode.Scalar], depth: Int) {
    self.characters = characters
    self.depth = depth
  }

  private mutating func pieces() throws(JSONPathError) -> [Piece] {
    var pieces: [Piece] = []
    while position < characters.count {
      let start = position
      while position < characters.count, characters[position] != "{" { position += 1 }
      if position > start { pieces.append(.text(utf8(start..<position))) }
      guard position < characters.count else { break }
      position += 1
      pieces.append(.action(try action()))
    }
    return pieces
  }

  /// The steps of a text that would stand between braces.
  private func steps(of text: [Unicode.Scalar]) throws(JSONPathError) -> [JSONPathStep] {
    guard depth < JSONPathParser.maximumDepth else {
      throw .tooDeep(limit: JSONPathParser.maximumDepth)
    }
    var parser = JSONPathParser(characters: ["{"] + text + ["}"], depth: depth + 1)
    // A brace inside the text ends it early, and what stands behind it is read but not used.
    guard case .action(let steps)? = try parser.pieces().first else { return [] }
    return steps
  }

  // MARK: Between braces

  /// Reads up to the closing brace.
  private mutating func action() throws(JSONPathError) -> [JSONPathStep] {
    var steps: [JSONPathStep] = []
    while true {
      if take("}") { return steps }
      if take("[?(") {
        steps.append(try filter())
        continue
      }
      if take("..") {
        guard steps.last != .descent else { throw .repeatedDescent }
        steps.append(.descent)
        if let next = peek, JSONPathParser.isAlphaNumeric(next) { steps.append(field()) }
        continue
      }
      guard let character = peek, character != "\r", character != "\n" else {
        throw .unclosedAction
      }
      switch character {
      // The object at hand is where every path begins anyway.
      case " ", "@", "$": position += 1
      case "[":
        position += 1
        steps += try brackets()
      case "\"", "'": steps.append(.text(try quoted(character)))
      case ".":
        position += 1
        steps.append(field())
      case "+", "-": steps.append(try number())
      case _ where character.properties.generalCategory == .decimalNumber:
        steps.append(try number())
      case _ where JSONPathParser.isAlphaNumeric(character): steps.append(identifier())
      default: throw .unrecognizedCharacter(character)
      }
    }
  }

  /// The name behind a point; a backslash takes what ends a name as a part of it.
  private mutating func field() -> JSONPathStep {
    let start = position
    while let character = peek {
      if character == "\\" {
        position = min(position + 2, characters.count)
      } else if JSONPathParser.isTerminator(character) {
        break
      } else {
        position += 1
      }
    }
    let name = text(start..<position)
    return name == "*" ? .wildcard : .field(name.replacing("\\", with: ""))
  }

  private mutating func identifier() -> JSONPathStep {
    let start = position
    while let character = peek, !JSONPathParser.isTerminator(character) { position += 1 }
    switch text(start..<position) {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    case let word: return .identifier(word)
    }
  }

  private mutating func number() throws(JSONPathError) -> JSONPathStep {
    let start = position
    if peek == "+" || peek == "-" { position += 1 }
    while let character = peek,
      character == "." || character.properties.generalCategory == .decimalNumber
    {
      position += 1
    }
    let text = text(start..<position)
    if let value = Int(text) { return .integer(value) }
    guard text.utf8.contains(where: { $0 >= 0x30 && $0 <= 0x39 }),
      let value = Double(text.hasSuffix(".") ? text + "0" : text), value.isFinite
    else { throw .notNumber(text) }
    return .double(value)
  }

  /// What stands behind `[`: an index, a slice, a quoted key, or several of them.
  private mutating func brackets() throws(JSONPathError) -> [JSONPathStep] {
    let start = position
    while peek != "]" {
      guard let character = peek, character != "\n" else { throw .unterminatedArray }
      position += 1
    }
    let inner = Array(characters[start..<position])
    position += 1
    let parts = inner.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 1 else {
      var union: [[JSONPathStep]] = []
      for part in parts {
        union.append(try steps(of: ["["] + JSONPathParser.trimmed(part) + ["]"]))
      }
      return [.union(union)]
    }
    if inner.count >= 2, inner.first == "'", inner.last == "'",
      !inner[1..<(inner.count - 1)].contains("'")
    {
      // Points in the key count: ['a.b'] is two steps.
      return try steps(of: ["."] + inner[1..<(inner.count - 1)])
    }
    return [.slice(try JSONPathParser.slice(inner == ["*"] ? [":"] : inner))]
  }

  private static func slice(_ inner: [Unicode.Scalar]) throws(JSONPathError) -> JSONPathSlice {
    let text = String(String.UnicodeScalarView(inner))
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 3,
      parts.allSatisfy({ part in
        (part.first == "-" ? part.dropFirst() : part).utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
      })
    else { throw .invalidArrayIndex(text) }
    var numbers: [Int?] = []
    for part in parts {
      guard !part.isEmpty else {
        numbers.append(nil)
        continue
      }
      guard let number = Int(part) else { throw .indexNotNumber(String(part)) }
      numbers.append(number)
    }
    return JSONPathSlice(
      start: numbers[0],
      end: numbers.count > 1 ? numbers[1] : nil,
      isIndex: numbers.count == 1,
      step: numbers.count > 2 ? numbers[2] : nil
    )
  }

  /// What stands behind `[?(`: a path that must exist, or a comparison.
  private mutating func filter() throws(JSONPathError) -> JSONPathStep {
    let start = position
    var quote: Unicode.Scalar?
    var isQuoteClosed = false
    while true {
      guard let character = peek, character != "\n" else { throw .unterminatedFilter }
      position += 1
      if character == "\"" || character == "'" {
        if quote == nil {
          quote = character
        } else if character == quote, characters[position - 2] != "\\" {
          isQuoteClosed = true
        }
      } else if character == ")", quote == nil || isQuoteClosed {
        break
      }
    }
    let text = characters[start..<(position - 1)]
    guard take("]") else { throw .unclosedFilter }
    func isOperator(_ character: Unicode.Scalar) -> Bool {
      character == "!" || character == "<" || character == ">" || character == "="
    }
    let left = text.prefix { !isOperator($0) }
    var sign = text[left.endIndex...].prefix(while: isOperator)
    // Something must be left to compare with.
    if sign.endIndex == text.endIndex { sign = sign.dropLast() }
    guard !left.isEmpty, !sign.isEmpty else { return .exists(try steps(of: Array(text))) }
    return .filter(
      try steps(of: Array(left)),
      operator: String(String.UnicodeScalarView(sign)),
      try steps(of: Array(text[sign.endIndex...]))
    )
  }

  // MARK: Quotes

  private mutating func quoted(_ quote: Unicode.Scalar) throws(JSONPathError) -> [UInt8] {
    let start = position
    position += 1
    while true {
      guard let character = peek, character != "\n" else { throw .unterminatedString }
      position += 1
      if character == quote, characters[position - 2] != "\\" { break }
    }
    let inner = characters[(start + 1)..<(position - 1)]
    if !inner.contains("\\"), !inner.contains(quote) { return utf8(inner.indices) }
    guard let bytes = GoString.unquoted(inner, quote: quote) else {
      throw .invalidString(text(start..<position))
    }
    return bytes
  }

  // MARK: Characters

  private var peek: Unicode.Scalar? {
    position < characters.count ? characters[position] : nil
  }

  /// Steps over a text if it stands here.
  private mutating func take(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    guard characters[position...].starts(with: scalars) else { return false }
    position += scalars.count
    return true
  }

  private func text(_ range: Range<Int>) -> String {
    String(String.UnicodeScalarView(characters[range]))
  }

  private func utf8(_ range: Range<Int>) -> [UInt8] { Array(text(range).utf8) }

  private static func trimmed(_ text: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
    let start = text.drop { $0 == " " }
    guard let last = start.lastIndex(where: { $0 != " " }) else { return [] }
    return Array(start[...last])
  }

  private static func isTerminator(_ character: Unicode.Scalar) -> Bool {
    switch character {
    case " ", "\t", "\r", "\n", ".", ",", "[", "]", "$", "@", "{", "}": true
    default: false
    }
  }

  private static func isAlphaNumeric(_ character: Unicode.Scalar) -> Bool {
    switch character.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .decimalNumber:
      true
    default: character == "_"
    }
  }
}

/// Quoted strings as Go reads them.
///
/// Source: golang/go, src/strconv/quote.go (`UnquoteChar`).
enum GoString {
  /// What the inside of a quoted string stands for; nil if an escape in it does not exist.
  static func unquoted(_ inner: ArraySlice<Unicode.Scalar>, quote: Unicode.Scalar) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = inner
    while let character = rest.popFirst() {
      if character == quote { return nil }
      guard character == "\\" else {
        bytes += Array(String(character).utf8)
        continue
      }
      guard let escape = rest.popFirst() else { return nil }
      switch escape {
      case "a": bytes.append(0x07)
      case "b": bytes.append(0x08)
      case "f": bytes.append(0x0C)
      case "n": bytes.append(0x0A)
      case "r": bytes.append(0x0D)
      case "t": bytes.append(0x09)
      case "v": bytes.append(0x0B)
      case "\\": bytes.append(UInt8(ascii: "\\"))
      case quote: bytes += Array(String(quote).utf8)
      case "x":
        guard let value = number(&rest, digits: 2, radix: 16) else { return nil }
        bytes.append(UInt8(truncatingIfNeeded: value))
      case "u", "U":
        guard let value = number(&rest, digits: escape == "u" ? 4 : 8, radix: 16),
          let scalar = Unicode.Scalar(value)
        else { return nil }
        bytes += Array(String(scalar).utf8)
      case "0"..."7":
        guard let low = number(&rest, digits: 2, radix: 8) else { return nil }
        let value = (escape.value - 0x30) * 64 + low
        guard value <= 255 else { return nil }
        bytes.append(UInt8(truncatingIfNeeded: value))
      default: return nil
      }
    }
    return bytes
  }

  private static func number(
    _ rest: inout ArraySlice<Unicode.Scalar>,
    digits: Int,
    radix: UInt32
  ) -> UInt32? {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = rest.popFirst(), digit.isASCII,
        let number = Character(digit).hexDigitValue, number < radix
      else { return nil }
      value = value &* radix &+ UInt32(number)
    }
    return value
  }
}
