import ArgumentParser
import Decode
import Explore
import MVCC

/// `explorer history`: what a key was, revision by revision.
struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    _superCommandName: "explorer",
    abstract: "Shows all stored revisions of a key, newest first, with what each changed.",
    discussion: """
      etcd keeps no times: when and by whom is what the object says itself (managedFields, else \
      its creation).

      For example:

        explorer history deploy/default/web
        explorer history /registry/pods/default/web-0 --file /var/lib/etcd -o diff

      Exit status: 0 done, 1 the key is not known, 2 error.
      """
  )

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, diff, json
  }

  @OptionGroup var target: TargetOptions
  @OptionGroup var source: SourceOptions

  @Option(name: .long, help: "Nothing newer than this revision.")
  var rev: Int64?

  @Option(name: .shortAndLong, help: "text, diff (as lines of YAML) or json (one line a revision).")
  var output: Format = .text

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

  func validate() throws {
    try SourceOptions.validate(revision: rev)
  }

  mutating func run() throws {
    let catalogue = try catalogueOptions.catalogue()
    let source = try source.open()
    let targets = try target.resolve(with: catalogue, in: source)
    guard let key = targets.singleKey else {
      throw CommandFailure(
        target.targets.joined(separator: " "),
        "not one key: name one object, such as pods/default/web-0, or a whole key"
      )
    }
    var options = Decoder.Options()
    options.release = try catalogueOptions.wantedRelease()
    options.encryption = try encryption.read()
    let decoder = Decoder(catalogue: catalogue, options: options)
    var printing = HistoryPrinting(
      format: output,
      decoder: decoder,
      key: String(decoding: key, as: UTF8.self),
      options: DifferenceOptions.make(ignore: ignore, showSecrets: showSecrets)
    )
    let progress = Progress(source)
    do {
      try source.forEachRevision(of: key, upTo: rev, progress: progress.report) {
        row throws(SourceError) in
        printing.add(row)
        return true
      }
      progress.end()
    } catch {
      printing.end()
      throw self.source.failure(error)
    }
    printing.end()
    if let unsought = (source as? LiveSource)?.unsoughtRevisions {
      Diagnostics.note(
        "",
        "earlier lives of the key may lie in revisions \(unsought.lowerBound) to "
          + "\(unsought.upperBound): too many for the server to look through"
      )
    }
    guard let hasOlder = printing.hasOlder else {
      let name = OneLine.escaped(String(decoding: key, as: UTF8.self))
      Diagnostics.report(CommandFailure(name, unknown(key, in: source)))
      // It may lie in what was lost.
      throw ExitCode(SourceNotes.report(source) ? 2 : 1)
    }
    if let compactRevision = source.compactRevision, hasOlder {
      Diagnostics.note("", "older revisions have been compacted, at revision \(compactRevision)")
    }
    if SourceNotes.report(source) || printing.hasFailed { throw ExitCode(2) }
  }

  /// Why nothing is known of a key.
  private func unknown(_ key: [UInt8], in source: any Source) -> String {
    guard let rev, rev > 0 else {
      return source is FileSource ? "not known to this file" : "not known"
    }
    var text = "not known up to revision \(rev)"
    var first: Int64?
    try? source.forEachRevision(of: key, upTo: nil, progress: nil) { row in
      first = row.revision.main
      return true
    }
    if let first { text += ", first at revision \(first)" }
    if let compactRevision = source.compactRevision, rev < compactRevision {
      text += "; older revisions have been compacted, at revision \(compactRevision)"
    }
    return text
  }
}

/// What counts as a difference, by the options of a command.
enum DifferenceOptions {
  static func make(ignore: String, showSecrets: Bool) -> ObjectDifference.Options {
    var options = ObjectDifference.Options()
    options.masksSecrets = !showSecrets
    options.ignoredFields = ignore == "none" ? [] : ObjectDifference.Options.fields(in: ignore)
    return options
  }
}

/// A key's history being shown.
private struct HistoryPrinting: ~Copyable {
  private let format: HistoryCommand.Format
  private let decoder: Decoder
  private let key: String
  private let options: ObjectDifference.Options
  private var output = StandardOutput()

  /// The row that was added last, which is shown once the one before it is known.
  private var pending: (row: HeldRow, object: DecodedObject?)?

  /// Whether the key was there before the row that was added last; nothing without rows.
  private(set) var hasOlder: Bool?

  /// Whether a revision could not be decoded.
  private(set) var hasFailed = false

  init(
    format: HistoryCommand.Format,
    decoder: Decoder,
    key: String,
    options: ObjectDifference.Options
  ) {
    self.format = format
    self.decoder = decoder
    self.key = key
    self.options = options
  }

  /// Takes a row that is older than those before, and shows the one before it.
  mutating func add(_ row: StoredRow) {
    // Each object is decoded once, though it is compared with both of its neighbours.
    let object = decoded(row)
    showPending(before: row, object)
    pending = (HeldRow(row), object)
    hasOlder = row.isTombstone || (try? row.keyValue().version) ?? 1 > 1
    output.flushIfLarge()
  }

  /// Shows the last row.
  mutating func end() {
    showPending(before: nil, nil)
    output.flush()
  }

  private mutating func showPending(before older: StoredRow?, _ olderObject: DecodedObject?) {
    if let (held, object) = pending { print(held.row, object, before: older, olderObject) }
  }

  private mutating func decoded(_ row: StoredRow) -> DecodedObject? {
    guard !row.isTombstone else { return nil }
    var buffer = OutputBuffer()
    var notes: [Note] = []
    do {
      let value = try row.keyValue().value
      try decoder.decode(value, as: .json, key: key, into: &buffer, notes: &notes)
      return try buffer.withBytes { try DecodedObject(json: $0) }
    } catch {
      hasFailed = true
      Diagnostics.report(CommandFailure("revision \(row.revision.main)", "\(error)"))
      return nil
    }
  }

  private mutating func print(
    _ row: StoredRow,
    _ object: DecodedObject?,
    before older: StoredRow?,
    _ olderObject: DecodedObject?
  ) {
    let keyValue = try? row.keyValue()
    let version = keyValue?.version ?? 0
    // A key that was there before is made again after a deletion.
    let event =
      row.isTombstone
      ? "DELETED" : version == 1 ? (older == nil ? "ADDED" : "RE-CREATED") : "MODIFIED"
    let write = object?.lastWrite
    let difference: ObjectDifference? =
      if event == "MODIFIED", let object, let olderObject {
        ObjectDifference(from: olderObject, to: object, options: options)
      } else {
        nil
      }
    switch format {
    case .text, .diff:
      let time = time(of: row.isTombstone ? olderObject?.lastWrite : write, olderObject?.lastWrite)
      output.buffer.append("\(row.revision.main)  ")
      output.append(event, in: (ChangeKind(rawValue: event) ?? .added).colour)
      var line = "  \(time)"
      if let manager = write?.manager, write != olderObject?.lastWrite { line += "  by \(manager)" }
      if !row.isTombstone {
        line += "  version \(version)  \(keyValue?.value.count ?? 0) B"
      }
      output.buffer.append(OneLine.escaped(line) + "\n")
      if format == .text {
        let start = output.buffer.count
        for change in difference?.changes ?? [] {
          output.buffer.append("    \(OneLine.escaped(change.summary()))\n")
        }
        output.colourDifference(from: start, column: 4)
      } else if let object, let olderObject, difference != nil {
        let lines = UnifiedDifference(
          from: olderObject,
          to: object,
          options: options
        )
        let start = output.buffer.count
        lines.append(
          oldName: "revision \(older?.revision.main ?? 0)",
          newName: "revision \(row.revision.main)",
          to: &output.buffer
        )
        output.colourDifference(from: start)
      }
    case .json:
      output.buffer.append("{\"key\":\(JSONString.text(key)),\"revision\":\(row.revision.main)")
      output.buffer.append(",\"event\":\"\(event)\"")
      if !row.isTombstone {
        output.buffer.append(",\"version\":\(version),\"size\":\(keyValue?.value.count ?? 0)")
      }
      if let write, write != olderObject?.lastWrite {
        if let time = write.time { output.buffer.append(",\"time\":\(JSONString.text(time))") }
        if let manager = write.manager {
          output.buffer.append(",\"manager\":\(JSONString.text(manager))")
        }
      }
      if let difference {
        output.buffer.append(",\"changes\":")
        difference.appendJSON(to: &output.buffer)
      }
      output.buffer.append("}\n")
    }
  }

  /// When a revision was written, as far as its object tells; of a deletion the one before tells.
  private func time(
    of write: DecodedObject.LastWrite?,
    _ older: DecodedObject.LastWrite?
  ) -> String {
    guard let write, let time = write.time else { return "time unknown" }
    // Not every write leaves a trace: what was there before is no time of this one.
    if write == older { return "after \(time)" }
    return write.isCreation ? "created \(time)" : time
  }
}
