import Foundation
import TestSupport

/// Certificates made for one test by the command `openssl`.
final class Certificates: Sendable {
  private let folder: TemporaryFolder

  /// Where the command is, or nil if it is not on the PATH.
  static let openssl: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "")
    .split(separator: ":")
    .map { "\($0)/openssl" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// What could not be made.
  struct Failure: Error {
    let text: String
  }

  /// An authority, and what it has signed so far: nothing.
  init() throws {
    folder = try TemporaryFolder()
    try run(
      ["req", "-x509"] + Self.newKey + ["-keyout", path("ca.key"), "-out", path("ca.pem")]
        + ["-days", "2", "-subj", "/CN=test authority"]
    )
  }

  /// A file's path.
  func path(_ name: String) -> String { folder.path(name) }

  /// Makes a key and a certificate, `NAME.key` and `NAME.pem`.
  func make(_ name: String, commonName: String, hosts: String = "DNS:localhost") throws {
    try run(
      ["req"] + Self.newKey + ["-keyout", path("\(name).key"), "-out", path("\(name).csr")]
        + ["-subj", "/CN=\(commonName)"]
    )
    try Data("subjectAltName=\(hosts)\n".utf8).write(to: URL(fileURLWithPath: path("\(name).ext")))
    try run(
      ["x509", "-req", "-in", path("\(name).csr"), "-out", path("\(name).new")]
        + ["-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial", "-days", "2"]
        + ["-extfile", path("\(name).ext")]
    )
    // At once, so that no half-written file is ever seen.
    guard rename(path("\(name).new"), path("\(name).pem")) == 0 else {
      throw Failure(text: "rename: errno \(errno)")
    }
  }

  private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

  private func run(_ arguments: [String]) throws {
    guard let openssl = Self.openssl else { throw Failure(text: "no openssl") }
    let result = try Program.run(openssl, arguments)
    guard result.status == 0 else { throw Failure(text: result.errors) }
  }
}
