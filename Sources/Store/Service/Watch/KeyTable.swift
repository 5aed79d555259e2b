/// The targets that are one key, by that key.
///
/// A table of slots with open addressing: the target of a key is in the slot that its hash says, or in
/// one of the next ones, with no empty slot in between.
struct KeyTable {
  private struct Slot {
    var hash = 0
    var target: Unmanaged<WatchTarget>?
  }

  private static let smallestCapacity = 16

  // As many as a power of two, of which at most three quarters are taken.
  private var slots: [Slot] = []

  /// How many targets there are.
  private(set) var count = 0

  /// The target of a key.
  func find(_ key: UnsafeRawBufferPointer) -> Unmanaged<WatchTarget>? {
    guard count > 0 else { return nil }
    let hash = KeyTable.hash(key)
    let mask = slots.count - 1
    var place = hash & mask
    return slots.withUnsafeBufferPointer { slots in
      while let target = slots[place].target {
        if slots[place].hash == hash {
          let isSame = target._withUnsafeGuaranteedRef { compareKeys($0.start, key) == 0 }
          if isSame { return target }
        }
        place = (place + 1) & mask
      }
      return nil
    }
  }

  /// Adds a target whose key has none.
  mutating func insert(_ target: WatchTarget) {
    if (count + 1) * 4 > slots.count * 3 { grow() }
    place(Slot(hash: KeyTable.hash(target.start), target: .passUnretained(target)))
    count += 1
  }

  /// Takes a target out.
  mutating func remove(_ target: WatchTarget) {
    let mask = slots.count - 1
    var hole = KeyTable.hash(target.start) & mask
    while let found = slots[hole].target,
      found.toOpaque() != Unmanaged.passUnretained(target).toOpaque()
    {
      hole = (hole + 1) & mask
    }
    guard slots[hole].target != nil else { return }
    count -= 1
    // Whatever would not be found any more past the hole moves into it.
    var place = hole
    while true {
      place = (place + 1) & mask
      guard slots[place].target != nil else { break }
      let distance = (place - slots[place].hash) & mask
      if distance >= (place - hole) & mask {
        slots[hole] = slots[place]
        hole = place
      }
    }
    slots[hole] = Slot()
    if count == 0 { slots = [] }
  }

  private mutating func grow() {
    let old = slots
    let capacity = max(KeyTable.smallestCapacity, old.count * 2)
    slots = Array(repeating: Slot(), count: capacity)
    for slot in old where slot.target != nil { place(slot) }
  }

  private mutating func place(_ slot: Slot) {
    let mask = slots.count - 1
    var place = slot.hash & mask
    while slots[place].target != nil { place = (place + 1) & mask }
    slots[place] = slot
  }

  // The process has a seed of its own, so that nobody can choose keys that collide.
  private static func hash(_ key: UnsafeRawBufferPointer) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: key)
    return hasher.finalize()
  }
}
