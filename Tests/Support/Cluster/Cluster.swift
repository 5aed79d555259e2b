private import Foundation
private import Glibc

/// A real etcd cluster of three members on the loopback interface, encrypted and with users.
///
/// Members can be killed, paused and started again. There are two users: `root`, who may do
/// everything, and `reader`, who may read what begins with `/readable/`; their passwords are
/// ``password``. A token that is not used for a second is forgotten. Members are killed when the last
/// reference goes, and when the test process ends in any way.
public final class Cluster: Sendable {
  /// What is wrong with a cluster; the last lines of a member's output.
  public struct Failure: Error, CustomStringConvertible {
    /// One line, and the lines of the member's output.
    public let description: String
  }

  /// The password of all users.
  public static let password = "secret"

  /// The release of etcd.
  public let version: EtcdVersion

  /// The members, in no order that means anything.
  public let members: [ClusterMember]

  /// The files for encrypted connections.
  public let certificates: TestCertificates

  /// Where clients find the members: `https://127.0.0.1:PORT`.
  public var endpoints: [String] { members.map(\.endpoint) }

  /// The arguments by which etcdctl, or who takes the same, calls the members as `root`.
  public var clientArguments: [String] {
    [
      "--endpoints", endpoints.joined(separator: ","), "--cacert",
      certificates.authority.certificate, "--cert", certificates.client.certificate, "--key",
      certificates.client.key, "--user", "root:\(Self.password)",
    ]
  }

  private let folder: TemporaryFolder

  /// Starts a cluster of its own for the caller, and waits until all members serve.
  ///
  /// - Parameters:
  ///   - version: The release of etcd.
  ///   - hasUsers: Whether there are users.
  ///   - arguments: What is added to the command line of each member.
  /// - Returns: The cluster.
  /// - Throws: `Failure` or `TestCertificates.Failure`.
  public static func start(
    _ version: EtcdVersion,
    hasUsers: Bool = true,
    arguments: [String] = []
  ) throws -> Cluster {
    var attempts = 0
    while true {
      attempts += 1
      let cluster = try Cluster(version, arguments: arguments)
      do {
        for member in cluster.members { try member.launch() }
        try cluster.waitUntilServing()
        if hasUsers { try cluster.makeUsers() }
        return cluster
      } catch {
        // Another process may have been faster at a port.
        let isTaken = cluster.members.contains { $0.log.contains("address already in use") }
        guard attempts < 5, isTaken else { throw error }
      }
    }
  }

  private init(_ version: EtcdVersion, arguments: [String]) throws {
    guard let program = version.program("etcd") else {
      throw Failure(description: "\(version): not on this machine")
    }
    self.version = version
    let folder = try TemporaryFolder()
    self.folder = folder
    certificates = try TestCertificates(in: folder.path("certificates"))
    let ports = try Loopback.freePorts(9)
    let peers = (0..<3).map { "http://127.0.0.1:\(ports[3 + $0])" }
    let names = (0..<3).map { "member\($0)" }
    let common =
      [
        "--initial-cluster", zip(names, peers).map { "\($0)=\($1)" }.joined(separator: ","),
        "--initial-cluster-token", folder.path, "--cert-file", certificates.server.certificate,
        "--key-file", certificates.server.key, "--trusted-ca-file",
        certificates.authority.certificate, "--client-cert-auth",
        "--heartbeat-interval", "50", "--election-timeout", "500", "--unsafe-no-fsync",
        "--auth-token-ttl", "1", "--bcrypt-cost", "4",
      ] + arguments
    members = (0..<3).map { place in
      ClusterMember(
        name: names[place],
        program: program,
        clientPort: ports[place],
        peer: peers[place],
        observationPort: ports[6 + place],
        folder: folder.path(names[place]),
        arguments: common
      )
    }
  }

  /// Waits until all members that run serve and know who leads.
  ///
  /// - Parameter seconds: How long to wait.
  /// - Throws: `Failure`.
  public func waitUntilServing(seconds: Double = 60) throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    var waiting = members
    while ContinuousClock.now < deadline {
      waiting.removeAll { $0.isServing }
      if waiting.isEmpty { return }
      if let member = waiting.first(where: { !$0.isRunning }) {
        throw Failure(description: "\(member.name): ended\n\(member.lastLines)")
      }
      usleep(5_000)
    }
    throw Failure(description: "\(waiting[0].name): not serving\n\(waiting[0].lastLines)")
  }

  /// The member that leads, or none at this moment.
  public func leader() -> ClusterMember? {
    members.first { $0.isLeader }
  }

  /// Waits until a member leads.
  ///
  /// - Parameter other: One that does not count: the leader before.
  /// - Returns: The leader.
  /// - Throws: `Failure` if there is none for half a minute.
  public func waitForLeader(otherThan other: ClusterMember? = nil) throws -> ClusterMember {
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline {
      if let leader = members.first(where: { $0 !== other && $0.isLeader }) { return leader }
      usleep(5_000)
    }
    throw Failure(description: "no leader\n\(members[0].lastLines)")
  }

  /// Lets paused members go on, starts dead ones, and waits until all serve.
  public func heal() throws {
    for member in members {
      if member.isRunning { member.resume() } else { try member.launch() }
    }
    try waitUntilServing()
  }

  /// Runs etcdctl of the same release as `root`.
  public func etcdctl(_ arguments: String..., input: [UInt8] = []) throws -> Program.Result {
    try version.etcdctl(clientArguments + arguments, input: input)
  }

  private func makeUsers() throws {
    let anybody = Array(clientArguments.dropLast(2))
    for arguments in [
      ["user", "add", "root:\(Self.password)"], ["user", "add", "reader:\(Self.password)"],
      ["role", "add", "root"], ["role", "add", "reader"],
      ["role", "grant-permission", "reader", "read", "--prefix", "/readable/"],
      ["user", "grant-role", "root", "root"], ["user", "grant-role", "reader", "reader"],
      ["auth", "enable"],
    ] {
      let result = try version.etcdctl(anybody + arguments)
      guard result.status == 0 else {
        throw Failure(description: "\(arguments.joined(separator: " ")): \(result.errors)")
      }
    }
  }
}

/// A member of a cluster.
public final class ClusterMember: Sendable {
  /// What it is called.
  public let name: String

  /// The port for clients.
  public let clientPort: UInt16

  /// Where clients find it.
  public var endpoint: String { "https://127.0.0.1:\(clientPort)" }

  /// What it has written to standard output and standard error since its first start.
  public var log: String {
    let data = FileManager.default.contents(atPath: output)
    return String(decoding: data ?? Data(), as: UTF8.self)
  }

  /// The port where it tells how it is, in plain text.
  public let observationPort: UInt16

  private let program: String
  private let arguments: [String]
  private let output: String
  private let process = Running()

  /// The process of the last start.
  private final class Running: @unchecked Sendable {
    // Only ever touched with the lock held.
    private var process: ChildProcess?
    private let lock = NSLock()

    func get() -> ChildProcess? { lock.withLock { process } }

    func set(_ started: ChildProcess) { lock.withLock { process = started } }
  }

  init(
    name: String,
    program: String,
    clientPort: UInt16,
    peer: String,
    observationPort: UInt16,
    folder: String,
    arguments: [String]
  ) {
    self.name = name
    self.program = program
    self.clientPort = clientPort
    self.observationPort = observationPort
    let client = "https://127.0.0.1:\(clientPort)"
    self.arguments =
      [
        "--name", name, "--data-dir", folder, "--listen-client-urls", client,
        "--advertise-client-urls", client, "--listen-peer-urls", peer,
        "--initial-advertise-peer-urls", peer,
        // In plain text, so that tests need no client to see how it is.
        "--listen-metrics-urls", "http://127.0.0.1:\(observationPort)",
      ] + arguments
    output = "\(folder).log"
  }

  deinit { kill() }

  /// Whether its process has not ended, paused or not.
  public var isRunning: Bool { process.get()?.isRunning ?? false }

  /// Starts it, again if it ran before, and does not wait.
  public func launch() throws {
    process.set(try ChildProcess(program, arguments, output: output))
  }

  /// Ends it with SIGKILL, and waits until it is gone; its files stay.
  public func kill() { process.get()?.kill() }

  /// Ends it with SIGTERM, and waits until it is gone; its files stay.
  public func stop() {
    process.get()?.signal(SIGTERM)
    process.get()?.wait(seconds: 30)
    kill()
  }

  /// Stops it with SIGSTOP: its connections stay, and are silent.
  public func pause() { process.get()?.signal(SIGSTOP) }

  /// Lets it go on after ``pause()``.
  public func resume() { process.get()?.signal(SIGCONT) }

  /// What it counts and measures, in the form of Prometheus.
  public func metrics() throws -> String {
    let answer = try Loopback.request(observationPort, "GET", "/metrics", seconds: 5)
    return String(decoding: answer.body, as: UTF8.self)
  }

  var isServing: Bool {
    guard let process = process.get(), Loopback.isListening(process.id, on: observationPort),
      let answer = try? Loopback.request(observationPort, "GET", "/health", seconds: 1)
    else { return false }
    return String(decoding: answer.body, as: UTF8.self).contains("\"health\":\"true\"")
  }

  var isLeader: Bool {
    guard isRunning,
      let answer = try? Loopback.request(observationPort, "GET", "/metrics", seconds: 1)
    else { return false }
    return String(decoding: answer.body, as: UTF8.self).contains("\netcd_server_is_leader 1\n")
  }

  var lastLines: String {
    log.split(separator: "\n").suffix(12).joined(separator: "\n")
  }
}
