import Foundation
import Glibc
import TestSupport
import Testing

@testable import Store

/// A directory that one process has.
@Suite struct DirectoryClaimTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  @Test func missingDirectoriesAreMadeForTheirOwner() throws {
    let claim = try DirectoryClaim(folder.path("a/b/c/"))
    #expect(claim.openMode == nil)
    for name in ["a", "a/b", "a/b/c"] { #expect(try mode(folder.path(name)) == 0o700) }
  }

  @Test func aDirectoryThatIsOpenToOthersIsSaidToBe() throws {
    let path = folder.path("a")
    mkdir(path, 0o700)
    chmod(path, 0o750)
    #expect(try DirectoryClaim(path).openMode == 0o750)
    #expect(try mode(path) == 0o750)
  }

  @Test func aSecondClaimIsRefusedAndNamesTheProcess() throws {
    let path = folder.path("a")
    let claim = try DirectoryClaim(path)
    let error = #expect(throws: DirectoryClaim.Failure.self) { try DirectoryClaim(path) }
    #expect(error == .claimed(path: path, process: getpid()))
    #expect(error?.description == "\(path): in use by process \(getpid())")
    #expect(claim.path == path)
  }

  @Test func aClaimEndsWithItsOwner() throws {
    let path = folder.path("a")
    for _ in 0..<3 { _ = try DirectoryClaim(path) }
  }

  @Test func whatIsNoDirectoryIsRefused() throws {
    try TestFile.write([], to: folder.path("file"))
    for (path, operation, code) in [
      (folder.path("file"), "open", ENOTDIR), (folder.path("file/a"), "mkdir", ENOTDIR),
      ("/proc/nosuch", "mkdir", ENOENT),
    ] {
      #expect(
        throws: DirectoryClaim.Failure.system(operation: operation, path: path, code: code)
      ) { try DirectoryClaim(path) }
    }
  }

  @Test(arguments: [
    ("/a/b", "/a"), ("/a", "/"), ("/", "/"), ("a/b", "a"), ("a", "."), ("/a//b//", "/a"), ("", "."),
  ])
  func aParentIsWhatIsBeforeTheLastSlash(_ path: String, _ parent: String) {
    #expect(FileText.parent(of: path) == parent)
  }

  @Test func locksAreReadAsTheKernelListsThem() {
    let table = """
      1: POSIX  ADVISORY  WRITE 11 fe:01:1234 0 EOF
      2: FLOCK  ADVISORY  WRITE 12 fe:02:1234 0 EOF
      3: FLOCK  ADVISORY  WRITE 13 fe:01:1234 0 EOF
      3: -> FLOCK  ADVISORY  WRITE 14 fe:01:1234 0 EOF
      4: FLOCK  ADVISORY  WRITE 0 fe:01:99 0 EOF
      broken
      """
    let device = UInt64(0xFE01)
    #expect(LockHolder.process(holding: 1234, device: device, in: table) == 13)
    #expect(LockHolder.process(holding: 99, device: device, in: table) == nil)
    #expect(LockHolder.process(holding: 5, device: device, in: table) == nil)
  }
}
