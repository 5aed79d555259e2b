internal import Bolt

extension Keyspace {
  /// Reads leases, and builds the index from the rows.
  ///
  /// Leaf by leaf, so that a page that cannot be read costs no more than its own rows.
  func load(
    _ onProgress: (_ done: Int, _ total: Int) -> Void,
    _ onFault: (MVCCError) throws(MVCCError) -> Void
  ) throws(MVCCError) {
    let transaction = shared.source.transaction
    try visit(BucketName.lease, in: transaction, { _, _ in }, onFault) {
      element throws(MVCCError) in
      leases.set(try Lease(key: element.key, value: element.value))
    }
    var last: Int64 = 1
    var hasSeenStray = false
    try visit(BucketName.key, in: transaction, onProgress, onFault) { element throws(MVCCError) in
      let row = try RowKey(element.key)
      let keyValue = try KeyValueView(element.value, at: row.revision)
      let slot = try index.restore(row, keyValue)
      last = max(last, row.revision.main)
      guard slot != 0 else {
        strayRows.append(row)
        return
      }
      var lease = leases.slot(of: keyValue.lease)
      if lease == 0, keyValue.lease != .none {
        lease = .stray
        hasSeenStray = true
      }
      if lease != 0 || index.tree.card(slot).lease != 0 { index.tree.card(slot).lease = lease }
    }
    shared.currentRevision = last
    if leases.count > 0 || hasSeenStray { attachKeys() }
  }

  /// Attaches every key to the lease that its last row names.
  private func attachKeys() {
    withBytes(of: []) { start in
      index.tree.visit(from: start, to: nil) { slot in
        let card = index.tree.card(slot)
        if card.lease == .stray {
          card.lease = 0
          hasStrayLeases = true
        }
        leases.attach(slot, to: card.lease)
        return true
      }
    }
  }

  /// Calls something with all elements of a bucket of the root.
  private func visit(
    _ name: BucketName,
    in transaction: ReadTransaction,
    _ onProgress: (_ done: Int, _ total: Int) -> Void,
    _ onFault: (MVCCError) throws(MVCCError) -> Void,
    _ body: (Element) throws(MVCCError) -> Void
  ) throws(MVCCError) {
    func visit(_ leaf: PageView) throws(MVCCError) {
      for slot in 0..<leaf.count {
        do throws(MVCCError) {
          let element = try bolt { () throws(BoltError) in try leaf.element(at: slot) }
          if !element.isBucket { try body(element) }
        } catch {
          try onFault(error)
        }
      }
    }
    let bucket: Bucket?
    let leaves: [PageID]
    do throws(MVCCError) {
      bucket = try bolt { () throws(BoltError) in try transaction.bucket(name.bytes) }
    } catch {
      try onFault(error)
      return
    }
    guard let bucket else { return }
    if let leaf = bucket.inlineLeaf { try visit(leaf) }
    var faults: [BoltError] = []
    leaves = try bolt { () throws(BoltError) in
      try bucket.leafPages { fault throws(BoltError) in faults.append(fault) }
    }
    for fault in faults { try onFault(.bolt(fault)) }
    for (place, id) in leaves.enumerated() {
      if place % 1024 == 0 {
        let pageByteCount = database.pageByteCount
        onProgress(place * pageByteCount, leaves.count * pageByteCount)
      }
      let leaf: PageView
      do throws(MVCCError) {
        leaf = try bolt { () throws(BoltError) in try transaction.leaf(id) }
      } catch {
        try onFault(error)
        continue
      }
      try visit(leaf)
    }
  }
}
