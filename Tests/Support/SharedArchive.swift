private import Foundation

/// An archive of test data that lies outside the project, or in `fixtures`, unpacked once.
///
/// What is big belongs to whoever runs the tests: it is read from the folder `shared` beside the
/// project, or the one that `EXPLORER_SHARED` names, and tests that need it say so when it is not
/// there.
public struct SharedArchive: Sendable {
  /// The folder with the unpacked files; nil when there is no archive.
  public let folder: String?

  /// Kubernetes' own API fixtures of nine releases.
  public static let apiFixtures = SharedArchive(shared: "kubernetes/api-fixtures.tar.xz")

  /// Random objects of every kind, made with Kubernetes' fuzzers and serializers.
  public static let randomObjects = SharedArchive(shared: "kubernetes/random-objects.tar.xz")

  /// Everything in the etcd of a real cluster of release 1.20, which is part of the project.
  public static let cluster = SharedArchive(
    path: "\(Fixture.root)/fixtures/cluster/cluster-1.20.tar.xz"
  )

  /// Whether the archive is there.
  public var isThere: Bool { folder != nil }

  private init(shared path: String) {
    let shared =
      ProcessInfo.processInfo.environment["EXPLORER_SHARED"] ?? "\(Fixture.root)/../shared"
    self.init(path: "\(shared)/\(path)")
  }

  private init(path: String) {
    guard FileManager.default.fileExists(atPath: path) else {
      folder = nil
      return
    }
    let target = FileManager.default.temporaryDirectory
      .appendingPathComponent("explorer-tests-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
      let result = try Program.run("/bin/tar", ["xf", path, "-C", target.path])
      folder = result.status == 0 ? target.path : nil
    } catch {
      folder = nil
    }
    if let folder {
      // Unpacked once for all tests of the process; it goes with the process.
      Cleanup.shared.add(folder)
    }
  }

  /// The bytes of an unpacked file; nil if it does not exist.
  public func bytes(_ path: String) -> [UInt8]? {
    guard let folder, let data = FileManager.default.contents(atPath: "\(folder)/\(path)") else {
      return nil
    }
    return [UInt8](data)
  }

  /// The names in an unpacked folder, sorted.
  public func names(in path: String) -> [String] {
    guard let folder else { return [] }
    let names = try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(path)")
    return (names ?? []).sorted()
  }
}

/// Removes folders when the process ends.
private final class Cleanup: Sendable {
  static let shared = Cleanup()

  private let lock = NSLock()
  nonisolated(unsafe) private var folders: [String] = []  // Guarded by the lock.

  private init() {
    atexit { Cleanup.shared.removeAll() }
  }

  func add(_ folder: String) {
    lock.withLock { folders.append(folder) }
  }

  func removeAll() {
    lock.withLock {
      for folder in folders { try? FileManager.default.removeItem(atPath: folder) }
      folders = []
    }
  }
}
