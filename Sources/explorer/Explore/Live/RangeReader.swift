internal import EtcdClient
internal import EtcdMessages
internal import Foundation
internal import RPC
internal import SwiftProtobuf

/// Reads the keys of some ranges at one revision, page by page.
///
/// The next page is asked for as soon as one has come, so that the server is at work while that one is
/// looked at: two pages are held at most. A server counts all keys behind a page's beginning again for
/// each page, so pages are as large as memory bears: rows are few at first, until their size is known.
/// Keys are about as large as those before them, values may be much larger.
final class RangeReader {
  private static let firstLimit = (keys: 1_000, values: 100)

  /// How many times as many rows as the page before a page may have.
  private static let growth = (keys: 1_000, values: 8)

  private let source: LiveSource
  private let question: RowQuestion
  private let ranges: [KeyRange]

  /// The revision of the first answer, and of all others.
  private(set) var revision: Int64?

  /// How many rows have come.
  private(set) var rowCount = 0

  /// How many rows there are in the ranges that have been begun, and how many ranges those are.
  private(set) var knownCount = 0
  private var begunCount = 0

  /// The range that is being read, and how much of the next answer is wanted.
  private var place = 0
  private var limit: Int
  private var lastKey: [UInt8] = []
  private var awaited: (page: Awaited<RangePage, SourceError>, request: Etcdserverpb_RangeRequest)?

  init(_ source: LiveSource, _ question: RowQuestion) {
    self.source = source
    self.question = question
    ranges = question.selection.ranges
    revision = question.revision.flatMap { $0 > 0 ? $0 : nil }
    limit = question.detail == .keys ? RangeReader.firstLimit.keys : RangeReader.firstLimit.values
  }

  /// The next page; nil behind the last.
  func next() throws(SourceError) -> RangePage? {
    if awaited == nil { ask(from: nil) }
    guard let (awaitedPage, request) = awaited else { return nil }
    awaited = nil
    let page: RangePage
    do throws(SourceError) {
      page = try awaitedPage.get()
    } catch .call(.tooLarge(let endpoint, let byteCount, let most)) {
      // Values are larger than those before them.
      guard limit > 1 else {
        throw .call(.tooLarge(endpoint: endpoint, byteCount: byteCount, limit: most))
      }
      limit = max(1, limit / 16)
      ask(again: request)
      return try next()
    } catch {
      throw explained(error, request)
    }
    if begunCount == place {
      begunCount += 1
      knownCount += page.count
    }
    revision = revision ?? page.revision
    rowCount += page.rowCount
    try follow(page, request)
    return page
  }

  /// How many rows there are in all ranges.
  func count() throws(SourceError) -> Int {
    var count = knownCount
    for range in ranges[begunCount...] {
      var request = source.request(for: range, at: revision)
      request.countOnly = true
      let page = try source.page(request)
      revision = revision ?? page.revision
      count += page.count
    }
    return count
  }

  /// Asks for what follows a page.
  private func follow(
    _ page: RangePage,
    _ request: Etcdserverpb_RangeRequest
  ) throws(SourceError) {
    if page.hasMore {
      guard let last = page.lastKey, lastKey.isEmpty || lastKey.lexicographicallyPrecedes(last)
      else {
        throw .answer(source: source.name, fault: "more keys, but none after those before")
      }
      lastKey = last
      if page.byteCount > 0, page.rowCount > 0 {
        let fitting = source.options.pageByteCount / max(1, page.byteCount / page.rowCount)
        let growth = RangeReader.growth
        let factor = question.detail == .keys ? growth.keys : growth.values
        // A page with little in it costs the server as much as another.
        let left = knownCount - rowCount
        let isNearlyAll = left <= fitting + fitting / 4
        limit = max(1, min(isNearlyAll ? left : fitting, limit * factor))
      }
      ask(from: last + [0])
    } else {
      // The answer that ends a range is its last.
      place += 1
      lastKey = []
      ask(from: nil)
    }
  }

  /// Asks for a page of the range at hand, from a key on.
  private func ask(from key: [UInt8]?) {
    guard place < ranges.count, (wantedCount ?? .max) > 0 else { return }
    let range = ranges[place]
    let rest = key.map { KeyRange(lowerBound: $0, upperBound: range.upperBound) } ?? range
    ask(again: source.request(for: rest, at: revision, detail: question.detail))
  }

  /// How many rows are still wanted, where all that come are.
  private var wantedCount: Int? {
    question.selection.isFiltered ? nil : question.limit.map { $0 - rowCount }
  }

  private func ask(again request: Etcdserverpb_RangeRequest) {
    var request = request
    request.limit = Int64(min(limit, wantedCount ?? limit))
    awaited = (source.fetch(request), request)
  }

  private func explained(
    _ error: SourceError,
    _ request: Etcdserverpb_RangeRequest
  ) -> SourceError {
    if rowCount > 0, case .call(let failure) = error, let revision,
      failure.status?.message == EtcdText.compacted
    {
      return .compactedMeanwhile(revision: revision, after: lastKey)
    }
    return source.explained(error, range: KeyRange(request), revision: request.revision)
  }
}
