extension KeyIndex {
  /// What a compaction leaves of a card: all from here on.
  ///
  /// The newest revision that is not above the compaction's stays, with what came after it, unless
  /// it is a tombstone: nothing has to be known of a key that was deleted before. Only a tombstone of
  /// that very revision stays until the next compaction, so that who watches from there sees it.
  ///
  /// - Returns: The place of the first revision that stays, of all of the key's: as many as there
  ///   are if none does.
  ///
  /// Source: etcd 3.4.34, 3.5.16 and 3.6 `key_index.go`, `doCompact`. The releases before drop the
  /// tombstone of the compaction's own revision as well; no hash depends on it.
  func firstKept(_ card: KeyCard, compactingTo main: Int64) -> Int {
    let history = card.history == 0 ? nil : History(arena[card.history])
    let count = history?.count ?? 0
    let last = card.latest.main <= main ? count : history?.lastPlace(notAbove: main)
    guard let last else { return 0 }
    func revision(_ place: Int) -> IndexedRevision {
      if place < count, let history { return history[place] }
      return card.latest
    }
    // A request that deletes a key and puts it anew leaves two revisions of the same main one.
    var kept: Int?
    var place = last
    while place >= 0, revision(place).main == main {
      if revision(place).isTombstone { kept = place }
      place -= 1
    }
    return kept ?? (revision(last).isTombstone ? last + 1 : last)
  }

  /// The revision of a card that would be left of those up to `main` by a compaction to it.
  ///
  /// - Returns: The revision, or nil if there is none or it is a tombstone.
  ///
  /// Source: etcd `key_index.go`, `keep`: the same in all releases.
  func kept(_ card: KeyCard, compactingTo main: Int64) -> Revision? {
    let latest = card.latest
    if card.history == 0 {
      return latest.main <= main && !latest.isTombstone ? latest.revision : nil
    }
    let history = History(arena[card.history])
    let place = firstKept(card, compactingTo: main)
    guard place <= history.count else { return nil }
    let first = place < history.count ? history[place] : latest
    return first.main <= main && !first.isTombstone ? first.revision : nil
  }

  /// Compacts some cards.
  ///
  /// - Parameters:
  ///   - main: The revision to compact to.
  ///   - start: The first key.
  ///   - limit: After how many cards to stop, more or less.
  ///   - dropped: Takes the rows that are not needed any more.
  /// - Returns: Where to go on, or nil at the end.
  /// - Throws: ``MVCCError/indexFull(byteCount:)``; some cards are compacted then.
  func compact(
    to main: Int64,
    from start: [UInt8],
    limit: Int,
    dropped: inout [RowKey]
  ) throws(MVCCError) -> [UInt8]? {
    var start = start
    var seen = 0
    while seen < limit {
      let leaf = withBytes(of: start) { bytes in
        nextCompactableLeaf(tree.root, notBelow: bytes)
      }
      guard let leaf else { return nil }
      seen += leaf.count
      // The first key after those of the leaf.
      let next = Array(tree.key(leaf.slots[leaf.count - 1])) + [0]
      try compact(leaf, to: main, from: start, dropped: &dropped)
      start = next
    }
    return start
  }

  /// The first leaf with something to compact among those that have keys from `start` on.
  ///
  /// - Parameters:
  ///   - node: Where to look.
  ///   - start: The lowest key; nil if all below are above it.
  /// - Returns: The leaf, or nil if there is none.
  private func nextCompactableLeaf(
    _ node: TreeNode,
    notBelow start: UnsafeRawBufferPointer?
  ) -> TreeNode? {
    guard node.totals.compactableCount > 0 else { return nil }
    if node.isLeaf {
      if let start, compareKeys(tree.key(node.slots[node.count - 1]), start) < 0 { return nil }
      return node
    }
    let first = start.map { tree.childPlace(node, for: $0) } ?? 0
    for place in first..<node.count {
      let found = nextCompactableLeaf(node.child(place), notBelow: place == first ? start : nil)
      if let found { return found }
    }
    return nil
  }

  /// Compacts the cards of a leaf from a key on.
  private func compact(
    _ leaf: TreeNode,
    to main: Int64,
    from start: [UInt8],
    dropped: inout [RowKey]
  ) throws(MVCCError) {
    var removed: [Slot] = []
    var shortened = 0
    let droppedBefore = dropped.count
    defer { noteDropped(dropped.count - droppedBefore) }
    let first = withBytes(of: start) { tree.search(leaf, for: $0).place }
    for place in first..<leaf.count {
      let slot = leaf.slots[place]
      let card = tree.card(slot)
      guard card.isCompactable else { continue }
      let kept = firstKept(card, compactingTo: main)
      guard kept > 0 else { continue }
      if try drop(kept, of: card, into: &dropped) {
        removed.append(slot)
      } else if !card.isCompactable {
        shortened += 1
      }
    }
    if shortened > 0 {
      _ = tree.locate(tree.key(leaf.slots[leaf.count - 1]))
      tree.noteChange(live: 0, compactable: -shortened, latestMain: 0)
    }
    // The leaf may be gone after the first of them.
    for slot in removed { remove(slot) }
  }

  /// Takes the first revisions of a card away.
  ///
  /// - Returns: Whether none is left; the card is as before then, but without its history.
  private func drop(
    _ count: Int,
    of card: KeyCard,
    into dropped: inout [RowKey]
  ) throws(MVCCError) -> Bool {
    guard card.history != 0 else {
      dropped.append(card.latest.row)
      return true
    }
    let (oldSlot, old) = (card.history, History(arena[card.history]))
    let oldByteCount = old.byteCount
    let left = max(0, old.count - count)
    let start = max(0, old.latestStart - count)
    var (newSlot, newByteCount) = (Slot(0), 0)
    if left > 0 {
      newByteCount = History.byteCount(count: left, latestStart: start)
      newSlot = newByteCount == oldByteCount ? oldSlot : try arena.allocate(newByteCount)
    }
    for place in 0..<min(count, old.count) { dropped.append(old[place].row) }
    let isEmpty = count > old.count
    if left > 0 {
      let oldest = generation(of: count, in: old, of: card)
      let new = History(arena[newSlot])
      let target = new.base + History.headerByteCount(latestStart: start)
      // Within the same block, the bytes move towards its start.
      target.copyMemory(
        from: old.revisions + count * IndexedRevision.byteCount,
        byteCount: left * IndexedRevision.byteCount
      )
      new.count = left
      new.latestStart = start
      if start > 0 {
        new.oldestCreateRevision = oldest.createRevision
        new.oldestVersion = oldest.version
      }
    } else if isEmpty {
      dropped.append(card.latest.row)
    }
    card.history = newSlot
    if newSlot != oldSlot { arena.release(oldSlot, oldByteCount) }
    return isEmpty
  }

  private func remove(_ slot: Slot) {
    let card = tree.card(slot)
    let found = tree.locate(card.key)
    precondition(found == slot, "a card is found by its key")
    tree.noteChange(live: 0, compactable: -1, latestMain: 0)
    tree.removeLocated()
    arena.release(slot, card.byteCount)
  }
}
