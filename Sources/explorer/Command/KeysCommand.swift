import ArgumentParser
import Decode
import Explore
import MVCC
import Schema

/// `explorer keys`: keys, not values.
struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys",
    _superCommandName: "explorer",
    abstract: "Lists keys, or counts them by what they are.",
    discussion: """
      Keys that are live at the revision, in order; a deleted key is shown with --all-revisions only.

      For example:

        explorer keys pods --file backup.db
        explorer keys --by resource --sizes --endpoints 10.0.0.1:2379,10.0.0.2:2379
        explorer keys -n kube-system --count
        explorer keys --match 'web-*'
        explorer keys /registry/services --tree --file backup.db

      Exit status: 0 done, 1 no such keys, 2 error.
      """
  )

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @OptionGroup var target: TargetOptions
  @OptionGroup var source: SourceOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only keys like this: 'web-*' (the last part), 'default/*' (an end), '/registry/*/web-?'.",
      valueName: "pattern"
    )
  )
  var match: String?

  @Option(name: .long, help: "Keys as they were at this revision.")
  var rev: Int64?

  @Flag(name: .long, help: "Every stored revision of the keys, deletions among them.")
  var allRevisions = false

  @Flag(name: .long, help: "How many keys there are, and no more.")
  var count = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Count by resource, namespace, kind, prefix or prefix:N, the first N parts of the path.",
      valueName: "what"
    )
  )
  var by: String?

  @Flag(name: .long, help: "With the bytes of keys and values.")
  var sizes = false

  @Flag(name: .long, help: "As a tree of the parts of their paths.")
  var tree = false

  @Option(name: .long, help: ArgumentHelp("No more than so many.", valueName: "count"))
  var limit: Int?

  @Option(name: .shortAndLong, help: "text or json.")
  var output: Format = .text

  @OptionGroup var catalogueOptions: CatalogueOptions

  func validate() throws {
    try SourceOptions.validate(revision: rev)
    if tree && output == .json { throw ValidationError("--tree has no JSON: leave out -o json.") }
    if tree && by != nil { throw ValidationError("--tree and --by exclude each other.") }
    if allRevisions && (by != nil || tree || count) {
      throw ValidationError("--all-revisions lists; it goes without --by, --tree and --count.")
    }
    if let by, KeyTally.Grouping(by) == nil {
      throw ValidationError("--by \(by): resource, namespace, kind, prefix or prefix:N.")
    }
    if let limit, limit < 0 { throw ValidationError("--limit must not be negative.") }
  }

  mutating func run() throws {
    let source = try source.open()
    var targets = try target.resolve(with: try catalogueOptions.catalogue(), in: source)
    targets.pattern = match.map { KeyPattern($0) }
    let found: Bool
    do {
      if allRevisions {
        guard let file = source as? FileSource else {
          throw CommandFailure(
            "--all-revisions",
            "a server has no list of them: it goes with --file"
          )
        }
        found = try listRevisions(file, targets)
      } else if by != nil || tree || count {
        found = try summarise(source, targets)
      } else {
        found = try list(source, targets)
      }
    } catch let error as SourceError {
      throw self.source.failure(error)
    }
    if SourceNotes.report(source) { throw ExitCode(2) }
    if !found {
      targets.noteNearby(in: source, at: rev)
      throw ExitCode(1)
    }
  }

  private func list(_ source: any Source, _ targets: ResolvedTargets) throws -> Bool {
    let progress = Progress(source)
    defer { progress.end() }
    var output = StandardOutput()
    var shownCount = 0
    var question = question(targets)
    question.limit = limit
    let answer: RowAnswer
    do {
      answer = try source.forEachLiveRow(question, progress: progress.report) {
        row throws(SourceError) in
        shownCount += 1
        try append(row, source, to: &output)
      }
    } catch {
      output.flush()
      throw error
    }
    output.flush()
    if let count = answer.count, shownCount < count {
      Diagnostics.note("", "\(shownCount) of \(count) keys shown")
    }
    return shownCount > 0 || answer.count ?? 0 > 0
  }

  /// Which rows are read, and whether their values are.
  private func question(_ targets: ResolvedTargets) -> RowQuestion {
    let needsValues = sizes || by == "kind" || output == .json && by == nil && !tree && !count
    return RowQuestion(targets.selection, at: rev, detail: needsValues ? .values : .keys)
  }

  /// Rows of all revisions, by key and then by revision.
  private func listRevisions(_ source: FileSource, _ targets: ResolvedTargets) throws -> Bool {
    let progress = Progress(source.databasePath)
    var rows: [StoredRow] = []
    try source.forEachStoredRow(in: targets.selection, upTo: try source.bound(rev)) {
      progress.show($0, of: $1)
    } _: {
      rows.append($0)
    }
    progress.end()
    rows.sort { left, right in
      let order = StoredRow.compareKeys(left, right)
      return order != 0 ? order < 0 : left.revision < right.revision
    }
    var output = StandardOutput()
    let shown = rows.prefix(limit ?? .max)
    for row in shown { try append(row, source, to: &output) }
    output.flush()
    if shown.count < rows.count {
      Diagnostics.note("", "\(shown.count) of \(rows.count) revisions shown")
    }
    return !rows.isEmpty
  }

  /// Writes a key's line.
  private func append(
    _ row: StoredRow,
    _ source: any Source,
    to output: inout StandardOutput
  ) throws(SourceError) {
    let valueByteCount = sizes || self.output == .json ? try row.valueByteCount(in: source) : 0
    switch self.output {
    case .text:
      if allRevisions {
        output.buffer.append(Columns.right("\(row.revision.main)", 12))
        output.buffer.append(row.isTombstone ? "  DELETE  " : "  PUT     ")
      }
      if sizes { output.buffer.append(Columns.right("\(valueByteCount)", 10) + "  ") }
      if output.isTerminal {
        // A line break in a key would look like another key.
        output.buffer.append(OneLine.escaped(String(decoding: row.key, as: UTF8.self)))
      } else {
        output.buffer.append(raw: row.key)
      }
      output.buffer.append("\n")
    case .json:
      output.buffer.append("{")
      output.buffer.append(JSONString.field("key", row.key))
      output.buffer.append(",\"modRevision\":\(row.revision.main)")
      if row.isTombstone {
        output.buffer.append(",\"deleted\":true}\n")
      } else {
        output.buffer.append(",\"valueSize\":\(valueByteCount)}\n")
      }
    }
    output.flushIfLarge()
  }

  private func summarise(_ source: any Source, _ targets: ResolvedTargets) throws -> Bool {
    if tree { return try drawTree(source, targets) }
    if by == nil && !sizes { return try showCount(source, targets) }
    let grouping = by.flatMap { KeyTally.Grouping($0) } ?? .resource
    let progress = Progress(source)
    var question = question(targets)
    question.isOrdered = false
    let groups: [KeyTally.Group]
    let total: KeyTally.Group
    if grouping == .kind {
      // A key does not tell the kind, nor the API version that is stored.
      let tally = KindTally(decoder: Decoder(catalogue: try catalogueOptions.catalogue()))
      try source.forEachLiveRow(question, progress: progress.report) {
        row throws(SourceError) in
        if let value = try row.value(in: source) { tally.add(row.key, value: value) }
      }
      (groups, total) = (tally.sortedGroups, tally.total)
    } else {
      let tally = KeyTally(by: grouping, parser: targets.parser)
      try source.forEachLiveRow(question, progress: progress.report) {
        row throws(SourceError) in
        tally.add(row.key, valueByteCount: sizes ? try row.valueByteCount(in: source) : 0)
      }
      (groups, total) = (tally.groups, tally.total)
    }
    progress.end()
    var output = StandardOutput()
    if by == nil {
      let bytes = total.keyByteCount + total.valueByteCount
      switch self.output {
      case .text: output.buffer.append("\(total.count) \(bytes)\n")
      case .json: output.buffer.append("{\"keys\":\(total.count),\"bytes\":\(bytes)}\n")
      }
    } else {
      append(groups, total, to: &output)
    }
    output.flush()
    return total.count > 0
  }

  private func showCount(_ source: any Source, _ targets: ResolvedTargets) throws -> Bool {
    let progress = Progress(source)
    let count = try source.count(question(targets), progress: progress.report)
    progress.end()
    var output = StandardOutput()
    output.write(self.output == .text ? "\(count)\n" : "{\"keys\":\(count)}\n")
    return count > 0
  }

  private func drawTree(_ source: any Source, _ targets: ResolvedTargets) throws -> Bool {
    var options = KeyTree.Options()
    options.showsSizes = sizes
    let keys = KeyTree(options: options)
    let progress = Progress(source)
    var question = question(targets)
    question.isOrdered = false
    try source.forEachLiveRow(question, progress: progress.report) {
      row throws(SourceError) in
      keys.add(row.key, valueByteCount: sizes ? try row.valueByteCount(in: source) : 0)
    }
    progress.end()
    var output = StandardOutput()
    keys.append(to: &output.buffer)
    output.flush()
    return keys.count > 0
  }

  /// Writes the groups, the largest first.
  private func append(
    _ groups: [KeyTally.Group],
    _ total: KeyTally.Group,
    to output: inout StandardOutput
  ) {
    let groups = groups.sorted { left, right in
      let (more, less) = (size(of: left), size(of: right))
      return more != less ? more > less : (left.name ?? "") < (right.name ?? "")
    }
    let shown = groups.prefix(limit ?? .max)
    switch self.output {
    case .text:
      var rows = shown.map { group in
        var row = ["\(group.count)"]
        if sizes {
          row += ["\(group.keyByteCount)", "\(group.valueByteCount)"]
        }
        return row + [name(of: group)]
      }
      var last = ["\(total.count)"]
      if sizes { last += ["\(total.keyByteCount)", "\(total.valueByteCount)"] }
      rows.append(last + ["(all)"])
      let title = (by ?? "").split(separator: ":").first.map { $0.uppercased() } ?? ""
      rows.insert(["KEYS"] + (sizes ? ["KEY-BYTES", "VALUE-BYTES"] : []) + [title], at: 0)
      for line in Columns.lines(of: rows) { output.buffer.append(line + "\n") }
    case .json:
      for group in shown {
        output.buffer.append("{\"name\":")
        output.buffer.append(JSONString.text(name(of: group)))
        output.buffer.append(",\"keys\":\(group.count)")
        if sizes {
          output.buffer.append(
            ",\"keyBytes\":\(group.keyByteCount),\"valueBytes\":\(group.valueByteCount)"
          )
        }
        output.buffer.append("}\n")
      }
    }
  }

  private func size(of group: KeyTally.Group) -> Int {
    sizes ? group.keyByteCount + group.valueByteCount : group.count
  }

  private func name(of group: KeyTally.Group) -> String {
    guard let name = group.name else { return "(others)" }
    return name.isEmpty ? "(none)" : name
  }
}

/// Numbers and names in columns.
enum Columns {
  /// Text with spaces in front up to a width.
  static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// Each row as a line: all cells but the last to the right, as numbers are.
  static func lines(of rows: [[String]]) -> [String] {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return rows.map { row in
      row.enumerated().map { column, cell in
        column == row.count - 1 ? cell : right(cell, widths[column])
      }.joined(separator: "  ")
    }
  }
}

/// Text in JSON.
enum JSONString {
  /// Bytes as a JSON string, with what is not UTF-8 replaced.
  static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    text(String(decoding: bytes, as: UTF8.self))
  }

  /// A field with bytes: as text if they are UTF-8, else in base64 under a name that says so.
  static func field(_ name: String, _ bytes: UnsafeRawBufferPointer) -> String {
    if let text = String(validating: bytes, as: UTF8.self) {
      return "\"\(name)\":\(self.text(text))"
    }
    return "\"\(name)Base64\":\"\(base64(bytes))\""
  }

  private static func base64(_ bytes: UnsafeRawBufferPointer) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var word = 0
      for place in 0..<3 { word = word << 8 | (place < count ? Int(bytes[start + place]) : 0) }
      for place in 0..<4 {
        let digit = digits[word >> (18 - 6 * place) & 63]
        text.append(place <= count ? digit : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Text as a JSON string.
  static func text(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case "\u{0}"..."\u{1F}", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
