/// A compaction under way.
struct Compaction {
  /// The revision that it goes to.
  let target: Int64

  /// Where in the index it goes on; nil once all keys have been compacted.
  var nextKey: [UInt8]? = []

  /// The rows that are to be deleted: in any order while keys are compacted, and then the latest
  /// first.
  var dropped: [RowKey] = []

  /// Whether nothing is left to do.
  var isFinished = false
}

extension Keyspace {
  /// Whether a compaction is under way.
  public var isCompacting: Bool { compaction != nil }

  /// Whether the next step of it looks at keys, before any row is deleted.
  public var isCompactingIndex: Bool { compaction?.nextKey != nil }

  /// Begins to compact: revisions before this one can be read no more, at once and for good.
  ///
  /// What is not needed any more is taken out of the index and the file step by step, by
  /// ``continueCompaction()``. If the process ends before all of it is, opening the file finds that
  /// it was begun. A compaction that is under way already goes on to the new revision.
  ///
  /// - Parameter revision: The oldest main revision that will be readable.
  /// - Throws: ``MVCCError/compacted(requested:compactRevision:)`` if there was a compaction to it or
  ///   a later one, ``MVCCError/futureRevision(requested:currentRevision:)``, or
  ///   ``MVCCError/bolt(_:)``.
  ///
  /// Source: etcd `server/storage/mvcc/kvstore.go`, `updateCompactRev`.
  public func compact(to revision: Int64) throws(MVCCError) {
    try changing { () throws(MVCCError) in
      try refuseAfterFailure()
      guard revision > shared.compactRevision else {
        throw .compacted(requested: revision, compactRevision: shared.compactRevision)
      }
      guard revision <= shared.currentRevision else {
        throw .futureRevision(requested: revision, currentRevision: shared.currentRevision)
      }
      putRow(row(of: revision), for: MetaRow.scheduledCompaction, in: .meta)
      lock.writing { shared.compactRevision = revision }
      compaction = Compaction(target: revision, dropped: compaction?.dropped ?? [])
      // Durable before anything is deleted: a file with half of its rows must say so.
      try commit()
    }
  }

  /// Does a part of the compaction that is under way: looks at some keys, or deletes some rows from
  /// the file and commits.
  ///
  /// The one thread that changes the keyspace calls it between requests, until it returns false.
  ///
  /// - Returns: Whether there is more to do.
  /// - Throws: ``MVCCError/bolt(_:)``, after which nothing is changed any more.
  @discardableResult
  public func continueCompaction() throws(MVCCError) -> Bool {
    try changing { () throws(MVCCError) in
      guard var current = compaction else { return false }
      try refuseAfterFailure()
      // The rows that are to be deleted are not copied: nobody else refers to them meanwhile.
      compaction = nil
      defer { compaction = current.isFinished ? nil : current }
      if let key = current.nextKey {
        try compactIndex(&current, from: key)
      } else {
        try deleteRows(&current)
      }
      return !current.isFinished
    }
  }

  private func compactIndex(_ current: inout Compaction, from key: [UInt8]) throws(MVCCError) {
    current.nextKey = try lock.writing { () throws(MVCCError) in
      try index.compact(
        to: current.target,
        from: key,
        limit: Limits.cardsPerVisit,
        dropped: &current.dropped
      )
    }
    guard current.nextKey == nil else { return }
    guard !isReadOnly else {
      current.isFinished = true
      return
    }
    current.dropped += strayRows.filter { $0.revision.main <= current.target }
    strayRows.removeAll { $0.revision.main <= current.target }
    // In the order of the file, so that each of its pages is changed once; taken from the end.
    current.dropped.sort { $0.revision > $1.revision }
  }

  private func deleteRows(_ current: inout Compaction) throws(MVCCError) {
    let count = min(rowsPerCompactionStep, current.dropped.count)
    compactedRowCount += count
    for _ in 0..<count {
      let row = current.dropped.removeLast()
      operations.append(BucketOperation(bucket: .key, key: row.bytes, value: nil))
    }
    guard current.dropped.isEmpty else {
      try commit()
      return
    }
    putRow(row(of: current.target), for: MetaRow.finishedCompaction, in: .meta)
    try commit()
    current.isFinished = true
  }

  /// A main revision in the form of a row's key.
  private func row(of revision: Int64) -> [UInt8] { RowKey(Revision(main: revision)).bytes }
}
