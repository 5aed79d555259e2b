/// All files below a folder, as they are at a moment: to show that a command that reads has written
/// nothing, not even for a while.
///
/// Two states are equal if the same files and folders are there, each the same inode with the same
/// permissions, length, and times of its last change to the nanosecond, and with the same SHA-256
/// where that was asked for. A file that was made and removed again changes the times of its folder.
public struct FolderState: Equatable, Sendable {
  /// One line a file or folder, sorted.
  public let lines: [String]

  /// Why the state could not be taken.
  public struct Failure: Error, CustomStringConvertible {
    /// The folder.
    public let path: String

    /// What was said.
    public let errors: String

    /// One line, subject first.
    public var description: String { "\(path): \(errors)" }
  }

  /// Looks at everything below a folder, and at the folder.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - hashes: Whether all files are read.
  /// - Throws: `Failure`.
  public init(of path: String, hashes: Bool = true) throws {
    var lines = try Self.lines(
      ["/usr/bin/find", path, "-printf", "%P %y %m %i %s %T@ %C@\\n"],
      path
    )
    if hashes {
      lines += try Self.lines(
        ["/usr/bin/find", path, "-type", "f", "-exec", "/usr/bin/sha256sum", "{}", "+"],
        path
      )
    }
    self.lines = lines.sorted()
  }

  private static func lines(_ command: [String], _ path: String) throws -> [String] {
    let result = try Program.run(command[0], Array(command.dropFirst()))
    guard result.status == 0, !result.output.isEmpty else {
      throw Failure(path: path, errors: result.errors)
    }
    return result.text.split(separator: "\n").map(String.init)
  }
}
