internal import MVCC

/// The keys that a tail has seen live, so that it can tell which are gone.
struct KnownKeys {
  private var keys: Set<[UInt8]> = []
  private let limit: Int

  /// Whether all keys fit.
  private(set) var isComplete = true

  init(limit: Int) { self.limit = limit }

  /// The keys that lived at a revision; none, and not complete, if that has been compacted.
  init(
    _ source: LiveSource,
    _ selection: KeySelection,
    at revision: Int64,
    limit: Int
  ) throws(SourceError) {
    self.init(limit: limit)
    guard revision > 0 else { return }
    var question = RowQuestion(selection, at: revision, detail: .keys)
    question.limit = limit + 1
    var found = self
    do throws(SourceError) {
      try source.forEachLiveRow(question, progress: nil) { row throws(SourceError) in
        found.take(row.key, isDeleted: false)
      }
    } catch .compacted {
      found.isComplete = false
    } catch .compactedMeanwhile {
      found.isComplete = false
    }
    self = found
  }

  mutating func take(_ key: UnsafeRawBufferPointer, isDeleted: Bool) {
    if isDeleted {
      keys.remove(Array(key))
    } else if keys.count < limit {
      keys.insert(Array(key))
    } else {
      isComplete = false
    }
  }

  /// Whether a key is known; nothing if that cannot be said.
  func contains(_ key: UnsafeRawBufferPointer) -> Bool? {
    if keys.contains(Array(key)) { return true }
    return isComplete ? false : nil
  }

  /// The keys that others do not have, in order; none if that cannot be said.
  func keys(notIn others: KnownKeys) -> [[UInt8]] {
    guard isComplete, others.isComplete else { return [] }
    return keys.subtracting(others.keys).sorted { $0.lexicographicallyPrecedes($1) }
  }
}
