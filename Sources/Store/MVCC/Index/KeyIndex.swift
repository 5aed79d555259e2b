/// Which revisions every key has: from any key at any revision to the row that says what it was.
///
/// It is kept in memory only, and is built anew from the file's rows when a keyspace is opened. What
/// it holds of each key, on a card, are revisions in ascending order; those between two tombstones are
/// one generation. A key whose revisions have all been compacted has none.
///
/// Nothing here is guarded. Finding, counting and visiting may go on in several threads beside each
/// other; whoever puts, deletes, restores or compacts must be alone.
///
/// Source: etcd `server/storage/mvcc/index.go`, `key_index.go`.
final class KeyIndex {
  let arena = IndexArena()
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

    /// Its card.
    var card: Slot
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
    guard slot != 0, tree.card(slot).isLive else { return nil }
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
  /// - Returns: The key's card, or 0 if the row deletes a key that is deleted already.
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
      ).card
    }
    if row.isTombstone && !tree.card(slot).isLive { return 0 }
    return try extendLocated(slot, with: row).card
  }

  private func insertLocated(
    _ key: UnsafeRawBufferPointer,
    _ row: RowKey,
    createRevision: Int64,
    version: Int64
  ) throws(MVCCError) -> Change {
    try check(row.revision)
    guard key.count <= Limits.keyByteCount else { throw .keyTooLarge(byteCount: key.count) }
    let slot = try arena.allocate(KeyCard.headerByteCount + key.count)
    KeyCard(arena[slot]).initialise(
      key,
      latest: IndexedRevision(row),
      createRevision: createRevision,
      version: version
    )
    tree.insertLocated(slot)
    revisionCount += 1
    checkSomeInvariants()
    let state = KeyState(modified: row.revision, createRevision: createRevision, version: version)
    return Change(state: state, lease: 0, card: slot)
  }

  /// Adds a revision to a card.
  private func extendLocated(_ slot: Slot, with row: RowKey) throws(MVCCError) -> Change {
    try check(row.revision)
    let card = tree.card(slot)
    let former = card.latest
    guard former.revision < row.revision else {
      throw .revisionOutOfOrder(found: row.revision, after: former.revision)
    }
    let wasCompactable = card.isCompactable
    let lease = card.lease
    try pushHistory(of: card)
    card.latest = IndexedRevision(row)
    if former.isTombstone {
      card.createRevision = row.revision.main
      card.version = 1
    } else {
      card.version &+= 1
    }
    if row.isTombstone { card.lease = 0 }
    tree.noteChange(
      live: (row.isTombstone ? 0 : 1) - (former.isTombstone ? 0 : 1),
      compactable: wasCompactable ? 0 : 1,
      latestMain: row.revision.main
    )
    revisionCount += 1
    checkSomeInvariants()
    let state = KeyState(
      modified: row.revision,
      createRevision: card.createRevision,
      version: card.version
    )
    return Change(state: state, lease: lease, card: slot)
  }

  private func check(_ revision: Revision) throws(MVCCError) {
    guard revision.sub < IndexedRevision.subLimit else { throw .subRevision(revision) }
  }

  /// Moves the latest revision of a card to its history, to make room for another one.
  private func pushHistory(of card: KeyCard) throws(MVCCError) {
    let former = card.latest
    let old = card.history == 0 ? nil : History(arena[card.history])
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
        arena.release(card.history, oldByteCount)
      }
      card.history = slot
      history = new
    }
    guard let history else { return }
    if oldStart == 0, newStart > 0 {
      // Until now the oldest generation was the latest one, and the card told all of it.
      history.oldestCreateRevision = card.createRevision
      history.oldestVersion = card.version &- Int64(count)
    }
    history.latestStart = newStart
    history.count = count + 1
    former.store(at: history.revisions + count * IndexedRevision.byteCount)
  }
}
