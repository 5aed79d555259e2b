/// What a put has done.
public struct PutResult: Sendable {
  /// The revision that it has made.
  public var revision: Int64

  /// The row that the key had before, if it was asked for and there was one.
  public var previous: RowList
}

/// What a delete has done.
public struct DeleteResult: Sendable {
  /// The revision that it has made, or the current one if there was nothing to delete.
  public var revision: Int64

  /// How many keys it has deleted.
  public var count: Int

  /// The rows that the keys had before, if they were asked for.
  public var previous: RowList
}

/// A request under way: its main revision, and how many changes it has made.
struct Change {
  let main: Int64
  var count: Int64 = 0

  /// The revision of the next change.
  var next: Revision { Revision(main: main, sub: count) }

  /// The current revision, as the request sees it.
  var currentRevision: Int64 { count > 0 ? main : main - 1 }
}

// What the one thread that changes the keyspace calls.
extension Keyspace {
  /// Puts a key.
  ///
  /// - Parameter request: The key, and what to put. It has been validated.
  /// - Returns: What was done.
  /// - Throws: ``MVCCError/leaseNotFound(_:)``; ``MVCCError/keyNotFound`` if the key is to keep what
  ///   it does not have; what has no room. Nothing has changed then.
  public func put(_ request: PutRequest) throws(MVCCError) -> PutResult {
    try changing { () throws(MVCCError) in
      try refuseAfterFailure()
      try check(request)
      var change = try newChange()
      let result = try put(request, in: &change)
      publish(change)
      return result
    }
  }

  /// Deletes keys.
  ///
  /// - Parameter request: The keys. It has been validated.
  /// - Returns: What was done.
  /// - Throws: The fault of a row or a page that was to be answered; what has no room.
  public func delete(_ request: DeleteRequest) throws(MVCCError) -> DeleteResult {
    try changing { () throws(MVCCError) in
      try refuseAfterFailure()
      var change = try newChange()
      let result = try completing(&change) { change throws(MVCCError) in
        try delete(request, in: &change)
      }
      publish(change)
      return result
    }
  }

  func refuseAfterFailure() throws(MVCCError) {
    if hasFailed { throw .changeFailedBefore }
  }

  func newChange() throws(MVCCError) -> Change {
    guard shared.currentRevision < .max else { throw .revisionsExhausted }
    return Change(main: shared.currentRevision + 1)
  }

  /// Lets readers see what a request has changed.
  func publish(_ change: Change) {
    guard change.count > 0 else { return }
    lock.writing {
      shared.currentRevision = change.main
      shared.buffered = shared.source.buffer.contents
    }
    checkSomeInvariants()
  }

  /// Calls something that may change keys; if it fails after it has changed one, nothing is changed
  /// any more: the index has revisions that nobody may see.
  func completing<Result>(
    _ change: inout Change,
    _ body: (inout Change) throws(MVCCError) -> Result
  ) throws(MVCCError) -> Result {
    do throws(MVCCError) {
      return try body(&change)
    } catch {
      if change.count > 0 { hasFailed = true }
      throw error
    }
  }

  /// What a request under way sees: what it has changed so far as well.
  func view(in change: Change) -> KeyspaceView {
    var seen = shared
    seen.currentRevision = change.currentRevision
    seen.buffered = shared.source.buffer.contents
    return KeyspaceView(of: self, seen)
  }
}

// Changing one key.
extension Keyspace {
  /// Refuses a put that cannot be done.
  func check(_ request: PutRequest) throws(MVCCError) {
    try checkLease(of: request)
    try checkKey(of: request)
  }

  /// Refuses a put for a lease that is not there.
  func checkLease(of request: PutRequest) throws(MVCCError) {
    if request.lease != .none, leases.slot(of: request.lease) == 0 {
      throw .leaseNotFound(request.lease)
    }
  }

  /// Refuses a put that is to keep what a key has that is not there.
  func checkKey(of request: PutRequest) throws(MVCCError) {
    guard request.keepsValue || request.keepsLease else { return }
    guard withBytes(of: request.key, { index.find($0) }) != nil else { throw .keyNotFound }
  }

  /// Puts a key that has been checked.
  func put(_ request: PutRequest, in change: inout Change) throws(MVCCError) -> PutResult {
    var previous = RowList.none
    if request.wantsPrevious || request.keepsValue || request.keepsLease {
      if let state = withBytes(of: request.key, { index.find($0) }) {
        let source = shared.source
        let row = try source.row(at: state.modified, in: source.buffer.contents)
        previous = RowList([row], in: source)
      }
    }
    var lease = request.lease
    var kept: UnsafeRawBufferPointer?
    if request.keepsValue || request.keepsLease {
      guard !previous.isEmpty else { throw .keyNotFound }
      let keyValue = try previous[0].keyValue()
      if request.keepsValue { kept = keyValue.value }
      if request.keepsLease { lease = keyValue.lease }
    }
    let revision = change.next
    try withBytes(of: request.key) { key throws(MVCCError) in
      try withBytes(of: request.value) { value throws(MVCCError) in
        try put(key, kept ?? value, lease, at: revision)
      }
    }
    change.count += 1
    putByteCount += request.key.count + (kept?.count ?? request.value.count)
    if !request.wantsPrevious { previous = .none }
    return PutResult(revision: revision.main, previous: previous)
  }

  private func put(
    _ key: UnsafeRawBufferPointer,
    _ value: UnsafeRawBufferPointer,
    _ lease: LeaseID,
    at revision: Revision
  ) throws(MVCCError) {
    try lock.writing { () throws(MVCCError) in
      let done = try index.put(key, at: revision)
      let slot = leases.slot(of: lease)
      // Kept from a row that had it already.
      if slot == 0, lease != .none { hasStrayLeases = true }
      if slot != done.lease {
        leases.detach(done.card, from: done.lease)
        leases.attach(done.card, to: slot)
        index.tree.card(done.card).lease = slot
      }
      shared.source.buffer.append(
        RowKey(revision),
        NewKeyValue(key: key, value: value, lease: lease, state: done.state)
      )
    }
  }

  /// Deletes the keys of a range, in their order.
  func delete(_ request: DeleteRequest, in change: inout Change) throws(MVCCError) -> DeleteResult {
    var previous = RowList.none
    if request.wantsPrevious {
      previous = try view(in: change).range(RangeRequest(request.keys)).rows
    }
    var cards: [Slot] = []
    var rest: KeyRange? = request.keys
    while let range = rest {
      rest = index.visitSome(range) { index, slot in
        if index.tree.card(slot).isLive { cards.append(slot) }
        return true
      }
    }
    try delete(cards, in: &change)
    return DeleteResult(
      revision: change.currentRevision,
      count: cards.count,
      previous: previous
    )
  }

  /// Deletes live keys by their cards.
  func delete(_ cards: [Slot], in change: inout Change) throws(MVCCError) {
    var place = 0
    while place < cards.count {
      // Readers are let in between; they do not see this request's revision yet.
      let end = min(cards.count, place + Limits.cardsPerVisit / 8)
      try lock.writing { () throws(MVCCError) in
        for card in cards[place..<end] {
          let key = index.tree.key(card)
          guard let done = try index.delete(key, at: change.next) else { continue }
          leases.detach(card, from: done.lease)
          shared.source.buffer.append(
            RowKey(change.next, isTombstone: true),
            NewKeyValue(tombstoneOf: key)
          )
          change.count += 1
        }
      }
      place = end
    }
  }
}
