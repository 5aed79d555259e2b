/// Which revisions every key has: from any key at any revision to the row that says what it was.
///
/// It is kept in memory only, and is built anew from the file's rows when a keyspace is opened. What
/// it holds of each key are revisions in ascending order; those between two tombstones are one
/// generation. A key whose revisions have all been compacted is not in it.
///
/// Nothing here is guarded. Finding, counting and visiting may go on in several threads beside each
/// other; whoever puts, deletes, restores or compacts must be alone.
///
/// Source: etcd `server/storage/mvcc/index.go`, `key_index.go`.
final class KeyIndex {
  let arena = RecordArena()
  let tree: KeyTree

  /// How many revisions it knows of: rows that the file has once no compaction is under way.
  private(set) var revisionCount = 0

  /// How many changes there were, which spreads the checks of invariants.
  var changeCount = 0

  init() { tree = KeyTree(arena) }

  /// How many keys are in it, deleted ones among them.
  var count: Int { tree.count }

  /// How many keys are live at the latest revision.
  var liveCount: Int { Int(tree.root.totals.liveCount) }

  /// How many bytes of memory it takes.
  var byteCount: Int { arena.byteCount + tree.nodeByteCount }

  func noteDropped(_ count: Int) { revisionCount -= count }
}

extension KeyIndex {
  /// What a put or a delete did to a key.
  struct Change {
    /// The key's state with the new revision.
    var state: KeyState

    /// The lease that it had before.
    var lease: LeaseSlot

    /// Its record.
    var record: Slot
  }

  /// Puts a key.
  ///
  /// - Parameters:
  ///   - key: The key; copied if it is new.
  ///   - revision: When: after all revisions that the key has.
  /// - Returns: What the key is now, and the lease that it had.
  /// - Throws: ``MVCCError/revisionOutOfOrder(found:after:)``, ``MVCCError/subRevision(_:)``,
  ///   ``MVCCError/keyTooLarge(byteCount:)`` or ``MVCCError/indexFull(byteCount:)``; nothing has
  ///   changed then.
  /// - Complexity: O(log n).
  @discardableResult
  func put(_ key: UnsafeRawBufferPointer, at revision: Revision) throws(MVCCError) -> Change {
    let row = RowKey(revision)
    let slot = tree.locate(key)
    guard slot != 0 else {
      return try insertLocated(key, row, createRevision: revision.main, version: 1)
    }
    return try extendLocated(slot, with: row)
  }

  /// Deletes a key.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - revision: When: after all revisions that the key has.
  /// - Returns: The key's state with the tombstone, and the lease that it had; nil if it is not live.
  /// - Throws: As ``put(_:at:)``.
  /// - Complexity: O(log n).
  @discardableResult
  func delete(_ key: UnsafeRawBufferPointer, at revision: Revision) throws(MVCCError) -> Change? {
    let slot = tree.locate(key)
    guard slot != 0, tree.record(slot).isLive else { return nil }
    return try extendLocated(slot, with: RowKey(revision, isTombstone: true))
  }

  /// Takes in a row of the file; rows come in the order of their revisions.
  ///
  /// A key's first row says which generation it belongs to; the ones after it are counted on from
  /// there, whatever they say. Of a first row that is a tombstone the generation is not known.
  ///
  /// - Parameters:
  ///   - row: The row's key.
  ///   - keyValue: The row's value.
  /// - Returns: The key's record, or 0 if the row deletes a key that is deleted already.
  /// - Throws: As ``put(_:at:)``.
  ///
  /// Source: etcd `server/storage/mvcc/kvstore.go`, `restoreIntoIndex`.
  func restore(_ row: RowKey, _ keyValue: KeyValueView) throws(MVCCError) -> Slot {
    let slot = tree.locate(keyValue.key)
    guard slot != 0 else {
      return try insertLocated(
        keyValue.key,
        row,
        createRevision: row.isTombstone ? 0 : keyValue.createRevision,
        version: row.isTombstone ? 1 : keyValue.version
      ).record
    }
    if row.isTombstone && !tree.record(slot).isLive { return 0 }
    return try extendLocated(slot, with: row).record
  }

  private func insertLocated(
    _ key: UnsafeRawBufferPointer,
    _ row: RowKey,
    createRevision: Int64,
    version: Int64
  ) throws(MVCCError) -> Change {
    try check(row.revision)
    guard key.count <= Limits.keyByteCount else { throw .keyTooLarge(byteCount: key.count) }
    let slot = try arena.allocate(KeyRecord.headerByteCount + key.count)
    KeyRecord(arena[slot]).initialise(
      key,
      latest: IndexedRevision(row),
      createRevision: createRevision,
      version: version
    )
    tree.insertLocated(slot)
    revisionCount += 1
    checkSomeInvariants()
    let state = KeyState(modified: row.revision, createRevision: createRevision, version: version)
    return Change(state: state, lease: 0, record: slot)
  }

  /// Adds a revision to a record.
  private func extendLocated(_ slot: Slot, with row: RowKey) throws(MVCCError) -> Change {
    try check(row.revision)
    let record = tree.record(slot)
    let former = record.latest
    guard former.revision < row.revision else {
      throw .revisionOutOfOrder(found: row.revision, after: former.revision)
    }
    let wasCompactable = record.isCompactable
    let lease = record.lease
    try pushHistory(of: record)
    record.latest = IndexedRevision(row)
    if former.isTombstone {
      record.createRevision = row.revision.main
      record.version = 1
    } else {
      record.version &+= 1
    }
    if row.isTombstone { record.lease = 0 }
    tree.noteChange(
      live: (row.isTombstone ? 0 : 1) - (former.isTombstone ? 0 : 1),
      compactable: wasCompactable ? 0 : 1,
      latestMain: row.revision.main
    )
    revisionCount += 1
    checkSomeInvariants()
    let state = KeyState(
      modified: row.revision,
      createRevision: record.createRevision,
      version: record.version
    )
    return Change(state: state, lease: lease, record: slot)
  }

  private func check(_ revision: Revision) throws(MVCCError) {
    guard revision.sub < IndexedRevision.subLimit else { throw .subRevision(revision) }
  }

  /// Moves the latest revision of a record to its history, to make room for another one.
  private func pushHistory(of record: KeyRecord) throws(MVCCError) {
    let former = record.latest
    let old = record.history == 0 ? nil : History(arena[record.history])
    let count = old?.count ?? 0
    guard count < Limits.revisionsPerKey else { throw .tooManyRevisions(count: count) }
    let oldStart = old?.latestStart ?? 0
    // A tombstone ends a generation: the next revision begins one.
    let newStart = former.isTombstone ? count + 1 : oldStart
    let oldByteCount = old?.byteCount ?? 0
    let newByteCount = History.byteCount(count: count + 1, latestStart: newStart)
    var history = old
    if oldByteCount != newByteCount || (oldStart == 0) != (newStart == 0) {
      let slot = try arena.allocate(newByteCount)
      let new = History(arena[slot])
      new.count = count
      new.latestStart = newStart
      if let old {
        new.revisions.copyMemory(
          from: old.revisions,
          byteCount: count * IndexedRevision.byteCount
        )
        if oldStart > 0 {
          new.oldestCreateRevision = old.oldestCreateRevision
          new.oldestVersion = old.oldestVersion
        }
        arena.release(record.history, oldByteCount)
      }
      record.history = slot
      history = new
    }
    guard let history else { return }
    if oldStart == 0, newStart > 0 {
      // Until now the oldest generation was the latest one, and the record told all of it.
      history.oldestCreateRevision = record.createRevision
      history.oldestVersion = record.version &- Int64(count)
    }
    history.latestStart = newStart
    history.count = count + 1
    former.store(at: history.revisions + count * IndexedRevision.byteCount)
  }
}
