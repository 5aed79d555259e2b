internal import FileIO

/// A new file, and a file that grows.
extension Database {
  /// Writes an empty database: two meta pages, an empty freelist, and an empty leaf as the root.
  ///
  /// Source: bbolt `db.go`, `init`.
  static func initialise(_ file: File, pageByteCount: Int) throws(FileIOError) {
    let pages = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 * pageByteCount, alignment: 8)
    defer { pages.deallocate() }
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
    if let base = pages.baseAddress {
      for (number, flags) in [(2, PageFlags.freelist), (3, .leaf)] {
        let page = base + number * pageByteCount
        page.store(UInt64(number), at: 0)
        page.store(flags.rawValue, at: 8)
      }
    }
    try file.write(UnsafeRawBufferPointer(pages), at: 0)
    try file.syncData()
  }

  /// How much of a file is mapped that may grow: with room for it to double, since a new mapping
  /// begins without page tables.
  static func mappedByteCount(for byteCount: Int) -> Int {
    max(1 << 25, 2 * byteCount)
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
