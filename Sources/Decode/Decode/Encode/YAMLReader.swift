private import Yams

/// Reads YAML into documents as sigs.k8s.io/yaml does: plain scalars by YAML 1.1's rules, times as
/// text, keys as text, and nothing twice.
struct YAMLReader {
  /// A document, and the comment lines in front of it that carry unknown fields.
  struct Document {
    var value: JSONDocument
    var unknownFields: [(path: String, bytes: [UInt8])]
  }

  /// What aliases may blow one document up to, whatever its own size is.
  private static let maximumNodeCount = 1_000_000
  private static let maximumTextByteCount = 8 << 20

  /// The documents of a text, those that are empty left out.
  static func documents(in text: [UInt8]) throws(EncodeError) -> [Document] {
    guard let source = String(validating: text, as: UTF8.self) else {
      throw .notYAML(line: 1, problem: "not UTF-8")
    }
    let reader = YAMLReader(source: source)
    var documents: [Document] = []
    do {
      let parser = try Parser(yaml: source, resolver: .basic, encoding: .utf8)
      while let root = try parser.nextRoot() {
        var value = JSONDocument()
        try reader.append(root, to: &value, depth: 0)
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
    reader.attachComments(to: &documents)
    return documents
  }

  private let lines: [Substring]

  /// Whether there can be tags, such as `!!str 1`: nearly never, and they are costly to find.
  private let mayHaveTags: Bool

  /// A text may be as large as it is; what aliases add to it is bounded.
  private let nodeLimit: Int

  /// How many pairs `<<` has brought in so far: mappings that merge each other grow as powers do.
  private let mergedCount = Counter()

  private final class Counter {
    var value = 0
  }

  /// In a longer line no tag is looked for: finding one costs the length of the line.
  private static let maximumTaggedLineByteCount = 4096

  private let textLimit: Int

  private init(source: String) {
    lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    mayHaveTags = source.utf8.contains(UInt8(ascii: "!"))
    nodeLimit = max(YAMLReader.maximumNodeCount, source.utf8.count)
    textLimit = max(YAMLReader.maximumTextByteCount, source.utf8.count)
  }

  /// Gives each document the comment lines that stand between its separator and its first line.
  private func attachComments(to documents: inout [Document]) {
    var index = -1
    var isBeforeDocument = true
    var pending: [(path: String, bytes: [UInt8])] = []
    for line in lines {
      if line.hasPrefix("---") {
        isBeforeDocument = true
      } else if let field = UnknownFieldComment.parse(line) {
        pending.append(field)
      } else if isBeforeDocument, line.first != "#", !line.allSatisfy(\.isWhitespace) {
        isBeforeDocument = false
        index += 1
        guard documents.indices.contains(index) else { return }
        documents[index].unknownFields = pending
        pending = []
      }
    }
  }

  // MARK: Nodes

  private func append(
    _ node: Node,
    to document: inout JSONDocument,
    depth: Int
  ) throws(EncodeError) {
    let line = node.mark?.line ?? 0
    guard depth < JSONSyntax.maximumDepth, document.nodes.count <= nodeLimit,
      document.text.count <= textLimit
    else { throw .tooLarge }
    switch node {
    case .scalar(let scalar): append(scalar, to: &document, line: line)
    case .sequence(let sequence):
      document.open(.array, at: line)
      for item in sequence { try append(item, to: &document, depth: depth + 1) }
      document.close()
    case .mapping(let mapping):
      document.open(.object, at: line)
      for (key, value) in try pairs(of: mapping, line: line, depth: depth) {
        document.append(.string, isKey: true, at: line) { $0 += Array(key.utf8) }
        try append(value, to: &document, depth: depth + 1)
      }
      document.close()
    case .alias: throw .notYAML(line: line, problem: "an alias without its anchor")
    }
  }

  /// The keys and values of a mapping; those that `<<` brings in come last, and only where the
  /// mapping has no such key itself.
  private func pairs(
    of mapping: Node.Mapping,
    line: Int,
    depth: Int
  ) throws(EncodeError) -> [(key: String, value: Node)] {
    mergedCount.value += mapping.count
    guard depth < JSONSyntax.maximumDepth, mergedCount.value <= nodeLimit else { throw .tooLarge }
    var own: [(key: String, value: Node)] = []
    var merged: [(key: String, value: Node)] = []
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key else {
        throw .notYAML(line: key.mark?.line ?? line, problem: "a key that is not a word")
      }
      guard scalar.string == "<<", scalar.style == .plain else {
        own.append((try self.key(scalar, line: key.mark?.line ?? line), value))
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

  /// The text of a key: a number or a boolean becomes the text of its value.
  private func key(_ scalar: Node.Scalar, line: Int) throws(EncodeError) -> String {
    switch value(of: scalar) {
    case .bool(let flag): return flag ? "true" : "false"
    case .integer(let integer): return "\(integer)"
    case .unsigned(let integer): return "\(integer)"
    case .float(let number):
      var text = OutputBuffer(capacity: 64)
      GoFloat.appendYAML(number, to: &text)
      return String(decoding: text.bytes, as: UTF8.self)
    case .null: throw .notYAML(line: line, problem: "null as a key")
    case .string, .timestamp, .merge: return scalar.string
    }
  }

  private func append(_ scalar: Node.Scalar, to document: inout JSONDocument, line: Int) {
    func append(number: String) {
      document.append(.number, at: line) { $0 += Array(number.utf8) }
    }
    switch value(of: scalar) {
    case .null: document.append(.null, at: line)
    case .bool(let flag): document.append(flag ? .true : .false, at: line)
    case .integer(let integer): append(number: "\(integer)")
    case .unsigned(let integer): append(number: "\(integer)")
    case .float(let number) where number.isFinite:
      var buffer = OutputBuffer(capacity: 64)
      GoFloat.appendJSON(number, to: &buffer)
      let bytes = buffer.bytes
      document.append(.number, at: line) { $0 += bytes }
    default: document.append(.string, at: line) { $0 += Array(scalar.string.utf8) }
    }
  }

  /// What a scalar stands for: text if it is quoted or tagged, else what YAML 1.1 says.
  private func value(of scalar: Node.Scalar) -> YAMLResolver.Value {
    guard scalar.style == .plain, !hasTag(scalar) else { return .string }
    var text = scalar.string
    return text.withUTF8 { YAMLResolver.resolve(UnsafeRawBufferPointer($0)) }
  }

  /// Whether a tag stands in front of a scalar, whose mark is then the tag's.
  private func hasTag(_ scalar: Node.Scalar) -> Bool {
    guard mayHaveTags, let mark = scalar.mark, lines.indices.contains(mark.line - 1) else {
      return false
    }
    let line = lines[mark.line - 1]
    guard line.utf8.count <= YAMLReader.maximumTaggedLineByteCount,
      line.utf8.contains(UInt8(ascii: "!"))
    else { return false }
    let rest = line.unicodeScalars.dropFirst(mark.column - 1)
    return rest.first == "!" || (rest.first == "&" && rest.contains("!"))
  }

  private static func failure(_ error: YamlError) -> EncodeError {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      let isNesting = problem.contains("nesting level")
      return .notYAML(line: mark.line, problem: isNesting ? "nested too deep" : problem)
    case .reader(let problem, let offset, _, _):
      return .notYAML(line: 1, problem: "\(problem) at byte \(offset ?? 0)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      return .notYAML(
        line: context.mark.line,
        problem: "key \(duplicates.joined(separator: ", ")) stands twice"
      )
    default: return .notYAML(line: 1, problem: "\(error)")
    }
  }
}
