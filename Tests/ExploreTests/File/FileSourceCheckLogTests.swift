import FileIO
import TestSupport
import Testing
import WAL

@testable import Explore

/// A log is looked at as a whole, although no question needs more than its end.
@Suite struct FileSourceCheckLogTests {
  private func check(_ member: SampleMember) throws -> LogReport? {
    try FileSource(SampleMember.path, in: member.disk).checkLog(in: member.disk)
  }

  /// A log of several segments, with a database at its seventh entry.
  private func member() throws -> SampleMember {
    var member = try SampleMember()
    let value = String(repeating: "x", count: 1500)
    for _ in 0..<6 { try member.put("a", value) }
    try member.apply(["a"])
    for _ in 0..<6 { try member.put("b", value) }
    return member
  }

  private func segments(_ member: SampleMember) throws -> [String] {
    let directory = "\(SampleMember.path)/member/wal"
    return try member.disk.list(directory).filter { $0.hasSuffix(".wal") }.sorted()
      .map { "\(directory)/\($0)" }
  }

  @Test func aSoundLogHasNoFaults() throws {
    let report = try #require(try check(member()))
    #expect(report.faults == [])
    #expect(report.firstIndex == 1 && report.lastIndex == 13)
    #expect(report.databaseIndex == 7 && report.entriesAhead == 6)
    #expect(report.tornPlace == nil)
  }

  @Test func damageInFrontOfWhatTheDatabaseHasIsAFaultToo() throws {
    let member = try member()
    let segment = try #require(segments(member).first)
    var bytes = try member.disk.contents(of: segment)
    let place = try #require(bytes.firstIndex(of: UInt8(ascii: "x")))
    bytes[place] ^= 1
    try member.disk.setContents(of: segment, to: bytes)
    let source = try FileSource(SampleMember.path, in: member.disk)
    // What is behind it can be read all the same.
    #expect(try source.logPosition(in: member.disk)?.entriesAhead == 6)
    let report = try #require(try source.checkLog(in: member.disk))
    #expect(report.lastIndex == nil && report.entriesAhead == 0)
    guard case .log(.damaged(let path, _, .checksumMismatch)) = report.faults.first else {
      Issue.record("\(report)")
      return
    }
    #expect(path == segment)
    #expect(report.faults.count == 1)
  }

  @Test func aLogThatBeginsBehindTheDatabaseIsAFault() throws {
    let member = try member()
    let paths = try segments(member)
    for path in paths.dropLast() { try member.disk.remove(path) }
    let report = try #require(try check(member))
    // There is no entry in the last segment: it tells by its name where it begins.
    let next = report.firstIndex ?? (report.lastIndex ?? 0) + 1
    #expect(next > 8)
    let directory = "\(SampleMember.path)/member/wal"
    #expect(report.faults == [.logGap(path: directory, found: next, expected: 8)])
  }

  @Test func aLogThatEndsBeforeTheDatabaseIsAFault() throws {
    let member = try member()
    for path in try segments(member).dropFirst() { try member.disk.remove(path) }
    let report = try #require(try check(member))
    let last = try #require(report.lastIndex)
    #expect(last < 7)
    let directory = "\(SampleMember.path)/member/wal"
    let fault = SourceError.logEndsEarly(path: directory, found: last, expected: 7)
    #expect(report.faults == [fault])
    #expect(
      fault.description
        == "\(directory): ends at entry \(last), the database was written at entry 7"
    )
  }

  @Test func anInterruptedWriteIsNoFault() throws {
    var member = try member()
    try member.put("c", String(repeating: "x", count: 900))
    let segment = try member.lastSegment()
    let bytes = try member.disk.contents(of: segment)
    let end = try #require(bytes.lastIndex { $0 == UInt8(ascii: "x") })
    try member.disk.setContents(of: segment, to: Array(bytes[..<(end - 700)]))
    let report = try #require(try check(member))
    #expect(report.faults == [])
    #expect(report.tornPlace?.path == segment)
    #expect(report.lastIndex == 13)
  }

  @Test func whereThereIsNoLogThereIsNoReport() throws {
    let member = try member()
    let source = try FileSource(member.databasePath, in: member.disk)
    #expect(try source.checkLog(in: member.disk) == nil)
    for path in try segments(member) { try member.disk.remove(path) }
    let report = try #require(try check(member))
    #expect(report.faults == [.log(.noSegments(path: "\(SampleMember.path)/member/wal"))])
  }
}
