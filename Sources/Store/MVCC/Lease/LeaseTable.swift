/// A lease by its place in a ``LeaseTable``: 0 is none.
typealias LeaseSlot = UInt32

extension LeaseSlot {
  /// While the index is built: the row names a lease that is not there.
  static let stray = LeaseSlot.max
}

/// The leases that there are, and which keys are attached to each.
///
/// What is stored are the leases; which keys are attached follows from the rows of the keys. A key
/// whose row names a lease that is not there is attached to none.
///
/// Nothing here is guarded, as with the ``KeyIndex`` whose cards it names.
struct LeaseTable {
  private struct Granted {
    var lease: Lease
    var keys: Set<Slot> = []
  }

  /// What was granted, by its slot; nil for slots that are free, as the first always is.
  private var granted: [Granted?] = [nil]
  private var free: [LeaseSlot] = []
  private var slots: [LeaseID: LeaseSlot] = [:]

  /// How many leases there are.
  var count: Int { slots.count }

  /// All leases, in the order of their numbers.
  var leases: [Lease] { granted.compactMap { $0?.lease }.sorted { $0.id < $1.id } }

  /// Where a lease is, or 0.
  func slot(of id: LeaseID) -> LeaseSlot {
    id == .none ? 0 : slots[id] ?? 0
  }

  subscript(slot: LeaseSlot) -> Lease? { granted[Int(slot)]?.lease }

  /// The cards of the keys that are attached to a lease, in any order.
  func keys(of slot: LeaseSlot) -> Set<Slot> { granted[Int(slot)]?.keys ?? [] }

  /// Adds a lease, or gives one with its number other times.
  mutating func set(_ lease: Lease) {
    if let slot = slots[lease.id] {
      granted[Int(slot)]?.lease = lease
      return
    }
    if let slot = free.popLast() {
      granted[Int(slot)] = Granted(lease: lease)
      slots[lease.id] = slot
    } else {
      slots[lease.id] = LeaseSlot(granted.count)
      granted.append(Granted(lease: lease))
    }
  }

  /// Takes a lease out, to which no key is attached any more.
  mutating func remove(_ slot: LeaseSlot) {
    guard let found = granted[Int(slot)] else { return }
    precondition(found.keys.isEmpty, "keys are deleted before their lease")
    slots[found.lease.id] = nil
    granted[Int(slot)] = nil
    free.append(slot)
  }

  mutating func attach(_ card: Slot, to slot: LeaseSlot) {
    if slot != 0 { granted[Int(slot)]?.keys.insert(card) }
  }

  mutating func detach(_ card: Slot, from slot: LeaseSlot) {
    if slot != 0 { granted[Int(slot)]?.keys.remove(card) }
  }
}
