private import Foundation
import TestSupport
import Testing

@Suite struct ChildProcessTests {
  @Test func aProgramEndsWithItsParent() throws {
    // The shell is the parent of a sleeping program that is started as ChildProcess starts one.
    let folder = try TemporaryFolder()
    let script = "setpriv --pdeathsig KILL sleep 600 & echo $! >\(folder.path("id")); wait"
    let shell = try ChildProcess("/bin/sh", ["-c", script])
    var id = ""
    for _ in 0..<1_000 where !id.hasSuffix("\n") {
      usleep(5_000)
      id = (try? String(contentsOfFile: folder.path("id"), encoding: .utf8)) ?? ""
    }
    let stat = "/proc/\(id.dropLast())/stat"
    for _ in 0..<1_000 where try !text(stat).contains("(sleep)") { usleep(5_000) }
    #expect(try text(stat).contains("(sleep)"))
    shell.kill()
    // Gone, or a zombie if nobody in the container collects orphans.
    var state = ""
    for _ in 0..<1_000 {
      state = (try? text(stat)) ?? ""
      if state.isEmpty || state.contains(") Z ") { break }
      usleep(5_000)
    }
    #expect(state.isEmpty || state.contains(") Z "))
  }

  @Test func aProgramRunsOnWhenTheThreadThatAskedForItHasEnded() throws {
    nonisolated(unsafe) var process: ChildProcess?
    let done = DispatchSemaphore(value: 0)
    Thread {
      process = try? ChildProcess("/bin/sleep", ["600"])
      done.signal()
    }.start()
    done.wait()
    let sleeper = try #require(process)
    #expect(sleeper.wait(seconds: 0.3) == nil)
    sleeper.signal(SIGTERM)
    #expect(sleeper.wait(seconds: 30) == 128 + SIGTERM)
  }

  @Test func aProgramInheritsNoOpenFile() throws {
    let folder = try TemporaryFolder()
    let descriptor = open(folder.path("held"), O_RDWR | O_CREAT, 0o600)
    defer { close(descriptor) }
    let list = try ChildProcess("/bin/ls", ["-l", "/proc/self/fd"], output: folder.path("list"))
    #expect(list.wait(seconds: 30) == 0)
    #expect(try !text(folder.path("list")).contains("held"))
    #expect(try text(folder.path("list")).contains(folder.path("list")))
  }

  @Test func aMissingProgramIsReported() {
    let failure = #expect(throws: ChildProcess.Failure.self) {
      try ChildProcess("/no/such/program")
    }
    #expect(failure?.description == "/no/such/program: errno \(ENOENT)")
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }
}
