private import Foundation

/// An archive of `fixtures`, unpacked into a folder of its own that goes with this object.
///
/// So a test may change, damage and remove the files.
public final class UnpackedArchive: Sendable {
  /// The folder with the files, without a slash at its end.
  public var folder: String { temporary.path }

  private let temporary: TemporaryFolder

  /// Why an archive was not unpacked.
  public struct Failure: Error, CustomStringConvertible {
    /// The path of the archive.
    public let path: String

    /// What tar said.
    public let errors: String

    /// One line, subject first.
    public var description: String { "\(path): \(errors)" }
  }

  /// Unpacks an archive, by its path inside `fixtures`.
  public init(_ path: String) throws {
    temporary = try TemporaryFolder()
    let archive = "\(Fixture.root)/fixtures/\(path)"
    let result = try Program.run("/bin/tar", ["xf", archive, "-C", temporary.path])
    guard result.status == 0 else { throw Failure(path: archive, errors: result.errors) }
  }

  /// The bytes of a file.
  public func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(path)")))
  }

  /// A file as text.
  public func text(_ path: String) throws -> String {
    String(decoding: try bytes(path), as: UTF8.self)
  }

  /// The rows of a file without a header line, by columns.
  public func rows(_ path: String) throws -> [[String]] {
    try text(path).split(separator: "\n").map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// The names of the archives in a folder of `fixtures`, without their suffix, sorted.
  public static func names(in folder: String) -> [String] {
    let path = "\(Fixture.root)/fixtures/\(folder)"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let suffix = ".tar.xz"
    return names.filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }.sorted()
  }
}
