import TestSupport
import Testing

@testable import MVCC

/// Blocks that overlap would mix up keys.
@Suite struct IndexArenaTests {
  @Test(arguments: [UInt64(1), 2])
  func blocksOfAllSizesKeepWhatIsWrittenToThem(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let arena = IndexArena()
    var blocks: [Slot: (byteCount: Int, fill: UInt8)] = [:]
    for step in 0..<4000 {
      if blocks.count > 100, Bool.random(using: &generator) {
        let slot = blocks.keys.sorted()[Int.random(in: 0..<blocks.count, using: &generator)]
        let removed = blocks.removeValue(forKey: slot)
        let block = try #require(removed)
        let bytes = UnsafeRawBufferPointer(start: arena[slot], count: block.byteCount)
        #expect(bytes.allSatisfy { $0 == block.fill })
        arena.release(slot, block.byteCount)
      } else {
        let limit = [100, 2000, 40_000, step % 50 == 0 ? 3_000_000 : 300][step % 4]
        let byteCount = Int.random(in: 1...limit, using: &generator)
        let slot = try arena.allocate(byteCount)
        #expect(slot != 0)
        #expect(blocks[slot] == nil)
        let fill = UInt8(truncatingIfNeeded: step)
        arena[slot].initializeMemory(as: UInt8.self, repeating: fill, count: byteCount)
        blocks[slot] = (byteCount, fill)
      }
    }
    for (slot, block) in blocks {
      let bytes = UnsafeRawBufferPointer(start: arena[slot], count: block.byteCount)
      #expect(bytes.allSatisfy { $0 == block.fill })
    }
  }

  @Test func whatIsGivenBackIsGivenOutAgain() throws {
    let arena = IndexArena()
    for byteCount in [1, 90, 1024, 1025, 100_000, 262_144, 262_145, 5_000_000] {
      let first = try arena.allocate(byteCount)
      arena.release(first, byteCount)
      #expect(try arena.allocate(byteCount) == first)
    }
    let before = arena.byteCount
    for _ in 0..<100 {
      let slot = try arena.allocate(2_000_000)
      arena.release(slot, 2_000_000)
    }
    #expect(arena.byteCount == before)
  }
}
