internal import MVCC

// What a file answers to the questions that every source is asked.
extension FileSource: Source {
  /// The file.
  public var name: String { databasePath }

  /// Pages are read, so bytes are counted.
  public var progressUnit: ProgressMeter.Unit { .bytes }

  /// Shows the rows of the keys that lived at a revision.
  @discardableResult
  public func forEachLiveRow(
    _ question: RowQuestion,
    progress: SourceProgress?,
    _ body: (StoredRow) throws(SourceError) -> Void
  ) throws(SourceError) -> RowAnswer {
    let revision = try resolve(question.revision)
    guard question.isOrdered || question.limit != nil else {
      let newest = try newestRows(in: question.selection, at: revision, progress: progress)
      try newest.forEachLive { row throws(SourceError) in try body(row) }
      return RowAnswer(revision: revision, count: nil)
    }
    let rows = try liveRows(in: question.selection, at: revision, progress: progress)
    let shownCount = min(question.limit ?? .max, rows.count)
    for place in 0..<shownCount { try body(rows[place]) }
    return RowAnswer(revision: revision, count: rows.count)
  }

  /// How many keys lived at a revision.
  public func count(
    _ question: RowQuestion,
    progress: SourceProgress?
  ) throws(SourceError) -> Int {
    let revision = try resolve(question.revision)
    let newest = try newestRows(in: question.selection, at: revision, progress: progress)
    var count = 0
    newest.forEachLive { _ in count += 1 }
    return count
  }

  /// Shows all stored rows of a key, the newest first.
  public func forEachRevision(
    of key: [UInt8],
    upTo revision: Int64?,
    progress: SourceProgress?,
    _ body: (StoredRow) throws(SourceError) -> Bool
  ) throws(SourceError) {
    for row in try history(of: key, upTo: try bound(revision), progress: progress) {
      guard try body(row) else { return }
    }
  }
}
