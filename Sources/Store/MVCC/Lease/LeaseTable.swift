/// A lease by its place in a ``LeaseTable``: 0 is none.
typealias LeaseSlot = UInt32

/// The leases that there are, and which keys are attached to each.
///
/// What is stored are the leases; which keys are attached follows from the rows of the keys. A key
/// whose row names a lease that is not there is attached to none.
///
/// Nothing here is guarded, as with the ``KeyIndex`` whose records it names.
struct LeaseTable {
  private struct Entry {
    var lease: Lease
    var keys: Set<Slot> = []
  }

  /// The entries by their slots; nil for slots that are free, as the first always is.
  private var entries: [Entry?] = [nil]
  private var free: [LeaseSlot] = []
  private var slots: [LeaseID: LeaseSlot] = [:]

  /// How many leases there are.
  var count: Int { slots.count }

  /// All leases, in the order of their numbers.
  var leases: [Lease] { entries.compactMap { $0?.lease }.sorted { $0.id < $1.id } }

  /// Where a lease is, or 0.
  func slot(of id: LeaseID) -> LeaseSlot {
    id == .none ? 0 : slots[id] ?? 0
  }

  subscript(slot: LeaseSlot) -> Lease? { entries[Int(slot)]?.lease }

  /// The records of the keys that are attached to a lease, in any order.
  func keys(of slot: LeaseSlot) -> Set<Slot> { entries[Int(slot)]?.keys ?? [] }

  /// Adds a lease, or gives one with its number other times.
  mutating func set(_ lease: Lease) {
    if let slot = slots[lease.id] {
      entries[Int(slot)]?.lease = lease
      return
    }
    if let slot = free.popLast() {
      entries[Int(slot)] = Entry(lease: lease)
      slots[lease.id] = slot
    } else {
      slots[lease.id] = LeaseSlot(entries.count)
      entries.append(Entry(lease: lease))
    }
  }

  /// Takes a lease out, to which no key is attached any more.
  mutating func remove(_ slot: LeaseSlot) {
    guard let entry = entries[Int(slot)] else { return }
    precondition(entry.keys.isEmpty, "keys are deleted before their lease")
    slots[entry.lease.id] = nil
    entries[Int(slot)] = nil
    free.append(slot)
  }

  mutating func attach(_ record: Slot, to slot: LeaseSlot) {
    if slot != 0 { entries[Int(slot)]?.keys.insert(record) }
  }

  mutating func detach(_ record: Slot, from slot: LeaseSlot) {
    if slot != 0 { entries[Int(slot)]?.keys.remove(record) }
  }
}
