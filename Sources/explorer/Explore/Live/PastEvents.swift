internal import EtcdClient
internal import EtcdMessages
internal import MVCC
internal import RPC
internal import SwiftProtobuf

/// The changes between two revisions, all of them and in order.
///
/// A watch does not say by itself where the past ends. A server that answers a request for progress
/// only when all watchers of a stream have caught up can be asked. Of older ones the whole keyspace is
/// watched: each revision changed some key, so the last one is told of.
///
/// Source: etcd, issue 15220 (releases 3.4.25 and 3.5.8).
struct PastEvents {
  private let source: LiveSource
  private let ranges: [KeyRange]
  private let revisions: ClosedRange<Int64>
  private let wantsPrevious: Bool

  /// How long to wait between two requests for progress.
  private static let interval = Duration.milliseconds(50)

  /// The changes of some keys.
  ///
  /// - Parameters:
  ///   - source: The cluster.
  ///   - ranges: The keys, as ranges that do not touch.
  ///   - revisions: The revisions, the last of which is not in the future.
  ///   - wantsPrevious: Whether the rows before the changes are wanted.
  init(
    _ source: LiveSource,
    of ranges: [KeyRange],
    in revisions: ClosedRange<Int64>,
    wantsPrevious: Bool = false
  ) {
    self.source = source
    self.ranges = ranges
    self.revisions = revisions
    self.wantsPrevious = wantsPrevious
  }

  /// Shows them.
  ///
  /// - Parameter body: Sees a change, and says whether to go on.
  /// - Throws: ``SourceError/compacted(revision:compactRevision:)`` if the first of them are gone.
  func forEach(
    _ body: (WatchEvent) throws(SourceError) -> Bool
  ) throws(SourceError) {
    let answersProgress = ranges.count == 1 ? source.answersProgress() : false
    let range = answersProgress ? ranges[0] : KeyRange(prefix: [])
    let stream = try WatchStream(source)
    try stream.watch(
      .init(range: range, firstRevision: revisions.lowerBound, wantsPrevious: wantsPrevious)
    )
    var isOver = false
    while !isOver {
      guard let answer = try stream.next(within: answersProgress ? PastEvents.interval : nil) else {
        try stream.requestProgress()
        continue
      }
      if answer.isCanceled { throw source.cancellation(answer, from: revisions.lowerBound) }
      try answer.forEachEvent(of: source.name) { event throws(SourceError) in
        let revision = event.row.revision.main
        if revision > revisions.upperBound { isOver = true }
        guard !isOver, ranges.contains(where: { $0.contains(event.row.key) }) else { return }
        if try !body(event) { isOver = true }
      }
      let isWhole = answer.eventCount > 0 && !answer.isFragment && !answersProgress
      let isProgress = answersProgress && answer.eventCount == 0 && !answer.isCreated
      if isWhole, let last = answer.lastEventRevision, last >= revisions.upperBound {
        isOver = true
      }
      if isProgress, answer.revision >= revisions.upperBound { isOver = true }
    }
  }
}

extension LiveSource {
  /// Whether the server's answers about progress can be relied on.
  func answersProgress() -> Bool {
    let status = try? Awaited { [client] () -> Result<_, EtcdClientError> in
      do throws(EtcdClientError) {
        return .success(try await client.call(.status, .init()))
      } catch {
        return .failure(error)
      }
    }.get()
    return status.map { LiveSource.answersProgress(version: $0.version) } ?? false
  }

  /// Whether a release answers a request for progress only when there is nothing left to tell.
  static func answersProgress(version: String) -> Bool {
    let parts = version.split(separator: ".").map { Int($0.prefix { $0.isNumber }) ?? 0 }
    guard parts.count >= 3 else { return false }
    let first = (3, parts[1] == 4 ? 25 : parts[1] == 5 ? 8 : 0)
    guard parts[0] >= first.0, parts[0] > 3 || parts[1] >= 4 else { return false }
    return parts[0] > 3 || parts[2] >= first.1
  }

  /// Why a watcher was cancelled.
  func cancellation(_ answer: WatchAnswer, from revision: Int64) -> SourceError {
    if answer.compactRevision > 0 {
      compactRevision = answer.compactRevision
      return .compacted(revision: revision, compactRevision: answer.compactRevision)
    }
    return .watchCancelled(source: name, reason: answer.cancelReason)
  }

  /// The revision that was compacted last.
  ///
  /// - Parameter range: Keys that may be read.
  /// - Returns: The revision; nothing if none was, or if it cannot be found out.
  func findCompactRevision(for range: KeyRange) -> Int64? {
    var request = request(
      for: KeyRange(key: range.lowerBound.isEmpty ? [0] : range.lowerBound),
      at: 1
    )
    request.countOnly = true
    do throws(SourceError) {
      _ = try fetch(request).get()
      return nil
    } catch .call(let error) where error.status?.message == EtcdText.compacted {
      // A watcher that begins before it is told which it was.
      guard let stream = try? WatchStream(self) else { return nil }
      let wish = WatchStream.Wish(range: KeyRange(key: request.key), firstRevision: 1)
      guard (try? stream.watch(wish)) != nil else { return nil }
      while let answer = try? stream.next(within: .seconds(5)) {
        guard answer.isCanceled else { continue }
        if answer.compactRevision > 0 { compactRevision = answer.compactRevision }
        return compactRevision
      }
      return nil
    } catch {
      return nil
    }
  }
}
