internal import Bolt
internal import Dispatch
internal import MVCC
internal import Synchronization

// One key among all rows. They are ordered by revision, not by key: finding a key is reading rows,
// the newest first, their keys only, on all cores.
extension FileSource {
  /// How many leaves a thread reads before it asks for more.
  private static let leavesPerChunk = 128

  /// Finds a key.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - revision: As of when; the current revision if nothing.
  ///   - progress: Is told now and then how many of how many bytes have been read.
  /// - Returns: Its newest row up to then, and what that says.
  /// - Throws: ``SourceError``.
  public func find(
    _ key: [UInt8],
    at revision: Int64? = nil,
    progress: SourceProgress? = nil
  ) throws(SourceError) -> KeyFate {
    let revision = try resolve(revision)
    let newest = try rows(of: key, upTo: revision, limit: 1, progress)
    guard let row = newest.first else { return .unknown }
    guard row.isTombstone else { return .live(row) }
    let older = try rows(of: key, upTo: row.revision.main, limit: 2, progress)
    return .deleted(tombstone: row, last: older.first { !$0.isTombstone })
  }

  /// All stored rows of a key, the newest first.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - revision: Rows after it do not count; all if nothing.
  ///   - progress: Is told now and then how many of how many bytes have been read.
  /// - Returns: The rows, tombstones among them.
  /// - Throws: ``SourceError``.
  public func history(
    of key: [UInt8],
    upTo revision: Int64? = nil,
    progress: SourceProgress? = nil
  ) throws(SourceError) -> [StoredRow] {
    try rows(of: key, upTo: revision ?? .max, limit: .max, progress)
  }

  /// The newest rows of a key.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - revision: Rows after it do not count.
  ///   - limit: How many are wanted.
  ///   - progress: Is told now and then how many of how many bytes have been read.
  /// - Returns: The rows, the newest first.
  /// - Throws: ``SourceError``.
  private func rows(
    of key: [UInt8],
    upTo revision: Int64,
    limit: Int,
    _ progress: SourceProgress?
  ) throws(SourceError) -> [StoredRow] {
    let replayed = replayedRows.reversed().filter {
      $0.revision.main <= revision && KeyOrder.compare(key, $0.key) == 0
    }
    guard replayed.count < limit else { return Array(replayed.prefix(limit)) }
    let count = try leafCount(upTo: revision)
    let chunkCount = (count + FileSource.leavesPerChunk - 1) / FileSource.leavesPerChunk
    // Chunks are taken from the newest one on. Once enough rows are found in one and those newer
    // than it, what is older need not be read.
    let nextChunk = Atomic(0)
    let shared = Mutex(FoundRows(limit: salvages ? .max : limit - replayed.count))
    DispatchQueue.concurrentPerform(iterations: min(chunkCount, FileSource.threadCount)) { _ in
      while true {
        let chunk = nextChunk.add(1, ordering: .relaxed).oldValue
        guard chunk < chunkCount, shared.withLock({ $0.needs(chunk) }) else { return }
        progress?(chunk * FileSource.leavesPerChunk * pageByteCount, count * pageByteCount)
        let end = count - chunk * FileSource.leavesPerChunk
        let places = max(0, end - FileSource.leavesPerChunk)..<end
        let outcome = Result { () throws(SourceError) in
          try self.rows(of: key, upTo: revision, on: places)
        }
        shared.withLock { $0.add(outcome, chunk: chunk) }
      }
    }
    let found = replayed + (try shared.withLock { $0 }.rows())
    return Array(found.prefix(limit))
  }

  /// As many threads as there are processors, up to four: beyond, memory is the limit.
  private static let threadCount = min(4, processorCount())

  /// The rows of a key on some leaves, the newest first.
  private func rows(
    of key: [UInt8],
    upTo revision: Int64,
    on places: Range<Int>
  ) throws(SourceError) -> [StoredRow] {
    var found: [StoredRow] = []
    for place in places.reversed() {
      try forEachRow(on: place) { row throws(SourceError) in
        if row.key.count == key.count, KeyOrder.compare(key, row.key) == 0,
          row.revision.main <= revision
        {
          found.append(row)
        }
        return true
      }
    }
    return found
  }
}

/// What the threads found: shared under a lock.
private struct FoundRows: @unchecked Sendable {
  // Rows are places in a file that outlives this.
  private let limit: Int
  private var chunks: [Int: Result<[StoredRow], SourceError>] = [:]

  /// All chunks before this one have been read, and hold this many rows.
  private var frontier = 0
  private var rowCountBeforeFrontier = 0
  private var hasFailed = false

  init(limit: Int) { self.limit = limit }

  /// Whether an older chunk can still hold what is wanted: not once the newer ones hold enough.
  func needs(_ chunk: Int) -> Bool {
    !hasFailed && (chunk < frontier || rowCountBeforeFrontier < limit)
  }

  mutating func add(_ outcome: Result<[StoredRow], SourceError>, chunk: Int) {
    chunks[chunk] = outcome
    while let next = chunks[frontier] {
      switch next {
      case .success(let rows): rowCountBeforeFrontier += rows.count
      case .failure: hasFailed = true
      }
      frontier += 1
    }
  }

  /// The rows, the newest first.
  func rows() throws(SourceError) -> [StoredRow] {
    var all: [StoredRow] = []
    for number in chunks.keys.sorted() {
      guard let chunk = chunks[number] else { continue }
      all += try chunk.get()
      if all.count >= limit { break }
    }
    // Stray leaves are in no order, and tell the same row more than once.
    all.sort { $0.revision > $1.revision }
    var unique: [StoredRow] = []
    for row in all where unique.last?.revision != row.revision { unique.append(row) }
    return unique
  }
}
