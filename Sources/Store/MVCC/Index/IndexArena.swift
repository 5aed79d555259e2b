/// A place in a ``IndexArena``: 0 is none.
typealias Slot = UInt32

/// Memory for the cards of a key index, given out in blocks that 32-bit slots name.
///
/// A slot counts units of 4 bytes: 16 GiB can be named, which is some 150 million keys. Blocks of up
/// to a quarter of a chunk are cut from chunks of 1 MiB, and when given back wait in a list for the
/// next block of their very size; larger ones are the system's, and go back to it. A block stays
/// where it is until it is given back, so any thread may read one while another is given out.
final class IndexArena {
  private static let unitByteCount = 4
  private static let chunkByteCount = 1 << 20
  /// Units in a chunk, and the bits of a slot that count them.
  private static let chunkBits: Slot = 18
  private static let chunkLimit = 1 << (32 - Int(chunkBits))
  /// Blocks above it have chunks of their own.
  private static let largestSharedByteCount = chunkByteCount / 4
  /// Sizes up to here, in units, are kept exactly; above, they are rounded up to an eighth.
  private static let exactUnitCount = 256
  private static let classCount = exactUnitCount + 1 + 8 * 24

  /// Where the chunks lie.
  ///
  /// As long as can be from the start, so that it never moves; memory that was never touched takes no
  /// room.
  private let chunks: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private var chunkCount = 0

  /// The first free block of each size; each block's first 4 bytes name the next.
  private var free = [Slot](repeating: 0, count: IndexArena.classCount)
  /// Runs of chunk numbers that had large blocks, by how many they are.
  private var freeRuns: [Int: [Int]] = [:]

  /// The chunks that have memory of their own, not those within a large block.
  private var owned: Set<Int> = []

  /// The chunk that blocks are cut from, and how much of it is used.
  private var current: Int?
  private var usedByteCount = IndexArena.chunkByteCount

  /// How many bytes the chunks take.
  private(set) var byteCount = 0

  init() {
    chunks = .allocate(capacity: IndexArena.chunkLimit)
    chunks.initialize(repeating: nil, count: IndexArena.chunkLimit)
  }

  deinit {
    for number in owned { chunks[number]?.deallocate() }
    chunks.deallocate()
  }

  /// Where a block lies, aligned to 4 bytes.
  @inline(__always)
  subscript(slot: Slot) -> UnsafeMutableRawPointer {
    let chunk = chunks[Int(slot >> IndexArena.chunkBits)].unsafelyUnwrapped
    let unit = Int(slot & ((1 << IndexArena.chunkBits) - 1))
    return chunk + unit * IndexArena.unitByteCount
  }

  /// Gives out a block, whose bytes are anything.
  ///
  /// - Throws: ``MVCCError/indexFull(byteCount:)`` if no slot is left.
  func allocate(_ byteCount: Int) throws(MVCCError) -> Slot {
    let size = IndexArena.size(for: byteCount)
    if size.byteCount > IndexArena.largestSharedByteCount { return try allocateLarge(size) }
    let found = free[size.number]
    if found != 0 {
      free[size.number] = self[found].load(as: Slot.self)
      return found
    }
    if usedByteCount + size.byteCount > IndexArena.chunkByteCount {
      current = try newChunks(1)
      // Slot 0 is none.
      usedByteCount = current == 0 ? IndexArena.unitByteCount : 0
    }
    guard let current else { throw .indexFull(byteCount: self.byteCount) }
    let unit = usedByteCount / IndexArena.unitByteCount
    usedByteCount += size.byteCount
    return Slot(current) << IndexArena.chunkBits | Slot(unit)
  }

  /// Takes a block back.
  ///
  /// - Parameters:
  ///   - slot: The block.
  ///   - byteCount: What was asked for.
  func release(_ slot: Slot, _ byteCount: Int) {
    let size = IndexArena.size(for: byteCount)
    if size.byteCount > IndexArena.largestSharedByteCount {
      releaseLarge(Int(slot >> IndexArena.chunkBits), size)
    } else {
      self[slot].storeBytes(of: free[size.number], as: Slot.self)
      free[size.number] = slot
    }
  }

  /// The size that is given out for one that is asked for, and its number among the sizes.
  private static func size(for byteCount: Int) -> (number: Int, byteCount: Int) {
    let units = max(1, (byteCount + unitByteCount - 1) / unitByteCount)
    guard units > exactUnitCount else { return (units, units * unitByteCount) }
    // 256 < units: eight sizes from each power of two to the next. For 1000 = 0b11_1110_1000 the
    // step is 64, and 1024 units are given out.
    let bits = Int.bitWidth - (units - 1).leadingZeroBitCount
    let step = 1 << (bits - 4)
    let rounded = (units + step - 1) / step * step
    let number = exactUnitCount + (bits - 9) * 8 + (rounded / step - 8)
    return (min(number, classCount - 1), rounded * unitByteCount)
  }

  private func newChunks(_ count: Int) throws(MVCCError) -> Int {
    guard chunkCount + count <= IndexArena.chunkLimit else {
      throw .indexFull(byteCount: byteCount)
    }
    let first = chunkCount
    chunkCount += count
    place(first, count)
    return first
  }

  private func place(_ first: Int, _ count: Int) {
    let byteCount = count * IndexArena.chunkByteCount
    let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
    for number in 0..<count {
      chunks[first + number] = memory + number * IndexArena.chunkByteCount
    }
    owned.insert(first)
    self.byteCount += byteCount
  }

  private static func chunkCount(of size: (number: Int, byteCount: Int)) -> Int {
    (size.byteCount + unitByteCount + chunkByteCount - 1) / chunkByteCount
  }

  private func allocateLarge(_ size: (number: Int, byteCount: Int)) throws(MVCCError) -> Slot {
    let count = IndexArena.chunkCount(of: size)
    let first: Int
    if let run = freeRuns[count]?.popLast() {
      first = run
      place(first, count)
    } else {
      first = try newChunks(count)
    }
    // Not the chunk's start, for in the first chunk of all that would be slot 0.
    return Slot(first) << IndexArena.chunkBits | 1
  }

  private func releaseLarge(_ first: Int, _ size: (number: Int, byteCount: Int)) {
    let count = IndexArena.chunkCount(of: size)
    chunks[first]?.deallocate()
    owned.remove(first)
    for number in first..<first + count { chunks[number] = nil }
    freeRuns[count, default: []].append(first)
    byteCount -= count * IndexArena.chunkByteCount
  }
}
