import ArgumentParser
import Decode
import Explore
import MVCC

#if canImport(Glibc)
import Glibc
#endif

/// `explorer get`: values, decoded.
struct GetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get",
    _superCommandName: "explorer",
    abstract: "Shows objects, decoded, as they are or were.",
    discussion: """
      For example:

        explorer get pods/default/web-0 --file backup.db
        explorer get pods -n kube-system -o table
        explorer get pods,svc -A -l app=web,tier!=db -o wide --file backup.db
        explorer get deploy/default/web --clean --file backup.db | kubectl apply -f -
        explorer get cm/default/settings --rev 5120 --file /var/lib/etcd

      Exit status: 0 done, 1 nothing found, 2 error.
      """
  )

  @OptionGroup var target: TargetOptions
  @OptionGroup var source: SourceOptions

  @OptionGroup var labels: LabelOption

  @Option(name: .long, help: "Objects as they were at this revision.")
  var rev: Int64?

  @Flag(name: .long, help: "Every stored revision, deletions among them, the newest first.")
  var allRevisions = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "yaml, json (one line an object), json-pretty, jsonpath=TEMPLATE, table, wide, name, raw (the"
        + " bytes), hex, fields (as etcdctl), pb.",
      valueName: "format"
    )
  )
  var output: ObjectFormat = .rendering(.yaml)

  @Flag(name: .long, help: "Ready to apply: without what the cluster has filled in, and status.")
  var clean = false

  @Flag(name: .long, help: "With --clean, keep the status.")
  var keepStatus = false

  @Flag(name: .long, help: "With --clean, keep owner references.")
  var keepOwners = false

  @Flag(
    name: .long,
    help: "With --clean, keep nodes, volumes, addresses and ports: for the cluster it came from."
  )
  var keepBindings = false

  @Flag(name: .long, help: "Without the names of the columns.")
  var noHeaders = false

  @OptionGroup var encryption: EncryptionOption

  @OptionGroup var catalogueOptions: CatalogueOptions

  /// Whether an object is not there that was named beside others.
  private var isMissing = false

  func validate() throws {
    try SourceOptions.validate(revision: rev)
    if !clean && (keepStatus || keepOwners || keepBindings) {
      throw ValidationError("--keep-status, --keep-owners and --keep-bindings go with --clean.")
    }
    if clean {
      switch output {
      case .rendering(.yaml), .rendering(.json), .rendering(.prettyJSON): break
      default: throw ValidationError("--clean goes with -o yaml and -o json.")
      }
    }
  }

  mutating func run() throws {
    guard !target.targets.isEmpty || target.namespace != nil || target.allNamespaces else {
      throw CommandFailure("", "nothing to get: give a target, or -A for everything")
    }
    let catalogue = try catalogueOptions.catalogue()
    let source = try source.open()
    let targets = try target.resolve(with: catalogue, in: source)
    var options = Decoder.Options()
    options.release = try catalogueOptions.wantedRelease()
    options.encryption = try encryption.read()
    let printer = ObjectPrinter(
      format: output,
      template: try output.template(),
      decoder: Decoder(catalogue: catalogue, options: options),
      parser: targets.parser,
      cleaner: clean ? cleaner : nil,
      tables: tables(of: targets),
      selector: labels.selector
    )
    var printing = printer.begin()
    do {
      try print(source, targets, with: &printing)
    } catch let error as SourceError {
      printing.end()
      throw self.source.failure(error)
    }
    printing.end()
    if let selector = labels.selector, printing.count == 0, !printing.hasFailed, !isMissing {
      Diagnostics.report(CommandFailure("-l \(selector)", "no object has these labels"))
    }
    if SourceNotes.report(source) || printing.hasFailed { throw ExitCode(2) }
    if printing.count == 0 || isMissing { throw ExitCode(1) }
  }

  private func tables(of targets: ResolvedTargets) -> KindTables.Options {
    let scope = TargetScope(targets.targets, parser: targets.parser)
    var options = KindTables.Options(now: Int64(time(nil)))
    options.isWide = output == .table(isWide: true)
    options.showsTitles = !noHeaders
    options.showsNamespaces = scope.hasSeveralNamespaces
    options.showsKinds = scope.hasSeveralResources
    return options
  }

  private var cleaner: ObjectCleaner {
    var options = ObjectCleaner.Options()
    options.keepsStatus = keepStatus
    options.keepsOwners = keepOwners
    options.keepsBindings = keepBindings
    return ObjectCleaner(options: options)
  }

  private mutating func print(
    _ source: any Source,
    _ targets: ResolvedTargets,
    with printing: inout ObjectPrinting
  ) throws {
    if allRevisions {
      guard let file = source as? FileSource else {
        throw CommandFailure("--all-revisions", "a server has no list of them: it goes with --file")
      }
      return try printRevisions(file, targets, with: &printing)
    }
    if let key = targets.singleKey, key.withUnsafeBytes({ targets.selection.contains($0) }) {
      let fate = try find(key, at: rev, in: source)
      if case .live(let row) = fate { return printing.print(row) }
      // Keys below one that is written out may be meant as well.
      if targets.targets[0].singleKey != nil { return try tell(fate, of: key, source) }
    }
    let progress = Progress(source)
    // Of several objects that were named, each has to be there.
    var missing = targets.targets.filter { $0.ranges.contains { $0.singleKey != nil } }
    var count = 0
    var applicable: [HeldRow] = []
    try source.forEachLiveRow(RowQuestion(targets.selection, at: rev), progress: progress.report) {
      row throws(SourceError) in
      count += 1
      if !missing.isEmpty {
        missing.removeAll { $0.ranges.contains { $0.contains(row.key) } }
      }
      if clean { applicable.append(HeldRow(row)) } else { printing.print(row) }
    }
    progress.end()
    if applicable.count > 1 {
      withExtendedLifetime(applicable) { printing.printApplicable(applicable.map(\.row)) }
    } else if let only = applicable.first {
      withExtendedLifetime(only) { printing.print(only.row) }
    }
    for target in missing {
      guard let key = target.ranges.lazy.compactMap(\.singleKey).first else { continue }
      isMissing = true
      try tell(try find(key, at: rev, in: source), of: key, source)
    }
    if count == 0, !isMissing {
      Diagnostics.report(CommandFailure(target.targets.joined(separator: " "), "nothing found"))
      targets.noteNearby(in: source, at: rev)
    }
  }

  private func find(
    _ key: [UInt8],
    at revision: Int64? = nil,
    in source: any Source
  ) throws -> KeyFate {
    let progress = Progress(source)
    defer { progress.end() }
    return try source.find(key, at: revision, progress: progress.report)
  }

  /// Says why a key is not shown.
  private func tell(_ fate: KeyFate, of key: [UInt8], _ source: any Source) throws {
    if case .deleted(let tombstone, let last) = fate {
      tellDeleted(key, tombstone, last, source)
    } else if rev != nil, case .deleted(let tombstone, let last) = try find(key, in: source) {
      // It came later, and is gone again.
      tellDeleted(key, tombstone, last, source)
    } else {
      Diagnostics.report(CommandFailure(text(key), "not found"))
    }
  }

  private func printRevisions(
    _ source: FileSource,
    _ targets: ResolvedTargets,
    with printing: inout ObjectPrinting
  ) throws {
    var rows: [StoredRow] = []
    let bound = try source.bound(rev)
    let progress = Progress(source.databasePath)
    try source.forEachStoredRow(
      in: targets.selection,
      upTo: bound,
      progress: { progress.show($0, of: $1) },
      { row in rows.append(row) }
    )
    progress.end()
    rows.sort { left, right in
      let order = StoredRow.compareKeys(left, right)
      return order != 0 ? order < 0 : left.revision > right.revision
    }
    for row in rows {
      if row.isTombstone {
        Diagnostics.note(text(Array(row.key)), "deleted at revision \(row.revision.main)")
      } else {
        printing.print(row)
      }
    }
  }

  /// Says when a key was deleted, and how its last value can still be seen.
  private func tellDeleted(
    _ key: [UInt8],
    _ tombstone: StoredRow,
    _ last: StoredRow?,
    _ source: any Source
  ) {
    var cause = "deleted at revision \(tombstone.revision.main)"
    if let last {
      // The revision before the deletion shows everything as it was then, if it is still readable.
      let revision = tombstone.revision.main - 1
      cause +=
        revision >= max(last.revision.main, source.compactRevision ?? 0)
        ? "; --rev \(revision) still shows it" : "; --all-revisions still shows it"
    } else {
      cause += "; its last value has been compacted"
    }
    Diagnostics.report(CommandFailure(text(key), cause))
  }

  private func text(_ key: [UInt8]) -> String {
    OneLine.escaped(String(decoding: key, as: UTF8.self))
  }
}

/// The forms in which objects are shown.
enum ObjectFormat: ExpressibleByArgument, Equatable {
  case rendering(OutputForm)
  case jsonpath(String)
  case table(isWide: Bool)
  case name
  case raw
  case hexadecimal
  case fields

  init?(argument: String) {
    switch argument {
    case "table": self = .table(isWide: false)
    case "wide": self = .table(isWide: true)
    case "name": self = .name
    case "raw": self = .raw
    case "hex": self = .hexadecimal
    case "fields": self = .fields
    case "yaml", "json", "json-pretty", "pb":
      guard let form = OutputForm(rawValue: argument) else { return nil }
      self = .rendering(form)
    default:
      guard argument.hasPrefix("jsonpath=") else { return nil }
      self = .jsonpath(String(argument.dropFirst("jsonpath=".count)))
    }
  }

  var defaultValueDescription: String {
    if case .rendering(let form) = self { form.rawValue } else { "\(self)" }
  }

  /// The template, if the form is one.
  func template() throws -> JSONPathTemplate? {
    guard case .jsonpath(let text) = self else { return nil }
    do {
      return try JSONPathTemplate(text)
    } catch {
      throw CommandFailure("-o jsonpath=\(text)", error)
    }
  }
}
