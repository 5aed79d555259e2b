internal import Bolt
internal import MVCC

/// Where the rows of bucket `key` lie.
struct RowTree {
  var leaves: [PageID] = []
  var strayLeaves: [PageID] = []
  var inlineLeaf: PageView?

  /// The main revision of the newest row, or 0.
  var newestRevision: Int64 = 0

  /// Finds the leaves.
  ///
  /// - Parameters:
  ///   - transaction: The state that is read.
  ///   - path: The file, for errors.
  ///   - losses: Where to note what is damaged; without it, the first damage is an error.
  /// - Throws: ``SourceError/notEtcd(path:missingBucket:)``, or the first damage.
  init(_ transaction: ReadTransaction, path: String, losses: LossLog?) throws(SourceError) {
    var isTreeLost = false
    do throws(BoltError) {
      guard let bucket = try transaction.bucket("key") else {
        // The root was read well: what is missing never was there.
        throw .bucketMissing(name: Array("key".utf8))
      }
      inlineLeaf = bucket.inlineLeaf
      leaves = try bucket.leafPages { fault throws(BoltError) in
        guard let losses else { throw fault }
        isTreeLost = true
        losses.add(.database(path: path, fault))
      }
    } catch {
      if case .bucketMissing = error { throw .notEtcd(path: path, missingBucket: "key") }
      guard let losses else { throw .database(path: path, error) }
      isTreeLost = true
      losses.add(.database(path: path, error))
    }
    if isTreeLost {
      strayLeaves = transaction.strayLeaves(besides: leaves).filter { id in
        guard let page = try? transaction.leaf(id), let element = try? page.element(at: 0) else {
          return false
        }
        return StoredRow(element) != nil
      }
    }
    newestRevision = newest(transaction)
  }

  /// The main revision of the newest row that can be read.
  private func newest(_ transaction: ReadTransaction) -> Int64 {
    func newest(of page: PageView) -> Int64? {
      for slot in (0..<page.count).reversed() {
        if let element = try? page.element(at: slot), let row = StoredRow(element) {
          return row.revision.main
        }
      }
      return nil
    }
    var result: Int64 = 0
    if let inlineLeaf { result = newest(of: inlineLeaf) ?? 0 }
    for id in leaves.reversed() {
      guard let page = try? transaction.leaf(id), let revision = newest(of: page) else { continue }
      result = revision
      break
    }
    for id in strayLeaves {
      if let page = try? transaction.leaf(id) { result = max(result, newest(of: page) ?? 0) }
    }
    return result
  }
}

/// How far a database has been compacted.
struct CompactionState {
  /// The revision that was compacted last.
  var compactRevision: Int64?

  /// The highest revision that a compaction tells of, or 0.
  var newestRevision: Int64 = 0

  /// Reads bucket `meta`.
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
