import ArgumentParser
import Decode
import Schema

/// `explorer decode`: stored bytes to text.
struct DecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    _superCommandName: "explorer",
    abstract: "Decodes values as etcd stores them.",
    discussion: """
      Reads one value, or whatever `etcdctl get` prints: a key and its value, many of them, \
      `--print-value-only`, `-w json`, `-w fields`, `-w protobuf` or `--hex`.

      For example:

        etcdctl get /registry/pods/default/web-0 | explorer decode
        etcdctl get --prefix /registry/pods | explorer decode -o meta
        etcdctl get --prefix /registry/secrets |
          explorer decode --encryption-config encryption.yaml
      """
  )

  /// The forms of output: those of the library, and the summary.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case yaml, json
    case prettyJSON = "json-pretty"
    case protobuf = "pb"
    case raw, meta
  }

  @Option(name: .shortAndLong, help: "The file to read (default: standard input).")
  var file: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "yaml; json on one line; json-pretty; pb, the inner message; raw, the wire fields by number;"
        + " meta, what it is.",
      valueName: "format"
    )
  )
  var output: Format = .yaml

  @Flag(
    name: [.customLong("batch"), .customLong("batch-process")],
    help: "Read a value in hexadecimal on each line; answer each with OK|... or ERROR:...|"
  )
  var isBatch = false

  @Option(name: .long, help: "The etcd key of the value, for decrypting it.")
  var key: String?

  @OptionGroup var encryption: EncryptionOption

  @Option(
    name: .customLong("as"),
    help: ArgumentHelp(
      "The type of a message without an envelope, as -o pb writes it.",
      valueName: "apiVersion/kind"
    )
  )
  var assumedType: String?

  @Flag(
    name: .customLong("unknown"),
    help: "Show fields that the catalogue lacks as comment lines of YAML; encode puts them back."
  )
  var showsUnknownFields = false

  @OptionGroup var catalogueOptions: CatalogueOptions

  mutating func run() throws {
    var options = Decoder.Options()
    options.release = try catalogueOptions.wantedRelease()
    options.assumedType = try assumedType.map {
      try DecodeError.ObjectType(argument: $0, of: "--as")
    }
    options.showsUnknownFields = showsUnknownFields
    options.encryption = try encryption.read()
    let catalogue = try catalogueOptions.catalogue()
    if let type = options.assumedType { try checkIsKnown(type, in: catalogue) }
    let decoder = Decoder(catalogue: catalogue, options: options)
    if isBatch {
      guard file == nil else {
        throw CommandFailure("--batch", "reads standard input; --file does not go with it")
      }
      try BatchDecoding(decoder: decoder, format: output).run()
    } else {
      try decodeInput(decoder)
    }
  }

  private func checkIsKnown(_ type: DecodeError.ObjectType, in catalogue: Catalogue) throws {
    guard try catalogue.kind(apiVersion: type.apiVersion, kind: type.kind) == nil else { return }
    let names = try catalogue.kinds().map { "\($0.apiVersion)/\($0.kind)" }
    let nearest = EditDistance.nearest(to: "\(type.apiVersion)/\(type.kind)", among: names)
    throw CommandFailure(
      "--as \(type.apiVersion)/\(type.kind)",
      "no such kind" + (nearest.map { ", did you mean \($0)?" } ?? "")
    )
  }

  private func decodeInput(_ decoder: Decoder) throws {
    let input = try InputFile.read(file)
    let subject = file ?? ""
    let values: [FoundValue]
    if assumedType != nil {
      values = [FoundValue(key: key, bytes: input)]
    } else {
      do throws(InputError) {
        values = try ValueFinder.values(in: input)
      } catch {
        // Whoever gives the key says that the input is its value, which may be empty or any text.
        switch (error, key) {
        case (.empty, let key?), (.notStored, let key?):
          values = [FoundValue(key: key, bytes: input)]
        default: throw CommandFailure(subject, error)
        }
      }
    }
    var output = StandardOutput()
    var hasFailed = false
    var printedCount = 0
    for value in values {
      let key = value.key ?? key
      let start = output.buffer.count
      if self.output == .meta, printedCount == 0 { output.buffer.append(SummaryLine.header) }
      if self.output == .yaml, printedCount > 0 { output.buffer.append("---\n") }
      do throws(DecodeError) {
        let notes = try decoder.write(value, key: key, as: self.output, to: &output.buffer)
        for note in notes {
          if note.isLoss {
            hasFailed = true
            Diagnostics.report(CommandFailure(key ?? subject, note))
          } else {
            Diagnostics.note(key ?? subject, note)
          }
        }
        printedCount += 1
      } catch {
        output.buffer.truncate(to: start)
        hasFailed = true
        output.flush()
        Diagnostics.report(CommandFailure(key ?? subject, error))
      }
      output.flushIfLarge()
    }
    output.flush()
    if hasFailed { throw ExitCode(2) }
  }
}

extension Decoder {
  /// Appends a value in a format of the command.
  func write(
    _ value: FoundValue,
    key: String?,
    as format: DecodeCommand.Format,
    to buffer: inout OutputBuffer
  ) throws(DecodeError) -> [Note] {
    var notes: [Note] = []
    if let form = OutputForm(rawValue: format.rawValue) {
      try decode(value.bytes, as: form, key: key, into: &buffer, notes: &notes)
    } else {
      buffer.append(SummaryLine.text(try summary(of: value.bytes, key: key)))
    }
    return notes
  }
}

/// What `-o meta` prints of one object.
enum SummaryLine {
  private static let widths = [28, 26, 16, 44]

  /// The names of the columns.
  static let header = line(["APIVERSION", "KIND", "NAMESPACE", "NAME"], "SIZE")

  /// An object's line; what it does not have is `-`.
  static func text(_ summary: ObjectSummary) -> String {
    let kind = summary.kind.isEmpty ? "(\(summary.form))" : summary.kind
    return line(
      [summary.apiVersion, kind, summary.namespace, summary.name],
      "\(summary.byteCount)"
    )
  }

  private static func line(_ columns: [String], _ last: String) -> String {
    var line = ""
    for (text, width) in zip(columns, widths) {
      let shown = text.isEmpty ? "-" : OneLine.escaped(text)
      line += shown + String(repeating: " ", count: max(width - shown.count, 0) + 1)
    }
    return line + last + "\n"
  }
}
