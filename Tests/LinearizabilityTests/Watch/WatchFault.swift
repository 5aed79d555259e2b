/// What of a watch is not as etcd promises.
///
/// Source: etcd's documentation, "KV API guarantees", watch.
enum WatchFault: Hashable, Sendable {
  /// An event came behind one of a later revision.
  case unordered(revision: Int64, after: Int64)

  /// An event came twice.
  case repeated(key: String, revision: Int64)

  /// The events of one revision came in two responses.
  case split(revision: Int64)

  /// An event did not come, though later ones did, or nothing came any more.
  case missing(key: String, revision: Int64)

  /// An event did not come because the watcher began again behind it.
  case skippedByResuming(key: String, revision: Int64)

  /// An event came that there never was, or that was not asked for.
  case unexpected(key: String, revision: Int64)

  /// An event's row is not what was stored.
  case wrongRow(found: Row, expected: Row)

  /// The row before is not what was stored before.
  case wrongPrevious(key: String, revision: Int64, found: Row?, expected: Row?)

  /// The server said that all up to a revision had come, and it had not.
  case early(revision: Int64, missing: Int64)

  /// A response says an earlier revision than one of its events has.
  case oldHeader(revision: Int64, event: Int64)
}

extension WatchRecord {
  private struct Place: Hashable {
    let key: String
    let revision: Int64
  }

  /// What is wrong.
  ///
  /// - Parameters:
  ///   - history: Every event that there was, in order.
  ///   - lastRevision: Up to where the watcher has had time to get everything.
  /// - Returns: Nothing if all is right.
  func faults(history: [Event], lastRevision: Int64) -> [WatchFault] {
    orderFaults() + contentFaults(history) + missingFaults(history, lastRevision)
      + progressFaults(history)
  }

  private func orderFaults() -> [WatchFault] {
    var faults: [WatchFault] = []
    var last: Int64 = 0
    var seen: Set<Place> = []
    var goesOn = false
    for response in responses where !response.events.isEmpty {
      for (index, event) in response.events.enumerated() {
        let revision = event.row.modRevision
        if revision < last { faults.append(.unordered(revision: revision, after: last)) }
        if !seen.insert(Place(key: event.row.key, revision: revision)).inserted {
          faults.append(.repeated(key: event.row.key, revision: revision))
        } else if index == 0, revision == last, !goesOn {
          faults.append(.split(revision: revision))
        }
        if revision > response.revision {
          faults.append(.oldHeader(revision: response.revision, event: revision))
        }
        last = max(last, revision)
      }
      goesOn = response.isFragment
    }
    return faults
  }

  private func contentFaults(_ history: [Event]) -> [WatchFault] {
    let stored = Dictionary(
      history.map { (Place(key: $0.row.key, revision: $0.row.modRevision), $0) },
      uniquingKeysWith: { first, _ in first }
    )
    return responses.flatMap(\.events).flatMap { event -> [WatchFault] in
      let (key, revision) = (event.row.key, event.row.modRevision)
      guard let expected = stored[Place(key: key, revision: revision)], wants(expected),
        expected.isDeletion == event.isDeletion
      else { return [.unexpected(key: key, revision: revision)] }
      var faults: [WatchFault] = []
      if event.row != expected.row {
        faults.append(.wrongRow(found: event.row, expected: expected.row))
      }
      let previous = wantsPrevious ? expected.previous : nil
      if event.previous != previous {
        faults.append(
          .wrongPrevious(key: key, revision: revision, found: event.previous, expected: previous)
        )
      }
      return faults
    }
  }

  private func missingFaults(_ history: [Event], _ lastRevision: Int64) -> [WatchFault] {
    var came: Set<Place> = []
    // Between the last event of an attempt and the first of a later one.
    var gaps: [(after: Int64, before: Int64)] = []
    var last: (attempt: Int, revision: Int64)?
    for response in responses where !response.events.isEmpty {
      for event in response.events {
        came.insert(Place(key: event.row.key, revision: event.row.modRevision))
      }
      let first = response.events[0].row.modRevision
      if let last, last.attempt != response.attempt { gaps.append((last.revision, first)) }
      last = (response.attempt, response.events.last?.row.modRevision ?? first)
    }
    return history.compactMap { event in
      let (key, revision) = (event.row.key, event.row.modRevision)
      guard wants(event), revision <= lastRevision,
        !came.contains(Place(key: key, revision: revision))
      else { return nil }
      return gaps.contains { $0.after < revision && revision < $0.before }
        ? .skippedByResuming(key: key, revision: revision)
        : .missing(key: key, revision: revision)
    }
  }

  private func progressFaults(_ history: [Event]) -> [WatchFault] {
    var faults: [WatchFault] = []
    var came: Set<Place> = []
    for response in responses {
      for event in response.events {
        came.insert(Place(key: event.row.key, revision: event.row.modRevision))
      }
      guard response.events.isEmpty else { continue }
      let missing = history.first { event in
        let (key, revision) = (event.row.key, event.row.modRevision)
        return wants(event) && revision <= response.revision
          && !came.contains(Place(key: key, revision: revision))
      }
      if let missing {
        faults.append(.early(revision: response.revision, missing: missing.row.modRevision))
      }
    }
    return faults
  }
}
