/// The revisions of a key before its latest one, oldest first: a view of a block in a
/// ``IndexArena``.
///
/// Generations are what lies between tombstones. Create revision and version of a revision follow
/// from where its generation begins; only of the oldest generation, which a compaction may have
/// shortened, they have to be kept, and only if it is not the generation of the latest revision as
/// well: then they follow from the card.
///
///     OFFSET  SIZE  FIELD
///     0       4     count of revisions, n > 0
///     4       4     where the generation of the latest revision begins: a place in the list, or n
///     8       8     create revision of the oldest generation   | only if the field
///     16      8     version at the first revision              | before is not 0
///     8 or 24 12*n  the revisions
struct History {
  let base: UnsafeMutableRawPointer

  @inline(__always)
  init(_ base: UnsafeMutableRawPointer) { self.base = base }

  var count: Int {
    @inline(__always) get { Int(base.load(as: UInt32.self)) }
    nonmutating set { base.storeBytes(of: UInt32(newValue), as: UInt32.self) }
  }

  var latestStart: Int {
    @inline(__always) get { Int(base.load(fromByteOffset: 4, as: UInt32.self)) }
    nonmutating set { base.storeBytes(of: UInt32(newValue), toByteOffset: 4, as: UInt32.self) }
  }

  var oldestCreateRevision: Int64 {
    get { base.loadUnaligned(fromByteOffset: 8, as: Int64.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 8, as: Int64.self) }
  }

  var oldestVersion: Int64 {
    get { base.loadUnaligned(fromByteOffset: 16, as: Int64.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 16, as: Int64.self) }
  }

  /// The revisions' memory.
  @inline(__always)
  var revisions: UnsafeMutableRawPointer {
    base + History.headerByteCount(latestStart: latestStart)
  }

  @inline(__always)
  subscript(place: Int) -> IndexedRevision {
    IndexedRevision(at: revisions + place * IndexedRevision.byteCount)
  }

  var byteCount: Int { History.byteCount(count: count, latestStart: latestStart) }

  /// The last place whose main revision is not above `main`, or nothing.
  ///
  /// - Complexity: O(log n).
  func lastPlace(notAbove main: Int64) -> Int? {
    let revisions = self.revisions
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      let found = (revisions + middle * IndexedRevision.byteCount).loadUnaligned(as: Int64.self)
      if found <= main { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? low - 1 : nil
  }

  @inline(__always)
  static func headerByteCount(latestStart: Int) -> Int { latestStart == 0 ? 8 : 24 }

  /// How large a block for so many revisions is: a few more fit, so that they can be added one by
  /// one without a new block each time.
  static func byteCount(count: Int, latestStart: Int) -> Int {
    headerByteCount(latestStart: latestStart) + capacity(for: count) * IndexedRevision.byteCount
  }

  /// How many revisions fit into the block of so many: all up to four, and then 6, 8, 12, 16, 24 ...
  static func capacity(for count: Int) -> Int {
    guard count > 4 else { return count }
    let bits = Int.bitWidth - (count - 1).leadingZeroBitCount
    let step = 1 << (bits - 2)
    return (count + step - 1) / step * step
  }
}
