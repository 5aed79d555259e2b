import Yams

/// A place in a configuration file, present or not, with the path that errors name.
///
/// Values never get into errors: any of them might be a secret in a wrong place. A field that is
/// absent or null reads as Go's zero value, as it does for the apiserver.
struct ConfigurationField {
  /// Nil if the field is absent or null.
  private let node: Node?
  let path: String
  private let source: String

  private init(node: Node?, path: String, source: String) {
    self.node = node.flatMap { $0.tag == Tag(.null) ? nil : $0 }
    self.path = path
    self.source = source
  }

  /// The root of a file.
  init(yaml: [UInt8], source: String) throws(EncryptionConfigurationError) {
    guard let text = String(validating: yaml, as: UTF8.self) else {
      throw .notYAML(source: source, line: nil, problem: "not UTF-8")
    }
    do {
      // Without an encoding the parser would look into the environment for one.
      let node = try Parser(yaml: text, encoding: .utf8).singleRoot()
      self.init(node: node, path: "", source: source)
    } catch let error as YamlError {
      throw EncryptionConfigurationError(error, source: source)
    } catch {
      throw .notYAML(source: source, line: nil, problem: "not YAML")
    }
    guard isPresent else { throw problem("there is nothing in it") }
  }

  var isPresent: Bool { node != nil }

  /// A member, which need not be there.
  subscript(name: String) -> ConfigurationField {
    let child = path.isEmpty ? name : "\(path).\(name)"
    return ConfigurationField(node: node?.mapping?[name], path: child, source: source)
  }

  /// Refuses what is not a mapping, and a mapping that has other members than these.
  func checkMembers(_ known: String...) throws(EncryptionConfigurationError) {
    guard let node else { return }
    guard let mapping = node.mapping else { throw problem("not a mapping of fields") }
    for key in mapping.keys {
      let name = key.scalar?.string ?? ""
      guard !known.contains(name) else { continue }
      throw .unknownField(source: source, path: self[Self.withoutSecret(name)].path)
    }
  }

  /// The elements of a list; none if the field is absent.
  func elements() throws(EncryptionConfigurationError) -> [ConfigurationField] {
    guard let node else { return [] }
    guard let sequence = node.sequence else { throw problem("not a list") }
    return sequence.enumerated().map { index, element in
      ConfigurationField(node: element, path: "\(path)[\(index)]", source: source)
    }
  }

  /// Text; empty if the field is absent.
  func text() throws(EncryptionConfigurationError) -> String {
    guard let node else { return "" }
    guard let scalar = node.scalar else { throw problem("not text") }
    guard node.tag == Tag(.str) else { throw problem("not text; quotes would make it text") }
    return scalar.string
  }

  /// A whole number of 32 bits; nil if the field is absent.
  func number() throws(EncryptionConfigurationError) -> Int32? {
    guard let node else { return nil }
    guard node.tag == Tag(.int), let text = node.scalar?.string, let number = Int32(text) else {
      throw problem("not a whole number")
    }
    return number
  }

  /// The error that names this field.
  func problem(_ text: String) -> EncryptionConfigurationError {
    .invalid(source: source, path: path, problem: text)
  }

  /// A word that may be shown: `{name: key1, secret:c2Vj...}` has a member with all of
  /// `secret:c2Vj...` as its name, for want of a space.
  ///
  /// The shortest secret has 16 bytes, which are 24 characters in base64.
  static func withoutSecret(_ word: String) -> String {
    let isShort = word.utf8.count < 24
    let isName = word.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || $0 == "_" }
    return isShort && isName ? word : "(not shown)"
  }
}

extension EncryptionConfigurationError {
  /// What the parser found, without the text that it quotes.
  fileprivate init(_ error: YamlError, source: String) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      self = .notYAML(source: source, line: mark.line, problem: problem)
    case .reader(let problem, _, _, _):
      self = .notYAML(source: source, line: nil, problem: problem)
    case .duplicatedKeysInMapping(let names, let context):
      let name = ConfigurationField.withoutSecret(names.first ?? "")
      self = .notYAML(
        source: source,
        line: context.mark.line,
        problem: "the field \(name) is there twice"
      )
    default:
      self = .notYAML(source: source, line: nil, problem: "not YAML")
    }
  }
}
