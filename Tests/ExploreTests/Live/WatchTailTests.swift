import EtcdClient
import Explore
import Foundation
import MVCC
import TestSupport
import Testing

/// A tail must show every change once, whatever happens to the server.
@Suite(.enabled(if: !LiveServer.kinds.isEmpty))
struct WatchTailTests {
  /// What a tail has shown, as lines.
  private final class Shown {
    var lines: [String] = []
    var notices: [WatchTail.Notice] = []

    func take(_ item: WatchTail.Item) {
      switch item {
      case .event(let event):
        let row = RowFacts(event.row)
        let previous = event.previous.map { RowFacts($0).value } ?? "-"
        lines.append(
          "\(row.revision) \(event.kind.rawValue) \(row.key) \(row.value) was \(previous)"
        )
      case .listed(let change):
        let key = String(decoding: change.key, as: UTF8.self)
        lines.append("listed \(change.kind) \(key)")
      case .notice(let notice): notices.append(notice)
      }
    }
  }

  /// Shows what a tail does until something holds, or for half a minute.
  private static func follow(
    _ tail: WatchTail,
    _ shown: Shown,
    until isOver: () -> Bool
  ) throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while !isOver(), ContinuousClock.now < deadline {
      try tail.advance(within: .milliseconds(20)) { shown.take($0) }
    }
  }

  private static func options(
    _ prefixes: [String],
    from start: WatchTail.Start = .now
  ) throws -> WatchTail.Options {
    let parser = StorageKeyParser(resources: try ResourceTable())
    let targets = prefixes.map { KeyTarget(word: $0, ranges: [KeyRange(prefix: $0.utf8)]) }
    var options = WatchTail.Options(KeySelection(targets, parser: parser))
    options.start = start
    return options
  }

  @Test(arguments: LiveServer.kinds)
  func changesAreShownWithWhatWasBefore(kind: ServerKind) async throws {
    let live = try LiveServer(kind)
    try await live.put("/a/0", "old")
    let shown = try await onOwnThread { () -> [String] in
      let shown = Shown()
      let tail = WatchTail(try live.source(), try Self.options(["/a/", "/b/"]))
      var isBegun = false
      try Self.follow(tail, shown) {
        if !isBegun, tail.revision > 0 {
          isBegun = true
          Self.run {
            try await live.put("/a/0", "new")
            try await live.put("/c", "not watched")
            try await live.change([("/a/1", "1"), ("/b/1", "2")], deleting: ["/a/0"])
          }
        }
        return shown.lines.count == 4
      }
      return shown.lines
    }
    #expect(shown.first == "3 MODIFIED /a/0 new was old")
    // Of one revision, a range is told of after the other.
    #expect(
      Set(shown.dropFirst()) == [
        "5 ADDED /a/1 1 was -", "5 DELETED /a/0  was new", "5 ADDED /b/1 2 was -",
      ]
    )
  }

  @Test(arguments: LiveServer.kinds)
  func pastEqualsTheFutureThroughKills(kind: ServerKind) async throws {
    let live = try LiveServer(kind)
    try await live.put("/a/0", "0")
    let prefixes = ["/a/", "/b/", "/c/2"]
    let seen = try await onOwnThread { () -> (lines: [String], lostCount: Int) in
      let shown = Shown()
      let tail = WatchTail(try live.source(), try Self.options(prefixes))
      try tail.advance(within: .milliseconds(10)) { shown.take($0) }
      let last = Load(live)
      Self.start { try await last.run(killing: true) }
      try Self.follow(tail, shown) {
        // Each range comes in order: with its last change all of it has.
        last.lastRevision != 0
          && shown.lines.count { $0.hasPrefix("\(last.lastRevision) ") } == prefixes.count
      }
      return (shown.lines, shown.notices.count { if case .lost = $0 { true } else { false } })
    }
    #expect(seen.lostCount > 0)
    let past = try await onOwnThread { () -> [String] in
      let shown = Shown()
      let tail = WatchTail(try live.source(), try Self.options(prefixes, from: .revision(3)))
      try Self.follow(tail, shown) { shown.lines.count >= seen.lines.count }
      return shown.lines
    }
    #expect(seen.lines.count > 100)
    #expect(Set(seen.lines).count == seen.lines.count, "a change was shown twice")
    #expect(past.sorted() == seen.lines.sorted())
    // Several ranges of the past come in the order of revisions.
    let revisions = past.compactMap { Int($0.split(separator: " ")[0]) }
    #expect(revisions == revisions.sorted())
  }

  @Test(arguments: LiveServer.kinds)
  func compactedChangesAreReplacedByAListing(kind: ServerKind) async throws {
    let live = try LiveServer(kind)
    for number in 0..<5 { try await live.put("/a/\(number)", "0") }
    let shown = try await onOwnThread { () -> Unchecked<Shown> in
      let shown = Shown()
      let tail = WatchTail(try live.source(), try Self.options(["/a/"]))
      try tail.advance(within: .milliseconds(100)) { shown.take($0) }
      Self.run { try await live.put("/a/0", "1") }
      try Self.follow(tail, shown) { shown.lines.count == 1 }
      // Nobody looks while the server is gone, comes back, and compacts.
      live.server.kill()
      try live.server.start()
      Self.run {
        try await live.put("/a/1", "1")
        try await live.delete("/a/2")
        try await live.delete("/a/3")
        try await live.put("/a/3", "again")
        let last = try await live.put("/a/new", "1")
        try await live.compact(last)
      }
      try Self.follow(tail, shown) {
        shown.notices.contains { if case .listingEnded = $0 { true } else { false } }
      }
      Self.run { try await live.put("/a/4", "1") }
      try Self.follow(tail, shown) { shown.lines.contains { $0.contains("/a/4") } }
      return Unchecked(shown)
    }.value
    #expect(
      shown.lines == [
        "7 MODIFIED /a/0 1 was 0", "listed modified /a/1", "listed modified /a/3",
        "listed added /a/new", "listed deleted /a/2", "13 MODIFIED /a/4 1 was 0",
      ]
    )
    #expect(shown.notices.contains(.compacted(from: 8, to: 12, listing: 12)))
    #expect(shown.notices.contains(.listingEnded(changeCount: 4, knowsDeletions: true)))
  }

  @Test(arguments: LiveServer.kinds.filter { $0 != .etcd(.v34) })
  func rangesWithoutChangesKeepUp(kind: ServerKind) async throws {
    let live = try LiveServer(kind)
    try await live.put("/idle/0", "0")
    let revisions = try await onOwnThread { () -> [Int64] in
      let shown = Shown()
      var options = try Self.options(["/busy/", "/idle/"])
      options.progressInterval = .milliseconds(50)
      let tail = WatchTail(try live.source(), options)
      try tail.advance(within: .milliseconds(10)) { shown.take($0) }
      for number in 0..<20 { Self.run { try await live.put("/busy/\(number)", "1") } }
      try Self.follow(tail, shown) { tail.revision == 22 }
      return [tail.revision, Int64(shown.lines.count)]
    }
    #expect(revisions == [22, 20])
  }

  @Test(arguments: LiveServer.kinds)
  func compactedBeginningIsAnError(kind: ServerKind) async throws {
    let live = try LiveServer(kind)
    for number in 0..<5 { try await live.put("/a/0", "\(number)") }
    try await live.compact(4)
    let error = try await onOwnThread { () -> SourceError? in
      let tail = WatchTail(try live.source(), try Self.options(["/a/"], from: .revision(2)))
      return #expect(throws: SourceError.self) {
        try tail.advance(within: .milliseconds(100)) { _ in }
      }
    }
    #expect(error == .compacted(revision: 2, compactRevision: 4))
    let lines = try await onOwnThread { () -> [String] in
      let shown = Shown()
      let tail = WatchTail(try live.source(), try Self.options(["/a/"], from: .compaction))
      try Self.follow(tail, shown) { shown.lines.count == 2 }
      return shown.lines
    }
    #expect(lines == ["5 MODIFIED /a/0 3 was 2", "6 MODIFIED /a/0 4 was 3"])
  }

  @Test(arguments: LiveServer.kinds)
  func storeThatWentBackIsNoticed(kind: ServerKind) async throws {
    let live = try LiveServer(kind)
    for number in 0..<3 { try await live.put("/a/\(number)", "0") }
    live.server.kill()
    let files = FileManager.default
    try files.copyItem(
      atPath: live.server.dataDirectory,
      toPath: live.server.dataDirectory + ".old"
    )
    try live.server.start()
    let shown = try await onOwnThread { () -> Unchecked<Shown> in
      let shown = Shown()
      let tail = WatchTail(try live.source(), try Self.options(["/a/"]))
      try tail.advance(within: .milliseconds(100)) { shown.take($0) }
      Self.run {
        try await live.put("/a/new", "1")
        try await live.delete("/a/0")
      }
      try Self.follow(tail, shown) { shown.lines.count == 2 }
      live.server.kill()
      try files.removeItem(atPath: live.server.dataDirectory)
      try files.moveItem(
        atPath: live.server.dataDirectory + ".old",
        toPath: live.server.dataDirectory
      )
      try live.server.start()
      try Self.follow(tail, shown) {
        shown.notices.contains { if case .listingEnded = $0 { true } else { false } }
      }
      return Unchecked(shown)
    }.value
    #expect(shown.notices.contains(.wentBack(from: 6, to: 4)))
    #expect(shown.lines.suffix(2) == ["listed added /a/0", "listed deleted /a/new"])
  }

  /// Does asynchronous work, and waits for it.
  private static func run(_ work: @escaping @Sendable () async throws -> Void) {
    let done = DispatchSemaphore(value: 0)
    Task {
      do { try await work() } catch { Issue.record(error) }
      done.signal()
    }
    done.wait()
  }

  /// Does asynchronous work beside.
  private static func start(_ work: @escaping @Sendable () async throws -> Void) {
    Task {
      do { try await work() } catch { Issue.record(error) }
    }
  }
}

/// Random changes, by a client that does not mind whether the server lives.
private final class Load: @unchecked Sendable {
  private let live: LiveServer
  private let lock = NSLock()
  private var revision: Int64 = 0

  init(_ live: LiveServer) { self.live = live }

  /// The last change's revision, once it has been made.
  var lastRevision: Int64 { lock.withLock { revision } }

  func run(killing: Bool) async throws {
    var random = SeededGenerator(seed: 7)
    for step in 0..<300 {
      if killing, step % 100 == 50 {
        live.server.kill()
        try live.server.start()
      }
      let group = ["/a/", "/b/", "/c/", "/d/"][Int(random.next() % 4)]
      let keys = (0..<Int(random.next() % 5 + 1)).map {
        "\(group)\((UInt64($0) + random.next()) % 9)"
      }
      let unique = Array(Set(keys)).sorted()
      let deleted = random.next() % 4 == 0 ? unique : []
      // Whether a change was made that was not answered does not matter here.
      _ = try? await live.change(
        deleted.isEmpty ? unique.map { ($0, "\(step)") } : [],
        deleting: deleted
      )
    }
    while true {
      let keys = ["/a/last", "/b/last", "/c/2/last"]
      if let last = try? await live.change(keys.map { ($0, "last") }) {
        lock.withLock { revision = last }
        return
      }
    }
  }
}
