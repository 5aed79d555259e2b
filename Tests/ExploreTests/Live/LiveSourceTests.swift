import EtcdClient
@testable import Explore
import Foundation
import MVCC
import TestSupport
import Testing

/// Questions to a living server, and what it says beside.
@Suite(.enabled(if: !LiveServer.kinds.isEmpty))
struct LiveSourceTests {
  /// The rows of a question, in the order in which they come.
  private func rows(
    _ source: LiveSource,
    _ question: RowQuestion
  ) async throws -> (rows: [RowFacts], answer: RowAnswer) {
    try await onOwnThread { [source = Unchecked(source)] in
      var rows: [RowFacts] = []
      let answer = try source.value.forEachLiveRow(question, progress: nil) {
        rows.append(RowFacts($0))
      }
      return (rows, answer)
    }
  }

  @Test(arguments: LiveServer.kinds)
  func pagesTogetherAreTheRangeAtOneRevision(kind: ServerKind) async throws {
    let live = try LiveServer(kind)
    for group in 0..<30 {
      try await live.change(
        (0..<100).map { ("/a/\(group)/\($0)", String(repeating: "v", count: ($0 * 37) % 300)) }
      )
    }
    let then = try await live.put("/b", "1")
    let expected = try await live.all("/a/").map(RowFacts.init)
    for number in 0..<50 { try await live.change([("/a/0/\(number)", "later")]) }
    var options = LiveSource.Options()
    options.pageByteCount = 10_000
    let source = try live.source(options)
    let old = try await rows(source, RowQuestion(.prefix("/a/"), at: then))
    #expect(old.rows == expected)
    #expect(old.answer == RowAnswer(revision: then, count: 3_000))
    let new = try await rows(source, RowQuestion(.prefix("/a/")))
    #expect(new.rows == (try await live.all("/a/").map(RowFacts.init)))
    let keys = try await rows(source, RowQuestion(.prefix("/a/"), at: then, detail: .keys))
    #expect(keys.rows.map(\.key) == expected.map(\.key))
    #expect(keys.rows.allSatisfy { $0.value.isEmpty })
    for limit in [0, 1, 99, 1_500, 4_000] {
      var question = RowQuestion(.prefix("/a/"), at: then)
      question.limit = limit
      let some = try await rows(source, question)
      #expect(some.rows == Array(expected.prefix(limit)))
      #expect(some.answer.count == 3_000)
    }
    let count = try await onOwnThread { [source = Unchecked(source)] in
      try source.value.count(RowQuestion(.prefix("/a/1")), progress: nil)
    }
    #expect(count == 1_100)
  }

  @Test(arguments: LiveServer.kinds)
  func partsAreTheWholeRangeWhateverTheKeys(kind: ServerKind) async throws {
    let live = try LiveServer(kind)
    var random = SeededGenerator(seed: 11)
    // Names that are numbers, that are random, and that hardly differ; also of no resource.
    let places = ["pods", "configmaps", "zebras.io/zebras", "events", "secrets", "services/specs"]
    for group in 0..<60 {
      let place = places[Int.random(in: 0..<places.count, using: &random)]
      let depth = Int.random(in: 0...2, using: &random)
      let root = "/registry/\(place)/" + String(repeating: "same-\(group % 3)/", count: depth)
      let names = (0..<80).map { number in
        switch group % 4 {
        case 0: "object-\(group * 80 + number)"
        case 1: String(UInt64.random(in: 0 ... .max, using: &random), radix: 36)
        case 2: String(repeating: "z", count: number) + "\(group)"
        default: "\(Character(Unicode.Scalar(UInt8.random(in: 1...127, using: &random))))\(number)"
        }
      }
      try await live.change(
        Set(names).map { (root + $0, String(repeating: "v", count: group * 7)) }
      )
    }
    for number in 0..<50 { try await live.put("\(number)", "no path") }
    let expected = try await live.all("").map(RowFacts.init)
    for byteCount in [300, 3_000, 30_000] {
      var options = LiveSource.Options()
      options.pageByteCount = byteCount
      let source = try live.source(options)
      let all = try await rows(source, RowQuestion(.all))
      let isSame = all.rows == expected
      #expect(isSame, "\(byteCount)")
      #expect(all.answer.count == expected.count)
      let keys = try await rows(source, RowQuestion(.all, detail: .keys))
      let areSame = keys.rows.map(\.key) == expected.map(\.key)
      #expect(areSame, "\(byteCount)")
      for prefix in ["/registry/pods/", "/registry/zebras.io/zebras/same-1/", "/registry/s"] {
        let some = try await rows(source, RowQuestion(.prefix(prefix), detail: .keys))
        let areSame = some.rows.map(\.key) == expected.map(\.key).filter { $0.hasPrefix(prefix) }
        #expect(areSame, "\(prefix) \(byteCount)")
      }
    }
  }

  @Test(arguments: LiveServer.kinds)
  func compactionWhileReadingIsReported(kind: ServerKind) async throws {
    let live = try LiveServer(kind)
    for group in 0..<30 { try await live.change((0..<100).map { ("/a/\(group)/\($0)", "v") }) }
    var options = LiveSource.Options()
    options.pageByteCount = 1_000
    let source = try live.source(options)
    let error = try await onOwnThread { [source = Unchecked(source), live] in
      var isFirst = true
      return #expect(throws: SourceError.self) {
        try source.value.forEachLiveRow(RowQuestion(.prefix("/a/")), progress: nil) { _ in
          guard isFirst else { return }
          isFirst = false
          let done = DispatchSemaphore(value: 0)
          Task {
            let revision = try await live.put("/b", "1")
            try await live.compact(revision)
            done.signal()
          }
          done.wait()
        }
      }
    }
    guard case .compactedMeanwhile(let revision, let key) = error else {
      Issue.record("not compacted: \(String(describing: error))")
      return
    }
    #expect(revision == 31)
    #expect(key.starts(with: Array("/a/".utf8)))
  }

  @Test(arguments: LiveServer.kinds)
  func revisionsThatAreNotThereAreNamed(kind: ServerKind) async throws {
    let live = try LiveServer(kind)
    for number in 0..<10 { try await live.put("/k", "\(number)") }
    try await live.compact(8)
    let source = try live.source()
    await #expect(throws: SourceError.compacted(revision: 5, compactRevision: 8)) {
      try await rows(source, RowQuestion(.prefix("/"), at: 5))
    }
    await #expect(throws: SourceError.future(revision: 500, currentRevision: 11)) {
      try await rows(source, RowQuestion(.prefix("/"), at: 500))
    }
    #expect(try await rows(source, RowQuestion(.prefix("/"), at: 8)).rows.map(\.value) == ["6"])
  }

  @Test(arguments: LiveServer.kinds)
  func historyGoesThroughAllLivesOfAKey(kind: ServerKind) async throws {
    let live = try LiveServer(kind)
    try await live.put("/k", "1")
    try await live.put("/k", "2")
    try await live.put("/other", "x")
    try await live.delete("/k")
    try await live.put("/k", "3")
    try await live.change([("/k", "4"), ("/more", "y")])
    try await live.delete("/k")
    let source = try live.source()
    func history(_ key: String, upTo revision: Int64? = nil) async throws -> [RowFacts] {
      try await onOwnThread { [source = Unchecked(source)] in
        var rows: [RowFacts] = []
        try source.value.forEachRevision(of: Array(key.utf8), upTo: revision, progress: nil) {
          rows.append(RowFacts($0))
          return true
        }
        return rows
      }
    }
    let all = try await history("/k")
    #expect(all.map(\.revision) == [8, 7, 6, 5, 3, 2])
    #expect(all.map(\.value) == ["", "4", "3", "", "2", "1"])
    #expect(all.map(\.isTombstone) == [true, false, false, true, false, false])
    #expect(try await history("/k", upTo: 7).map(\.revision) == [7, 6, 5, 3, 2])
    #expect(try await history("/k", upTo: 4).map(\.revision) == [3, 2])
    #expect(try await history("/nothing").isEmpty)
    let fate = try await onOwnThread { [source = Unchecked(source)] in
      guard
        case .deleted(let tombstone, let last?) = try source.value.find(
          Array("/k".utf8),
          at: nil,
          progress: nil
        )
      else { return [Int64]() }
      return [tombstone.revision.main, last.revision.main]
    }
    #expect(fate == [8, 7])
    // What is left of a life that was cut in two.
    try await live.compact(3)
    #expect(try await history("/k").map(\.revision) == [8, 7, 6, 5, 3])
    try await live.compact(7)
    #expect(try await history("/k").map(\.revision) == [8, 7])
    #expect(source.compactRevision == 7)
    try await live.compact(8)
    #expect(try await history("/k").isEmpty)
  }

  @Test(arguments: LiveServer.kinds)
  func valuesThatGrowMakeNoPageTooLarge(kind: ServerKind) async throws {
    let live = try LiveServer(kind)
    for number in 0..<200 { try await live.put("/a/\(number)", "small") }
    for number in 0..<24 {
      try await live.put("/b/\(number)", String(repeating: "x", count: 1_000_000))
    }
    var connection = Connection.Options()
    connection.answerByteCountLimit = 4_000_000
    var options = EtcdClient.Options(endpoints: [try Endpoint(live.server.endpoint)])
    options.connection = connection
    let source = LiveSource(EtcdClient(options), name: live.server.endpoint)
    let found = try await rows(source, RowQuestion(.prefix("/")))
    #expect(found.rows.count == 224)
    #expect(found.rows.filter { $0.value.utf8.count == 1_000_000 }.count == 24)
  }

  @Test func releasesWhoseProgressCanBeReliedOnAreKnown() {
    for version in ["3.4.25", "3.4.30", "3.5.8", "3.5.30", "3.6.0", "4.0.0", "3.6.0-rc.1"] {
      #expect(LiveSource.answersProgress(version: version), "\(version)")
    }
    for version in ["3.4.23", "3.5.7", "3.3.99", "3.4", "", "unknown"] {
      #expect(!LiveSource.answersProgress(version: version), "\(version)")
    }
  }
}

/// A value that one thread at a time uses.
struct Unchecked<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }
}
