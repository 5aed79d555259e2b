// Keys without values, in their order: the index knows what the latest rows say of them.
extension RangeReading {
  /// How many times a step takes the lock.
  ///
  /// No row is read for most keys, so that a step of several visits takes no longer than one with rows.
  private static let visitsPerStep = 4

  /// Packs some more keys.
  mutating func packStep() throws(MVCCError) -> RangeResult? {
    for _ in 0..<RangeReading.visitsPerStep where rest != nil { try packSome() }
    guard rest == nil else { return nil }
    var count = seenCount
    if let behindLimit { count += try view.count(behindLimit, main: main) }
    var result = result(.none, count: count)
    result.hasMore = request.limit > 0 && seenCount > request.limit
    return result
  }

  private mutating func packSome() throws(MVCCError) {
    let range = unread
    // From the first one on that the index does not know, since it was changed later: in the order of
    // the keys, what comes behind it has to wait for its row.
    var revisions: [IndexedRevision] = []
    rest = try view.withIndex(at: main) { index throws(MVCCError) in
      let leases = view.keyspace.leases
      let isKnown = !view.keyspace.hasStrayLeases
      return index.visitSome(range) { index, slot in
        let card = index.tree.card(slot)
        guard let modified = index.modified(card, at: main) else { return true }
        if seenCount == request.rowLimit {
          behindLimit = KeyRange(from: Array(card.key), to: range.end)
          return false
        }
        seenCount += 1
        guard request.limit <= 0 || seenCount <= request.limit else { return true }
        if isKnown, revisions.isEmpty, card.latest == modified {
          keys.append(
            NewKeyValue(keyOf: card, card.lease == 0 ? .none : leases[card.lease]?.id ?? .none)
          )
        } else {
          revisions.append(modified)
        }
        return true
      }
    }
    for revision in revisions {
      keys.append(NewKeyValue(keyOf: try row(at: revision).keyValue()))
    }
  }
}

extension RangeRequest {
  /// Whether keys are answered in their order without looking at their rows.
  var packsKeys: Bool { isKeysOnly && !needsKeyValues }
}

extension NewKeyValue {
  /// What a card says of its key's latest row.
  fileprivate init(keyOf card: KeyCard, _ lease: LeaseID) {
    self.init(tombstoneOf: card.key)
    createRevision = card.createRevision
    modRevision = card.latest.main
    version = card.version
    self.lease = lease
  }

  /// What a row says but its value.
  init(keyOf keyValue: KeyValueView) {
    self.init(tombstoneOf: keyValue.key)
    createRevision = keyValue.createRevision
    modRevision = keyValue.modRevision
    version = keyValue.version
    lease = keyValue.lease
  }
}
