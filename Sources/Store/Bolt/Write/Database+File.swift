internal import FileIO

/// A new file, and a file that grows.
extension Database {
  /// Writes an empty database, unless the file holds one.
  ///
  /// What a power failure left of an empty database is one as well: pages of which some sectors were
  /// written and the others are zero. Nothing can have been committed to it.
  ///
  /// Source: bbolt `db.go`, `init`.
  static func initialiseIfNew(_ file: File, pageByteCount: Int) throws(FileIOError) {
    precondition(
      Meta.pageByteCounts.contains(pageByteCount) && pageByteCount & (pageByteCount - 1) == 0,
      "the size of a page is a power of two"
    )
    let image = UnsafeMutableRawBufferPointer.allocate(byteCount: 8 * pageByteCount, alignment: 8)
    defer { image.deallocate() }
    let (new, found) = (image[..<(4 * pageByteCount)], image[(4 * pageByteCount)...])
    writeEmptyDatabase(to: UnsafeMutableRawBufferPointer(rebasing: new), pageByteCount)
    let byteCount = try file.byteCount()
    if byteCount > 0 {
      guard byteCount == new.count else { return }
      _ = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: found), at: 0)
      guard isPart(found, of: new) else { return }
    }
    try file.write(
      UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(image)[..<new.count]),
      at: 0
    )
    try file.syncData()
  }

  /// Whether some sectors of `found` are zero, and all others as those of `whole`.
  private static func isPart(
    _ found: Slice<UnsafeMutableRawBufferPointer>,
    of whole: Slice<UnsafeMutableRawBufferPointer>
  ) -> Bool {
    let sectorByteCount = 512
    var isWhole = true
    for start in stride(from: 0, to: whole.count, by: sectorByteCount) {
      let sector = found.dropFirst(start).prefix(sectorByteCount)
      if sector.elementsEqual(whole.dropFirst(start).prefix(sectorByteCount)) { continue }
      guard sector.allSatisfy({ $0 == 0 }) else { return false }
      isWhole = false
    }
    return !isWhole
  }

  /// Two meta pages, an empty freelist, and an empty leaf as the root.
  private static func writeEmptyDatabase(
    to pages: UnsafeMutableRawBufferPointer,
    _ pageByteCount: Int
  ) {
    pages.initializeMemory(as: UInt8.self, repeating: 0)
    for number in UInt64(0)...1 {
      let meta = Meta(
        pageByteCount: pageByteCount,
        root: PageID(rawValue: 3),
        sequence: 0,
        freelist: PageID(rawValue: 2),
        highWaterMark: PageID(rawValue: 4),
        transaction: TransactionID(rawValue: number)
      )
      let start = Int(number) * pageByteCount
      meta.write(
        to: UnsafeMutableRawBufferPointer(rebasing: pages[start..<start + pageByteCount]),
        as: PageID(rawValue: number)
      )
    }
    guard let base = pages.baseAddress else { return }
    for (number, flags) in [(2, PageFlags.freelist), (3, .leaf)] {
      let page = base + number * pageByteCount
      page.store(UInt64(number), at: 0)
      page.store(flags.rawValue, at: 8)
    }
  }

  /// How much of a file is mapped that may grow: with room for it to double, since a new mapping
  /// begins without page tables.
  static func mappedByteCount(for byteCount: Int) -> Int {
    max(1 << 25, byteCount > Int.max / 2 ? byteCount : 2 * byteCount)
  }

  /// How long a file is made that has to hold `needed` bytes: a power of two up to 16 MiB, and 16
  /// MiB more than needed from there.
  ///
  /// Source: bbolt `db.go`, `grow` and `AllocSize`.
  static func grownByteCount(for needed: Int) -> Int {
    let step = 16 << 20
    guard needed <= step else { return needed + step }
    var size = 32 << 10
    while size < needed { size *= 2 }
    return size
  }
}
