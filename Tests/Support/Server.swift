private import Foundation
private import Glibc

/// A server of one member on the loopback interface, of any kind, which can be killed and started
/// again on its files.
///
/// It is killed when the last reference to it goes, and when the test process ends in any way. Its
/// data directory goes with it. It does not sync its files unless asked to: tests kill processes, not
/// machines.
public final class Server: Sendable {
  /// What is wrong with a server.
  public enum Failure: Error, CustomStringConvertible {
    /// The program is not on this machine.
    case missing(ServerKind)

    /// It ended, or did not serve in time; the last lines of its output.
    case notServing(ServerKind, status: Int32?, log: String)

    /// One line, subject first, and the lines of the server's output.
    public var description: String {
      switch self {
      case .missing(let kind): "\(kind): not on this machine"
      case .notServing(let kind, let status, let log):
        "\(kind): not serving, status \(status.map(String.init) ?? "none")\n\(log)"
      }
    }
  }

  /// What runs, unless a start says otherwise.
  public let kind: ServerKind

  /// The port for clients, on 127.0.0.1; the same after every start.
  public let clientPort: UInt16

  /// Where clients find it: `http://127.0.0.1:PORT`.
  public var endpoint: String { "http://127.0.0.1:\(clientPort)" }

  /// The data directory.
  public var dataDirectory: String { folder.path("data") }

  /// What the server has written to standard output and standard error since its first start.
  public var log: String {
    let data = FileManager.default.contents(atPath: folder.path("log"))
    return String(decoding: data ?? Data(), as: UTF8.self)
  }

  private let folder: TemporaryFolder
  private let peerPort: UInt16
  private let arguments: [String]
  private let electsFast: Bool
  private let process: Running

  /// The process of the last start.
  private final class Running: @unchecked Sendable {
    // Only ever touched with the lock held.
    private var process: ChildProcess?
    private let lock = NSLock()

    func get() -> ChildProcess? { lock.withLock { process } }

    func set(_ started: ChildProcess) { lock.withLock { process = started } }
  }

  /// Chooses ports and a folder, and starts nothing yet.
  ///
  /// - Parameters:
  ///   - kind: What runs.
  ///   - arguments: What is added to the command line.
  ///   - syncs: Whether the server syncs its files.
  ///   - electsFast: Whether a real etcd leads after some milliseconds instead of a second; the
  ///     shortest lease is one of a second then, instead of two.
  /// - Throws: `Loopback.Failure` if there are no ports.
  public init(
    _ kind: ServerKind,
    arguments: [String] = [],
    syncs: Bool = false,
    electsFast: Bool = false
  ) throws {
    let ports = try Loopback.freePorts(2)
    self.kind = kind
    self.arguments = (syncs ? [] : ["--unsafe-no-fsync"]) + arguments
    self.electsFast = electsFast
    clientPort = ports[0]
    peerPort = ports[1]
    folder = try TemporaryFolder()
    process = Running()
  }

  deinit {
    process.get()?.kill()
  }

  /// Starts a new server and waits until it serves; on other ports if another process was faster.
  ///
  /// - Parameters:
  ///   - kind: What runs.
  ///   - arguments: What is added to the command line.
  ///   - syncs: Whether the server syncs its files.
  ///   - electsFast: As for ``init(_:arguments:syncs:electsFast:)``.
  /// - Returns: The server, serving.
  /// - Throws: `Failure` if the program is missing, ends, or does not serve within a minute.
  public static func start(
    _ kind: ServerKind,
    arguments: [String] = [],
    syncs: Bool = false,
    electsFast: Bool = false
  ) throws -> Server {
    var attempts = 0
    while true {
      attempts += 1
      let server = try Server(
        kind,
        arguments: arguments,
        syncs: syncs,
        electsFast: electsFast
      )
      do {
        try server.start()
        return server
      } catch {
        guard attempts < 5, server.log.contains("address already in use") else { throw error }
      }
    }
  }

  /// Starts it, again if it ran before, and waits until it serves.
  ///
  /// - Parameters:
  ///   - other: What runs on the files this time, if it is something else.
  ///   - seconds: How long to wait.
  /// - Throws: `Failure` if the program is missing, ends, or does not serve in time.
  public func start(as other: ServerKind? = nil, seconds: Double = 60) throws {
    try launch(as: other)
    try waitUntilServing(seconds: seconds)
  }

  /// Starts it and does not wait.
  ///
  /// - Parameter other: What runs on the files this time, if it is something else.
  /// - Throws: `Failure.missing`, or `ChildProcess.Failure`.
  public func launch(as other: ServerKind? = nil) throws {
    let kind = other ?? self.kind
    guard let command = kind.command else { throw Failure.missing(kind) }
    let client = "http://127.0.0.1:\(clientPort)"
    let peer = "http://127.0.0.1:\(peerPort)"
    var common = [
      "--name", "test", "--data-dir", dataDirectory,
      "--listen-client-urls", client, "--advertise-client-urls", client,
      "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
      "--initial-cluster", "test=\(peer)",
    ]
    if electsFast, case .etcd = kind {
      common += ["--heartbeat-interval", "5", "--election-timeout", "50"]
    }
    process.set(
      try ChildProcess(
        command.path,
        command.arguments + common + arguments,
        output: folder.path("log")
      )
    )
  }

  /// Waits until it answers clients.
  ///
  /// - Parameter seconds: How long to wait.
  /// - Throws: `Failure.notServing`.
  public func waitUntilServing(seconds: Double = 60) throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while let process = process.get(), process.isRunning, ContinuousClock.now < deadline {
      // Another server may have taken the port: an answer counts from this process only.
      if Loopback.isListening(process.id, on: clientPort),
        let answer = try? Loopback.request(clientPort, "GET", "/version"), answer.status == 200
      {
        return
      }
      usleep(5_000)
    }
    throw Failure.notServing(
      kind,
      status: process.get()?.exitStatus,
      log: log.split(separator: "\n").suffix(12).joined(separator: "\n")
    )
  }

  /// Ends it with SIGKILL and waits until it is gone; its files stay where they are.
  public func kill() {
    process.get()?.kill()
  }

  /// Stops it with SIGSTOP and waits until all its threads stand still; SIGCONT lets it go on.
  public func pause() {
    guard let process = process.get() else { return }
    process.signal(SIGSTOP)
    let tasks = "/proc/\(process.id)/task"
    while process.isRunning {
      let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
      let isStill = threads.allSatisfy { thread in
        let stat = FileManager.default.contents(atPath: "\(tasks)/\(thread)/stat") ?? Data()
        // The state is behind the name, which may have anything in it.
        let state = String(decoding: stat, as: UTF8.self).split(separator: ")").last ?? ""
        return state.hasPrefix(" T")
      }
      if isStill { return }
      usleep(1_000)
    }
  }

  /// Sends it a signal.
  public func signal(_ number: Int32) {
    process.get()?.signal(number)
  }
}
