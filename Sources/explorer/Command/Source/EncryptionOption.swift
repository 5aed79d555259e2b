import Decode

/// The API server's file with the keys of encrypted values.
enum EncryptionOption {
  /// Reads it, if one is named.
  static func read(_ path: String?) throws -> EncryptionConfiguration? {
    guard let path else { return nil }
    do {
      return try EncryptionConfiguration(yaml: try InputFile.read(path), source: path)
    } catch let error as EncryptionConfigurationError {
      throw CommandFailure("", error)
    }
  }
}
