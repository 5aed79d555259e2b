import ArgumentParser
import Decode
import Explore

/// `explorer watch`: what changes, as it changes.
struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    _superCommandName: "explorer",
    abstract: "Follows the changes of keys, decoded, and loses none.",
    discussion: """
      One line a change: when it was seen, what happened, the object, the revision, and what is \
      different. A lost connection is made again, to another member if there is one, and the tail \
      goes on with the next revision. etcd keeps no times: a change of the past has the time that \
      its object tells.

      For example:

        explorer watch pods -n kube-system
        explorer watch pods events calico
        explorer watch deploy/default/web -o diff
        explorer watch pods -A -l app=web
        explorer watch pods --since-compaction
        explorer watch nodes --ignore none --stats

      Exit status: 0 done, 2 error.
      """
  )

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, yaml, json, diff, raw
  }

  @OptionGroup var target: TargetOptions
  @OptionGroup var labels: LabelOption

  @Option(name: .long, help: "Begin with this revision, which may be in the past.")
  var rev: Int64?

  @Flag(name: .long, help: "Begin with the oldest change that the cluster still knows.")
  var sinceCompaction = false

  @Option(name: .long, help: ArgumentHelp("End after so many changes.", valueName: "count"))
  var limit: Int?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "text, yaml, json (one line a change), diff (as lines of YAML) or raw (as etcdctl).",
      valueName: "format"
    )
  )
  var output: Format = .text

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Fields that do not count, with commas between; a change of nothing else is not shown."
        + " none: all count. Left out: managedFields and heartbeats.",
      valueName: "paths"
    )
  )
  var ignore: String?

  @Flag(
    name: .long,
    help: "Every ten seconds and at the end: how many changes of what, and by whom (on stderr)."
  )
  var stats = false

  @Flag(name: .long, help: "Show the data of Secrets.")
  var showSecrets = false

  @OptionGroup var encryption: EncryptionOption

  @OptionGroup(title: "Options for a living cluster") var connection: ConnectionOptions
  @OptionGroup var catalogueOptions: CatalogueOptions

  func validate() throws {
    try SourceOptions.validate(revision: rev)
    if rev != nil && sinceCompaction {
      throw ValidationError("--rev and --since-compaction exclude each other.")
    }
    if let limit, limit < 0 { throw ValidationError("--limit must not be negative.") }
  }

  mutating func run() throws {
    let catalogue = try catalogueOptions.catalogue()
    let live = try connection.source()
    let targets = try target.resolve(with: catalogue, in: live)
    var options = Decoder.Options()
    options.release = try catalogueOptions.wantedRelease()
    options.encryption = try encryption.read()
    var printing = WatchPrinting(
      format: output,
      decoder: Decoder(catalogue: catalogue, options: options),
      parser: targets.parser,
      options: differenceOptions,
      selector: labels.selector,
      hasStatistics: stats
    )
    var tailOptions = WatchTail.Options(targets.selection)
    tailOptions.start =
      sinceCompaction ? .compaction : rev.map { $0 > 0 ? .revision($0) : .now } ?? .now
    let tail = WatchTail(live, tailOptions)
    Interruption.take()
    do {
      try follow(tail, &printing)
      if Interruption.hasCome {
        // Without an answer the tail goes on from further back.
        try? tail.settle(within: .seconds(1)) { item in
          printing.show(item, isPast: false)
        }
      }
      printing.end()
    } catch let error as SourceError {
      printing.end()
      throw CommandFailure("", explained(error))
    }
    if Interruption.hasCome {
      Diagnostics.note("", "--rev \(tail.revision + 1) goes on from here")
    }
  }

  private var differenceOptions: ObjectDifference.Options {
    var options = DifferenceOptions.make(ignore: ignore ?? "none", showSecrets: showSecrets)
    if ignore == nil { options.ignoredFields = ChangeWriter.noise }
    return options
  }

  private func follow(_ tail: WatchTail, _ printing: inout WatchPrinting) throws {
    let limit = limit ?? .max
    while !Interruption.hasCome, printing.shownCount < limit, printing.hasReader {
      try tail.advance(within: .milliseconds(100)) { item in
        guard printing.shownCount < limit else { return }
        printing.show(item, isPast: tail.revision < tail.presentRevision)
      }
      printing.flush()
    }
  }

  private func explained(_ error: SourceError) -> String {
    guard case .compacted = error else { return error.description }
    return "\(error); --since-compaction begins with what is left"
  }
}
