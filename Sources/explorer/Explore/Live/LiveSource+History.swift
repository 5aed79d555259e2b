internal import EtcdClient
internal import EtcdMessages
internal import MVCC
internal import RPC

// All that a server still has of one key. It has no call for that: the values of one life of a key are
// found by asking again and again for what it was before, and those of earlier lives by a watch of the
// past.
extension LiveSource {
  /// Shows all stored rows of a key, tombstones among them, the newest first.
  public func forEachRevision(
    of key: [UInt8],
    upTo revision: Int64?,
    progress: SourceProgress?,
    _ body: (StoredRow) throws(SourceError) -> Bool
  ) throws(SourceError) {
    let range = KeyRange(key: key)
    var request = request(for: range, at: revision.flatMap { $0 > 0 ? $0 : nil })
    request.limit = 1
    var page = try page(request)
    // All rows at and after this revision have been shown.
    var bound = (revision.flatMap { $0 > 0 ? $0 : nil } ?? page.revision) + 1
    while true {
      var (isOver, isFirst) = (false, true)
      try page.forEachRow(of: name) { row throws(SourceError) in
        bound = row.revision.main
        isFirst = try row.keyValue(in: self).version <= 1
        isOver = try !body(row)
      }
      if isOver { return }
      if isFirst { break }
      request.revision = bound - 1
      do throws(SourceError) {
        page = try fetch(request).get()
      } catch {
        guard case .call(let failure) = error, failure.status?.message == EtcdText.compacted else {
          throw error
        }
        _ = findCompactRevision(for: range)
        return
      }
    }
    try forEachRevisionOfEarlierLives(of: key, before: bound, body)
  }

  /// Shows the rows of a key from before it was made, or deleted, the newest first.
  private func forEachRevisionOfEarlierLives(
    of key: [UInt8],
    before bound: Int64,
    _ body: (StoredRow) throws(SourceError) -> Bool
  ) throws(SourceError) {
    let range = KeyRange(key: key)
    let compacted = findCompactRevision(for: range)
    let first = (compacted ?? 0) + 1
    var rows: [HeldRow] = []
    if first < bound {
      guard bound - first <= options.pastRevisionLimit else {
        unsoughtRevisions = first...(bound - 1)
        return
      }
      try PastEvents(self, of: [range], in: first...(bound - 1)).forEach {
        event throws(SourceError) in
        rows.append(HeldRow(event.row))
        return true
      }
    }
    for held in rows.reversed() {
      guard try body(held.row) else { return }
    }
    // What the last compaction left as it was then.
    guard let compacted, let oldest = rows.first?.row else { return }
    let version = try oldest.keyValue(in: self).version
    guard oldest.isTombstone || version > 1 else { return }
    let page = try page(request(for: range, at: compacted))
    try page.forEachRow(of: name) { row throws(SourceError) in
      _ = try body(row)
    }
  }
}
