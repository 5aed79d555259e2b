import Foundation

/// Whole files, for tests.
enum TestFile {
  /// Writes a file anew.
  static func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  /// What is in a file.
  static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }

  /// The lines of a file, each an object of JSON.
  static func objects(_ path: String) throws -> [[String: Any]] {
    try objects(in: text(path))
  }

  /// The lines of a text, each an object of JSON.
  static func objects(in text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { line in
      let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
      guard let object = value as? [String: Any] else { throw CocoaError(.coderInvalidValue) }
      return object
    }
  }
}
