private import Foundation

/// Certificates for tests, made with openssl in a folder of their own.
public struct TestCertificates: Sendable {
  /// A certificate and its key.
  public struct Pair: Sendable {
    /// The path of the certificate, in PEM.
    public let certificate: String

    /// The path of the key, in PEM.
    public let key: String
  }

  /// Why there is no certificate: what openssl says.
  public struct Failure: Error, CustomStringConvertible {
    /// One line, or some.
    public let description: String
  }

  /// Those who sign the others.
  public let authority: Pair

  /// The servers': for 127.0.0.1 and localhost.
  public let server: Pair

  /// A client's, of which servers know nothing but who has signed it.
  public let client: Pair

  /// Others who sign, whom no server knows.
  public let stranger: Pair

  private let folder: String

  /// Makes them.
  ///
  /// - Parameter folder: The path of a folder, which is made if it is not there.
  /// - Throws: `Failure` if there is no openssl, or it does not do what is wanted.
  public init(in folder: String) throws {
    self.folder = folder
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    authority = try Self.make("authority", in: folder, ["-subj", "/CN=authority"])
    stranger = try Self.make("stranger", in: folder, ["-subj", "/CN=stranger"])
    server = try Self.sign(
      "server",
      by: authority,
      names: ["IP:127.0.0.1", "DNS:localhost"],
      in: folder
    )
    client = try Self.sign("client", by: authority, names: [], in: folder)
  }

  /// Another one of the authority's.
  ///
  /// - Parameters:
  ///   - name: What its files, and its owner, are called.
  ///   - names: What it is for: `IP:127.0.0.1`, `DNS:localhost`.
  ///   - days: How long from now it is good; negative for one that is not any more.
  /// - Returns: The paths.
  /// - Throws: `Failure`.
  public func sign(_ name: String, names: [String], days: Int = 2) throws -> Pair {
    try Self.sign(name, by: authority, names: names, days: days, in: folder)
  }

  private static func sign(
    _ name: String,
    by authority: Pair,
    names: [String],
    days: Int = 2,
    in folder: String
  ) throws -> Pair {
    var options = ["-subj", "/CN=\(name)", "-addext", "extendedKeyUsage=serverAuth,clientAuth"]
    if !names.isEmpty {
      options += ["-addext", "subjectAltName=\(names.joined(separator: ","))"]
    }
    let request = "\(folder)/\(name).csr"
    let pair = Pair(certificate: "\(folder)/\(name).crt", key: "\(folder)/\(name).key")
    try run(["req", "-new"] + newKey + ["-keyout", pair.key, "-out", request] + options)
    try run([
      "x509", "-req", "-in", request, "-copy_extensions", "copy", "-days", "\(days)",
      "-CA", authority.certificate, "-CAkey", authority.key, "-out", pair.certificate,
    ])
    return pair
  }

  /// One that is signed by itself.
  private static func make(_ name: String, in folder: String, _ options: [String]) throws -> Pair {
    let pair = Pair(certificate: "\(folder)/\(name).crt", key: "\(folder)/\(name).key")
    let files = ["-keyout", pair.key, "-out", pair.certificate]
    try run(["req", "-x509", "-days", "2"] + newKey + files + options)
    return pair
  }

  private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

  private static func run(_ arguments: [String]) throws {
    let result = try Program.run("/usr/bin/openssl", arguments)
    guard result.status == 0 else {
      throw Failure(description: "openssl \(arguments[0]): \(result.errors)")
    }
  }
}
