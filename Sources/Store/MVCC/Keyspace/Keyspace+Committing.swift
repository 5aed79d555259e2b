internal import Bolt

extension Keyspace {
  /// How many rows and other changes are not committed yet.
  public var pendingCount: Int { shared.source.buffer.count + operations.count }

  /// Notes which entry of the log is being applied: before what it changes, so that every commit
  /// holds both or neither.
  ///
  /// - Parameters:
  ///   - consistentIndex: The entry's index and term.
  ///   - confState: The members of the log after the entry, as JSON, if it changes them.
  public func setConsistentIndex(
    _ consistentIndex: ConsistentIndex,
    confState: [UInt8]? = nil
  ) {
    self.consistentIndex = consistentIndex
    if let confState { self.confState = confState }
  }

  /// Puts a row into a bucket beside `key`: seen in the file after the next commit.
  public func putRow(_ value: [UInt8], for key: [UInt8], in bucket: BucketName) {
    precondition(bucket != .key, "rows of keys are put with their index")
    operations.append(BucketOperation(bucket: bucket, key: key, value: value))
  }

  /// Deletes a row of a bucket beside `key`, if it is there: gone from the file after the next commit.
  public func deleteRow(_ key: [UInt8], in bucket: BucketName) {
    precondition(bucket != .key, "rows of keys are deleted by a compaction")
    operations.append(BucketOperation(bucket: bucket, key: key, value: nil))
  }

  /// Commits what is pending, if enough is or it has been for long enough.
  ///
  /// The one thread that changes the keyspace calls it after requests, and again at
  /// ``commitDeadline``.
  ///
  /// - Parameter now: The time.
  /// - Returns: Whether something was committed.
  /// - Throws: As ``commit()``.
  @discardableResult
  public func commitIfDue(now: ContinuousClock.Instant) throws(MVCCError) -> Bool {
    guard pendingCount > 0, !isReadOnly else { return false }
    let since = pendingSince ?? now
    pendingSince = since
    guard pendingCount >= operationsPerCommit || now - since >= commitInterval else {
      return false
    }
    try commit()
    return true
  }

  /// When ``commitIfDue(now:)`` has to be called again, if something is pending.
  public var commitDeadline: ContinuousClock.Instant? {
    pendingSince.map { $0 + commitInterval }
  }

  /// Makes everything that was applied durable in the file, with the index of the entry that it goes
  /// up to, all at once.
  ///
  /// Nothing happens if nothing is pending, or if the keyspace is read-only.
  ///
  /// - Throws: ``MVCCError/bolt(_:)``; nothing is changed any more then, until the keyspace is opened
  ///   anew. What was applied can still be read.
  public func commit() throws(MVCCError) {
    guard !isReadOnly else { return }
    let isIndexNew = consistentIndex != committedIndex
    guard pendingCount > 0 || isIndexNew || confState != nil else { return }
    try refuseAfterFailure()
    let next: RowSource
    do throws(MVCCError) {
      try bolt { () throws(BoltError) in try writePending(isIndexNew: isIndexNew) }
      next = try RowSource(database)
    } catch {
      hasFailed = true
      throw error
    }
    operations.removeAll(keepingCapacity: true)
    committedIndex = consistentIndex
    confState = nil
    pendingSince = nil
    lock.writing {
      shared.source = next
      shared.buffered = next.buffer.contents
    }
    checkSomeInvariants()
  }

  private func writePending(isIndexNew: Bool) throws(BoltError) {
    let transaction = try database.write()
    let rows = shared.source.buffer.contents
    if rows.count > 0 {
      let keys = try transaction.bucketOrNew(BucketName.key.bytes)
      // Revisions ascend: there is nothing to leave room for.
      keys.fillPercent = 0.9
      for place in 0..<rows.count {
        let row = rows.base[place]
        try row.key.withBytes { key throws(BoltError) in try keys.put(row.bytes, for: key) }
      }
    }
    for operation in operations {
      let bucket = try transaction.bucketOrNew(operation.bucket.bytes)
      if operation.bucket == .key { bucket.fillPercent = 0.9 }
      if let value = operation.value {
        try bucket.put(value, for: operation.key)
      } else {
        try bucket.delete(operation.key)
      }
    }
    let meta = try transaction.bucketOrNew(BucketName.meta.bytes)
    if isIndexNew {
      try meta.put(MetaRow.bytes(of: consistentIndex.index), for: MetaRow.consistentIndex)
      if consistentIndex.term > 0 {
        try meta.put(MetaRow.bytes(of: consistentIndex.term), for: MetaRow.term)
      }
    }
    if let confState { try meta.put(confState, for: MetaRow.confState) }
    commitTimes = try transaction.commit()
  }
}
