import ArgumentParser
import Decode

/// The option that names the API server's file with the keys of encrypted values.
struct EncryptionOption: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The EncryptionConfiguration of the API server, with the keys of encrypted values.",
      valueName: "file"
    )
  )
  var encryptionConfig: String?

  /// Reads it, if one is named.
  func read() throws -> EncryptionConfiguration? {
    guard let encryptionConfig else { return nil }
    do {
      let yaml = try InputFile.read(encryptionConfig)
      return try EncryptionConfiguration(yaml: yaml, source: encryptionConfig)
    } catch let error as EncryptionConfigurationError {
      throw CommandFailure("", error)
    }
  }
}
