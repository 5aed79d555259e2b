internal import Bolt
internal import MVCC

/// How far a database has been compacted.
struct CompactionState {
  /// The revision that was compacted last.
  var compactRevision: Int64?

  /// The highest revision that a compaction tells of, or 0.
  var newestRevision: Int64 = 0

  /// A database of which nothing is known.
  init() {}

  /// Reads bucket `meta`.
  ///
  /// - Parameters:
  ///   - transaction: The state that is read.
  ///   - path: The file, for errors.
  ///   - losses: Where to note what is damaged; without it, damage is an error.
  /// - Throws: What is damaged.
  init(_ transaction: ReadTransaction, path: String, losses: LossLog?) throws(SourceError) {
    do throws(SourceError) {
      let finished = try CompactionState.revision("finishedCompactRev", transaction, path: path)
      let scheduled = try CompactionState.revision("scheduledCompactRev", transaction, path: path)
      // What is scheduled is compacted for whoever asks, even if rows are still there.
      compactRevision = [finished, scheduled].compactMap { $0 }.max()
      newestRevision = compactRevision ?? 0
    } catch {
      guard let losses else { throw error }
      losses.add(error)
    }
  }

  private static func revision(
    _ name: String,
    _ transaction: ReadTransaction,
    path: String
  ) throws(SourceError) -> Int64? {
    let value: UnsafeRawBufferPointer?
    do {
      value = try transaction.bucket("meta")?.value(for: Array(name.utf8))
    } catch {
      throw .database(path: path, error)
    }
    guard let value else { return nil }
    do {
      return try RowKey(value).revision.main
    } catch {
      throw .content(path: path, error)
    }
  }
}
