// Leases without time: whoever grants and renews them knows when they end.
extension Keyspace {
  /// All leases, in the order of their numbers.
  public var allLeases: [Lease] { lock.reading { leases.leases } }

  /// A lease, if there is one of that number.
  public func lease(_ id: LeaseID) -> Lease? {
    lock.reading { leases[leases.slot(of: id)] }
  }

  /// The keys that are attached to a lease, in their order.
  public func keys(attachedTo id: LeaseID) -> [[UInt8]] {
    lock.reading { keys(of: leases.slot(of: id)).map { Array(index.tree.key($0)) } }
  }

  /// Adds a lease; the revision stays as it is.
  ///
  /// - Throws: ``MVCCError/leaseExists(_:)``, ``MVCCError/leaseTTLTooLarge(seconds:)``, or
  ///   ``MVCCError/leaseNotFound(_:)`` for the number 0, which is none's.
  public func grant(_ lease: Lease) throws(MVCCError) {
    try changing { () throws(MVCCError) in
      try refuseAfterFailure()
      guard lease.id != .none else { throw .leaseNotFound(lease.id) }
      guard lease.ttlSeconds <= Limits.leaseTTLSeconds else {
        throw .leaseTTLTooLarge(seconds: lease.ttlSeconds)
      }
      guard leases.slot(of: lease.id) == 0 else { throw .leaseExists(lease.id) }
      set(lease)
    }
  }

  /// Writes down how long leases have left.
  ///
  /// - Parameter remaining: The seconds of each; 0 where a lease was renewed.
  /// - Throws: ``MVCCError/leaseNotFound(_:)``; those before it are written then.
  public func checkpoint(_ remaining: [(id: LeaseID, seconds: Int64)]) throws(MVCCError) {
    try changing { () throws(MVCCError) in
      try refuseAfterFailure()
      for (id, seconds) in remaining {
        guard var lease = leases[leases.slot(of: id)] else { throw .leaseNotFound(id) }
        lease.remainingTTLSeconds = seconds
        set(lease)
      }
    }
  }

  /// Takes a lease away, and deletes the keys that are attached to it at one revision.
  ///
  /// - Returns: The revision that it has made, or the current one if no key was attached.
  /// - Throws: ``MVCCError/leaseNotFound(_:)``.
  @discardableResult
  public func revoke(_ id: LeaseID) throws(MVCCError) -> DeleteResult {
    try changing { () throws(MVCCError) in
      try refuseAfterFailure()
      let slot = leases.slot(of: id)
      guard let lease = leases[slot] else { throw .leaseNotFound(id) }
      var change = try newChange()
      let cards = keys(of: slot)
      try completing(&change) { change throws(MVCCError) in
        try delete(cards, in: &change)
      }
      lock.writing { leases.remove(slot) }
      deleteRow(lease.rowKey, in: .lease)
      publish(change)
      return DeleteResult(
        revision: change.currentRevision,
        count: cards.count,
        previous: .none
      )
    }
  }

  private func set(_ lease: Lease) {
    lock.writing { leases.set(lease) }
    putRow(lease.rowValue, for: lease.rowKey, in: .lease)
  }

  /// The cards of the keys of a lease, in the order of the keys.
  private func keys(of slot: LeaseSlot) -> [Slot] {
    leases.keys(of: slot).sorted { compareKeys(index.tree.key($0), index.tree.key($1)) < 0 }
  }
}
