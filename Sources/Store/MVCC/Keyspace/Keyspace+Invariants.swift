extension Keyspace {
  /// Checks everything now and then: the more rows, the less often.
  @inline(__always)
  func checkSomeInvariants() {
    #if STORE_CHECKS
    changeCount += 1
    if changeCount.isMultiple(of: max(8, 2 * index.revisionCount)) { checkInvariants() }
    #endif
  }

  /// Stops the program if something in the keyspace is not as it must be.
  ///
  /// The thread that changes the keyspace calls it.
  func checkInvariants() {
    #if STORE_CHECKS
    index.checkInvariants()
    precondition(shared.compactRevision <= shared.currentRevision, "what is compacted was there")
    precondition(committedIndex.index <= consistentIndex.index, "what is committed was applied")
    precondition(shared.buffered.count <= shared.source.buffer.count, "what is told of is there")
    checkLeases()
    checkBuffer()
    #endif
  }

  #if STORE_CHECKS
  private func checkLeases() {
    var attached: [LeaseSlot: Set<Slot>] = [:]
    withBytes(of: []) { start in
      index.tree.visit(from: start, to: nil) { slot in
        let lease = index.tree.card(slot).lease
        if lease != 0 {
          precondition(index.tree.card(slot).isLive, "a deleted key has no lease")
          attached[lease, default: []].insert(slot)
        }
        return true
      }
    }
    for lease in leases.leases {
      let slot = leases.slot(of: lease.id)
      precondition(leases.keys(of: slot) == attached[slot] ?? [], "leases know their keys")
      attached[slot] = nil
    }
    precondition(attached.isEmpty, "keys are attached to leases that there are")
  }

  /// The buffer and the index agree; what is in the file is not ours to stop for.
  private func checkBuffer() {
    let rows = shared.source.buffer.contents
    guard rows.count > 0 else { return }
    var present: Set<RowKey> = []
    for place in 0..<rows.count {
      if place > 0 {
        precondition(rows.base[place - 1].key.revision < rows.base[place].key.revision, "ascending")
      }
      present.insert(rows.base[place].key)
    }
    let first = rows.base[0].key.revision
    withBytes(of: []) { start in
      index.tree.visit(from: start, to: nil) { slot in
        for row in index.rows(of: index.tree.key(slot)) where row.revision >= first {
          precondition(present.contains(row), "every revision has its row")
        }
        return true
      }
    }
  }
  #endif
}
