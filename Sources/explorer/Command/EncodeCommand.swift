import ArgumentParser
import Decode
import Schema

/// `explorer encode`: text to stored bytes.
struct EncodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    _superCommandName: "explorer",
    abstract: "Encodes YAML or JSON as Kubernetes stores it in etcd.",
    discussion: """
      Kinds of Kubernetes' own become protobuf in its envelope, custom resources JSON. One document \
      is written as it is; of several each is followed by a line feed.

      For example:

        explorer encode -f pod.yaml | etcdctl put /registry/pods/default/web
        explorer encode -f all.yaml -o hex | explorer decode --batch
      """
  )

  /// The forms of output.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case storage
    case protobuf = "pb"
    case hex
  }

  @Option(name: .shortAndLong, help: "The file to read (default: standard input).")
  var file: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "storage, what etcd holds; pb, the inner message; hex, storage as a line of hexadecimal.",
      valueName: "format"
    )
  )
  var output: Format = .storage

  @Flag(name: .long, help: "Leave out fields that a type does not have, with a warning.")
  var ignoreUnknown = false

  @OptionGroup var catalogueOptions: CatalogueOptions

  mutating func run() throws {
    var options = Encoder.Options()
    options.release = try catalogueOptions.wantedRelease()
    options.ignoresUnknownFields = ignoreUnknown
    let encoder = Encoder(catalogue: try catalogueOptions.catalogue(), options: options)
    var output = StandardOutput()
    guard !output.isTerminal || self.output == .hex else {
      throw CommandFailure("encode", "the output is binary: redirect it, or use -o hex")
    }
    let input = try InputFile.read(file)
    let values: [Encoder.Value]
    do throws(EncodeError) {
      values = try encoder.encode(input, as: self.output == .protobuf ? .protobuf : .storage)
    } catch {
      throw CommandFailure(file ?? "", error)
    }
    for value in values {
      for path in value.ignoredFields {
        Diagnostics.note(file ?? "", "\(value.type): unknown field \"\(path)\" left out")
      }
      value.bytes.withUnsafeBytes { bytes in
        if self.output == .hex {
          output.buffer.append(hex: bytes)
        } else {
          output.buffer.append(raw: bytes)
        }
      }
      if values.count > 1 || self.output == .hex { output.buffer.append("\n") }
      output.flushIfLarge()
    }
    output.flush()
  }
}
