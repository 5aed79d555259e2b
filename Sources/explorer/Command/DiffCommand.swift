import ArgumentParser
import Decode
import Explore
import FileIO
import MVCC

/// `explorer diff`: two states, key by key.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    _superCommandName: "explorer",
    abstract: "Shows what differs between two files, or between two revisions of one.",
    discussion: """
      Each state is a file, a file with a revision behind an @, or a revision of the file that \
      --file names. Objects that differ only in fields that do not count are no difference.

      For example:

        explorer diff monday.db tuesday.db
        explorer diff monday.db tuesday.db deploy -n shop
        explorer diff backup.db@5120 backup.db pods/default/web-0 -o yaml
        explorer diff 5120 5200 --file backup.db

      Exit status: 0 nothing differs, 1 something does, 2 error.
      """
  )

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case summary, yaml, json
  }

  @Argument(help: ArgumentHelp("The first state.", valueName: "a"))
  var first: String

  @Argument(help: ArgumentHelp("The second state.", valueName: "b"))
  var second: String

  @OptionGroup var target: TargetOptions
  @OptionGroup var source: FileOptions

  @Option(
    name: .shortAndLong,
    help: "summary (keys and fields), yaml (as diff -u) or json (one line a key)."
  )
  var output: Format = .summary

  @Flag(name: .long, help: "Keys only, nothing decoded.")
  var keysOnly = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Fields that do not count, with commas between; none for all that changed.",
      valueName: "paths"
    )
  )
  var ignore = "metadata.managedFields"

  @Flag(name: .long, help: "Show the data of Secrets.")
  var showSecrets = false

  @OptionGroup var encryption: EncryptionOption

  @OptionGroup var catalogueOptions: CatalogueOptions

  mutating func run() throws {
    let catalogue = try catalogueOptions.catalogue()
    let old = try state(first)
    // A file is opened once: rows of one file are compared by where they lie.
    let new = try state(second, besides: old.source)
    if source.wal, old.source.replay == nil, new.source.replay == nil {
      throw CommandFailure("--wal", "neither state is of a data directory")
    }
    let targets = try target.resolve(with: catalogue, in: new.source)
    var options = Decoder.Options()
    options.release = try catalogueOptions.wantedRelease()
    options.encryption = try encryption.read()
    var printing = DifferencePrinting(
      format: output,
      isKeysOnly: keysOnly,
      decoder: Decoder(catalogue: catalogue, options: options),
      options: DifferenceOptions.make(ignore: ignore, showSecrets: showSecrets),
      names: (first, second)
    )
    do {
      let progress = Progress("diff")
      var comparison = try StateComparison(
        (old.source, old.revision),
        (new.source, new.revision),
        in: targets.selection
      ) { progress.show($0, of: $1) }
      progress.end()
      try comparison.forEachDifference { difference in printing.print(difference) }
      printing.end(equalCount: comparison.equalCount)
    } catch {
      throw CommandFailure("", error)
    }
    let isIncomplete = SourceNotes.report(old.source)
    let isIncompleteToo = new.source !== old.source && SourceNotes.report(new.source)
    if isIncomplete || isIncompleteToo || printing.hasFailed { throw ExitCode(2) }
    if printing.count > 0 { throw ExitCode(1) }
  }

  /// The state that a word names.
  private func state(
    _ word: String,
    besides other: FileSource? = nil
  ) throws -> (source: FileSource, revision: Int64?) {
    let files = LocalFileSystem()
    if (try? files.kind(of: word)) != nil { return (try open(word, besides: other), nil) }
    if let at = word.lastIndex(of: "@"), let revision = Int64(word[word.index(after: at)...]),
      revision >= 0
    {
      let path = String(word[..<at])
      if path.isEmpty, let file = source.file { return (try open(file, besides: other), revision) }
      return (try open(path, besides: other), revision)
    }
    if let revision = Int64(word) {
      guard let file = source.file else {
        throw CommandFailure(word, "a revision needs --file, or a file in front: FILE@\(revision)")
      }
      return (try open(file, besides: other), revision)
    }
    return (try open(word, besides: other), nil)
  }

  private func open(_ path: String, besides other: FileSource?) throws -> FileSource {
    if let other, other.path == path { return other }
    // Of a directory and a snapshot, say, one has a log.
    let hasLog = (try? LocalFileSystem().kind(of: path)) == .directory
    return try FileOptions.open(
      path,
      unlocked: source.unlocked,
      salvage: source.salvage,
      wal: source.wal && hasLog,
      uncommitted: source.uncommitted
    )
  }
}

/// Differences being shown.
private struct DifferencePrinting: ~Copyable {
  private let format: DiffCommand.Format
  private let isKeysOnly: Bool
  private let decoder: Decoder
  private let options: ObjectDifference.Options
  private let names: (old: String, new: String)
  private var output = StandardOutput()
  private var addedCount = 0
  private var removedCount = 0
  private var changedCount = 0

  /// Keys whose values differ in nothing that counts.
  private var ignoredCount = 0

  /// Whether the values at hand hold something that their objects do not show.
  private var isLossy = false

  /// Whether a value could not be decoded.
  private(set) var hasFailed = false

  init(
    format: DiffCommand.Format,
    isKeysOnly: Bool,
    decoder: Decoder,
    options: ObjectDifference.Options,
    names: (old: String, new: String)
  ) {
    self.format = format
    self.isKeysOnly = isKeysOnly
    self.decoder = decoder
    self.options = options
    self.names = names
  }

  /// How many keys differ.
  var count: Int { addedCount + removedCount + changedCount }

  mutating func print(_ difference: RowDifference) {
    let key = String(decoding: difference.key, as: UTF8.self)
    isLossy = false
    let isPrinted =
      switch format {
      case .summary: printSummary(difference, key)
      case .yaml: printYAML(difference, key)
      case .json: printJSON(difference, key)
      }
    if !isPrinted {
      ignoredCount += 1
    } else if difference.old == nil {
      addedCount += 1
    } else if difference.new == nil {
      removedCount += 1
    } else {
      changedCount += 1
    }
    output.flushIfLarge()
  }

  mutating func end(equalCount: Int) {
    output.flush()
    guard format == .summary else { return }
    var counts =
      "\(addedCount) added, \(removedCount) removed, \(changedCount) changed, \(equalCount) equal"
    if ignoredCount > 0 { counts += ", \(ignoredCount) changed in nothing that counts" }
    Diagnostics.note("", counts)
  }

  /// Writes a key and its fields.
  ///
  /// - Returns: Whether something differs that counts, as in the other two forms.
  private mutating func printSummary(_ difference: RowDifference, _ key: String) -> Bool {
    let fields = fields(difference, key)
    if let fields, isNothing(fields) { return false }
    var start = output.buffer.count
    output.buffer.append("\(kind(of: difference).mark) \(OneLine.escaped(key))\n")
    output.colourDifference(from: start)
    start = output.buffer.count
    for change in fields?.changes ?? [] {
      output.buffer.append("    \(OneLine.escaped(change.summary()))\n")
    }
    output.colourDifference(from: start, column: 4)
    return true
  }

  private mutating func printJSON(_ difference: RowDifference, _ key: String) -> Bool {
    let fields = fields(difference, key)
    if let fields, isNothing(fields) { return false }
    let kind = kind(of: difference).rawValue
    output.buffer.append("{\"key\":\(JSONString.text(key)),\"kind\":\"\(kind)\"")
    if let old = difference.old { output.buffer.append(",\"oldRevision\":\(old.revision.main)") }
    if let new = difference.new { output.buffer.append(",\"newRevision\":\(new.revision.main)") }
    if let fields {
      output.buffer.append(",\"changes\":")
      fields.appendJSON(to: &output.buffer)
    }
    output.buffer.append("}\n")
    return true
  }

  private mutating func printYAML(_ difference: RowDifference, _ key: String) -> Bool {
    guard !isKeysOnly else {
      output.buffer.append("\(OneLine.escaped(key))\n")
      return true
    }
    let old = difference.old.flatMap { decoded($0, key) }
    let new = difference.new.flatMap { decoded($0, key) }
    // What could not be decoded has been told of.
    guard (old != nil) == (difference.old != nil), (new != nil) == (difference.new != nil) else {
      return true
    }
    let lines = UnifiedDifference(from: old, to: new, options: options)
    let start = output.buffer.count
    lines.append(
      oldName: difference.old == nil ? "/dev/null" : "\(names.old):\(key)",
      newName: difference.new == nil ? "/dev/null" : "\(names.new):\(key)",
      to: &output.buffer
    )
    output.colourDifference(from: start)
    return !lines.isEmpty || isLossy
  }

  private func kind(of difference: RowDifference) -> FieldChange.Kind {
    difference.old == nil ? .added : difference.new == nil ? .removed : .changed
  }

  /// Whether fields that count are the same; fields that are not shown may not be.
  private func isNothing(_ fields: ObjectDifference) -> Bool { fields.changes.isEmpty && !isLossy }

  /// The fields that differ, of a key that is in both states; nothing with keys only.
  private mutating func fields(_ difference: RowDifference, _ key: String) -> ObjectDifference? {
    guard !isKeysOnly, let oldRow = difference.old, let newRow = difference.new,
      let old = decoded(oldRow, key), let new = decoded(newRow, key)
    else { return nil }
    return ObjectDifference(from: old, to: new, options: options)
  }

  private mutating func decoded(_ row: StoredRow, _ key: String) -> DecodedObject? {
    var buffer = OutputBuffer()
    var notes: [Note] = []
    do {
      let value = try row.keyValue().value
      try decoder.decode(value, as: .json, key: key, into: &buffer, notes: &notes)
      isLossy = isLossy || notes.contains { $0.isLoss }
      return try buffer.withBytes { try DecodedObject(json: $0) }
    } catch {
      hasFailed = true
      output.flush()
      Diagnostics.report(CommandFailure(OneLine.escaped(key), "\(error)"))
      return nil
    }
  }
}
