import Glibc
import TestSupport
import Testing

@testable import Store

/// A node's process from its start to its end, with a node that has no data.
@Suite struct NodeProcessTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Starts the process; its log goes to the file `log`, its standard error to `errors`.
  private func start(
    _ arguments: [String] = [],
    _ environment: [String: String] = [:],
    errors: String = "errors"
  ) throws -> ChildProcess {
    try ChildProcess(
      Program.built("ServedProcess"),
      ["--data-dir", folder.path("data"), "--log-outputs", folder.path("log")] + arguments,
      environment: environment,
      output: folder.path(errors)
    )
  }

  private var messages: [String] {
    let objects = (try? TestFile.objects(folder.path("log"))) ?? []
    return objects.compactMap { $0["msg"] as? String }
  }

  private func waits(for message: String) -> Bool {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
      if messages.contains(message) { return true }
      usleep(5_000)
    }
    return false
  }

  @Test(arguments: [(SIGTERM, "terminated"), (SIGINT, "interrupt")])
  func aSignalEndsTheProcessInOrder(_ signal: Int32, _ name: String) throws {
    let process = try start(["--name", "m1"])
    #expect(waits(for: "serving client traffic insecurely; this is strongly discouraged!"))
    process.signal(signal)
    #expect(process.wait(seconds: 60) == 0)
    #expect(
      messages == [
        "starting an etcd server", "now serving peer/client/metrics",
        "ready to serve client requests",
        "serving client traffic insecurely; this is strongly discouraged!",
        "received signal; shutting down", "closing etcd server", "closed etcd server",
      ]
    )
    let objects = try TestFile.objects(folder.path("log"))
    #expect(objects[0]["name"] as? String == "m1")
    #expect(objects[0]["data-dir"] as? String == folder.path("data"))
    #expect(objects[1]["local-member-id"] as? String == "8e9e05c52164694d")
    #expect(objects[1]["cluster-id"] as? String == "cdf818194e3a8c32")
    #expect(objects[1]["listen-client-urls"] as? [String] == ["http://localhost:2379"])
    #expect(objects[3]["address"] as? String == "localhost:2379")
    #expect(objects[4]["signal"] as? String == name)
    #expect(try TestFile.text(folder.path("errors")).isEmpty)
  }

  @Test(arguments: [(SIGTERM, SIGTERM), (SIGTERM, SIGINT)])
  func aSecondSignalEndsItAtOnce(_ first: Int32, _ second: Int32) throws {
    let process = try start([], ["NODE_SHUTDOWN": "hang"])
    #expect(waits(for: "ready to serve client requests"))
    process.signal(first)
    #expect(waits(for: "closing etcd server"))
    #expect(process.isRunning)
    process.signal(second)
    #expect(process.wait(seconds: 60) == 128 + second)
    #expect(!messages.contains("closed etcd server"))
  }

  @Test func aNodeThatDoesNotStartIsReported() throws {
    let process = try start([], ["NODE_START": "fail"])
    #expect(process.wait(seconds: 60) == 1)
    let cause = "the port is taken"
    #expect(try TestFile.text(folder.path("errors")) == "report: \(cause)\n")
    let last = try #require(try TestFile.objects(folder.path("log")).last)
    #expect(last["level"] as? String == "fatal")
    #expect(last["error"] as? String == cause)
  }

  @Test func aNodeThatCannotGoOnEndsTheProcess() throws {
    let process = try start([], ["NODE_FAILS": "1"])
    #expect(process.wait(seconds: 60) == 1)
    #expect(messages.suffix(3) == ["server failed", "closing etcd server", "closed etcd server"])
    #expect(try TestFile.text(folder.path("errors")) == "report: the disk is gone\n")
  }

  @Test func aSecondProcessOnADirectoryIsRefusedAtOnce() throws {
    let first = try start()
    #expect(waits(for: "ready to serve client requests"))
    let second = try start(["--log-outputs", "/dev/null"], errors: "second")
    #expect(second.wait(seconds: 60) == 1)
    #expect(
      try TestFile.text(folder.path("second"))
        == "report: \(folder.path("data")): in use by process \(first.id)\n"
    )
    first.kill()
    let third = try start()
    let ready = "ready to serve client requests"
    for _ in 0..<6000 where messages.filter({ $0 == ready }).count < 2 { usleep(10_000) }
    third.signal(SIGTERM)
    #expect(third.wait(seconds: 60) == 0)
  }

  @Test func systemdHearsOfStartAndEnd() throws {
    let socket = NotifySocket(folder.path("notify"))
    let process = try start([], ["NOTIFY_SOCKET": socket.name])
    #expect(socket.message(seconds: 60) == "READY=1")
    #expect(messages.contains("ready to serve client requests"))
    process.signal(SIGTERM)
    #expect(socket.message(seconds: 60) == "STOPPING=1")
    #expect(process.wait(seconds: 60) == 0)
  }

  @Test func filesAreTheOwnersAndTheirNumberIsRaised() throws {
    let process = try start()
    #expect(waits(for: "ready to serve client requests"))
    let limits = try #require(FileText.read("/proc/\(process.id)/limits", limit: 1 << 16))
    let files = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max open files") })
    let words = files.split(separator: " ")
    #expect(words[3] == words[4])
    let status = try #require(FileText.read("/proc/\(process.id)/status", limit: 1 << 16))
    #expect(status.contains("Umask:\t0077\n"))
    process.signal(SIGTERM)
    process.wait(seconds: 60)
  }
}
