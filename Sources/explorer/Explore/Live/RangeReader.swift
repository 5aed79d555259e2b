internal import Dispatch
internal import EtcdClient
internal import EtcdMessages
internal import Foundation
internal import RPC
internal import SwiftProtobuf

/// Reads the keys of some ranges at one revision, page by page.
///
/// A server counts all keys of a range for each page of it, also those far behind the page. What is left
/// of a range behind its first page, if it is much, is therefore read in parts that are about a page each:
/// they end where resources do, and between these where the keys that came let guess. Several parts are
/// asked for at once, so that the server is at work on the next ones while one is looked at; they are held
/// until their turn comes.
///
/// Pages have few rows at first, until the size of rows is known. Keys are about as large as those before
/// them, values may be much larger.
final class RangeReader {
  private static let firstLimit = (keys: 1_000, values: 100)

  /// How many times as many rows as the page before a page may have.
  private static let growth = (keys: 1_000, values: 8)

  /// How many pages may be asked for, or wait for their turn, while one is looked at.
  private static let mostAsked = 4

  /// How many resources a part has at most: more than there are.
  private static let mostResources = 1_024

  /// A part of one of the ranges.
  private struct Part {
    /// Where its beginning comes from, which says how its end can be found.
    enum Beginning {
      /// It is a whole range, of which nothing is known.
      case range

      /// It begins where a resource, or several, ended.
      case resource

      /// It begins behind a key that was read, or may be there.
      case key
    }

    var range: KeyRange
    let beginning: Beginning

    /// How many keys it has, or about so many; nothing where that is not known.
    var count: Int?

    /// Whether a server has counted them.
    var isCounted = false

    /// Its page, once it is asked for.
    var asked: (page: Awaited<RangePage, SourceError>, request: Etcdserverpb_RangeRequest)?
  }

  private let source: LiveSource
  private let question: RowQuestion

  /// The revision of the first answer, and of all others.
  private(set) var revision: Int64?

  /// How many rows have come.
  private(set) var rowCount = 0

  /// How many rows there are in the ranges whose first page has come.
  private(set) var knownCount = 0

  /// What is still to be read, the last part first.
  private var parts: [Part]

  /// Is signalled for each page that comes.
  private let arrivals = DispatchSemaphore(value: 0)

  /// How many rows the next page is to have at most.
  private var limit: Int

  /// The last key that came.
  private var lastKey: [UInt8] = []

  /// How keys lie where the last page comes from.
  private var stride: KeyStride?

  /// How many resources a part may have that begins with one.
  private var resourceCount = 1

  /// Where resources end.
  private lazy var resourceEnds = question.selection.resourceEnds

  init(_ source: LiveSource, _ question: RowQuestion) {
    self.source = source
    self.question = question
    parts = RangeReader.whole(question)
    revision = question.revision.flatMap { $0 > 0 ? $0 : nil }
    limit = question.detail == .keys ? RangeReader.firstLimit.keys : RangeReader.firstLimit.values
  }

  private static func whole(_ question: RowQuestion) -> [Part] {
    question.selection.ranges.reversed().map { Part(range: $0, beginning: .range) }
  }

  /// The next page; nil behind the last.
  func next() throws(SourceError) -> RangePage? {
    while true {
      ask()
      guard let part = parts.last, let (awaited, request) = part.asked else { return nil }
      while awaited.current == nil {
        // Whichever page comes first makes room for another.
        arrivals.wait()
        ask()
      }
      parts.removeLast()
      do throws(SourceError) {
        let page = try awaited.get()
        if !page.isFromMember, source.isMember {
          guard rowCount == 0 else {
            let fault = "no member of etcd, after answers of one"
            throw SourceError.answer(source: source.name, fault: fault)
          }
          // The part may have been none that the server knows.
          source.isMember = false
          parts = RangeReader.whole(question)
          continue
        }
        try take(page, of: part, request)
        return page
      } catch .call(.tooLarge(let endpoint, let byteCount, let most)) {
        // Values are larger than those before them.
        guard request.limit != 1 else {
          throw .call(.tooLarge(endpoint: endpoint, byteCount: byteCount, limit: most))
        }
        limit = max(1, min(limit, Int(clamping: request.limit)) / 16)
        var part = part
        part.asked = nil
        parts.append(part)
      } catch {
        throw explained(error, request)
      }
    }
  }

  /// How many rows there are, those that are left over among them.
  func count() throws(SourceError) -> Int {
    var count = rowCount
    for part in parts {
      if part.isCounted {
        count += part.count ?? 0
        continue
      }
      var request = source.request(for: part.range, at: revision)
      request.countOnly = true
      let page = try source.page(request)
      revision = revision ?? page.revision
      count += page.count
    }
    return count
  }

  // MARK: Answers

  private func take(
    _ page: RangePage,
    of part: Part,
    _ request: Etcdserverpb_RangeRequest
  ) throws(SourceError) {
    try check(page, of: part)
    revision = revision ?? page.revision
    rowCount += page.rowCount
    if part.beginning == .range { knownCount += page.count }
    if page.hasMore, let last = page.lastKey {
      let rest = KeyRange(lowerBound: last + [0], upperBound: part.range.upperBound)
      let count = max(0, page.count - page.rowCount)
      parts.append(Part(range: rest, beginning: .key, count: count, isCounted: true))
    }
    lastKey = page.lastKey ?? lastKey
    learn(from: page, of: part, request)
    ask()
  }

  /// Looks whether an answer is one to what was asked: else keys would be missed, or come twice.
  private func check(_ page: RangePage, of part: Part) throws(SourceError) {
    let isInside =
      page.firstKey.map { !$0.lexicographicallyPrecedes(part.range.lowerBound) } ?? true
      && page.lastKey.map { last in
        part.range.upperBound.map { last.lexicographicallyPrecedes($0) } ?? true
      } ?? true
    let fault: String? =
      if !isInside {
        "keys outside of the range"
      } else if page.hasMore, page.rowCount == 0 {
        "more keys, but none of them"
      } else if !page.hasMore, page.rowCount < page.count {
        "\(page.rowCount) keys of \(page.count), and no more"
      } else {
        nil
      }
    if let fault { throw .answer(source: source.name, fault: fault) }
  }

  /// How large rows are, and how they lie.
  private func learn(from page: RangePage, of part: Part, _ request: Etcdserverpb_RangeRequest) {
    let isSparse = !page.hasMore && page.rowCount < Int(request.limit) / 8
    if part.beginning == .resource {
      resourceCount = isSparse ? min(resourceCount * 2, RangeReader.mostResources) : 1
    }
    if isSparse {
      if part.beginning == .key { stride?.widen() }
    } else if let first = page.firstKey, let last = page.lastKey {
      stride = KeyStride(from: first, to: last, count: page.rowCount)
    }
    guard page.byteCount > 0, page.rowCount > 0 else { return }
    let fitting = source.options.pageByteCount / max(1, page.byteCount / page.rowCount)
    let growth = RangeReader.growth
    limit = max(1, min(fitting, limit * (question.detail == .keys ? growth.keys : growth.values)))
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

  // MARK: Requests

  /// How many rows are still wanted, where all that come are.
  private var wantedCount: Int? {
    question.selection.isFiltered ? nil : question.limit.map { $0 - rowCount }
  }

  /// Asks for what comes next.
  private func ask() {
    // What is asked for together has to be of one revision, and wanted.
    let most =
      revision == nil || !source.isMember || (wantedCount ?? .max) <= limit
      ? 1 : RangeReader.mostAsked
    // What comes next is asked for however much waits behind it.
    while parts.last?.asked == nil || heldPageCount < most, (wantedCount ?? .max) > 0,
      let place = parts.lastIndex(where: { $0.asked == nil })
    {
      let isCut = cut(place)
      ask(isCut ? place + 1 : place)
    }
  }

  /// How many pages are asked for, or wait for their turn: small ones together count as one.
  private var heldPageCount: Int {
    var (count, byteCount) = (0, 0)
    for part in parts {
      guard let page = part.asked?.page else { continue }
      if let outcome = page.current {
        byteCount += (try? outcome.get())?.byteCount ?? 0
      } else {
        count += 1
      }
    }
    return count + byteCount / source.options.pageByteCount
  }

  private func ask(_ place: Int) {
    let range = parts[place].range
    var request = source.request(for: range, at: revision, detail: question.detail)
    // Servers that are none of etcd's refuse limits for one key.
    let isSingle = range.singleKey != nil
    request.limit = isSingle ? 1 : Int64(min(limit, wantedCount ?? limit))
    let page = source.fetch(request) { [arrivals] in arrivals.signal() }
    parts[place].asked = (page, request)
  }

  /// Makes a part about as large as a page.
  ///
  /// - Returns: Whether something is left of it, which now takes its place.
  private func cut(_ place: Int) -> Bool {
    let part = parts[place]
    let count = min(part.count ?? .max, knownCount - rowCount, wantedCount ?? .max)
    guard part.beginning != .range, source.isMember, count > limit,
      let (bound, isGuess) = end(of: part)
    else { return false }
    let guessed = isGuess ? wantedKeyCount : nil
    parts[place].range = KeyRange(lowerBound: part.range.lowerBound, upperBound: bound)
    (parts[place].count, parts[place].isCounted) = (guessed, false)
    let rest = KeyRange(lowerBound: bound, upperBound: part.range.upperBound)
    let left = part.count.map { $0 - (guessed ?? 0) }
    parts.insert(Part(range: rest, beginning: isGuess ? .key : .resource, count: left), at: place)
    return true
  }

  /// How many keys a part is meant to have: a page that is nearly full.
  private var wantedKeyCount: Int { limit - limit / 8 }

  /// Where a part is to end: at a guess, or where a resource ends; nothing where all of it is to be read.
  private func end(of part: Part) -> (bound: [UInt8], isGuess: Bool)? {
    let ends = resourceEnds
    let lower = part.range.lowerBound
    // The first end that is behind the beginning.
    var (low, high) = (0, ends.count)
    while low < high {
      let middle = (low + high) / 2
      if lower.lexicographicallyPrecedes(ends[middle]) { high = middle } else { low = middle + 1 }
    }
    func isInside(_ bound: [UInt8]) -> Bool {
      part.range.upperBound.map { bound.lexicographicallyPrecedes($0) } ?? true
    }
    if part.beginning == .key, let guess = stride?.bound(ofKeys: wantedKeyCount, from: lower),
      isInside(guess), low == ends.count || guess.lexicographicallyPrecedes(ends[low])
    {
      return (guess, true)
    }
    let place = low + (part.beginning == .key ? 1 : resourceCount) - 1
    return place < ends.count && isInside(ends[place]) ? (ends[place], false) : nil
  }
}
