internal import Decode

/// What a step of a path stands for: a place in the object, or a value of the template's own.
enum JSONPathValue: Equatable {
  /// A node of the document.
  case node(Int)
  case text([UInt8])
  case integer(Int)
  case double(Double)
  case boolean(Bool)

  /// What a range over nothing gives to the pieces inside it, which run once all the same.
  case nothing
}

/// One run of a template over one object.
///
/// Ranges are found while running, as kubectl does it: a piece with the word `range` begins a loop
/// over its values, and the pieces behind it run for each of them up to one with the word `end`.
///
/// Source: kubernetes/client-go, util/jsonpath/jsonpath.go.
struct JSONPathEvaluation {
  /// More values than this at once are an error: descents multiply each other.
  static let maximumResultCount = 4_000_000

  /// Ranges in each other.
  static let maximumRangeDepth = 64

  private let document: JSONDocument
  private let pieces: [JSONPathParser.Piece]
  private let allowsMissingKeys: Bool
  private let resultLimit: Int

  /// How many values are going to be printed.
  private var resultCount = 0

  /// How many ranges have begun whose pieces do not run yet: the word has just been read.
  private var beginningRanges = 0

  /// How many ranges are running.
  private var runningRanges = 0

  /// How many ends have been read whose ranges still run.
  private var endingRanges = 0

  /// The last piece that was an end.
  private var lastEnd: Int?

  init(
    document: JSONDocument,
    pieces: [JSONPathParser.Piece],
    allowsMissingKeys: Bool,
    resultLimit: Int = JSONPathEvaluation.maximumResultCount
  ) {
    self.document = document
    self.pieces = pieces
    self.allowsMissingKeys = allowsMissingKeys
    self.resultLimit = resultLimit
  }

  /// The values of each piece in the order in which they are printed.
  mutating func results() throws(JSONPathError) -> [[JSONPathValue]] {
    try results(from: 0, for: .node(0), depth: 0)
  }

  private mutating func results(
    from first: Int,
    for value: JSONPathValue,
    depth: Int
  ) throws(JSONPathError) -> [[JSONPathValue]] {
    guard depth <= JSONPathEvaluation.maximumRangeDepth else {
      throw .tooDeep(limit: JSONPathEvaluation.maximumRangeDepth)
    }
    var all: [[JSONPathValue]] = []
    var index = first
    while index < pieces.count {
      let values: [JSONPathValue] =
        switch pieces[index] {
        case .text(let text): [.text(text)]
        case .action(let steps): try walk([value], steps)
        }
      if endingRanges > 0, endingRanges <= runningRanges {
        endingRanges -= 1
        lastEnd = index
        break
      }
      if beginningRanges > 0 {
        beginningRanges -= 1
        runningRanges += 1
        for item in values {
          all += try results(from: index + 1, for: item, depth: depth + 1)
        }
        // Without values the pieces run too, so that the end is found; what they give is dropped.
        if values.isEmpty { _ = try results(from: index + 1, for: .nothing, depth: depth + 1) }
        runningRanges -= 1
        // Behind the end; a range without one runs into the pieces behind it once more.
        if let lastEnd, lastEnd > index { index = lastEnd }
        index += 1
        continue
      }
      all.append(values)
      resultCount += 1 + values.count
      try check(resultCount)
      index += 1
    }
    return all
  }

  private func check(_ count: Int) throws(JSONPathError) {
    guard count <= resultLimit else { throw .tooManyResults(limit: resultLimit) }
  }

  // MARK: Steps

  private mutating func walk(
    _ input: [JSONPathValue],
    _ steps: [JSONPathStep]
  ) throws(JSONPathError) -> [JSONPathValue] {
    var values = input
    for step in steps { values = try walk(values, step) }
    return values
  }

  private mutating func walk(
    _ input: [JSONPathValue],
    _ step: JSONPathStep
  ) throws(JSONPathError) -> [JSONPathValue] {
    switch step {
    case .text(let text): return [.text(text)]
    case .integer(let value): return input.map { _ in .integer(value) }
    case .double(let value): return input.map { _ in .double(value) }
    case .boolean(let value): return input.map { _ in .boolean(value) }
    case .field(let name): return try fields(name, of: input)
    case .slice(let slice): return try items(slice, of: input)
    case .wildcard:
      var found: [JSONPathValue] = []
      for value in input {
        found += children(of: value)
        try check(found.count)
      }
      return found
    case .descent:
      var found: [JSONPathValue] = []
      try descend(input, into: &found)
      return found
    case .union(let parts):
      var found: [JSONPathValue] = []
      for part in parts {
        found += try walk(input, part)
        try check(found.count)
      }
      return found
    case .exists, .filter: return try filtered(input, by: step)
    case .identifier("range"):
      beginningRanges += 1
      return input
    case .identifier("end"):
      guard runningRanges > 0 else { throw .notInRange }
      endingRanges += 1
      return []
    case .identifier(let word): throw .unrecognizedIdentifier(word)
    }
  }

  private func fields(
    _ name: String,
    of input: [JSONPathValue]
  ) throws(JSONPathError) -> [JSONPathValue] {
    guard !input.isEmpty else { return [] }
    let found = input.compactMap { value -> JSONPathValue? in
      guard case .node(let node) = value else { return nil }
      return document.value(of: name, in: node).map { .node($0) }
    }
    guard !found.isEmpty || allowsMissingKeys else { throw .notFound(name) }
    return found
  }

  private func items(
    _ slice: JSONPathSlice,
    of input: [JSONPathValue]
  ) throws(JSONPathError) -> [JSONPathValue] {
    var found: [JSONPathValue] = []
    for value in input where !isNull(value) {
      try check(found.count)
      guard case .node(let node) = value, document.nodes[node].kind == .array else {
        throw .notArray(type(of: value))
      }
      let count = document.nodes[node].count
      // Numbers come from the template, and may be as large as they like.
      var start = slice.start ?? 0
      if start < 0 { start &+= count }
      var end = slice.isIndex ? (slice.start ?? 0) &+ 1 : slice.end ?? count
      if end < 0 || end == 0 && slice.isIndex { end &+= count }
      // Of equal bounds nothing is wanted, wherever they are; and nothing more of the others.
      if start == end { return found }
      guard start >= 0, start < count else { throw .outOfBounds(index: start, count: count) }
      guard end >= 0, end <= count else { throw .outOfBounds(index: end &- 1, count: count) }
      guard start < end else { throw .startBehindEnd(start: start, end: end) }
      let step = slice.step ?? 1
      guard step > 0 else { throw .badStep }
      if slice.isIndex {
        found.append(.node(item(start, of: node)))
      } else {
        let items = document.items(of: node)[start..<end]
        var index = start
        while index < end {
          found.append(.node(items[index]))
          index = step < end - index ? index + step : end
        }
      }
    }
    return found
  }

  /// The node of an array's item, by its index, which the array has.
  private func item(_ index: Int, of array: Int) -> Int {
    var node = array + 1
    for _ in 0..<index { node = document.nodes[node].end }
    return node
  }

  /// What lies directly in a value: an object's values, sorted by their keys, an array's items, and
  /// the bytes of a string, which is how Go sees it.
  private func children(of value: JSONPathValue) -> [JSONPathValue] {
    switch value {
    case .node(let index):
      let node = document.nodes[index]
      switch node.kind {
      case .object: return document.sortedKeys(of: index).map { .node($0 + 1) }
      case .array: return document.items(of: index).map { .node($0) }
      case .string: return text(of: node).map { .integer(Int($0)) }
      case .null, .true, .false, .number: return []
      }
    case .text(let text): return text.map { .integer(Int($0)) }
    case .integer, .double, .boolean, .nothing: return []
    }
  }

  /// Appends each value that has something in it, and what lies below it.
  ///
  /// It calls itself no deeper than a document nests.
  private func descend(
    _ input: [JSONPathValue],
    into found: inout [JSONPathValue]
  ) throws(JSONPathError) {
    for value in input {
      let children = children(of: value)
      guard !children.isEmpty else { continue }
      found.append(value)
      try check(found.count)
      // The bytes of a string have nothing below them.
      if case .integer = children[0] { continue }
      try descend(children, into: &found)
    }
  }

  // MARK: Filters

  private mutating func filtered(
    _ input: [JSONPathValue],
    by filter: JSONPathStep
  ) throws(JSONPathError) -> [JSONPathValue] {
    var found: [JSONPathValue] = []
    for value in input {
      guard case .node(let node) = value, document.nodes[node].kind == .array else {
        throw .notFilterable(type(of: value))
      }
      for item in document.items(of: node) where try passes(.node(item), filter) {
        found.append(.node(item))
      }
      try check(found.count)
    }
    return found
  }

  private mutating func passes(
    _ item: JSONPathValue,
    _ filter: JSONPathStep
  ) throws(JSONPathError) -> Bool {
    switch filter {
    case .exists(let path):
      do throws(JSONPathError) {
        return try !walk([item], path).isEmpty
      } catch {
        // To kubectl a path that does not fit exists, unless a key is missing.
        if case .notFound = error { return false }
        if case .tooManyResults = error { throw error }
        return true
      }
    case .filter(let left, let sign, let right):
      let lefts = try walk([item], left)
      guard lefts.count <= 1 else { throw .severalToCompare }
      guard let left = lefts.first else { return false }
      let rights = try walk([item], right)
      guard rights.count <= 1 else { throw .severalToCompare }
      guard let right = rights.first else { return false }
      return try compare(left, sign, right)
    default: return false
    }
  }

  /// A value as it is compared.
  private enum Comparable: Equatable {
    case boolean(Bool)
    case integer(Int64)
    case double(Double)
    case string([UInt8])
  }

  private func comparable(_ value: JSONPathValue) throws(JSONPathError) -> Comparable {
    switch value {
    case .text(let text): return .string(text)
    case .integer(let value): return .integer(Int64(value))
    case .double(let value): return .double(value)
    case .boolean(let value): return .boolean(value)
    case .nothing: throw .invalidComparison
    case .node(let index):
      let node = document.nodes[index]
      switch node.kind {
      case .true: return .boolean(true)
      case .false: return .boolean(false)
      case .string: return .string(text(of: node))
      case .number:
        switch JSONPathPrinter.number(document.string(of: node)) {
        case .integer(let value): return .integer(value)
        case .double(let value): return .double(value)
        }
      case .null, .array, .object: throw .invalidComparison
      }
    }
  }

  private func compare(
    _ left: JSONPathValue,
    _ sign: String,
    _ right: JSONPathValue
  ) throws(JSONPathError) -> Bool {
    let signs: Set<String> = ["==", "!=", "<", "<=", ">", ">="]
    guard signs.contains(sign) else { throw .unrecognizedOperator(sign) }
    let left = try comparable(left)
    let right = try comparable(right)
    let isLess: Bool
    switch (left, right) {
    case (.boolean, .boolean):
      guard sign == "==" || sign == "!=" else { throw .invalidComparison }
      isLess = false
    case (.integer(let left), .integer(let right)): isLess = left < right
    case (.double(let left), .double(let right)): isLess = left < right
    case (.string(let left), .string(let right)): isLess = left.lexicographicallyPrecedes(right)
    default: throw .incompatibleComparison
    }
    let isEqual = left == right
    switch sign {
    case "==": return isEqual
    case "!=": return !isEqual
    case "<": return isLess
    case "<=": return isLess || isEqual
    case ">": return !isLess && !isEqual
    default: return !isLess
    }
  }

  // MARK: Values

  private func text(of node: JSONDocument.Node) -> [UInt8] {
    Array(document.text[node.textOffset..<(node.textOffset + node.count)])
  }

  /// Whether a step into a value is passed over in silence.
  private func isNull(_ value: JSONPathValue) -> Bool {
    if case .node(let node) = value { return document.nodes[node].kind == .null }
    return value == .nothing
  }

  private func type(of value: JSONPathValue) -> JSONType {
    switch value {
    case .text: .string
    case .integer, .double: .number
    case .boolean: .boolean
    case .nothing: .null
    case .node(let node):
      switch document.nodes[node].kind {
      case .null: .null
      case .true, .false: .boolean
      case .number: .number
      case .string: .string
      case .array: .array
      case .object: .object
      }
    }
  }
}
