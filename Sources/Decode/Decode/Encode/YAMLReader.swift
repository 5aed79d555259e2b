private import Yams

/// Reads YAML into documents as sigs.k8s.io/yaml does: plain scalars by YAML 1.1's rules, times as
/// text, and nothing twice.
enum YAMLReader {
  /// A document, and the comment lines in front of it and in it that carry unknown fields.
  struct Document {
    var value: JSONDocument
    var unknownFields: [(path: String, bytes: [UInt8])]
  }

  /// What aliases may blow a document up to.
  private static let maximumNodeCount = 4_000_000
  private static let maximumTextByteCount = 64 << 20

  static func documents(in text: [UInt8]) throws(EncodeError) -> [Document] {
    guard let source = String(validating: text, as: UTF8.self) else {
      throw .notYAML(line: 1, problem: "not UTF-8")
    }
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    var documents: [Document] = []
    do {
      let parser = try Parser(yaml: source, resolver: .basic, encoding: .utf8)
      while let root = try parser.nextRoot() {
        var value = JSONDocument()
        try append(root, to: &value, lines: lines, depth: 0)
        if value.nodes.first?.kind == .null { continue }
        documents.append(Document(value: value, unknownFields: []))
      }
    } catch let error as YamlError {
      throw failure(error)
    } catch let error as EncodeError {
      throw error
    } catch {
      throw .notYAML(line: 1, problem: "\(error)")
    }
    attachComments(lines, to: &documents)
    return documents
  }

  /// Gives each document the comment lines that stand between its separator and the next.
  private static func attachComments(_ lines: [Substring], to documents: inout [Document]) {
    var index = -1
    var hasContent = true
    var pending: [(path: String, bytes: [UInt8])] = []
    for line in lines {
      if line.hasPrefix("---") {
        hasContent = true
        continue
      }
      if let field = UnknownFieldComment.parse(line) {
        pending.append(field)
        continue
      }
      guard !line.hasPrefix("#"), !line.allSatisfy(\.isWhitespace), hasContent else { continue }
      hasContent = false
      index += 1
      guard documents.indices.contains(index) else { return }
      documents[index].unknownFields = pending
      pending = []
    }
  }

  private static func append(
    _ node: Node,
    to document: inout JSONDocument,
    lines: [Substring],
    depth: Int
  ) throws(EncodeError) {
    let line = node.mark?.line ?? 0
    guard depth < JSONSyntax.maximumDepth, document.nodes.count < maximumNodeCount,
      document.text.count < maximumTextByteCount
    else {
      throw .tooLarge
    }
    switch node {
    case .scalar(let scalar): append(scalar, to: &document, lines: lines, line: line)
    case .sequence(let sequence):
      document.open(.array, at: line)
      for item in sequence { try append(item, to: &document, lines: lines, depth: depth + 1) }
      document.close()
    case .mapping(let mapping):
      document.open(.object, at: line)
      for (key, value) in try pairs(of: mapping, line: line, depth: depth) {
        document.append(.string, isKey: true, at: line) { $0 += Array(key.utf8) }
        try append(value, to: &document, lines: lines, depth: depth + 1)
      }
      document.close()
    case .alias:
      throw .notYAML(line: line, problem: "an alias without its anchor")
    }
  }

  /// The keys and values of a mapping; those that `<<` brings in come last, and only where the
  /// mapping has no such key itself.
  private static func pairs(
    of mapping: Node.Mapping,
    line: Int,
    depth: Int
  ) throws(EncodeError) -> [(key: String, value: Node)] {
    guard depth < JSONSyntax.maximumDepth else { throw .tooLarge }
    var own: [(key: String, value: Node)] = []
    var merged: [(key: String, value: Node)] = []
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key else {
        throw .notYAML(line: key.mark?.line ?? line, problem: "a key that is not a word")
      }
      guard scalar.string == "<<", scalar.style == .plain else {
        own.append((scalar.string, value))
        continue
      }
      switch value {
      case .mapping(let other): merged += try pairs(of: other, line: line, depth: depth + 1)
      case .sequence(let others):
        for case .mapping(let other) in others {
          merged += try pairs(of: other, line: line, depth: depth + 1)
        }
      default: throw .notYAML(line: line, problem: "<< without a mapping")
      }
    }
    guard !merged.isEmpty else { return own }
    var seen = Set(own.map(\.key))
    return own + merged.filter { seen.insert($0.key).inserted }
  }

  private static func append(
    _ scalar: Node.Scalar,
    to document: inout JSONDocument,
    lines: [Substring],
    line: Int
  ) {
    var text = scalar.string
    let isPlain = scalar.style == .plain && !hasTag(scalar, lines)
    let value =
      isPlain ? text.withUTF8 { YAMLResolver.resolve(UnsafeRawBufferPointer($0)) } : .string
    func append(number: String) {
      document.append(.number, at: line) { $0 += Array(number.utf8) }
    }
    switch value {
    case .null: document.append(.null, at: line)
    case .bool(let flag): document.append(flag ? .true : .false, at: line)
    case .integer(let integer): append(number: "\(integer)")
    case .unsigned(let integer): append(number: "\(integer)")
    case .float(let number) where number.isFinite:
      var buffer = OutputBuffer(capacity: 64)
      GoFloat.appendJSON(number, to: &buffer)
      let bytes = buffer.bytes
      document.append(.number, at: line) { $0 += bytes }
    default: document.append(.string, at: line) { $0 += Array(text.utf8) }
    }
  }

  /// Whether a tag stands in front of a scalar: then it is no plain one.
  private static func hasTag(_ scalar: Node.Scalar, _ lines: [Substring]) -> Bool {
    guard let mark = scalar.mark, lines.indices.contains(mark.line - 1) else { return false }
    let rest = lines[mark.line - 1].dropFirst(mark.column - 1)
    return rest.first == "!" || (rest.first == "&" && rest.contains(" !"))
  }

  private static func failure(_ error: YamlError) -> EncodeError {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      .notYAML(line: mark.line, problem: problem)
    case .reader(let problem, let offset, _, _):
      .notYAML(line: 1, problem: "\(problem) at byte \(offset ?? 0)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      .notYAML(
        line: context.mark.line,
        problem: "key \(duplicates.joined(separator: ", ")) stands twice"
      )
    default: .notYAML(line: 1, problem: "\(error)")
    }
  }
}
