internal import Bolt
internal import MVCC

// The rows of bucket `key`, leaf by leaf. Everything else is made of this.
extension FileSource {
  /// The revision that a question is about.
  ///
  /// - Parameter revision: What was asked for; the current one if nothing or not above 0.
  /// - Returns: A revision that can be asked about.
  /// - Throws: ``SourceError/compacted(revision:compactRevision:)`` or
  ///   ``SourceError/future(revision:currentRevision:)``, as etcd has them.
  public func resolve(_ revision: Int64?) throws(SourceError) -> Int64 {
    guard let revision, revision > 0 else { return currentRevision }
    if let compactRevision, revision < compactRevision {
      throw .compacted(revision: revision, compactRevision: compactRevision)
    }
    guard revision <= currentRevision else {
      throw .future(revision: revision, currentRevision: currentRevision)
    }
    return revision
  }

  /// The last revision of which stored rows are asked for.
  ///
  /// What is older than the last compaction may be asked for: some of it is still stored.
  ///
  /// - Parameter revision: What was asked for; all of them if nothing or not above 0.
  /// - Returns: A revision, or nothing for all of them.
  /// - Throws: ``SourceError/future(revision:currentRevision:)``.
  public func bound(_ revision: Int64?) throws(SourceError) -> Int64? {
    guard let revision, revision > 0 else { return nil }
    guard revision <= currentRevision else {
      throw .future(revision: revision, currentRevision: currentRevision)
    }
    return revision
  }

  /// How many leaves hold rows, stray ones among them.
  var leafCount: Int { inlineLeaf == nil ? leaves.count + strayLeaves.count : 1 }

  /// A leaf by its place: tree order first, then the stray ones.
  ///
  /// - Returns: Nothing if it is damaged and that was noted.
  func leaf(_ place: Int) throws(SourceError) -> PageView? {
    if let inlineLeaf { return inlineLeaf }
    let id = place < leaves.count ? leaves[place] : strayLeaves[place - leaves.count]
    do {
      return try transaction.leaf(id)
    } catch {
      try note(.database(path: databasePath, error))
      return nil
    }
  }

  /// Notes what is damaged, or fails with it.
  public func note(_ loss: SourceError) throws(SourceError) {
    guard salvages else { throw loss }
    losses.add(loss)
  }

  /// Shows the rows of a leaf, the newest first, until there is no more need of them.
  ///
  /// - Parameters:
  ///   - place: The leaf's place.
  ///   - newestFirst: Whether the order is that; else the oldest come first.
  ///   - body: Sees a row, and says whether to go on.
  /// - Throws: What is damaged, unless the source salvages; what `body` throws.
  @inline(__always)
  func forEachRow(
    on place: Int,
    newestFirst: Bool = true,
    _ body: (StoredRow) throws(SourceError) -> Bool
  ) throws(SourceError) {
    guard let page = try leaf(place) else { return }
    let isStray = place >= leaves.count && inlineLeaf == nil
    var slot = newestFirst ? page.count - 1 : 0
    let step = newestFirst ? -1 : 1
    while slot >= 0 && slot < page.count {
      let row = isStray ? strayRow(of: page, at: slot) : try row(of: page, at: slot)
      if let row, try !body(row) { return }
      slot += step
    }
  }

  @inline(__always)
  private func row(of leaf: PageView, at slot: Int) throws(SourceError) -> StoredRow? {
    do throws(BoltError) {
      let element = try leaf.element(at: slot)
      if let row = StoredRow(element) { return row }
    } catch {
      try note(.database(path: databasePath, error))
      return nil
    }
    try note(
      .row(
        path: databasePath,
        page: leaf.id,
        slot: slot,
        fault: "not a revision with a KeyValue"
      )
    )
    return nil
  }

  /// A row of a leaf that the tree does not lead to, if one is missing there.
  ///
  /// What else lies on such a leaf may be older than the state.
  private func strayRow(of leaf: PageView, at slot: Int) -> StoredRow? {
    guard let element = try? leaf.element(at: slot), let row = StoredRow(element),
      gaps.contains(row.revision)
    else { return nil }
    return row
  }

  /// How many leaves of the tree have a row that is not after a revision: those behind them need
  /// not be read.
  func leafCount(upTo revision: Int64) throws(SourceError) -> Int {
    guard inlineLeaf == nil, strayLeaves.isEmpty, revision < currentRevision else {
      return leafCount
    }
    var low = 0
    var high = leaves.count
    while low < high {
      let middle = (low + high) / 2
      var first: Int64?
      try forEachRow(on: middle, newestFirst: false) { row throws(SourceError) in
        first = row.revision.main
        return false
      }
      if let first, first > revision { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The newest row of each key, as of a revision.
  ///
  /// - Parameters:
  ///   - selection: The keys that count; all if nothing.
  ///   - revision: The revision; rows after it do not count.
  ///   - progress: Is told now and then how many of how many bytes have been read.
  /// - Returns: The rows, tombstones among them.
  /// - Throws: ``SourceError``.
  func newestRows(
    in selection: KeySelection?,
    at revision: Int64,
    progress: ((_ done: Int, _ total: Int) -> Void)? = nil
  ) throws(SourceError) -> NewestRows {
    let selection = selection?.takesAll == true ? nil : selection
    var newest = NewestRows()
    for row in replayedRows.reversed()
    where row.revision.main <= revision && selection?.contains(row.key) != false {
      newest.add(row)
    }
    let count = try leafCount(upTo: revision)
    for place in (0..<count).reversed() {
      if place % 1024 == 0 { progress?((count - place) * pageByteCount, count * pageByteCount) }
      try forEachRow(on: place) { row throws(SourceError) in
        if row.revision.main <= revision, !row.key.isEmpty,
          selection?.contains(row.key) != false
        {
          newest.add(row)
        }
        return true
      }
    }
    return newest
  }

  var pageByteCount: Int { database.pageByteCount }

  /// The rows of the keys that lived at a revision, in the order of the keys.
  ///
  /// - Parameters:
  ///   - selection: The keys that count.
  ///   - revision: The revision; the current one if nothing.
  ///   - progress: Is told now and then how many of how many bytes have been read.
  /// - Returns: The rows.
  /// - Throws: ``SourceError``.
  public func liveRows(
    in selection: KeySelection,
    at revision: Int64? = nil,
    progress: ((_ done: Int, _ total: Int) -> Void)? = nil
  ) throws(SourceError) -> SortedRows {
    let revision = try resolve(revision)
    let newest = try newestRows(in: selection, at: revision, progress: progress)
    return newest.sorted()
  }

  /// Shows every stored row, tombstones among them, in the order of revisions.
  ///
  /// With lost branches, rows may come twice or out of order.
  public func forEachStoredRow(
    in selection: KeySelection,
    upTo revision: Int64? = nil,
    progress: ((_ done: Int, _ total: Int) -> Void)? = nil,
    _ body: (StoredRow) throws(SourceError) -> Void
  ) throws(SourceError) {
    let revision = revision ?? .max
    let count = try leafCount(upTo: revision)
    let takesAll = selection.takesAll
    for place in 0..<count {
      if place % 1024 == 0 { progress?(place * pageByteCount, count * pageByteCount) }
      try forEachRow(on: place, newestFirst: false) { row throws(SourceError) in
        if row.revision.main <= revision, !row.key.isEmpty,
          takesAll || selection.contains(row.key)
        {
          try body(row)
        }
        return true
      }
    }
    for row in replayedRows
    where row.revision.main <= revision && (takesAll || selection.contains(row.key)) {
      try body(row)
    }
  }
}
