private import Foundation
private import Glibc

/// A real etcd of one member on the loopback interface.
///
/// It is killed when the last reference to it goes, and when the test process ends in any way. Its
/// data directory is removed with it, unless the caller gave one. It does not sync its files unless
/// asked to: tests kill processes, not machines.
public final class EtcdServer: Sendable {
  /// What is wrong with a server, or with an answer of it.
  public enum Failure: Error, CustomStringConvertible {
    /// The programs of a release are not on this machine.
    case missing(EtcdVersion, program: String)

    /// A server ended, or did not serve in time; the first and last lines of its output.
    case notServing(EtcdVersion, status: Int32?, log: String)

    /// A request was not answered as it should be; status 0 if there was no answer at all.
    case refused(path: String, status: Int, body: String)

    /// One line, subject first, and the lines of the server's output.
    public var description: String {
      switch self {
      case .missing(let version, let program): "\(version): no \(program) on this machine"
      case .notServing(let version, let status, let log):
        "\(version): not serving, status \(status.map(String.init) ?? "none")\n\(log)"
      case .refused(let path, let status, let body): "\(path): HTTP status \(status), \(body)"
      }
    }
  }

  /// The release.
  public let version: EtcdVersion

  /// The data directory, which has the folder `member`.
  public let dataDirectory: String

  /// The port for clients, on 127.0.0.1.
  public let clientPort: UInt16

  /// The port for peers, on 127.0.0.1.
  public let peerPort: UInt16

  /// The process.
  public let process: ChildProcess

  /// Where clients find it: `http://127.0.0.1:PORT`.
  public var endpoint: String { "http://127.0.0.1:\(clientPort)" }

  /// The path of the database.
  public var databasePath: String { "\(dataDirectory)/member/snap/db" }

  /// The path of the folder with the write-ahead log.
  public var walDirectory: String { "\(dataDirectory)/member/wal" }

  /// What the server has written to standard output and standard error.
  public var log: String {
    let data = FileManager.default.contents(atPath: workFolder.path("log"))
    return String(decoding: data ?? Data(), as: UTF8.self)
  }

  private let workFolder: TemporaryFolder

  /// Starts a server and waits until it serves.
  ///
  /// Ports are free ones. If another process takes one before the server does, the server is started
  /// again on others.
  ///
  /// - Parameters:
  ///   - version: The release.
  ///   - dataDirectory: A data directory to start from; a new one of its own if nil.
  ///   - arguments: What is added to the command line, behind what it has; the last of two wins.
  ///   - environment: What is added to the environment.
  ///   - syncs: Whether the server syncs its files.
  /// - Returns: The server, serving.
  /// - Throws: `Failure.missing` if the program is not there, `Failure.notServing` if it ends or
  ///   does not serve within a minute.
  public static func start(
    version: EtcdVersion,
    dataDirectory: String? = nil,
    arguments: [String] = [],
    environment: [String: String] = [:],
    syncs: Bool = false
  ) throws -> EtcdServer {
    var attempts = 0
    while true {
      attempts += 1
      let ports = try Loopback.freePorts(2)
      let server = try EtcdServer(
        version: version,
        dataDirectory: dataDirectory,
        ports: (client: ports[0], peer: ports[1]),
        arguments: syncs ? arguments : ["--unsafe-no-fsync"] + arguments,
        environment: environment
      )
      do {
        try server.waitUntilServing()
        return server
      } catch {
        guard attempts < 5, server.log.contains("address already in use") else { throw error }
      }
    }
  }

  /// Starts a server on given ports and does not wait: for clusters, and for failures.
  ///
  /// - Parameters:
  ///   - version: The release.
  ///   - dataDirectory: A data directory to start from; a new one of its own if nil.
  ///   - ports: The ports for clients and peers; see `Loopback.freePorts`.
  ///   - arguments: What is added to the command line, behind what it has; the last of two wins.
  ///   - environment: What is added to the environment.
  /// - Throws: `Failure.missing` if the program is not there.
  public init(
    version: EtcdVersion,
    dataDirectory: String? = nil,
    ports: (client: UInt16, peer: UInt16),
    arguments: [String] = [],
    environment: [String: String] = [:]
  ) throws {
    guard let program = version.program("etcd") else {
      throw Failure.missing(version, program: "etcd")
    }
    workFolder = try TemporaryFolder()
    let client = "http://127.0.0.1:\(ports.client)"
    let peer = "http://127.0.0.1:\(ports.peer)"
    self.version = version
    self.dataDirectory = dataDirectory ?? workFolder.path("data")
    clientPort = ports.client
    peerPort = ports.peer
    let common = [
      "--name", "test", "--data-dir", self.dataDirectory,
      "--listen-client-urls", client, "--advertise-client-urls", client,
      "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
      "--initial-cluster", "test=\(peer)",
    ]
    process = try ChildProcess(
      program,
      common + arguments,
      environment: environment,
      output: workFolder.path("log")
    )
  }

  deinit {
    // Before the folder goes, which the server would go on writing to.
    process.kill()
  }

  /// Waits until the server answers clients, which it does once it has a leader.
  ///
  /// - Parameter seconds: How long to wait.
  /// - Throws: `Failure.notServing` if the server ends, or the time is over.
  public func waitUntilServing(seconds: Double = 60) throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    var isListening = false
    while process.isRunning, ContinuousClock.now < deadline {
      // Another server may have taken the port: an answer counts from this process only.
      isListening = Loopback.isListening(process.id, on: clientPort)
      // A connection that was made too early may never be answered.
      if isListening,
        let answer = try? Loopback.request(clientPort, "GET", "/version", seconds: 5),
        answer.status == 200
      {
        return
      }
      usleep(10_000)
    }
    let status = process.exitStatus
    // A wrong argument is named at the beginning, everything else at the end.
    let lines = log.split(separator: "\n")
    let state: Substring = isListening ? "listening, but not answering" : "not listening"
    let told = [state] + lines.prefix(4) + lines.dropFirst(4).suffix(12)
    throw Failure.notServing(version, status: status, log: told.joined(separator: "\n"))
  }

  /// Ends the server with SIGTERM and waits until it is gone; its files stay where they are.
  ///
  /// - Throws: `Failure.notServing` if it did not end by itself within half a minute; then it was
  ///   killed.
  public func stop() throws {
    process.signal(SIGTERM)
    guard process.wait(seconds: 30) == nil else { return }
    process.kill()
    throw Failure.notServing(version, status: process.exitStatus, log: "killed: did not stop")
  }

  /// Ends the server with SIGKILL and waits until it is gone; its files stay where they are.
  public func kill() {
    process.kill()
  }

  /// Runs etcdctl of the same release against the server.
  public func etcdctl(
    _ arguments: String...,
    input: [UInt8] = []
  ) throws -> Program.Result {
    try version.etcdctl(["--endpoints", endpoint] + arguments, input: input)
  }

  /// Runs etcdutl of the same release; 3.4 has none.
  public func etcdutl(_ arguments: String...) throws -> Program.Result {
    try version.etcdutl(arguments)
  }
}

extension EtcdVersion {
  /// Runs etcdctl with the third API.
  public func etcdctl(_ arguments: [String], input: [UInt8] = []) throws -> Program.Result {
    guard let path = program("etcdctl") else {
      throw EtcdServer.Failure.missing(self, program: "etcdctl")
    }
    return try Program.run(path, arguments, input: input, environment: ["ETCDCTL_API": "3"])
  }

  /// Runs etcdutl; 3.4 has none.
  public func etcdutl(_ arguments: [String]) throws -> Program.Result {
    guard let path = program("etcdutl") else {
      throw EtcdServer.Failure.missing(self, program: "etcdutl")
    }
    return try Program.run(path, arguments)
  }
}
