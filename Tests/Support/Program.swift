private import Foundation

/// Running programs.
public enum Program {
  /// What a program left behind.
  public struct Result: Sendable {
    /// Its exit status; 128 and the number of the signal if one ended it.
    public let status: Int32

    /// What it wrote to standard output.
    public let output: [UInt8]

    /// What it wrote to standard error.
    public let errors: String

    /// The output as text.
    public var text: String { String(decoding: output, as: UTF8.self) }
  }

  /// The built `explorer`, beside the tests.
  public static let explorer: String = built("explorer")

  /// The path of a program of this package, built beside the tests that depend on it.
  public static func built(_ name: String) -> String {
    let tests = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    // The test runner lies in the build folder, or the runner is told of a bundle there.
    for candidate in [tests.deletingLastPathComponent()] + bundleFolders {
      let path = candidate.appendingPathComponent(name).path
      if FileManager.default.isExecutableFile(atPath: path) { return path }
    }
    return name
  }

  private static let bundleFolders: [URL] = CommandLine.arguments
    .filter { $0.hasSuffix(".xctest") }
    .map { URL(fileURLWithPath: $0).deletingLastPathComponent() }

  /// Runs a program to its end, in a folder of its own if none is given.
  public static func run(
    _ path: String,
    _ arguments: [String],
    input: [UInt8] = [],
    environment: [String: String] = [:]
  ) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files instead of pipes: no reader is needed beside the program, however much it writes.
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("explorer-run-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["input", "output", "errors"].map { folder.appendingPathComponent($0) }
    try Data(input).write(to: files[0])
    for file in files[1...] { try Data().write(to: file) }
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    process.waitUntilExit()
    let isSignal = process.terminationReason == .uncaughtSignal
    return Result(
      status: process.terminationStatus + (isSignal ? 128 : 0),
      output: [UInt8](try Data(contentsOf: files[1])),
      errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
    )
  }

  /// Runs `explorer`.
  public static func explorer(_ arguments: String..., input: [UInt8] = []) throws -> Result {
    try run(explorer, arguments, input: input)
  }
}
