import Glibc
import TestSupport
import Testing

@testable import Store

/// What systemd is told.
@Suite struct ServiceManagerTests {
  @Test func aSocketOfAPathHears() throws {
    let folder = try TemporaryFolder()
    let socket = NotifySocket(folder.path("notify"))
    let manager = try #require(ServiceManager(socket: socket.name))
    try manager.tell(.ready)
    try manager.tell(.stopping)
    #expect(socket.message() == "READY=1")
    #expect(socket.message() == "STOPPING=1")
  }

  @Test func aSocketWithoutAFileHears() throws {
    let socket = NotifySocket("@explorer-tests-\(getpid())-\(UInt64.random(in: 0 ... .max))")
    let manager = try #require(ServiceManager(socket: socket.name))
    try manager.tell(.ready)
    #expect(socket.message() == "READY=1")
  }

  @Test(arguments: [nil, "", "@", "/", "relative", "vsock:2:1"])
  func whatIsNoSocketIsNobody(_ name: String?) {
    #expect(ServiceManager(socket: name) == nil)
  }

  @Test func aSocketThatIsNotThereIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("none")
    let manager = try #require(ServiceManager(socket: path))
    #expect(throws: ServiceManager.Failure(socket: path, code: ENOENT)) { try manager.tell(.ready) }
    let long = "/" + String(repeating: "a", count: 200)
    let other = try #require(ServiceManager(socket: long))
    #expect(throws: ServiceManager.Failure(socket: long, code: ENAMETOOLONG)) {
      try other.tell(.ready)
    }
  }
}
