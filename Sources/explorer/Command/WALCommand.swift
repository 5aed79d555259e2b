import ArgumentParser
import Decode
import Explore
import WAL

#if canImport(Glibc)
import Glibc
#endif

/// `explorer wal`: what a member's log says.
struct WALCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wal",
    _superCommandName: "explorer",
    abstract: "Lists the entries of a member's write-ahead log, decoded.",
    discussion: """
      Reads a data directory, the directory of a log, or one segment of it. Nothing is written, and \
      no lock is taken. Entries that were overwritten later are left out unless --records is given.

      For example:

        explorer wal /var/lib/etcd
        explorer wal /var/lib/etcd --type put,txn --key /registry/pods/ -o yaml
        explorer wal /var/lib/etcd/member/wal --from 120000 --limit 50
        explorer wal 0000000000000001-00000000000186a1.wal --records

      Exit status: 0 done, 1 no such entries, 2 error.
      """
  )

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, yaml
  }

  @Argument(
    help: ArgumentHelp(
      "A data directory, the directory of a log, or one segment.",
      valueName: "file-or-dir"
    )
  )
  var path: String

  @Option(name: .long, help: ArgumentHelp("The first entry to show.", valueName: "index"))
  var from: UInt64?

  @Option(name: .long, help: ArgumentHelp("The last entry to show.", valueName: "index"))
  var to: UInt64?

  @Option(name: .long, help: ArgumentHelp("No more than so many.", valueName: "count"))
  var limit: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      Only entries of these types, with commas between them: put, delete, txn, compaction, lease, \
      lease-revoke, auth, auth-user-add, member, ...
      """,
      valueName: "types"
    )
  )
  var type: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only requests that name keys with this beginning, to read, compare or change them.",
      valueName: "prefix"
    )
  )
  var key: String?

  @Flag(name: .long, help: "Everything that is in the log: hard states, snapshots, heads, places.")
  var records = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "text; json, one line an entry, with all that it says; yaml, with the objects decoded.",
      valueName: "format"
    )
  )
  var output: Format = .text

  @Flag(name: .long, help: "Without the names of the columns.")
  var noHeaders = false

  @OptionGroup var encryption: EncryptionOption

  @OptionGroup var catalogueOptions: CatalogueOptions

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit must not be negative.") }
    for word in words where RequestKind.kinds(of: word).isEmpty {
      let known = RequestKind.words.joined(separator: ", ")
      throw ValidationError("--type \(word): no such type; there are \(known).")
    }
  }

  mutating func run() throws {
    var options = Decoder.Options()
    options.release = try catalogueOptions.wantedRelease()
    options.encryption = try encryption.read()
    let decoder = Decoder(catalogue: try catalogueOptions.catalogue(), options: options)
    let log: LogSource
    do {
      log = try LogSource(path, from: from.map(LogIndex.init(rawValue:)))
    } catch {
      throw CommandFailure("", error)
    }
    var listing = LogListing(self, decoder)
    // A terminal that shows the entries shows how far they are.
    let progress = isatty(1) == 1 ? nil : Progress(log.path)
    do {
      while listing.count < limit ?? .max, let item = try log.next() {
        progress?.show(log.byteCount(before: item), of: log.byteCount)
        listing.show(item)
      }
    } catch {
      // Told below, also where the limit was reached before.
    }
    progress?.end()
    listing.end(log)
    if let torn = log.tornPlace {
      Diagnostics.note(
        "\(torn.path): offset \(torn.offset)",
        "the last write was interrupted; nothing of it was acknowledged"
      )
    }
    if let damage = log.damage { throw CommandFailure("", damage) }
    if listing.hasFailed { throw ExitCode(2) }
    if listing.count == 0 { throw ExitCode(1) }
  }

  /// The words of all `--type`.
  private var words: [String] {
    type.flatMap { $0.split(separator: ",").map(String.init) }
  }

  /// Which entries are wanted.
  fileprivate var filter: LogFilter {
    var filter = LogFilter()
    filter.from = from.map(LogIndex.init(rawValue:))
    filter.to = to.map(LogIndex.init(rawValue:))
    if !type.isEmpty { filter.kinds = Set(words.flatMap(RequestKind.kinds(of:))) }
    filter.keys = key.map { KeyRange(prefix: $0.utf8) }
    return filter
  }
}

/// A log being listed.
private struct LogListing: ~Copyable {
  private let filter: LogFilter
  private let format: WALCommand.Format
  private let showsRecords: Bool
  private let line: LogLine
  private let document: LogDocument
  private var output = StandardOutput()

  /// How many entries were shown.
  private(set) var count = 0

  /// Whether an object could not be shown.
  private(set) var hasFailed = false

  init(_ command: WALCommand, _ decoder: Decoder) {
    filter = command.filter
    format = command.output
    showsRecords = command.records
    line = LogLine(decoder: decoder)
    var options = LogDocument.Options()
    options.isYAML = format == .yaml
    options.showsPlaces = showsRecords
    document = LogDocument(decoder: decoder, options: options)
    if format == .text && !command.noHeaders { output.buffer.append(LogLine.header) }
  }

  /// Shows a record, if it is wanted.
  mutating func show(_ item: LogSource.Item) {
    guard case .entry(let entry) = item.record.content else {
      if showsRecords { show(note: item) }
      return
    }
    guard showsRecords || !item.isOverwritten, filter.accepts(entry.index) else { return }
    let request = LoggedRequest(entry)
    guard filter.accepts(request) else { return }
    count += 1
    if format == .text {
      output.buffer.append(line.line(entry, request, isOverwritten: item.isOverwritten))
    } else {
      for loss in document.append(entry, request, item, to: &output.buffer) {
        hasFailed = true
        output.flush()
        Diagnostics.report(
          CommandFailure("entry \(entry.index.rawValue): \(OneLine.escaped(loss.key))", loss.cause)
        )
      }
    }
    output.flushIfLarge()
  }

  private mutating func show(note item: LogSource.Item) {
    if format == .text {
      output.buffer.append(line.line(note: item))
    } else {
      document.append(note: item, to: &output.buffer)
    }
    output.flushIfLarge()
  }

  /// Shows what is left to show.
  mutating func end(_ log: LogSource) {
    if showsRecords {
      if format == .text {
        output.buffer.append(line.line(endOf: log))
      } else {
        document.append(endOf: log, to: &output.buffer)
      }
    }
    output.flush()
  }
}
