/// Reads a label selector as Kubernetes does, with its oddities: `in` and `notin` may be keys and
/// values too, `x=` compares with the empty value, and `()` has the empty value in it.
///
/// Source: kubernetes/apimachinery, pkg/labels/selector.go (`Lexer`, `Parser`).
struct LabelSelectorParser {
  private enum Token: Equatable {
    case word(String)
    case symbol(String)
    case end

    /// The token as it stood in the text.
    var text: String {
      switch self {
      case .word(let text), .symbol(let text): text
      case .end: ""
      }
    }

    var isWord: Bool { if case .word = self { true } else { false } }
  }

  private var tokens: [Token]
  private var position = 0

  init(_ text: String) { tokens = LabelSelectorParser.tokens(of: Array(text.utf8)) }

  // MARK: Tokens

  private static let symbols: Set<String> = [")", ",", "!", "==", "=", ">", "<", "!=", "("]

  private static func isSymbol(_ byte: UInt8) -> Bool { "=!(),><".utf8.contains(byte) }

  private static func isSpace(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }

  private static func tokens(of text: [UInt8]) -> [Token] {
    var tokens: [Token] = []
    var offset = 0
    while offset < text.count {
      if isSpace(text[offset]) {
        offset += 1
      } else if isSymbol(text[offset]) {
        let pair = String(decoding: text[offset..<min(offset + 2, text.count)], as: UTF8.self)
        let symbol = symbols.contains(pair) ? pair : String(pair.prefix(1))
        tokens.append(.symbol(symbol))
        offset += symbol.utf8.count
      } else {
        let start = offset
        while offset < text.count, !isSymbol(text[offset]), !isSpace(text[offset]) { offset += 1 }
        tokens.append(.word(String(decoding: text[start..<offset], as: UTF8.self)))
      }
    }
    return tokens
  }

  private var next: Token { position < tokens.count ? tokens[position] : .end }

  private mutating func take() -> Token {
    let token = next
    position += 1
    return token
  }

  // MARK: Requirements

  mutating func requirements() throws(LabelSelectorError) -> [LabelSelector.Requirement] {
    var requirements: [LabelSelector.Requirement] = []
    while true {
      switch next {
      case .end: return requirements
      case .word, .symbol("!"): requirements.append(try requirement())
      case .symbol(let found):
        throw .unexpected(found: found, expected: "!, identifier, or 'end of string'")
      }
      switch take() {
      case .end: return requirements
      case .symbol(","):
        guard next.isWord || next == .symbol("!") else {
          throw .unexpected(found: next.text, expected: "identifier after ','")
        }
      case let token: throw .unexpected(found: token.text, expected: "',' or 'end of string'")
      }
    }
  }

  private mutating func requirement() throws(LabelSelectorError) -> LabelSelector.Requirement {
    let isNegated = next == .symbol("!")
    if isNegated { position += 1 }
    let token = take()
    guard case .word(let key) = token else {
      throw .unexpectedInRequirement(found: token.text, expected: "identifier")
    }
    let problems = LabelSyntax.problems(ofKey: key)
    guard problems.isEmpty else { throw .invalidKey(key, problems: problems) }
    if isNegated { return LabelSelector.Requirement(key, .doesNotExist) }
    if next == .end || next == .symbol(",") { return LabelSelector.Requirement(key, .exists) }
    let comparison = try comparison()
    let values =
      comparison == .isIn || comparison == .isNotIn ? try valueList() : [try exactValue()]
    let requirement = LabelSelector.Requirement(key, comparison, values)
    try check(requirement)
    return requirement
  }

  private mutating func comparison() throws(LabelSelectorError) -> LabelSelector.Operator {
    let token = take()
    switch token {
    case .word("in"): return .isIn
    case .word("notin"): return .isNotIn
    case .symbol("="): return .equals
    case .symbol("=="): return .doubleEquals
    case .symbol("!="): return .notEquals
    case .symbol(">"): return .greaterThan
    case .symbol("<"): return .lessThan
    default:
      throw .unexpectedInRequirement(
        found: token.text,
        expected: "in, notin, =, ==, !=, gt, lt"
      )
    }
  }

  private func check(_ requirement: LabelSelector.Requirement) throws(LabelSelectorError) {
    if requirement.comparison == .greaterThan || requirement.comparison == .lessThan,
      let value = requirement.values.first, Int64(value) == nil
    {
      throw .notInteger(value)
    }
    for (position, value) in requirement.values.enumerated() {
      let problems = LabelSyntax.problems(ofValue: value)
      guard problems.isEmpty else {
        throw .invalidValue(value, key: requirement.key, position: position, problems: problems)
      }
    }
  }

  // MARK: Values

  private mutating func exactValue() throws(LabelSelectorError) -> String {
    if next == .end || next == .symbol(",") { return "" }
    let token = take()
    guard case .word(let value) = token else {
      throw .unexpectedInRequirement(found: token.text, expected: "identifier")
    }
    return value
  }

  /// Values in parentheses.
  ///
  /// Nothing between two commas, or a comma and a parenthesis, is the empty value. Behind two commas
  /// there must be a value, or another comma.
  private mutating func valueList() throws(LabelSelectorError) -> Set<String> {
    let open = take()
    guard open == .symbol("(") else { throw .missingParenthesis(found: open.text) }
    if next == .symbol(")") {
      position += 1
      return [""]
    }
    guard next.isWord || next == .symbol(",") else {
      throw .unexpectedInRequirement(found: next.text, expected: "',', ')' or identifier")
    }
    var values: Set<String> = []
    while true {
      let token = take()
      switch token {
      case .word(let value):
        values.insert(value)
        guard next == .symbol(",") || next == .symbol(")") else {
          throw .unexpectedInRequirement(found: next.text, expected: "',' or ')'")
        }
      case .symbol(","):
        if values.isEmpty || next == .symbol(",") || next == .symbol(")") { values.insert("") }
        if next == .symbol(",") {
          position += 1
          continue
        }
      default:
        throw .unexpectedInRequirement(found: token.text, expected: "',', or identifier")
      }
      if next == .symbol(")") {
        position += 1
        return values
      }
    }
  }
}

/// What keys and values of labels may be.
///
/// Source: kubernetes/apimachinery, pkg/util/validation/validation.go, of release 1.32.
enum LabelSyntax {
  private static let maximumNameLength = 63
  private static let maximumPrefixLength = 253

  private static let nameForm = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
  private static let alphabet =
    "consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
    + " alphanumeric character"

  private static func examples(_ examples: String..., form: String) -> String {
    let list = examples.map { "'\($0)'" }.joined(separator: ",  or ")
    return " (e.g. \(list), regex used for validation is '\(form)')"
  }

  private static var nameProblem: String {
    "must \(alphabet)" + examples("MyName", "my.name", "123-abc", form: nameForm)
  }

  /// What is wrong about a key; empty if nothing is.
  static func problems(ofKey key: String) -> [String] {
    let parts = key.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let name = parts.last else {
      return [
        "a qualified name \(nameProblem) with an optional DNS subdomain prefix and '/'"
          + " (e.g. 'example.com/MyName')"
      ]
    }
    var problems: [String] = []
    if parts.count == 2 { problems += self.problems(ofPrefix: parts[0]) }
    if name.isEmpty {
      problems.append("name part must be non-empty")
    } else if name.utf8.count > maximumNameLength {
      problems.append("name part must be no more than \(maximumNameLength) characters")
    }
    if !isName(name) { problems.append("name part \(nameProblem)") }
    return problems
  }

  private static func problems(ofPrefix prefix: Substring) -> [String] {
    guard !prefix.isEmpty else { return ["prefix part must be non-empty"] }
    var problems: [String] = []
    if prefix.utf8.count > maximumPrefixLength {
      problems.append("prefix part must be no more than \(maximumPrefixLength) characters")
    }
    let isDomain = prefix.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
      isLabel($0)
    }
    if !isDomain {
      let part = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
      problems.append(
        "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric"
          + " characters, '-' or '.', and must start and end with an alphanumeric character"
          + examples("example.com", form: "\(part)(\\.\(part))*")
      )
    }
    return problems
  }

  /// What is wrong about a value; empty if nothing is.
  static func problems(ofValue value: String) -> [String] {
    var problems: [String] = []
    if value.utf8.count > maximumNameLength {
      problems.append("must be no more than \(maximumNameLength) characters")
    }
    if !value.isEmpty, !isName(value[...]) {
      problems.append(
        "a valid label must be an empty string or \(alphabet)"
          + examples("MyValue", "my_value", "12345", form: "(\(nameForm))?")
      )
    }
    return problems
  }

  private static func isName(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last)
      && text.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
  }

  private static func isLabel(_ text: Substring) -> Bool {
    func isPlain(_ byte: UInt8) -> Bool {
      (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
    }
    guard let first = text.utf8.first, let last = text.utf8.last else { return false }
    return isPlain(first) && isPlain(last)
      && text.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "-") }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }
}
