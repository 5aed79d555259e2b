#if canImport(Glibc)
private import Glibc
#endif

/// Numbers byte strings in the order in which they come, each once.
///
/// Keys are counted by the million with it: an open-addressed table over bytes that it keeps in one
/// place. Looking up costs a hash and a comparison, and allocates nothing.
struct ByteTable: ~Copyable {
  /// What is kept of one byte string.
  private struct Entry {
    var offset: Int
    var byteCount: Int32

    /// Byte strings of different scopes are different.
    var scope: Int32
    var hash: UInt64
  }

  /// How many byte strings there are; they are numbered from 0.
  private(set) var count = 0

  private var entries: UnsafeMutablePointer<Entry>
  private var entryCapacity = 64
  private var bytes: UnsafeMutablePointer<UInt8>
  private var byteCapacity = 4096
  private var byteCount = 0

  /// Slots of entries, -1 where there is none; a power of two, never more than half full.
  private var places: UnsafeMutablePointer<Int32>
  private var placeMask = 127

  init() {
    entries = .allocate(capacity: entryCapacity)
    bytes = .allocate(capacity: byteCapacity)
    places = .allocate(capacity: placeMask + 1)
    places.initialize(repeating: -1, count: placeMask + 1)
  }

  deinit {
    entries.deallocate()
    bytes.deallocate()
    places.deallocate()
  }

  /// The bytes of a slot, valid until the next insertion.
  subscript(slot: Int) -> UnsafeRawBufferPointer {
    precondition(slot >= 0 && slot < count, "no such slot: slots are what find and insert return")
    return UnsafeRawBufferPointer(
      start: bytes + entries[slot].offset,
      count: Int(entries[slot].byteCount)
    )
  }

  /// The slot of a byte string, or nil.
  @inline(__always)
  func find(_ key: UnsafeRawBufferPointer, scope: Int32 = 0) -> Int? {
    let hash = ByteTable.hash(key, scope)
    let slot = places[place(of: key, scope, hash)]
    return slot < 0 ? nil : Int(slot)
  }

  /// The slot of a byte string, which is added if it is new and fewer than `limit` are there.
  ///
  /// - Returns: The slot, or -1 if there is none and no room.
  @inline(__always)
  mutating func insert(
    _ key: UnsafeRawBufferPointer,
    scope: Int32 = 0,
    limit: Int = Int(Int32.max)
  ) -> Int {
    let hash = ByteTable.hash(key, scope)
    let place = place(of: key, scope, hash)
    let slot = places[place]
    return slot >= 0 ? Int(slot) : add(key, scope, hash, at: place, limit: limit)
  }

  // MARK: Searching

  /// Where the slot of a byte string stands, or would stand.
  @inline(__always)
  private func place(of key: UnsafeRawBufferPointer, _ scope: Int32, _ hash: UInt64) -> Int {
    var place = Int(truncatingIfNeeded: hash) & placeMask
    while true {
      let slot = places[place]
      if slot < 0 { return place }
      let entry = entries[Int(slot)]
      if entry.hash == hash, entry.scope == scope, Int(entry.byteCount) == key.count,
        ByteTable.isEqual(key, bytes + entry.offset)
      {
        return place
      }
      place = (place + 1) & placeMask
    }
  }

  /// Whether bytes are those at a place, where as many are.
  @inline(__always)
  private static func isEqual(
    _ key: UnsafeRawBufferPointer,
    _ other: UnsafeMutablePointer<UInt8>
  ) -> Bool {
    guard let start = key.baseAddress else { return true }
    return memcmp(other, start, key.count) == 0
  }

  @inline(__always)
  private static func hash(_ key: UnsafeRawBufferPointer, _ scope: Int32) -> UInt64 {
    let scope = UInt64(UInt32(bitPattern: scope)) &* 0x9E37_79B9_7F4A_7C15
    return ByteHash.hash(key, seed: seed ^ scope)
  }

  private static let seed = UInt64.random(in: .min ... .max)

  // MARK: Adding

  @inline(never)
  private mutating func add(
    _ key: UnsafeRawBufferPointer,
    _ scope: Int32,
    _ hash: UInt64,
    at place: Int,
    limit: Int
  ) -> Int {
    guard count < limit, count < Int(Int32.max) - 1, key.count <= Int(Int32.max) else { return -1 }
    if count == entryCapacity { growEntries() }
    if byteCapacity - byteCount < key.count { growBytes(key.count) }
    if let source = key.baseAddress {
      UnsafeMutableRawPointer(bytes + byteCount).copyMemory(from: source, byteCount: key.count)
    }
    entries[count] = Entry(
      offset: byteCount,
      byteCount: Int32(key.count),
      scope: scope,
      hash: hash
    )
    byteCount += key.count
    places[place] = Int32(count)
    count += 1
    if count * 2 > placeMask { growPlaces() }
    return count - 1
  }

  private mutating func growEntries() {
    let larger = UnsafeMutablePointer<Entry>.allocate(capacity: entryCapacity * 2)
    larger.update(from: entries, count: count)
    entries.deallocate()
    entries = larger
    entryCapacity *= 2
  }

  private mutating func growBytes(_ needed: Int) {
    byteCapacity = max(byteCapacity * 2, byteCount + needed)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCapacity)
    larger.update(from: bytes, count: byteCount)
    bytes.deallocate()
    bytes = larger
  }

  private mutating func growPlaces() {
    places.deallocate()
    placeMask = placeMask * 2 + 1
    places = .allocate(capacity: placeMask + 1)
    places.initialize(repeating: -1, count: placeMask + 1)
    for slot in 0..<count {
      var place = Int(truncatingIfNeeded: entries[slot].hash) & placeMask
      while places[place] >= 0 { place = (place + 1) & placeMask }
      places[place] = Int32(slot)
    }
  }
}
