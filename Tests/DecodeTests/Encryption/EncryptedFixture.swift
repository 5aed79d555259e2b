import FoundationEssentials
import Testing

@testable import Decode

/// A line of `fixtures/encrypted/index.tsv`, and access to the files beside it.
struct EncryptedFixture: Sendable, CustomTestStringConvertible {
  var file: String
  var etcdKey: String
  var provider: String
  var keyName: String
  var plaintextFile: String
  var configurations: [String]

  var testDescription: String { file }

  var isKMS: Bool { provider.hasPrefix("kms") }

  static let all: [EncryptedFixture] = table("index.tsv").map { columns in
    EncryptedFixture(
      file: columns[0],
      etcdKey: columns[1],
      provider: columns[2],
      keyName: columns[3],
      plaintextFile: columns[4],
      configurations: columns[5].split(separator: ",").map(String.init)
    )
  }

  static let kms = all.filter(\.isKMS)
  static let ciphers = all.filter { !$0.isKMS }

  static func named(_ file: String) throws -> EncryptedFixture {
    try #require(all.first { $0.file == file })
  }

  func value() throws -> [UInt8] { try Self.bytes(file) }

  func plaintext() throws -> [UInt8] { try Self.bytes(plaintextFile) }

  /// The bytes of a file in `fixtures/encrypted`.
  static func bytes(_ file: String) throws -> [UInt8] {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return Array(try Data(contentsOf: root.appending(path: "fixtures/encrypted/\(file)")))
  }

  static func text(_ file: String) throws -> String {
    String(decoding: try bytes(file), as: UTF8.self)
  }

  static func configuration(_ file: String) throws -> EncryptionConfiguration {
    try EncryptionConfiguration(yaml: try bytes(file), source: file)
  }

  /// A table's lines behind its header; none if the file cannot be read, which a test notices.
  static func table(_ file: String) -> [[String]] {
    guard let text = try? text(file) else { return [] }
    return text.split(separator: "\n").dropFirst().map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// Every value that differs from `bytes` in one bit, and every beginning of it.
  static func damaged(_ bytes: [UInt8]) -> some Sequence<[UInt8]> {
    let truncated = bytes.indices.lazy.map { Array(bytes[..<$0]) }
    let flipped = (0..<bytes.count * 8).lazy.map { bit in
      var copy = bytes
      copy[bit / 8] ^= 1 << (bit % 8)
      return copy
    }
    return [AnySequence(truncated), AnySequence(flipped)].joined()
  }
}
