import ArgumentParser
import Decode
import Schema

/// The options that say which kinds are known, and as which release prints them.
struct CatalogueOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "More kinds: catalogue files, a compiled protobuf descriptor set, or a folder of such files.",
      valueName: "file-or-dir"
    )
  )
  var schema: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The Kubernetes release to print or store as, where releases differ (default: the newest).",
      valueName: "1.20"
    )
  )
  var release: String?

  /// The built-in catalogue with the user's files on top.
  func catalogue() throws -> Catalogue {
    var catalogue = Catalogue.builtIn
    for path in schema {
      let files = try InputFile.files(
        at: path,
        endings: [".txt", ".pb", ".bin", ".desc", ".protoset"]
      )
      if files.isEmpty {
        throw CommandFailure(path, "no catalogue or descriptor set in this folder")
      }
      for file in files {
        do throws(CatalogueError) {
          catalogue = try catalogue.layering(try read(file), source: file)
        } catch {
          throw CommandFailure("", error)
        }
      }
    }
    return catalogue
  }

  private func read(_ file: String) throws(CatalogueError) -> [UInt8] {
    guard let bytes = try? InputFile.read(file) else { throw .unrecognisedFile(source: file) }
    return bytes
  }

  /// The release asked for.
  func wantedRelease() throws -> Release? {
    guard let release else { return nil }
    guard let parsed = Release(release) else {
      throw CommandFailure("--release \(release)", "not a release of Kubernetes, such as 1.20")
    }
    return parsed
  }
}

extension DecodeError.ObjectType {
  /// An API version and a kind in one argument: `v1/Pod`, `apps/v1/Deployment`.
  init(argument: String, of option: String) throws {
    guard let slash = argument.lastIndex(of: "/"), slash != argument.startIndex,
      argument.index(after: slash) != argument.endIndex
    else {
      throw CommandFailure(
        "\(option) \(argument)",
        "not a type such as v1/Pod or apps/v1/Deployment"
      )
    }
    self.init(
      apiVersion: String(argument[..<slash]),
      kind: String(argument[argument.index(after: slash)...])
    )
  }
}
