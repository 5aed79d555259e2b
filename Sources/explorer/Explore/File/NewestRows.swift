#if canImport(Glibc)
internal import Glibc
#endif
internal import MVCC

/// The newest row of every key that was added, rows added newest first.
///
/// It keeps where the rows lie, not what they hold: 16 bytes a slot, so that a million keys take 32
/// megabytes beside the file.
struct NewestRows: ~Copyable {
  /// One key's newest row.
  private struct Slot {
    /// Where the row's message lies; nothing in an empty slot.
    var message: UnsafeRawPointer?
    var byteCount: UInt32
    /// 31 bits of the key's hash, and the mark of a tombstone on top.
    var tag: UInt32

    static let tombstoneBit: UInt32 = 1 << 31

    static var empty: Slot { Slot() }

    private init() {
      message = nil
      byteCount = 0
      tag = 0
    }

    init(_ row: StoredRow, hash: UInt32) {
      message = row.message.baseAddress
      byteCount = UInt32(clamping: row.message.count)
      tag = hash | (row.isTombstone ? Slot.tombstoneBit : 0)
    }

    var bytes: UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(start: message, count: Int(byteCount))
    }

    var key: UnsafeRawBufferPointer {
      StoredRow.key(of: bytes) ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// The row: its revision stands before its message, where a leaf keeps it.
    var row: StoredRow? {
      guard let message else { return nil }
      let isTombstone = tag & Slot.tombstoneBit != 0
      let rowKey = message - (isTombstone ? 18 : 17)
      let main = UInt64(bigEndian: rowKey.loadUnaligned(as: UInt64.self))
      let sub = UInt64(bigEndian: rowKey.loadUnaligned(fromByteOffset: 9, as: UInt64.self))
      return StoredRow(
        revision: Revision(main: Int64(clamping: main), sub: Int64(clamping: sub)),
        isTombstone: isTombstone,
        message: bytes
      )
    }
  }

  private var slots: UnsafeMutableBufferPointer<Slot>
  private var mask: Int

  /// How many keys have been seen, deleted ones among them.
  private(set) var count = 0

  /// How many of them are not deleted.
  private(set) var liveCount = 0

  /// What makes the places of keys differ from run to run: a file cannot be made to collide.
  private let seed = UInt64.random(in: .min ... .max)

  init() {
    slots = NewestRows.emptySlots(1 << 12)
    mask = slots.count - 1
  }

  deinit { slots.deallocate() }

  private static func emptySlots(_ count: Int) -> UnsafeMutableBufferPointer<Slot> {
    let slots = UnsafeMutableBufferPointer<Slot>.allocate(capacity: count)
    slots.initialize(repeating: .empty)
    return slots
  }

  /// Adds a row, unless a newer one of its key is there.
  ///
  /// - Returns: Whether it is the key's newest.
  @discardableResult
  mutating func add(_ row: StoredRow) -> Bool {
    if (count + 1) * 4 > slots.count * 3 { grow() }
    let hash = hash(row.key)
    var place = Int(hash) & mask
    while slots[place].message != nil {
      if slots[place].tag & ~Slot.tombstoneBit == hash {
        let key = slots[place].key
        if KeyOrder.compare(key, row.key) == 0 {
          // Rows of stray leaves come in no order.
          guard let found = slots[place].row, found.revision < row.revision else { return false }
          liveCount += (row.isTombstone ? 0 : 1) - (found.isTombstone ? 0 : 1)
          slots[place] = Slot(row, hash: hash)
          return true
        }
      }
      place = (place + 1) & mask
    }
    slots[place] = Slot(row, hash: hash)
    count += 1
    if !row.isTombstone { liveCount += 1 }
    return true
  }

  /// Shows each key's newest row unless the key is deleted, in no order.
  func forEachLive<Failure: Error>(
    _ body: (StoredRow) throws(Failure) -> Void
  ) throws(Failure) {
    for slot in slots where slot.tag & Slot.tombstoneBit == 0 {
      if let row = slot.row { try body(row) }
    }
  }

  /// The rows of the keys that are not deleted, in the order of their keys.
  consuming func sorted() -> SortedRows {
    var entries = ContiguousArray<SortedRows.Entry>()
    entries.reserveCapacity(liveCount)
    for slot in slots where slot.message != nil && slot.tag & Slot.tombstoneBit == 0 {
      entries.append(SortedRows.Entry(message: slot.message, byteCount: slot.byteCount))
    }
    return SortedRows(sorting: entries)
  }

  private mutating func grow() {
    let old = slots
    slots = NewestRows.emptySlots(old.count * 2)
    mask = slots.count - 1
    for slot in old where slot.message != nil {
      var place = Int(slot.tag & ~Slot.tombstoneBit) & mask
      while slots[place].message != nil { place = (place + 1) & mask }
      slots[place] = slot
    }
    old.deallocate()
  }

  /// 31 bits that depend on all bytes of a key.
  @inline(__always)
  private func hash(_ key: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(truncatingIfNeeded: ByteHash.hash(key, seed: seed) >> 33)
  }
}
