extension KeyIndex {
  /// The state of a key at a revision.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - main: The main revision; `Int64.max` for the latest state.
  /// - Returns: The state, or nil if the key is not live then.
  /// - Complexity: O(log n) of the keys and of the key's revisions; for a revision of an earlier
  ///   generation also O(n) of the revisions of that generation.
  func find(_ key: UnsafeRawBufferPointer, at main: Int64 = .max) -> KeyState? {
    let slot = tree.find(key)
    return slot == 0 ? nil : state(of: tree.card(slot), at: main)
  }

  /// Whether a key is live at a revision.
  @inline(__always)
  func isLive(_ card: KeyCard, at main: Int64) -> Bool {
    modified(card, at: main) != nil
  }

  /// Which revision of a card's key was the latest at a revision, if the key was live.
  @inline(__always)
  func modified(_ card: KeyCard, at main: Int64) -> IndexedRevision? {
    let latest = card.latest
    if latest.main <= main { return latest.isTombstone ? nil : latest }
    guard card.history != 0 else { return nil }
    let history = History(arena[card.history])
    guard let place = history.lastPlace(notAbove: main) else { return nil }
    let found = history[place]
    return found.isTombstone ? nil : found
  }

  /// The state of a card's key at a revision.
  func state(of card: KeyCard, at main: Int64) -> KeyState? {
    let latest = card.latest
    if latest.main <= main {
      guard !latest.isTombstone else { return nil }
      return KeyState(
        modified: latest.revision,
        createRevision: card.createRevision,
        version: card.version
      )
    }
    guard card.history != 0 else { return nil }
    let history = History(arena[card.history])
    guard let place = history.lastPlace(notAbove: main) else { return nil }
    let found = history[place]
    guard !found.isTombstone else { return nil }
    let generation = generation(of: place, in: history, of: card)
    return KeyState(
      modified: found.revision,
      createRevision: generation.createRevision,
      version: generation.version
    )
  }

  /// The create revision, and the version, at a place of a card's history.
  func generation(
    of place: Int,
    in history: History,
    of card: KeyCard
  ) -> (createRevision: Int64, version: Int64) {
    if place >= history.latestStart {
      return (card.createRevision, card.version &- Int64(history.count - place))
    }
    var start = place
    while start > 0, !history[start - 1].isTombstone { start -= 1 }
    if start == 0 {
      return (history.oldestCreateRevision, history.oldestVersion &+ Int64(place))
    }
    return (history[start].main, Int64(place - start + 1))
  }

  /// All revisions of a key that are not compacted, in ascending order.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - main: The first main revision.
  /// - Returns: The rows' keys.
  func rows(of key: UnsafeRawBufferPointer, since main: Int64 = 0) -> [RowKey] {
    let slot = tree.find(key)
    guard slot != 0 else { return [] }
    let card = tree.card(slot)
    var rows: [RowKey] = []
    if card.history != 0 {
      let history = History(arena[card.history])
      let start = main > 0 ? (history.lastPlace(notAbove: main - 1) ?? -1) + 1 : 0
      for place in start..<history.count { rows.append(history[place].row) }
    }
    if card.latest.main >= main { rows.append(card.latest.row) }
    return rows
  }

  /// How many keys of a range are live at a revision.
  ///
  /// - Complexity: O(log n) where nothing has changed since; elsewhere O(n).
  func count(
    from start: UnsafeRawBufferPointer,
    to end: UnsafeRawBufferPointer?,
    at main: Int64
  ) -> Int {
    if let end, compareKeys(start, end) >= 0 { return 0 }
    return count(tree.root, from: start, to: end, at: main)
  }

  /// Counts below a node.
  ///
  /// - Parameters:
  ///   - node: The node.
  ///   - start: The lowest key, or nil if all below are above it.
  ///   - end: The first key not counted any more, or nil if all below are before it.
  ///   - main: The main revision.
  /// - Returns: How many keys are live.
  private func count(
    _ node: TreeNode,
    from start: UnsafeRawBufferPointer?,
    to end: UnsafeRawBufferPointer?,
    at main: Int64
  ) -> Int {
    if start == nil, end == nil, node.totals.latestMain <= main {
      return Int(node.totals.liveCount)
    }
    var total = 0
    if node.isLeaf {
      let first = start.map { tree.search(node, for: $0).place } ?? 0
      let last = end.map { tree.search(node, for: $0).place } ?? node.count
      guard first < last else { return 0 }
      for place in first..<last where isLive(tree.card(node.slots[place]), at: main) {
        total += 1
      }
    } else {
      let first = start.map { tree.childPlace(node, for: $0) } ?? 0
      let last = end.map { tree.childPlace(node, for: $0) } ?? node.count - 1
      guard first <= last else { return 0 }
      for place in first...last {
        total += count(
          node.child(place),
          from: place == first ? start : nil,
          to: place == last ? end : nil,
          at: main
        )
      }
    }
    return total
  }
}
