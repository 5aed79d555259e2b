private import Foundation

/// A folder of its own under the system's temporary one; removed with all that lies in it when the
/// last reference goes.
///
/// A local variable may go as soon as it is not used any more, even if its path still is: keep the
/// folder in a property of the suite, or use ``path(_:)`` to the end.
public final class TemporaryFolder: Sendable {
  /// Where it lies, without a slash at its end.
  public let path: String

  /// Makes the folder.
  public init() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("explorer-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of something in the folder.
  public func path(_ name: String) -> String { "\(path)/\(name)" }
}
