private import Foundation

/// The releases of etcd whose programs the tests run.
public enum EtcdVersion: String, CaseIterable, Sendable, CustomStringConvertible {
  /// Debian's etcd 3.4, which `make test` installs.
  case v34 = "3.4"

  /// etcd 3.5, in the folder that `EXPLORER_ETCD35` names, or where `make test` brings it.
  case v35 = "3.5"

  /// The releases that are on this machine: arguments for tests.
  ///
  /// What is missing is said once, on standard output.
  public static let installed: [EtcdVersion] = allCases.filter { version in
    if version.folder == nil { print("skipped: \(version) is not on this machine") }
    return version.folder != nil
  }

  /// The folder with the programs; nil if they are not on this machine.
  public var folder: String? { Self.folders[self] }

  /// Whether the programs are on this machine.
  public var isThere: Bool { folder != nil }

  /// The name and the number.
  public var description: String { "etcd \(rawValue)" }

  /// The path of one of the programs: etcd, etcdctl, etcdutl; nil if it is not on this machine.
  public func program(_ name: String) -> String? {
    guard let folder, FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") else {
      return nil
    }
    return "\(folder)/\(name)"
  }

  private static let folders: [EtcdVersion: String] = {
    let named = ProcessInfo.processInfo.environment["EXPLORER_ETCD35"]
    let candidates: [EtcdVersion: String] = [
      .v34: "/usr/bin",
      .v35: named ?? "\(Fixture.root)/.build/peers/etcd-3.5/usr/bin",
    ]
    return candidates.filter { version, folder in
      guard let result = try? Program.run("\(folder)/etcd", ["--version"]) else { return false }
      return result.text.hasPrefix("etcd Version: \(version.rawValue).")
    }
  }()
}
