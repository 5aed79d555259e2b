import EtcdMessages
import Foundation
import TestSupport
import Testing
import WAL

@testable import Explore

@Suite struct LogSourceTests {
  private let disk = SimulatedDisk()

  private func indices(of log: LogSource) throws -> [UInt64] {
    var indices: [UInt64] = []
    while let item = try log.next() {
      if case .entry(let entry) = item.record.content { indices.append(entry.index.rawValue) }
    }
    return indices
  }

  /// A log of several segments: each takes four entries of this size.
  private func writeSegments(_ directory: String) throws {
    let data = try SampleLog.data { $0.put.value = Data(repeating: 7, count: 1000) }
    try SampleLog.write(Array(repeating: data, count: 20), to: directory, on: disk)
  }

  @Test func aLogIsFoundFromAnyPlaceAboveIt() throws {
    for directory in ["/data", "/data/member"] { try disk.makeDirectory(directory) }
    try writeSegments("/data/member/wal")
    for path in ["/data", "/data/", "/data/member", "/data/member/wal", "/data/member/wal/"] {
      let log = try LogSource(path, in: disk)
      #expect(log.path.hasPrefix("/data/member/wal"))
      #expect(try indices(of: log) == Array(1...20))
      #expect(log.segmentPaths.count > 3)
    }
  }

  @Test func oneSegmentIsReadByAnyName() throws {
    try writeSegments("/wal")
    let names = try disk.list("/wal").filter { $0.hasSuffix(".wal") }.sorted()
    try disk.setContents(of: "/copy", to: disk.contents(of: "/wal/\(names[1])"))
    for path in ["/wal/\(names[1])", "/copy"] {
      let found = try indices(of: LogSource(path, in: disk))
      #expect(found.first == Segment(name: names[1])?.index.rawValue)
      #expect(!found.isEmpty && found.count < 20)
    }
  }

  @Test func segmentsBeforeAnIndexAreLeftOut() throws {
    try writeSegments("/wal")
    let found = try indices(of: LogSource("/wal", from: LogIndex(rawValue: 12), in: disk))
    #expect(found.contains(12) && found.last == 20 && found.first ?? 0 > 4)
    // The log begins later than is asked for.
    let names = try disk.list("/wal").filter { $0.hasSuffix(".wal") }.sorted()
    for name in names.prefix(2) { try disk.remove("/wal/\(name)") }
    let rest = try indices(of: LogSource("/wal", from: LogIndex(rawValue: 1), in: disk))
    #expect(rest.last == 20 && rest.first ?? 0 > 4)
  }

  @Test func whatIsNoLogIsSaid() throws {
    try disk.makeDirectory("/empty")
    #expect(
      throws: LogError.noLog(path: "/empty", looked: ["/empty/member/wal", "/empty/wal", "/empty"])
    ) { try LogSource("/empty", in: disk) }
    #expect(throws: LogError.noLog(path: "/none", looked: [])) {
      try LogSource("/none", in: disk)
    }
    try disk.setContents(of: "/text", to: Array("some text that is not a log".utf8))
    let log = try LogSource("/text", in: disk)
    #expect(log.damage != nil)
    #expect(throws: LogError.self) { try log.next() }
    try disk.setContents(of: "/zero", to: [])
    #expect(throws: LogError.self) { try LogSource("/zero", in: disk).next() }
  }

  @Test func theFilterTakesIndicesKindsAndKeys() throws {
    var filter = LogFilter()
    filter.from = LogIndex(rawValue: 3)
    filter.to = LogIndex(rawValue: 4)
    #expect(
      (1...5).map { filter.accepts(LogIndex(rawValue: $0)) } == [
        false, false, true, true, false,
      ]
    )
    let put = try SampleLog.request { $0.put.key = Data("/a/b".utf8) }
    #expect(filter.accepts(put))
    filter.keys = KeyRange(prefix: Array("/a/".utf8))
    #expect(filter.accepts(put))
    filter.kinds = [.delete]
    #expect(!filter.accepts(put))
    filter.kinds = [.put]
    filter.keys = KeyRange(prefix: Array("/b/".utf8))
    #expect(!filter.accepts(put))
  }
}
