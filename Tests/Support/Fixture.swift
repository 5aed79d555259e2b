private import Glibc

/// The files under `fixtures`, which tests read where they lie.
public enum Fixture {
  /// Why a file could not be read; `code` is the value of `errno`.
  public struct Failure: Error, CustomStringConvertible {
    /// The path of the file.
    public let path: String

    /// The value of `errno`.
    public let code: Int32

    /// One line, subject first.
    public var description: String { "\(path): errno \(code)" }
  }

  /// The folder of the repository, without a slash at its end.
  public static let root: String = {
    // This file is Tests/Support/Fixture.swift.
    #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
  }()

  /// The bytes of a file, by its path inside `fixtures`.
  public static func bytes(_ path: String) throws(Failure) -> [UInt8] {
    let fullPath = "\(root)/fixtures/\(path)"
    let descriptor = open(fullPath, O_RDONLY)
    guard descriptor >= 0 else { throw Failure(path: fullPath, code: errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      guard count >= 0 else { throw Failure(path: fullPath, code: errno) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }

  /// A file as text, by its path inside `fixtures`.
  public static func text(_ path: String) throws(Failure) -> String {
    String(decoding: try bytes(path), as: UTF8.self)
  }

  /// The lines of a table behind its header, by columns.
  ///
  /// None if the file cannot be read: a table gives arguments to tests and cannot throw, so a test
  /// that uses one checks its length.
  public static func table(_ path: String) -> [[String]] {
    guard let text = try? text(path) else { return [] }
    return text.split(separator: "\n").dropFirst().map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }
}
