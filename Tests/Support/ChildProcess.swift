private import Foundation
private import Glibc

/// A program that runs beside the tests, and that does not outlive them.
///
/// The kernel kills the program when the test process ends, however that ends. Its standard output
/// and standard error go to a file. It inherits no open file, so that it holds no lock of a test.
public final class ChildProcess: @unchecked Sendable {
  /// The id of the process.
  public let id: Int32

  /// What runs.
  public let program: String

  private let lock = NSLock()
  private var status: Int32?  // Guarded by the lock.

  /// Why a program was not started; `code` is a value of `errno`.
  public struct Failure: Error, Equatable, CustomStringConvertible {
    /// The path of the program, or of the file for its output.
    public let path: String

    /// A value of `errno`.
    public let code: Int32

    /// One line, subject first.
    public var description: String { "\(path): errno \(code)" }
  }

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - program: Its path.
  ///   - arguments: Its arguments, without its name.
  ///   - environment: What is added to the environment of the test process.
  ///   - output: The path of the file that its output is appended to.
  /// - Throws: `Failure` if the program or the file cannot be opened.
  public init(
    _ program: String,
    _ arguments: [String] = [],
    environment: [String: String] = [:],
    output: String = "/dev/null"
  ) throws(Failure) {
    // setpriv is asked first and would only say in the output that there is no such program.
    guard access(program, X_OK) == 0 else { throw Failure(path: program, code: errno) }
    guard access(setpriv, X_OK) == 0 else { throw Failure(path: setpriv, code: errno) }
    let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let outcome = Spawner.shared.spawn(
      [setpriv, "--pdeathsig", "KILL", program] + arguments,
      environment: merged.map { "\($0)=\($1)" },
      output: output
    )
    id = try outcome.get()
    self.program = program
  }

  deinit {
    kill()
  }

  /// Whether the program has not ended.
  public var isRunning: Bool { exitStatus == nil }

  /// The status of a program that has ended: 128 and the number of the signal if one ended it.
  public var exitStatus: Int32? {
    lock.withLock { reap() }
  }

  /// Sends a signal, unless the program has ended.
  public func signal(_ number: Int32) {
    // Under the lock and unreaped, the id can belong to no other process.
    lock.withLock {
      if reap() == nil { _ = Glibc.kill(id, number) }
    }
  }

  /// Waits for the end of the program; nil if it is still running after `seconds`.
  @discardableResult
  public func wait(seconds: Double) -> Int32? {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      if let exitStatus { return exitStatus }
      if ContinuousClock.now >= deadline { return nil }
      usleep(2_000)
    }
  }

  /// Ends the program with SIGKILL, and waits until it is gone.
  public func kill() {
    signal(SIGKILL)
    wait(seconds: 30)
  }

  /// The status if the program has ended; called with the lock held.
  private func reap() -> Int32? {
    if let status { return status }
    var word: Int32 = 0
    guard waitpid(id, &word, WNOHANG) == id else { return nil }
    let signalNumber = word & 0x7f
    status = signalNumber == 0 ? (word >> 8) & 0xff : 128 + signalNumber
    return status
  }
}

private let setpriv = "/usr/bin/setpriv"

/// The thread that starts programs.
///
/// The kernel takes the end of the thread that started a program for the end of its parent, so the
/// thread must be one that lasts as long as the process.
private final class Spawner: @unchecked Sendable {
  static let shared = Spawner()

  private struct Job {
    let arguments: [String]
    let environment: [String]
    let output: String
    let answer: Answer
  }

  /// Where the one who asked waits.
  private final class Answer: @unchecked Sendable {
    let done = DispatchSemaphore(value: 0)
    var outcome: Result<Int32, ChildProcess.Failure>?  // Written before `done` is signalled.
  }

  private let condition = NSCondition()
  private var jobs: [Job] = []  // Guarded by the condition.

  private init() {
    let thread = Thread { [self] in
      while true {
        condition.lock()
        while jobs.isEmpty { condition.wait() }
        let job = jobs.removeFirst()
        condition.unlock()
        job.answer.outcome = Self.start(job)
        job.answer.done.signal()
      }
    }
    thread.start()
  }

  func spawn(
    _ arguments: [String],
    environment: [String],
    output: String
  ) -> Result<Int32, ChildProcess.Failure> {
    let answer = Answer()
    condition.lock()
    jobs.append(
      Job(arguments: arguments, environment: environment, output: output, answer: answer)
    )
    condition.signal()
    condition.unlock()
    answer.done.wait()
    return answer.outcome ?? .failure(.init(path: arguments[0], code: ESRCH))
  }

  /// A number above all open descriptors, and some that other threads are about to open.
  ///
  /// To close one that is not open is no error, unless it is above the limit of the process.
  private static func descriptorBound() -> Int32 {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    let highest = names.compactMap { Int32($0) }.max() ?? 0
    return min(highest + 256, Int32(truncatingIfNeeded: sysconf(Int32(_SC_OPEN_MAX))))
  }

  private static func start(_ job: Job) -> Result<Int32, ChildProcess.Failure> {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    let descriptor = open(job.output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return .failure(.init(path: job.output, code: errno)) }
    defer { close(descriptor) }
    posix_spawn_file_actions_adddup2(&actions, descriptor, 1)
    posix_spawn_file_actions_adddup2(&actions, descriptor, 2)
    for other in 3..<descriptorBound() { posix_spawn_file_actions_addclose(&actions, other) }
    let arguments = job.arguments.map { strdup($0) } + [nil]
    let environment = job.environment.map { strdup($0) } + [nil]
    defer {
      for pointer in arguments + environment { free(pointer) }
    }
    // Threads of the test process block signals; the program starts as one from a shell does.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var id: pid_t = 0
    let code = posix_spawn(&id, job.arguments[0], &actions, &attributes, arguments, environment)
    return code == 0 ? .success(id) : .failure(.init(path: job.arguments[0], code: code))
  }
}
